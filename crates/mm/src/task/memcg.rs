//! A task and its memory cgroup.

use super::{Task, TaskFlags};
use crate::gfp::Gfp;
use crate::page::life::MemcgId;

/// What a task has to do with memory cgroups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskMemcg {
    /// The group that its pages are charged to.
    pub id: MemcgId,
    /// The group for which it acts at present, whose kernel memory it asks for (`active_memcg`).
    pub active: Option<MemcgId>,
    /// Pages it charged while some group was above `memory.high` (`memcg_nr_pages_over_high`).
    pub over_high: u64,
    /// Whether it handles a page fault of user mode (`in_user_fault`).
    pub in_user_fault: bool,
    /// The lack of memory that it is to wait for at the end of its page fault (`memcg_in_oom`).
    pub in_oom: Option<TaskOom>,
}

/// A charge that failed for lack of memory of a group whose tasks nobody kills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskOom {
    /// The group.
    pub memcg: MemcgId,
    /// Flags of the request.
    pub gfp: Gfp,
    /// Its order.
    pub order: u8,
}

impl Task {
    /// Whether it is about to end and will soon free memory (`should_force_charge`).
    #[must_use]
    pub fn is_dying(&self) -> bool {
        self.has_to_end() || self.flags.contains(TaskFlags::EXITING)
    }

    /// Whether a signal is pending that ends it (`fatal_signal_pending`); the OOM killer sends one, too.
    pub(crate) fn has_to_end(&self) -> bool {
        self.oom_victim || self.killed
    }
}
