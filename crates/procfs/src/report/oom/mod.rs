//! The OOM killer's reports (mm/oom_kill.c, mm/memcontrol.c).

mod cgroup;
mod columns;
mod notice;
mod notice_text;
mod read;
mod slab;
mod summary;
mod task;
mod write;

pub use cgroup::{CgroupCounter, CgroupMemory, CounterName};
pub use notice::{
    AlreadyExiting, GroupKill, KillReason, Killed, MmPinned, OomNotice, PanicReason, Reaped, Suppressed, UnableToReap,
};
pub(super) use read::read;
pub use slab::SlabUsage;
pub use summary::{Constraint, OomContext, OomSummary, OomVictim};
pub use task::TaskState;

use super::{Caller, MemInfo};
use crate::line::codec::{LogGfp, Number, Text};
use crate::line::line;
use buddyscope_mm::gfp::Gfp;

line! {
    /// The request that made the kernel look for a victim.
    pub struct OomInvocation {
        /// Name of the task.
        "" comm: String = Text,
        /// Flags of the request; none for a page fault.
        " invoked oom-killer: gfp_mask=" gfp: Gfp = LogGfp,
        /// Order of the wanted block; -1 if the magic SysRq key was pressed.
        ", order=" order: i32 = Number,
        /// The task's `oom_score_adj`.
        ", oom_score_adj=" oom_score_adj: i16 = Number,
    }
    ""
}

impl OomInvocation {
    pub(super) fn starts(line: &str) -> bool {
        line.contains(" invoked oom-killer: ")
    }
}

/// What the OOM killer saw and whom it chose (`dump_header`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OomReport {
    /// The request.
    pub invocation: OomInvocation,
    /// Whether the report says that the kernel has no compaction.
    pub compaction_is_disabled: bool,
    /// Who asked.
    pub caller: Option<Caller>,
    /// The memory that was short, unless the log is cut.
    pub memory: Option<OomMemory>,
    /// Eligible tasks, if `vm.oom_dump_tasks` is on.
    pub tasks: Option<Vec<TaskState>>,
    /// The chosen victim, if there was one.
    pub summary: Option<OomSummary>,
}

/// The memory that was short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OomMemory {
    /// The machine's.
    Machine {
        /// State of memory.
        mem: Box<MemInfo>,
        /// Slab caches, if those that cannot shrink have more pages than all user memory (`is_dump_unreclaim_slabs`).
        slabs: Option<Vec<SlabUsage>>,
    },
    /// A memory cgroup's.
    Cgroup(CgroupMemory),
}
