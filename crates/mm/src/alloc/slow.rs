//! When the first attempt fails (`__alloc_pages_slowpath`): lower marks, kswapd, reserves.
//!
//! This is the part that a request which may not reclaim goes through. A request that may ends with
//! [`Outcome::NeedsReclaim`] where the kernel would begin to compact and reclaim.

use crate::alloc::AllocContext;
use crate::alloc::fast::current_alloc_flags;
use crate::event::{Event, Outcome, Sink, emit};
use crate::gfp::{AllocFlags, Gfp};
use crate::machine::Machine;
use crate::pfn::{CpuId, Frame, NodeId, NodeMask, Order};
use crate::task::{Task, TaskFlags};

impl<S: Sink> Machine<S> {
    /// Second and third attempt: against the min mark, then with the reserves the request may use.
    #[cold]
    #[inline(never)]
    pub(crate) fn alloc_pages_slowpath(
        &mut self,
        task: &Task,
        gfp: Gfp,
        mut ac: AllocContext,
    ) -> (Option<Frame>, Outcome) {
        ac.gfp = gfp;
        if gfp.contains(Gfp::ATOMIC | Gfp::DIRECT_RECLAIM) {
            ac.gfp -= Gfp::ATOMIC;
        }
        loop {
            let outcome = match self.slowpath_attempts(task, &mut ac) {
                Ok(frame) => return (Some(frame), Outcome::Slow),
                Err(outcome) => outcome,
            };
            if !self.check_retry_cpuset(task, &mut ac) {
                return (None, outcome);
            }
        }
    }

    /// One pass from `retry_cpuset` to `nopage`.
    fn slowpath_attempts(&mut self, task: &Task, ac: &mut AllocContext) -> Result<Frame, Outcome> {
        let gfp = ac.gfp;
        let mut alloc_flags = self.gfp_to_alloc_flags(task, gfp);
        self.find_preferred_zone(ac);
        emit!(self, Event::SlowPath { gfp, alloc_flags });
        if ac.preferred_zone.is_none() {
            return Err(Outcome::NoZone);
        }
        let wakes = alloc_flags.contains(AllocFlags::KSWAPD);
        if wakes {
            self.wake_all_kswapds(task, ac);
        }
        ac.alloc_flags = alloc_flags;
        if let Some(frame) = self.get_page_again(task, ac) {
            return Ok(frame);
        }
        if wakes {
            self.wake_all_kswapds(task, ac);
        }
        let reserves = pfmemalloc_flags(task, gfp);
        if !reserves.is_empty() {
            alloc_flags = reserves | current_alloc_flags(task, ac.migratetype);
            emit!(self, Event::ReserveFlags { alloc_flags });
        }
        if !alloc_flags.contains(AllocFlags::CPUSET) || !reserves.is_empty() {
            ac.nodemask = None;
            self.find_preferred_zone(ac);
        }
        ac.alloc_flags = alloc_flags;
        if let Some(frame) = self.get_page_again(task, ac) {
            return Ok(frame);
        }
        Err(if !gfp.contains(Gfp::DIRECT_RECLAIM) {
            Outcome::CannotReclaim
        } else if task.flags.contains(TaskFlags::MEMALLOC) {
            Outcome::WouldRecurse
        } else {
            Outcome::NeedsReclaim
        })
    }

    /// Another walk over the zonelist.
    #[inline(never)]
    fn get_page_again(&mut self, task: &Task, ac: &AllocContext) -> Option<Frame> {
        self.get_page_from_freelist(task, ac)
    }

    /// Gives a high-atomic pageblock back to the kind of memory a request wants, zone by zone of its zonelist, until
    /// one had free pages (`unreserve_highatomic_pageblock`). Without `force` a zone keeps its last block. The kernel
    /// does this when direct reclaim was not enough.
    pub fn unreserve_highatomic_pageblock(
        &mut self,
        gfp: Gfp,
        node: NodeId,
        nodemask: Option<NodeMask>,
        force: bool,
    ) -> bool {
        let ac = self.alloc_context(gfp, Order::default(), node, nodemask);
        let mut at = self.zonelist(&ac).next(0, ac.highest_zoneidx, ac.nodemask);
        while let Some(&zref) = self.zonelist(&ac).refs.get(at) {
            if self.lock(zref.zone, CpuId(0)).unreserve_highatomic_pageblock(ac.migratetype, force) {
                return true;
            }
            at = self.zonelist(&ac).next(at + 1, ac.highest_zoneidx, ac.nodemask);
        }
        false
    }

    /// Flags for the min mark (`gfp_to_alloc_flags`).
    fn gfp_to_alloc_flags(&self, task: &Task, gfp: Gfp) -> AllocFlags {
        let mut flags = AllocFlags::CPUSET;
        flags.set(AllocFlags::HIGH, gfp.contains(Gfp::HIGH));
        flags.set(AllocFlags::KSWAPD, gfp.contains(Gfp::KSWAPD_RECLAIM));
        if gfp.contains(Gfp::ATOMIC) {
            flags.set(AllocFlags::HARDER, !gfp.contains(Gfp::NOMEMALLOC));
            flags -= AllocFlags::CPUSET;
        } else if task.realtime && !task.context.in_interrupt() {
            flags |= AllocFlags::HARDER;
        }
        flags | current_alloc_flags(task, self.request_migratetype(gfp))
    }

    /// Whether the pass must be repeated because the nodemask no longer meets the task's cpuset
    /// (`check_retry_cpuset`). Within one synchronous call the cpuset itself cannot change.
    fn check_retry_cpuset(&self, task: &Task, ac: &mut AllocContext) -> bool {
        let outside = self.cpusets.is_enabled() && ac.nodemask.is_some_and(|mask| !mask.intersects(task.mems_allowed));
        if outside {
            ac.nodemask = None;
        }
        outside
    }
}

/// Which reserves the request may use whatever the marks say (`__gfp_pfmemalloc_flags`).
fn pfmemalloc_flags(task: &Task, gfp: Gfp) -> AllocFlags {
    let memalloc = task.flags.contains(TaskFlags::MEMALLOC);
    if gfp.contains(Gfp::NOMEMALLOC) {
        return AllocFlags::empty();
    }
    if gfp.contains(Gfp::MEMALLOC) || (memalloc && task.context.in_serving_softirq()) {
        return AllocFlags::NO_WATERMARKS;
    }
    if task.context.in_interrupt() {
        return AllocFlags::empty();
    }
    if memalloc {
        return AllocFlags::NO_WATERMARKS;
    }
    if task.oom_victim { AllocFlags::OOM } else { AllocFlags::empty() }
}
