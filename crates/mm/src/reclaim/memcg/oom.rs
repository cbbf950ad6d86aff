//! The OOM killer's door for groups (`mem_cgroup_oom`, mm/memcontrol.c).

use crate::event::{Event, MemcgEvent, Sink, emit};
use crate::gfp::Gfp;
use crate::lru::memcg::{CgroupVersion, Counted, MemoryEvent};
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::pfn::PAGE_ALLOC_COSTLY_ORDER;
use crate::task::{Task, TaskOom};

/// What calling the killer for a group came to (`enum oom_status`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum MemcgOom {
    /// Somebody was killed, or memory came free meanwhile.
    Success,
    /// There is nobody to kill.
    Failed,
    /// The task will wait at the end of its page fault for somebody to end the lack.
    Async,
    /// Killing is out of the question.
    Skipped,
}

impl<S: Sink> Machine<S> {
    /// Kills a task of a group that has too little memory, unless that is out of the question (`mem_cgroup_oom`).
    pub(super) fn mem_cgroup_oom(&mut self, task: &mut Task, memcg: MemcgId, gfp: Gfp, order: u8) -> MemcgOom {
        if order > PAGE_ALLOC_COSTLY_ORDER {
            return MemcgOom::Skipped;
        }
        self.memcgs.count_event(memcg, MemoryEvent::Oom);
        if self.memcgs.get(memcg).is_some_and(|group| group.oom_kill_disable) {
            if !task.memcg.in_user_fault {
                return MemcgOom::Skipped;
            }
            task.memcg.in_oom = Some(TaskOom { memcg, gfp, order });
            return MemcgOom::Async;
        }
        if self.mem_cgroup_out_of_memory(task, memcg, gfp, order) { MemcgOom::Success } else { MemcgOom::Failed }
    }

    /// Kills a task of a group or below it. False if there is none to kill (`mem_cgroup_out_of_memory`).
    pub(super) fn mem_cgroup_out_of_memory(&mut self, task: &Task, memcg: MemcgId, gfp: Gfp, order: u8) -> bool {
        if task.killed || self.memcgs.margin(memcg) >= 1 << order {
            return true;
        }
        emit!(self, Event::Memcg(MemcgEvent::Oom { memcg, gfp, order }));
        task.is_dying() || self.out_of_memory_in_memcg(task, memcg, gfp, order)
    }

    /// The end of a page fault whose charge failed while killing was off for the group. Says whether the fault is to be
    /// tried again; the task first waits for the group to have room, unless killing is on again
    /// (`mem_cgroup_oom_synchronize`).
    pub fn mem_cgroup_oom_synchronize(&mut self, task: &mut Task) -> bool {
        let Some(TaskOom { memcg, gfp, order }) = task.memcg.in_oom.take() else { return false };
        if self.memcgs.get(memcg).is_some_and(|group| !group.oom_kill_disable) {
            self.mem_cgroup_out_of_memory(task, memcg, gfp, order);
        }
        true
    }

    /// The most pages, swap included, that a group can hold (`mem_cgroup_get_max`).
    #[must_use]
    pub fn mem_cgroup_max(&self, memcg: MemcgId) -> u64 {
        let max = self.memcgs.counter(Counted::Memory, memcg).max;
        if self.memcg_swappiness(memcg) == 0 {
            return max;
        }
        let swap = match self.memcgs.version {
            CgroupVersion::V2 => self.memcgs.counter(Counted::Swap, memcg).max,
            CgroupVersion::V1 { .. } => self.memcgs.counter(Counted::MemorySwap, memcg).max.saturating_sub(max),
        };
        max + swap.min(self.swap_pages().0)
    }
}
