//! What the OOM killer says, as data: the text is the business of those who print it.

use super::OomControl;
use crate::console::Notice;
use crate::event::{Event, OomConstraint, OomEvent, Sink, emit};
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::pfn::NodeMask;
use crate::task::Task;
use crate::task::cpuset::CpusetId;
use crate::task::process::Pid;

/// Most entries that are kept.
const MAX_LOG: usize = 1000;

/// Why a process is killed, as the first words of the line tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KillReason {
    /// The machine is out of memory.
    OutOfMemory,
    /// The machine is out of memory, and who asks is killed (`oom_kill_allocating_task`).
    AllocatingTask,
    /// A memory cgroup is out of memory.
    Memcg,
}

/// Why the machine stops.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PanicReason {
    /// `panic_on_oom` is 1 and the machine is out of memory.
    SystemWide,
    /// `panic_on_oom` is 2.
    Compulsory,
    /// Nobody can be killed.
    Deadlocked,
}

impl PanicReason {
    /// The kernel's message.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            PanicReason::SystemWide => "Out of memory: system-wide panic_on_oom is enabled",
            PanicReason::Compulsory => "Out of memory: compulsory panic_on_oom is enabled",
            PanicReason::Deadlocked => "System is deadlocked on memory",
        }
    }
}

/// A process as the table of tasks shows it (`dump_task`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OomTask {
    /// Process id, also that of the thread group.
    pub pid: Pid,
    /// User id.
    pub uid: u32,
    /// Pages of all mappings.
    pub total_vm: u64,
    /// Pages in memory.
    pub rss: u64,
    /// Bytes of page tables.
    pub pgtables_bytes: u64,
    /// Pages in swap.
    pub swapents: u64,
    /// `oom_score_adj`.
    pub oom_score_adj: i16,
    /// Name.
    pub comm: String,
    /// Its memory cgroup.
    pub memcg: MemcgId,
}

/// What the killer saw (`dump_header`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OomReport {
    /// Who asked: process, name, `oom_score_adj`.
    pub current: (Pid, String, i16),
    /// Flags of the request.
    pub gfp: Gfp,
    /// Order of the request.
    pub order: u8,
    /// What limits it.
    pub constraint: OomConstraint,
    /// Nodes of the policy that limits it.
    pub nodemask: Option<NodeMask>,
    /// The group that is out of memory.
    pub memcg: Option<MemcgId>,
    /// The cpuset of who asked.
    pub cpuset: CpusetId,
    /// Nodes that who asked may use.
    pub mems_allowed: NodeMask,
    /// Who could be killed; `None` if the table is switched off.
    pub tasks: Option<Vec<OomTask>>,
    /// Who is killed.
    pub victim: Option<OomTask>,
}

/// Something the killer says. Counts are in pages unless they say bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "each variant explains its fields together")]
pub enum OomRecord {
    /// What it saw.
    Report(Box<OomReport>),
    /// So many reports were left out.
    Suppressed { callbacks: u32 },
    /// A process was killed.
    Killed {
        reason: KillReason,
        pid: Pid,
        comm: String,
        total_vm: u64,
        anon_rss: u64,
        file_rss: u64,
        shmem_rss: u64,
        uid: u32,
        pgtables_bytes: u64,
        oom_score_adj: i16,
    },
    /// The chosen process had no memory any more.
    AlreadyExiting { reason: KillReason, pid: Pid, comm: String },
    /// The first process shares a victim's address space.
    MmPinned { victim: Pid, by: Pid },
    /// A whole group is killed.
    GroupKill { memcg: MemcgId },
    /// Nobody can be killed.
    NoKillable,
    /// A victim's address space was reaped; what it has left.
    Reaped { pid: Pid, comm: String, anon_rss: u64, file_rss: u64, shmem_rss: u64 },
    /// The reaper gave up.
    UnableToReap { pid: Pid, comm: String },
    /// The machine stops.
    Panic(PanicReason),
}

impl<S: Sink> Machine<S> {
    /// What the OOM killer said so far, oldest first; the last 1000 entries are kept.
    #[must_use]
    pub fn oom_log(&self) -> &[OomRecord] {
        &self.oom.log
    }

    pub(super) fn log_oom(&mut self, record: OomRecord) {
        self.print(Notice::Oom(&record, self.oom.cpu));
        if self.oom.log.len() == MAX_LOG {
            self.oom.log.remove(0);
        }
        self.oom.log.push(record);
    }

    /// Tells what the killer saw (`dump_header`).
    pub(super) fn dump_header(&mut self, task: &Task, oc: &OomControl, victim: Option<Pid>) {
        emit!(self, Event::Oom(OomEvent::Report { victim, constraint: oc.constraint }));
        let current = self.user.processes.get(task.pid);
        let current = current.map(|process| (process.pid, process.comm.clone(), process.oom_score_adj));
        let tasks = self.sysctl.oom_dump_tasks.then(|| {
            let pids = self.oom_candidates(oc).into_iter();
            pids.filter(|&pid| self.is_listed_for(task, oc, pid)).filter_map(|pid| self.oom_task(pid)).collect()
        });
        let report = OomReport {
            current: current.unwrap_or_default(),
            gfp: oc.gfp,
            order: oc.order,
            constraint: oc.constraint,
            nodemask: oc.nodemask,
            memcg: oc.memcg,
            cpuset: task.cpuset,
            mems_allowed: task.mems_allowed,
            tasks,
            victim: victim.and_then(|pid| self.oom_task(pid)),
        };
        self.log_oom(OomRecord::Report(Box::new(report)));
    }

    /// Whether a process is in the table (`dump_task`).
    fn is_listed_for(&self, task: &Task, oc: &OomControl, pid: Pid) -> bool {
        let Some(process) = self.user.processes.get(pid) else { return false };
        self.is_oom_candidate(pid) && (oc.memcg.is_some() || self.oom_cpuset_eligible(process, task, oc))
    }

    /// A process with an address space, as the table shows it.
    #[must_use]
    pub fn oom_task(&self, pid: Pid) -> Option<OomTask> {
        let process = self.user.processes.get(pid)?;
        let mm = self.user.mms.get(process.mm?)?;
        Some(OomTask {
            pid,
            uid: process.uid,
            total_vm: mm.total_vm(),
            rss: mm.total_rss(),
            pgtables_bytes: mm.pgtables_bytes(),
            swapents: mm.swapents(),
            oom_score_adj: process.oom_score_adj,
            comm: process.comm.clone(),
            memcg: process.memcg,
        })
    }
}
