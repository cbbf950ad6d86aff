//! Who runs, as traces name it.

use crate::run::Actor;
use crate::session::Trace;
use buddyscope_mm::Machine;
use buddyscope_mm::daemon::Daemon;
use buddyscope_mm::pfn::{CpuId, NodeId};
use buddyscope_mm::sched::{Context, ContextId};
use buddyscope_mm::task::process::PID_MAX;

/// Bytes of a task's name (`TASK_COMM_LEN` - 1).
const COMM_BYTES: usize = 15;
/// The kernel's own contexts have no number in the model; they get numbers above those that tasks can have.
pub(super) const KERNEL_PIDS: i32 = PID_MAX as i32;

/// A context, or the idle loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Who {
    pub(super) comm: String,
    pub(super) pid: i32,
    pub(super) cpu: u32,
}

impl Who {
    /// The idle loop, in which I/O ends.
    pub(super) fn idle() -> Who {
        Who { comm: "<idle>".to_owned(), pid: 0, cpu: 0 }
    }

    pub(super) fn of(context: &Context<Actor>, id: ContextId, machine: &Machine<Trace>) -> Who {
        match &context.program {
            Actor::Task(task) => {
                Who { comm: shortened(task.name()), pid: task.pid().0.cast_signed(), cpu: task.cpu().0.into() }
            }
            Actor::Daemon(daemon) => Who {
                comm: shortened(&daemon.name()),
                pid: KERNEL_PIDS + 1 + id.0.cast_signed(),
                cpu: cpu_of(daemon, machine).0.into(),
            },
        }
    }
}

fn shortened(name: &str) -> String {
    let mut comm = name.to_owned();
    let end = (0..=COMM_BYTES.min(comm.len())).rev().find(|&end| comm.is_char_boundary(end));
    comm.truncate(end.unwrap_or(0));
    comm
}

/// The first CPU of the daemon's node, or its own.
fn cpu_of(daemon: &Daemon, machine: &Machine<Trace>) -> CpuId {
    if let Daemon::Vmstat(worker) = daemon {
        return worker.cpu();
    }
    let first = |node: NodeId| machine.cpus().iter().find(|cpu| cpu.node == node);
    daemon.node().and_then(first).map_or(CpuId(0), |cpu| cpu.id)
}
