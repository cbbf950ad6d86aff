//! Writing a group's limits (`memory_max_write`, `memory_high_write`, mm/memcontrol.c).

use super::MemcgReclaim;
use crate::event::Sink;
use crate::gfp::Gfp;
use crate::lru::memcg::{Counted, MemcgError, MemoryEvent};
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::task::Task;
use crate::wait::{Step, Wait, finish};
use crate::zone::MAX_RECLAIM_RETRIES;

/// A limit of a group, in pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MemcgLimit {
    /// `memory.min`.
    Min(u64),
    /// `memory.low`.
    Low(u64),
    /// `memory.high`.
    High(u64),
    /// `memory.max`, `memory.limit_in_bytes` in version 1.
    Max(u64),
    /// `memory.swap.high`.
    SwapHigh(u64),
    /// `memory.swap.max`.
    SwapMax(u64),
    /// `memory.memsw.limit_in_bytes` (v1).
    MemorySwapMax(u64),
    /// `memory.kmem.limit_in_bytes` (v1).
    KernelMax(u64),
    /// `memory.soft_limit_in_bytes` (v1).
    Soft(u64),
}

/// The work of a task that wrote `memory.max` or `memory.high` below what the group holds.
#[derive(Clone, Debug)]
pub(crate) struct SetLimit {
    memcg: MemcgId,
    limit: u64,
    /// Kill when reclaim is at its end: `memory.max` alone.
    kills: bool,
    retries: u32,
    drained: bool,
    run: Option<MemcgReclaim>,
}

impl SetLimit {
    pub(crate) fn new(memcg: MemcgId, limit: u64, kills: bool) -> SetLimit {
        SetLimit { memcg, limit, kills, retries: MAX_RECLAIM_RETRIES, drained: false, run: None }
    }

    /// Goes on until the group is below its limit, or nothing helps.
    pub(crate) fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<()> {
        loop {
            if let Some(run) = &mut self.run {
                let reclaimed = match run.resume(machine, task) {
                    Step::Wait(wait) => return Step::Wait(wait),
                    Step::Done(reclaimed) => reclaimed,
                };
                self.run = None;
                if reclaimed == 0 && self.give_up() {
                    return Step::Done(());
                }
            }
            let usage = machine.memcgs.usage(self.memcg);
            if usage <= self.limit || task.killed {
                return Step::Done(());
            }
            if !self.drained {
                self.drained = true;
                machine.memcgs.drain_all_stock(self.memcg);
            } else if self.kills && self.retries == 0 {
                machine.memcgs.count_event(self.memcg, MemoryEvent::Oom);
                if !machine.mem_cgroup_out_of_memory(task, self.memcg, Gfp::GFP_KERNEL, 0) {
                    return Step::Done(());
                }
                // Whoever was killed has to run to give its memory back.
                return Step::Wait(Wait::Yield);
            } else {
                self.run = Some(MemcgReclaim::new(self.memcg, usage - self.limit, Gfp::GFP_KERNEL, true));
            }
        }
    }

    /// Counts a fruitless run. `memory.high` gives up at the 17th, `memory.max` kills after the 16th.
    fn give_up(&mut self) -> bool {
        let left = self.retries.checked_sub(1);
        self.retries = left.unwrap_or(0);
        left.is_none()
    }
}

impl<S: Sink> Machine<S> {
    /// Sets a limit of a group. Where the group holds more, the writing task reclaims; every wait passes at once.
    ///
    /// # Errors
    /// [`MemcgError::NoGroup`].
    pub fn set_memcg_limit(&mut self, task: &mut Task, memcg: MemcgId, limit: MemcgLimit) -> Result<(), MemcgError> {
        if let Some(mut run) = self.store_memcg_limit(memcg, limit)? {
            finish(|| run.resume(self, task));
        }
        Ok(())
    }

    /// Sets a limit of a group; returns the work that this makes for the writing task.
    ///
    /// # Errors
    /// [`MemcgError::NoGroup`].
    pub(crate) fn store_memcg_limit(
        &mut self,
        memcg: MemcgId,
        limit: MemcgLimit,
    ) -> Result<Option<SetLimit>, MemcgError> {
        let memory = *self.memcgs.get(memcg).ok_or(MemcgError::NoGroup(memcg))?.counter(Counted::Memory);
        match limit {
            MemcgLimit::Min(pages) => self.memcgs.set_protection(memcg, pages, memory.low),
            MemcgLimit::Low(pages) => self.memcgs.set_protection(memcg, memory.min, pages),
            MemcgLimit::High(pages) => {
                self.memcgs.set_high(Counted::Memory, memcg, pages);
                return Ok(Some(SetLimit::new(memcg, pages, false)));
            }
            MemcgLimit::Max(pages) => {
                self.memcgs.set_max(Counted::Memory, memcg, pages);
                return Ok(Some(SetLimit::new(memcg, pages, true)));
            }
            MemcgLimit::SwapHigh(pages) => self.memcgs.set_high(Counted::Swap, memcg, pages),
            MemcgLimit::SwapMax(pages) => self.memcgs.set_max(Counted::Swap, memcg, pages),
            MemcgLimit::MemorySwapMax(pages) => self.memcgs.set_max(Counted::MemorySwap, memcg, pages),
            MemcgLimit::KernelMax(pages) => self.memcgs.set_max(Counted::Kernel, memcg, pages),
            MemcgLimit::Soft(pages) => {
                if let Some(group) = self.memcgs.get_mut(memcg) {
                    group.soft_limit = pages;
                }
            }
        }
        Ok(None)
    }
}
