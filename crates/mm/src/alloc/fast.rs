//! The first attempt, and every later walk of the zonelist (mm/page_alloc.c).

use crate::alloc::{AllocContext, Answer};
use crate::buddy::LockedZone;
use crate::event::{Event, Outcome, Restart, Sink, Skip, emit};
use crate::gfp::{AllocFlags, Gfp, gfp_migratetype, gfp_zone};
use crate::machine::Machine;
use crate::page::meta::{Marks, Meta, PageState};
use crate::pfn::{CpuId, Frame, MigrateType, NodeId, NodeMask, Order, ZoneId, ZoneType};
use crate::task::{Task, TaskFlags};
use crate::vmstat::{NUMA_STATS_THRESHOLD, NumaItem};
use crate::zone::ZONE_BOOSTED_WATERMARK;
use crate::zone::check::{order0_shortcut, shortcut_decides, zone_watermark_fast};
use crate::zone::zonelist::{ZoneRef, Zonelist};

/// What came of the first attempt.
pub(super) enum FirstAttempt {
    /// It has ended, with this block or without any.
    Ended(Option<Frame>, Outcome),
    /// It goes on in the slow path with these flags.
    Failed(Gfp, AllocContext),
}

impl<S: Sink> Machine<S> {
    /// One whole request (`__alloc_pages_nodemask`), preferring `node` and limited to `nodemask`.
    ///
    /// The request is taken as it is: flags that the kernel would only warn about get the kernel's reading.
    /// [`Gfp::check`] tells beforehand.
    pub fn alloc_pages_nodemask(
        &mut self,
        task: &mut Task,
        gfp: Gfp,
        order: Order,
        node: NodeId,
        nodemask: Option<NodeMask>,
    ) -> Answer {
        match self.first_attempt(task, gfp, order, node, nodemask) {
            FirstAttempt::Ended(frame, outcome) => self.answer(frame, outcome),
            FirstAttempt::Failed(gfp, ac) => {
                let (frame, outcome) = self.alloc_pages_slowpath(task, gfp, &ac);
                self.finish(task, frame, gfp, &ac, outcome)
            }
        }
    }

    /// The request up to where the slow path would begin.
    #[inline(always)]
    pub(super) fn first_attempt(
        &mut self,
        task: &mut Task,
        gfp: Gfp,
        order: Order,
        node: NodeId,
        nodemask: Option<NodeMask>,
    ) -> FirstAttempt {
        let gfp = gfp & self.gfp_allowed_mask;
        let mut ac = self.alloc_context(gfp, order, node, nodemask);
        emit!(
            self,
            Event::AllocBegin {
                gfp,
                order: order.get(),
                cpu: task.cpu,
                node,
                nodemask,
                highest_zoneidx: ac.highest_zoneidx,
                task_flags: task.flags.bits(),
            }
        );
        if !self.prepare_alloc_pages(task, order, &mut ac) {
            let (frame, outcome) = self.charge_and_tell(task, None, gfp, &ac, Outcome::Injected);
            return FirstAttempt::Ended(frame, outcome);
        }
        ac.alloc_flags |= self.alloc_flags_nofragment(&ac);
        if let Some(frame) = self.get_page_from_freelist(task, &ac) {
            let (frame, outcome) = self.charge_and_tell(task, Some(frame), ac.gfp, &ac, Outcome::Fast);
            return FirstAttempt::Ended(frame, outcome);
        }
        self.tell_walk(None);
        let gfp = task.flags.restrict(gfp);
        ac.spread_dirty = false;
        ac.nodemask = nodemask;
        FirstAttempt::Failed(gfp, ac)
    }

    /// What follows from the flags alone.
    #[inline]
    pub(crate) fn alloc_context(
        &self,
        gfp: Gfp,
        order: Order,
        node: NodeId,
        nodemask: Option<NodeMask>,
    ) -> AllocContext {
        AllocContext {
            gfp,
            order: order.get(),
            alloc_flags: AllocFlags::WMARK_LOW,
            node,
            nofallback: gfp.contains(Gfp::THISNODE),
            nodemask,
            preferred: 0,
            preferred_zone: None,
            migratetype: self.request_migratetype(gfp),
            highest_zoneidx: gfp_zone(gfp) as u8,
            spread_dirty: gfp.contains(Gfp::WRITE),
        }
    }

    /// The mobility a request asks for; always unmovable while grouping is off (`gfp_migratetype`). With both mobility
    /// bits, which [`Gfp::check`] refuses, the kernel would read past its lists; such a request counts as unmovable.
    #[inline]
    pub(crate) fn request_migratetype(&self, gfp: Gfp) -> MigrateType {
        let own = gfp_migratetype(gfp);
        let none = own == MigrateType::HighAtomic || self.options.group_by_mobility_disabled;
        if none { MigrateType::Unmovable } else { own }
    }

    /// Applies the cpuset, fault injection and CMA rules and finds the preferred zone (`prepare_alloc_pages`).
    #[inline(always)]
    fn prepare_alloc_pages(&mut self, task: &mut Task, order: Order, ac: &mut AllocContext) -> bool {
        let gfp = ac.gfp;
        if self.cpusets.is_enabled() {
            ac.gfp |= Gfp::HARDWALL;
            if !task.context.in_interrupt() && ac.nodemask.is_none() {
                ac.nodemask = Some(task.mems_allowed);
            } else {
                ac.alloc_flags |= AllocFlags::CPUSET;
            }
        }
        if self.fault.as_mut().is_some_and(|fault| fault.should_fail(task, gfp, order, &mut self.rng)) {
            return false;
        }
        ac.alloc_flags |= current_alloc_flags(task, ac.migratetype);
        self.find_preferred_zone(ac);
        true
    }

    /// Finds the first usable zone (`first_zones_zonelist`).
    #[inline]
    pub(crate) fn find_preferred_zone(&self, ac: &mut AllocContext) {
        let list = self.zonelist(ac);
        ac.preferred = list.next(0, ac.highest_zoneidx, ac.nodemask);
        ac.preferred_zone = list.refs.get(ac.preferred).map(|r| r.zone);
    }

    /// The zonelist a request walks (`node_zonelist`).
    #[inline]
    pub(crate) fn zonelist(&self, ac: &AllocContext) -> &Zonelist {
        let node = &self.nodes[ac.node.index()];
        if ac.nofallback { &node.nofallback } else { &node.fallback }
    }

    /// Whether the first walk should rather use a lower zone than mix types in this one (`alloc_flags_nofragment`).
    #[inline]
    fn alloc_flags_nofragment(&self, ac: &AllocContext) -> AllocFlags {
        let mut flags = AllocFlags::empty();
        flags.set(AllocFlags::KSWAPD, ac.gfp.contains(Gfp::KSWAPD_RECLAIM));
        let Some(zone) = ac.preferred_zone else { return flags };
        if zone.zone_type() != ZoneType::Normal {
            return flags;
        }
        let below = ZoneId::new(zone.node(), ZoneType::Dma32);
        if self.nr_online_nodes == 1 || self.zones[below.index()].is_populated() {
            flags |= AllocFlags::NOFRAGMENT;
        }
        flags
    }

    /// One walk over the zonelist (`get_page_from_freelist`). Nearly always the preferred zone serves, so the rest of
    /// the walk is kept apart.
    #[inline(always)]
    pub(crate) fn get_page_from_freelist(&mut self, task: &Task, ac: &AllocContext) -> Option<Frame> {
        emit!(
            self,
            Event::Walk {
                alloc_flags: ac.alloc_flags,
                gfp: ac.gfp,
                preferred: ac.preferred_zone,
                nodemask: ac.nodemask
            }
        );
        let &zref = self.zonelist(ac).refs.get(ac.preferred)?;
        let mut last_dirty = None;
        if !self.passes_over(task, ac, zref, &mut last_dirty)
            && let Some(frame) = self.try_zone(task, ac, zref)
        {
            return Some(frame);
        }
        self.walk_on(task, *ac, last_dirty)
    }

    /// The walk from the second zone on, and once more over all without [`AllocFlags::NOFRAGMENT`].
    #[cold]
    #[inline(never)]
    fn walk_on(&mut self, task: &Task, mut ac: AllocContext, mut last_dirty: Option<NodeId>) -> Option<Frame> {
        let mut from = ac.preferred + 1;
        'walk: loop {
            let no_fallback = ac.alloc_flags.contains(AllocFlags::NOFRAGMENT);
            let mut at = self.zonelist(&ac).next(from, ac.highest_zoneidx, ac.nodemask);
            from = ac.preferred;
            while let Some(&zref) = self.zonelist(&ac).refs.get(at) {
                if !self.passes_over(task, &ac, zref, &mut last_dirty) {
                    if no_fallback && self.leaves_node(&ac, zref) {
                        ac.alloc_flags -= AllocFlags::NOFRAGMENT;
                        emit!(self, Event::Restarted { zone: Some(zref.zone), reason: Restart::RemoteNode });
                        continue 'walk;
                    }
                    if let Some(frame) = self.try_zone(task, &ac, zref) {
                        return Some(frame);
                    }
                }
                at = self.zonelist(&ac).next(at + 1, ac.highest_zoneidx, ac.nodemask);
            }
            if !no_fallback {
                return None;
            }
            ac.alloc_flags -= AllocFlags::NOFRAGMENT;
            emit!(self, Event::Restarted { zone: None, reason: Restart::EndOfList });
        }
    }

    /// Cpuset and dirty limits, which pass over a zone before its watermark is looked at.
    #[inline]
    fn passes_over(&mut self, task: &Task, ac: &AllocContext, zref: ZoneRef, last_dirty: &mut Option<NodeId>) -> bool {
        let limited = ac.alloc_flags.contains(AllocFlags::CPUSET) || ac.spread_dirty;
        limited && self.limits_pass_over(task, *ac, zref, last_dirty)
    }

    #[cold]
    fn limits_pass_over(
        &mut self,
        task: &Task,
        ac: AllocContext,
        zref: ZoneRef,
        last_dirty: &mut Option<NodeId>,
    ) -> bool {
        let cpuset = ac.alloc_flags.contains(AllocFlags::CPUSET) && self.cpusets.is_enabled();
        if cpuset && !self.cpusets.node_allowed(task, zref.node, ac.gfp) {
            emit!(self, Event::Skipped { zone: zref.zone, reason: Skip::Cpuset });
            return true;
        }
        if ac.spread_dirty && self.is_dirty_node(task, zref.node, last_dirty) {
            emit!(self, Event::Skipped { zone: zref.zone, reason: Skip::DirtyNode });
            return true;
        }
        false
    }

    /// Whether a node has more dirty pages than its share; only the last such node is remembered.
    #[cold]
    fn is_dirty_node(&self, task: &Task, node: NodeId, last_dirty: &mut Option<NodeId>) -> bool {
        if *last_dirty == Some(node) {
            return true;
        }
        if self.node_dirty_ok(task, node) {
            return false;
        }
        *last_dirty = Some(node);
        true
    }

    /// Whether the walk has come to a node other than the preferred one.
    #[inline]
    fn leaves_node(&self, ac: &AllocContext, zref: ZoneRef) -> bool {
        self.nr_online_nodes > 1 && ac.preferred_zone.is_some_and(|p| p.node() != zref.node)
    }

    /// Takes a page from a zone if its free pages suffice or the request may ignore that.
    #[inline(always)]
    fn try_zone(&mut self, task: &Task, ac: &AllocContext, zref: ZoneRef) -> Option<Frame> {
        let usable = self.zone_watermark_fast(ac, zref.zone)
            || self.has_exceptions(ac.alloc_flags) && self.may_use_anyway(task, *ac, zref);
        if !usable {
            return None;
        }
        let frame = match self.rmqueue(task, ac, zref.zone) {
            Some(frame) => frame,
            None => self.rmqueue_after_growth(task, *ac, zref.zone)?,
        };
        self.prep_new_page(frame, ac);
        if ac.order > 0 && ac.alloc_flags.contains(AllocFlags::HARDER) {
            self.lock(zref.zone, task.cpu).reserve_highatomic_pageblock(frame);
        }
        Some(frame)
    }

    /// Whether the zone has enough free pages (`zone_watermark_fast`).
    #[inline(always)]
    fn zone_watermark_fast(&mut self, ac: &AllocContext, zone: ZoneId) -> bool {
        let zone = &self.zones[zone.index()];
        if let Some(check) = order0_shortcut(zone, ac.order, ac.highest_zoneidx, ac.alloc_flags) {
            emit!(self, Event::Watermark(check));
            return true;
        }
        if shortcut_decides(ac.order, ac.alloc_flags, ac.gfp) {
            emit!(
                self,
                Event::Watermark(zone_watermark_fast(zone, ac.order, ac.highest_zoneidx, ac.alloc_flags, ac.gfp))
            );
            return false;
        }
        let check = zone_watermark_fast(zone, ac.order, ac.highest_zoneidx, ac.alloc_flags, ac.gfp);
        emit!(self, Event::Watermark(check));
        check.verdict.passed()
    }

    /// Whether anything can let a request take from a zone below its mark.
    #[inline]
    fn has_exceptions(&self, flags: AllocFlags) -> bool {
        flags.contains(AllocFlags::NO_WATERMARKS) || !self.deferred.is_empty() || self.sysctl.zone_reclaim_mode != 0
    }

    /// Whether a request may take from a zone below its mark: it grew, or the mark does not count, or reclaim helped.
    #[cold]
    #[inline(never)]
    fn may_use_anyway(&mut self, task: &Task, ac: AllocContext, zref: ZoneRef) -> bool {
        if self.deferred_grow_zone(task.cpu, zref.zone, ac.order) {
            return true;
        }
        if ac.alloc_flags.contains(AllocFlags::NO_WATERMARKS) {
            emit!(self, Event::IgnoredMark { zone: zref.zone });
            return true;
        }
        self.node_reclaim_helps(task, &ac, zref)
    }

    /// Tries again as long as more of a zone that was deferred at boot can be had.
    #[cold]
    fn rmqueue_after_growth(&mut self, task: &Task, ac: AllocContext, zone: ZoneId) -> Option<Frame> {
        while self.deferred_grow_zone(task.cpu, zone, ac.order) {
            if let Some(frame) = self.rmqueue(task, &ac, zone) {
                return Some(frame);
            }
        }
        None
    }

    /// Takes a block out of one zone and counts it (`rmqueue`).
    #[inline(always)]
    fn rmqueue(&mut self, task: &Task, ac: &AllocContext, zone: ZoneId) -> Option<Frame> {
        let AllocContext { order, alloc_flags, migratetype, .. } = *ac;
        let cpu_node = self.cpus[task.cpu.index()].node;
        // A per-CPU list of movable pages can hold CMA pages, which this request must not get.
        let pcp = order == 0 && (migratetype != MigrateType::Movable || alloc_flags.contains(AllocFlags::CMA));
        let frame = if pcp {
            self.rmqueue_pcplist(zone, task.cpu, migratetype, alloc_flags)
        } else {
            self.lock(zone, task.cpu).rmqueue_buddy(order, migratetype, alloc_flags)
        };
        if frame.is_some() {
            self.zone_statistics(zone, ac.preferred_zone.unwrap_or(zone), task.cpu, cpu_node);
        } else {
            let nofragment = alloc_flags.contains(AllocFlags::NOFRAGMENT);
            emit!(self, Event::NothingTaken { zone, order, migratetype, nofragment });
            if !pcp {
                return None;
            }
        }
        if self.zones[zone.index()].flags & ZONE_BOOSTED_WATERMARK != 0 {
            self.zones[zone.index()].flags &= !ZONE_BOOSTED_WATERMARK;
            self.wakeup_kswapd(task, zone, Gfp::empty(), 0, zone.zone_type() as u8);
        }
        frame
    }

    /// Counts where a request was served (`zone_statistics`).
    #[inline(always)]
    fn zone_statistics(&mut self, zone: ZoneId, preferred: ZoneId, cpu: CpuId, cpu_node: NodeId) {
        if !self.options.numa_stat {
            return;
        }
        let hit = zone.node() == preferred.node();
        let local = zone.node() == cpu_node;
        let pcp = self.pcp_mut(zone, cpu);
        let full = pcp.inc_numa_state(if hit { NumaItem::Hit } else { NumaItem::Miss })
            | pcp.inc_numa_state(if local { NumaItem::Local } else { NumaItem::Other });
        if full {
            self.fold_numa_state(zone, cpu);
        }
        if !hit {
            self.inc_numa_state(preferred, cpu, NumaItem::Foreign);
        }
    }

    /// Counts one NUMA event (`__inc_numa_state`).
    pub(crate) fn inc_numa_state(&mut self, zone: ZoneId, cpu: CpuId, item: NumaItem) {
        if self.pcp_mut(zone, cpu).inc_numa_state(item) {
            self.fold_numa_state(zone, cpu);
        }
    }

    /// Moves the counts that have grown too large for a CPU's share.
    #[cold]
    fn fold_numa_state(&mut self, zone: ZoneId, cpu: CpuId) {
        let LockedZone { pcp, zone, global, .. } = self.lock(zone, cpu);
        for (item, stored) in pcp.numa_stat_diff.iter_mut().enumerate().filter(|(_, n)| **n > NUMA_STATS_THRESHOLD) {
            let folded = u64::from(core::mem::take(stored));
            zone.numa_stat[item] += folded;
            global.vm_numa_stat[item] += folded;
        }
    }

    /// Makes a block usable (`prep_new_page`).
    #[inline(always)]
    pub(crate) fn prep_new_page(&mut self, frame: Frame, ac: &AllocContext) {
        let order = ac.order;
        let mut flags = 0;
        if ac.alloc_flags.contains(AllocFlags::NO_WATERMARKS) {
            flags |= Meta::PFMEMALLOC;
        }
        if order > 0 && ac.gfp.contains(Gfp::COMP) {
            flags |= Meta::COMP;
            if order == 1 {
                flags |= Meta::MARKED;
                self.mark_second_page(frame);
            }
        }
        self.mem.update_meta(frame, order, |meta| meta.turned(PageState::Allocated).with(flags));
    }

    /// `compound_nr` = 2 overlays the second page's mapping and reads as "movable".
    #[cold]
    fn mark_second_page(&mut self, frame: Frame) {
        let tail = self.mem.marks(frame.add(1));
        self.mem.set_marks(frame.add(1), tail.with(Marks::MOVABLE));
    }

    /// Ends a request.
    #[inline]
    pub(crate) fn finish(
        &mut self,
        task: &mut Task,
        frame: Option<Frame>,
        gfp: Gfp,
        ac: &AllocContext,
        outcome: Outcome,
    ) -> Answer {
        let (frame, outcome) = self.charge_and_tell(task, frame, gfp, ac, outcome);
        self.answer(frame, outcome)
    }

    /// What a request got is charged to the task's memory cgroup if it asks for that; then its end is told
    /// (`trace_mm_page_alloc`).
    #[inline(always)]
    fn charge_and_tell(
        &mut self,
        task: &mut Task,
        frame: Option<Frame>,
        gfp: Gfp,
        ac: &AllocContext,
        outcome: Outcome,
    ) -> (Option<Frame>, Outcome) {
        let (frame, outcome) = match frame {
            Some(frame) if crate::RECLAIMS && gfp.contains(Gfp::ACCOUNT) => {
                self.charge_or_free(task, frame, gfp, ac.order, outcome)
            }
            frame => (frame, outcome),
        };
        emit!(
            self,
            Event::AllocEnd {
                pfn: frame.map(|f| self.mem.pfn(f)),
                zone: frame.and_then(|f| self.mem.zone_of(f)),
                gfp,
                order: ac.order,
                migratetype: ac.migratetype,
                outcome,
            }
        );
        (frame, outcome)
    }

    /// Charges a block to the task's memory cgroup; gives it back if that is refused (end of `__alloc_pages_nodemask`).
    #[cold]
    fn charge_or_free(
        &mut self,
        task: &mut Task,
        frame: Frame,
        gfp: Gfp,
        order: u8,
        outcome: Outcome,
    ) -> (Option<Frame>, Outcome) {
        if self.memcg_kmem_charge_page(task, frame, gfp, order) {
            return (Some(frame), outcome);
        }
        if let Some(zone) = self.mem.zone_of(frame) {
            self.free_block(task.cpu, zone, frame, self.mem.meta(frame, order));
        }
        (None, Outcome::NotCharged)
    }
}

/// [`AllocFlags::CMA`] if the request may use CMA pages (`current_alloc_flags`).
#[inline]
pub(crate) fn current_alloc_flags(task: &Task, migratetype: MigrateType) -> AllocFlags {
    let movable = migratetype == MigrateType::Movable;
    if movable && !task.flags.contains(TaskFlags::MEMALLOC_NOCMA) { AllocFlags::CMA } else { AllocFlags::empty() }
}
