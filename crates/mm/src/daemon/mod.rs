//! The kernel's own contexts: each a value that is resumed in virtual time and never done.

mod kcompactd;
mod kswapd;
mod memcg;
mod vmstat;

pub use kcompactd::Kcompactd;
pub use kswapd::Kswapd;
pub use memcg::MemcgWorker;
pub use vmstat::VmstatWorker;

use crate::audit::Held;
use crate::event::Sink;
use crate::io::Flusher;
use crate::machine::Machine;
use crate::oom::OomReaper;
use crate::pfn::{CpuId, NodeId};
use crate::sched::{Class, Program};
use crate::wait::Step;

/// One of the kernel's contexts.
#[derive(Clone, Debug)]
pub enum Daemon {
    /// Keeps a node's free pages above the marks.
    Kswapd(Kswapd),
    /// Compacts a node.
    Kcompactd(Box<Kcompactd>),
    /// Takes back what victims of the OOM killer hold.
    Reaper(OomReaper),
    /// Writes the dirty files of a device.
    Flusher(Flusher),
    /// Folds a CPU's counters.
    Vmstat(VmstatWorker),
    /// Works for memory cgroups.
    Memcg(Box<MemcgWorker>),
}

impl Daemon {
    /// The daemons of a machine, in the order in which they run at the same moment.
    pub fn all<S: Sink>(machine: &Machine<S>) -> Vec<Daemon> {
        let kswapds = machine.memory_nodes().iter().map(|node| Daemon::Kswapd(Kswapd::new(machine, node)));
        let kcompactds =
            machine.memory_nodes().iter().map(|node| Daemon::Kcompactd(Box::new(Kcompactd::new(machine, node))));
        let workers = machine.cpus().iter().map(|cpu| Daemon::Vmstat(VmstatWorker::new(cpu.id)));
        let reaper = Daemon::Reaper(OomReaper::new(CpuId(0)));
        let flushers = machine.devices().map(|device| Daemon::Flusher(Flusher::new(device, CpuId(0))));
        let memcg = Daemon::Memcg(Box::new(MemcgWorker::new(CpuId(0))));
        kswapds.chain(kcompactds).chain([reaper]).chain(flushers).chain(workers).chain([memcg]).collect()
    }

    /// The name of its thread (`comm`).
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Daemon::Kswapd(kswapd) => format!("kswapd{}", kswapd.node().0),
            Daemon::Kcompactd(kcompactd) => format!("kcompactd{}", kcompactd.node().0),
            Daemon::Reaper(_) => "oom_reaper".to_owned(),
            Daemon::Flusher(flusher) => format!("flush-{}", flusher.device().0),
            Daemon::Vmstat(worker) => format!("vmstat/{}", worker.cpu().0),
            Daemon::Memcg(_) => "memcg".to_owned(),
        }
    }

    /// Notes the pages that it keeps while it is paused.
    pub fn note_held(&self, held: &mut Held) {
        if let Daemon::Kcompactd(kcompactd) = self {
            kcompactd.note_held(held);
        }
    }

    /// The node it keeps, if it keeps one.
    #[must_use]
    pub fn node(&self) -> Option<NodeId> {
        match self {
            Daemon::Kswapd(kswapd) => Some(kswapd.node()),
            Daemon::Kcompactd(kcompactd) => Some(kcompactd.node()),
            Daemon::Reaper(_) | Daemon::Flusher(_) | Daemon::Vmstat(_) | Daemon::Memcg(_) => None,
        }
    }
}

impl<S: Sink> Program<S> for Daemon {
    fn resume(&mut self, machine: &mut Machine<S>) -> Step<()> {
        match self {
            Daemon::Kswapd(kswapd) => kswapd.resume(machine),
            Daemon::Kcompactd(kcompactd) => kcompactd.resume(machine),
            Daemon::Reaper(reaper) => reaper.resume(machine),
            Daemon::Flusher(flusher) => flusher.resume(machine),
            Daemon::Vmstat(worker) => worker.resume(machine),
            Daemon::Memcg(worker) => worker.resume(machine),
        }
    }

    fn class(&self) -> Class {
        match self {
            Daemon::Kswapd(_) => Class::Kswapd,
            Daemon::Kcompactd(_) => Class::Kcompactd,
            Daemon::Reaper(_) => Class::OomReaper,
            Daemon::Flusher(_) => Class::Flusher,
            Daemon::Vmstat(_) | Daemon::Memcg(_) => Class::Work,
        }
    }
}
