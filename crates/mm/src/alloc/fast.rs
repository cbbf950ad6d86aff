//! The first attempt, and every later walk of the zonelist (mm/page_alloc.c).

use crate::alloc::{AllocContext, Answer};
use crate::event::{Event, Outcome, Restart, Sink, Skip, emit};
use crate::gfp::{AllocFlags, Gfp, gfp_migratetype, gfp_zone};
use crate::machine::Machine;
use crate::page::meta::{Marks, Meta, PageState};
use crate::pfn::{Frame, MigrateType, NodeId, NodeMask, Order, ZoneId, ZoneType};
use crate::task::{Task, TaskFlags};
use crate::vmstat::NumaItem;
use crate::zone::ZONE_BOOSTED_WATERMARK;
use crate::zone::check::zone_watermark_fast;
use crate::zone::zonelist::{ZoneRef, Zonelist};

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
        let gfp = gfp & self.gfp_allowed_mask;
        let mut alloc_flags = AllocFlags::WMARK_LOW;
        let mut alloc_gfp = gfp;
        let mut ac = self.alloc_context(gfp, node, nodemask);
        emit!(
            self,
            Event::AllocBegin {
                gfp,
                order: order.get(),
                cpu: task.cpu,
                node,
                nodemask,
                highest_zoneidx: ac.highest_zoneidx,
            }
        );
        if !self.prepare_alloc_pages(task, gfp, order, &mut ac, &mut alloc_gfp, &mut alloc_flags) {
            return self.finish(None, gfp, order.get(), &ac, Outcome::Injected);
        }
        let order = order.get();
        alloc_flags |= self.alloc_flags_nofragment(&ac, gfp);
        if let Some(frame) = self.get_page_from_freelist(task, alloc_gfp, order, alloc_flags, &ac) {
            return self.finish(Some(frame), alloc_gfp, order, &ac, Outcome::Fast);
        }
        let gfp = task.flags.restrict(gfp);
        ac.spread_dirty = false;
        ac.nodemask = nodemask;
        let (frame, outcome) = self.alloc_pages_slowpath(task, gfp, order, &mut ac);
        self.finish(frame, gfp, order, &ac, outcome)
    }

    /// What follows from the flags alone.
    #[inline]
    pub(crate) fn alloc_context(&self, gfp: Gfp, node: NodeId, nodemask: Option<NodeMask>) -> AllocContext {
        AllocContext {
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
        match gfp_migratetype(gfp) {
            MigrateType::HighAtomic => MigrateType::Unmovable,
            _ if self.options.group_by_mobility_disabled => MigrateType::Unmovable,
            own => own,
        }
    }

    /// Applies the cpuset, fault injection and CMA rules and finds the preferred zone (`prepare_alloc_pages`).
    #[inline]
    fn prepare_alloc_pages(
        &mut self,
        task: &mut Task,
        gfp: Gfp,
        order: Order,
        ac: &mut AllocContext,
        alloc_gfp: &mut Gfp,
        alloc_flags: &mut AllocFlags,
    ) -> bool {
        if self.cpusets.is_enabled() {
            *alloc_gfp |= Gfp::HARDWALL;
            if !task.context.in_interrupt() && ac.nodemask.is_none() {
                ac.nodemask = Some(task.mems_allowed);
            } else {
                *alloc_flags |= AllocFlags::CPUSET;
            }
        }
        if self.fault.as_mut().is_some_and(|fault| fault.should_fail(task, gfp, order, &mut self.rng)) {
            return false;
        }
        *alloc_flags |= self.current_alloc_flags(task, gfp);
        self.find_preferred_zone(ac);
        true
    }

    /// [`AllocFlags::CMA`] if the request may use CMA pages (`current_alloc_flags`).
    #[inline]
    pub(crate) fn current_alloc_flags(&self, task: &Task, gfp: Gfp) -> AllocFlags {
        let movable = self.request_migratetype(gfp) == MigrateType::Movable;
        if movable && !task.flags.contains(TaskFlags::MEMALLOC_NOCMA) { AllocFlags::CMA } else { AllocFlags::empty() }
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
    fn alloc_flags_nofragment(&self, ac: &AllocContext, gfp: Gfp) -> AllocFlags {
        let mut flags = AllocFlags::empty();
        flags.set(AllocFlags::KSWAPD, gfp.contains(Gfp::KSWAPD_RECLAIM));
        let Some(zone) = ac.preferred_zone else { return flags };
        if zone.zone_type() != ZoneType::Normal {
            return flags;
        }
        let below = &self.zones[ZoneId::new(zone.node(), ZoneType::Dma32).index()];
        if self.nr_online_nodes == 1 || below.is_populated() {
            flags |= AllocFlags::NOFRAGMENT;
        }
        flags
    }

    /// One walk over the zonelist from the preferred zone (`get_page_from_freelist`).
    pub(crate) fn get_page_from_freelist(
        &mut self,
        task: &Task,
        gfp: Gfp,
        order: u8,
        mut alloc_flags: AllocFlags,
        ac: &AllocContext,
    ) -> Option<Frame> {
        let mut last_dirty = None;
        emit!(self, Event::Walk { alloc_flags, gfp, preferred: ac.preferred_zone });
        'walk: loop {
            let no_fallback = alloc_flags.contains(AllocFlags::NOFRAGMENT);
            let mut at = ac.preferred;
            while let Some(&zref) = self.zonelist(ac).refs.get(at) {
                if !self.passes_over(task, gfp, alloc_flags, ac, zref, &mut last_dirty) {
                    if no_fallback && self.leaves_node(ac, zref) {
                        alloc_flags -= AllocFlags::NOFRAGMENT;
                        emit!(self, Event::Restarted { zone: Some(zref.zone), reason: Restart::RemoteNode });
                        continue 'walk;
                    }
                    if self.zone_has_enough(task, gfp, order, alloc_flags, ac, zref)
                        && let Some(frame) = self.take_from(task, zref, gfp, order, alloc_flags, ac)
                    {
                        return Some(frame);
                    }
                }
                at = self.zonelist(ac).next(at + 1, ac.highest_zoneidx, ac.nodemask);
            }
            if !no_fallback {
                return None;
            }
            alloc_flags -= AllocFlags::NOFRAGMENT;
            emit!(self, Event::Restarted { zone: None, reason: Restart::EndOfList });
        }
    }

    /// Cpuset and dirty limits, which pass over a zone before its watermark is looked at.
    #[inline]
    fn passes_over(
        &mut self,
        task: &Task,
        gfp: Gfp,
        alloc_flags: AllocFlags,
        ac: &AllocContext,
        zref: ZoneRef,
        last_dirty: &mut Option<NodeId>,
    ) -> bool {
        let cpuset = alloc_flags.contains(AllocFlags::CPUSET) && self.cpusets.is_enabled();
        if cpuset && !self.cpusets.node_allowed(task, zref.node, gfp) {
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

    /// Whether the zone's free pages suffice, or the request may ignore that.
    #[inline]
    fn zone_has_enough(
        &mut self,
        task: &Task,
        gfp: Gfp,
        order: u8,
        alloc_flags: AllocFlags,
        ac: &AllocContext,
        zref: ZoneRef,
    ) -> bool {
        let zone = &self.zones[zref.zone.index()];
        let check = zone_watermark_fast(zone, order, ac.highest_zoneidx, alloc_flags, gfp);
        emit!(self, Event::Watermark(check));
        check.verdict.passed() || self.may_use_anyway(task, gfp, order, alloc_flags, ac, zref)
    }

    /// Whether a request may take from a zone below its mark: it grew, or the mark does not count, or reclaim helped.
    #[cold]
    fn may_use_anyway(
        &mut self,
        task: &Task,
        gfp: Gfp,
        order: u8,
        alloc_flags: AllocFlags,
        ac: &AllocContext,
        zref: ZoneRef,
    ) -> bool {
        if self.deferred_grow_zone(task.cpu, zref.zone, order) {
            return true;
        }
        if alloc_flags.contains(AllocFlags::NO_WATERMARKS) {
            emit!(self, Event::IgnoredMark { zone: zref.zone });
            return true;
        }
        self.node_reclaim_helps(task, gfp, order, ac, zref)
    }

    /// Takes a page from a zone that passed (`rmqueue`, `prep_new_page`).
    #[inline(never)]
    fn take_from(
        &mut self,
        task: &Task,
        zref: ZoneRef,
        gfp: Gfp,
        order: u8,
        alloc_flags: AllocFlags,
        ac: &AllocContext,
    ) -> Option<Frame> {
        let Some(frame) = self.rmqueue(task, zref.zone, order, ac, alloc_flags) else {
            return self.take_after_growth(task, zref, gfp, order, alloc_flags, ac);
        };
        self.prep_new_page(frame, order, gfp, alloc_flags);
        if order > 0 && alloc_flags.contains(AllocFlags::HARDER) {
            self.lock(zref.zone, task.cpu).reserve_highatomic_pageblock(frame);
        }
        Some(frame)
    }

    /// Tries again if a part of the zone was deferred at boot.
    #[cold]
    fn take_after_growth(
        &mut self,
        task: &Task,
        zref: ZoneRef,
        gfp: Gfp,
        order: u8,
        alloc_flags: AllocFlags,
        ac: &AllocContext,
    ) -> Option<Frame> {
        let grown = self.deferred_grow_zone(task.cpu, zref.zone, order);
        if grown { self.take_from(task, zref, gfp, order, alloc_flags, ac) } else { None }
    }

    /// Takes a block out of one zone and counts it (`rmqueue`).
    #[inline]
    fn rmqueue(
        &mut self,
        task: &Task,
        zone: ZoneId,
        order: u8,
        ac: &AllocContext,
        alloc_flags: AllocFlags,
    ) -> Option<Frame> {
        let mt = ac.migratetype;
        // A per-CPU list of movable pages can hold CMA pages, which this request must not get.
        let pcp = order == 0 && (mt != MigrateType::Movable || alloc_flags.contains(AllocFlags::CMA));
        let cpu_node = self.cpus[task.cpu.index()].node;
        let preferred = ac.preferred_zone.unwrap_or(zone);
        let mut locked = self.lock(zone, task.cpu);
        let frame =
            if pcp { locked.rmqueue_pcplist(mt, alloc_flags) } else { locked.rmqueue_buddy(order, mt, alloc_flags) };
        let boosted = locked.zone.flags & ZONE_BOOSTED_WATERMARK != 0;
        if frame.is_some() {
            let foreign = locked.zone_statistics(preferred.node(), cpu_node);
            if foreign {
                self.lock(preferred, task.cpu).inc_numa_state(NumaItem::Foreign);
            }
        } else {
            emit!(
                self,
                Event::NothingTaken {
                    zone,
                    order,
                    migratetype: mt,
                    nofragment: alloc_flags.contains(AllocFlags::NOFRAGMENT),
                }
            );
            if !pcp {
                return None;
            }
        }
        if boosted {
            self.zones[zone.index()].flags &= !ZONE_BOOSTED_WATERMARK;
            self.wakeup_kswapd(task, zone, Gfp::empty(), 0, zone.zone_type() as u8);
        }
        frame
    }

    /// Makes a block usable (`prep_new_page`).
    #[inline]
    pub(crate) fn prep_new_page(&mut self, frame: Frame, order: u8, gfp: Gfp, alloc_flags: AllocFlags) {
        let mut flags = 0;
        if alloc_flags.contains(AllocFlags::NO_WATERMARKS) {
            flags |= Meta::PFMEMALLOC;
        }
        if order > 0 && gfp.contains(Gfp::COMP) {
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

    /// Ends a request and says so (`trace_mm_page_alloc`).
    #[inline]
    fn finish(&mut self, frame: Option<Frame>, gfp: Gfp, order: u8, ac: &AllocContext, outcome: Outcome) -> Answer {
        let pfn = frame.map(|f| self.mem.pfn(f));
        emit!(
            self,
            Event::AllocEnd {
                pfn,
                zone: frame.and_then(|f| self.mem.zone_of(f)),
                gfp,
                order,
                migratetype: ac.migratetype,
                outcome,
            }
        );
        Answer { pfn, outcome }
    }
}
