//! Deferred page records: most of a node's last zone is initialized only when someone runs short during boot, or at
//! its end (`CONFIG_DEFERRED_STRUCT_PAGE_INIT`).

use crate::event::Sink;
use crate::machine::Machine;
use crate::page::memmap::TOP_ORDER;
use crate::pfn::{
    CpuId, MAX_ORDER_NR_PAGES, MigrateType, PAGEBLOCK_NR_PAGES, PAGEBLOCK_ORDER, PAGES_PER_SECTION, Pfn, ZoneId,
};
use crate::vmstat::VmEvent;
use std::collections::VecDeque;

/// Memory of a node that the buddy allocator has not been given yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeferredNode {
    /// The node's last zone.
    pub(crate) zone: ZoneId,
    /// Free memory that waits, ascending; its start is `first_deferred_pfn`.
    pub(crate) ranges: VecDeque<(Pfn, Pfn)>,
    /// Nothing was left at the last look, and one more try was granted (`first_deferred_pfn` = all ones).
    pub(crate) exhausted: bool,
}

impl<S: Sink> Machine<S> {
    /// Initializes more of a zone that ran short during boot (`_deferred_grow_zone`); false if there is nothing.
    #[inline]
    pub(crate) fn deferred_grow_zone(&mut self, cpu: CpuId, zone: ZoneId, order: u8) -> bool {
        !self.deferred.is_empty() && self.grow_zone(cpu, zone, order)
    }

    #[cold]
    fn grow_zone(&mut self, cpu: CpuId, zone: ZoneId, order: u8) -> bool {
        let Some(at) = self.deferred.iter().position(|node| node.zone == zone) else { return false };
        let needed = (1u64 << order).next_multiple_of(PAGES_PER_SECTION);
        let mut grown = 0;
        while let Some(&(first, _)) = self.deferred[at].ranges.front() {
            grown += self.init_up_to_max_order(cpu, at);
            let next = self.deferred[at].ranges.front().map(|range| range.0);
            let same_section = next.is_some_and(|next| (next.0 ^ first.0) < PAGES_PER_SECTION);
            if !same_section && grown >= needed {
                break;
            }
        }
        if grown == 0 {
            return !core::mem::replace(&mut self.deferred[at].exhausted, true);
        }
        self.deferred[at].exhausted |= self.deferred[at].ranges.is_empty();
        true
    }

    /// Frees the waiting memory up to the next multiple of the largest block (`deferred_init_maxorder`). Says how
    /// many pages that were.
    fn init_up_to_max_order(&mut self, cpu: CpuId, at: usize) -> u64 {
        let Some(&(start, _)) = self.deferred[at].ranges.front() else { return 0 };
        let stop = Pfn((start.0 + 1).next_multiple_of(MAX_ORDER_NR_PAGES));
        let zone = self.deferred[at].zone;
        let mut pages = 0;
        while let Some(&(from, to)) = self.deferred[at].ranges.front().filter(|range| range.0 < stop) {
            let end = to.min(stop);
            self.deferred[at].ranges.pop_front();
            if end < to {
                self.deferred[at].ranges.push_front((end, to));
            }
            self.deferred_free_pages(cpu, zone, from, end);
            pages += end.0 - from.0;
        }
        pages
    }

    /// Frees a run in whole pageblocks where it fills them, page by page elsewhere (`deferred_free_pages`).
    fn deferred_free_pages(&mut self, cpu: CpuId, zone: ZoneId, from: Pfn, end: Pfn) {
        // Two pageblocks freed one after the other merge; freed at once they need no state of their own.
        if end.0 - from.0 == MAX_ORDER_NR_PAGES {
            return self.free_pages_core(cpu, zone, from, TOP_ORDER);
        }
        let mut at = from;
        while at < end {
            let stop = end.0.min((at.0 + 1).next_multiple_of(PAGEBLOCK_NR_PAGES));
            if stop - at.0 == PAGEBLOCK_NR_PAGES {
                self.free_pages_core(cpu, zone, at, PAGEBLOCK_ORDER);
            } else {
                (at.0..stop).for_each(|pfn| self.free_pages_core(cpu, zone, Pfn(pfn), 0));
            }
            at = Pfn(stop);
        }
    }

    /// Initializes all that is left, node by node, and computes the per-CPU sets again (`page_alloc_init_late`).
    pub(crate) fn page_alloc_init_late(&mut self) {
        if self.deferred.is_empty() {
            return;
        }
        for at in 0..self.deferred.len() {
            while self.init_up_to_max_order(CpuId(0), at) > 0 {}
        }
        self.deferred.clear();
        self.tuning().setup_per_cpu_pageset();
    }

    /// Hands a block to the buddy allocator for the first time, at the tail of its list (`__free_pages_core`).
    pub(crate) fn free_pages_core(&mut self, cpu: CpuId, zone: ZoneId, pfn: Pfn, order: u8) {
        let Some(frame) = self.mem.frame(pfn) else { return };
        let mut locked = self.lock(zone, cpu);
        locked.zone.managed_pages += 1 << order;
        locked.global.events.add(VmEvent::PgFree, 1 << order);
        let migratetype: MigrateType = locked.mem.pageblock(frame);
        locked.free_one_page(frame, order, migratetype, true);
    }
}
