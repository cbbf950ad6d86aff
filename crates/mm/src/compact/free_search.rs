//! Looking through the free lists for pages to move others to, before any pageblock is scanned.

use super::control::CompactControl;
use super::free_block::Haul;
use super::hints::{pageblock_end, pageblock_start};
use crate::event::Sink;
use crate::machine::Machine;
use crate::pfn::{CpuId, Frame, MigrateType, PAGEBLOCK_NR_PAGES, Pfn};
use crate::vmstat::VmEvent;

/// One search.
struct Search {
    /// Entries of a list that may be looked at.
    limit: u32,
    scanned: u32,
    /// The pageblock of the highest free block met; 0 for none.
    highest: Pfn,
    /// From here on a block is good: the top quarter of what lies between the scanners.
    low: Pfn,
    /// From here on a block will do: the top half.
    min: Pfn,
}

/// What the search of one list came to.
enum Found {
    /// Nothing; other orders may have something.
    Nothing,
    /// A block, off its list now.
    Taken(Frame),
    /// A block that the zone cannot spare.
    Spared,
}

impl<S: Sink> Machine<S> {
    /// Takes one free block near the end of the zone (`fast_isolate_freepages`).
    ///
    /// A search looks at one entry of each list (the kernel takes the smaller of one and half the scan limit where it
    /// meant the larger), but at up to 256 until hints were reset once.
    pub(super) fn fast_isolate_freepages(&mut self, cc: &mut CompactControl, cpu: CpuId, haul: &mut Haul) {
        if cc.order <= 0 {
            return;
        }
        let scan_start = cc.free_pfn >= self.zones[cc.zone.index()].compact.init_free_pfn;
        let mut search = Search::new(cc, scan_start);
        let mut found = None;
        cc.search_order = cc.search_order.min(cc.order - 1);
        let mut next = Some(cc.search_order);
        while let Some(order) = next {
            match self.search_list(cc, cpu, order as u8, &mut search) {
                Found::Taken(page) => {
                    haul.push(page, order as u8);
                    self.global.events.add(VmEvent::CompactIsolated, 1 << order);
                    found = Some((page, 1 << order));
                    next_search_order(cc, order);
                    break;
                }
                Found::Spared => {
                    next_search_order(cc, cc.search_order + 1);
                    break;
                }
                Found::Nothing => next = next_search_order(cc, order),
            }
        }
        if found.is_none() {
            cc.fast_search_fail = cc.fast_search_fail.wrapping_add(1);
            if scan_start {
                found = self.scan_start_page(cc, &search).map(|page| (page, 0));
            }
        }
        let cached = &mut self.zones[cc.zone.index()].compact.cached_free_pfn;
        if search.highest.0 != 0 && search.highest >= *cached {
            *cached = Pfn(search.highest.0.wrapping_sub(PAGEBLOCK_NR_PAGES));
        }
        cc.free_scanned += u64::from(search.scanned);
        if let Some((page, taken)) = found {
            self.fast_isolate_around(cc, cpu, self.mem.pfn(page), taken, haul);
        }
    }

    /// Looks through the movable free blocks of one order from the tail, and takes one.
    fn search_list(&mut self, cc: &mut CompactControl, cpu: CpuId, order: u8, search: &mut Search) -> Found {
        let zone = &self.zones[cc.zone.index()];
        let area = &zone.free_area[usize::from(order)];
        if area.nr_free == 0 {
            return Found::Nothing;
        }
        let list = area.free_list[MigrateType::Movable.index()];
        let mut scanned = 0;
        let (mut best, mut fallback, mut reached) = (None, None, None);
        for page in list.iter_back(&self.mem) {
            scanned += 1;
            let pfn = self.mem.pfn(page);
            if pfn >= search.highest {
                search.highest = pageblock_start(pfn).max(zone.start_pfn);
            }
            if pfn >= search.low {
                best = Some(page);
                break;
            }
            if pfn >= search.min && fallback.is_none_or(|other| page > other) {
                fallback = Some(page);
                search.limit >>= 1;
            }
            if scanned >= search.limit {
                reached = Some(page);
                break;
            }
        }
        search.scanned += scanned;
        if best.is_some() {
            cc.fast_search_fail = 0;
            cc.search_order = order as i8;
        }
        let chosen = best.or(fallback);
        if let Some(page) = chosen.or(reached) {
            let list = &mut self.zones[cc.zone.index()].free_area[usize::from(order)];
            list.free_list[MigrateType::Movable.index()].rotate_to_front(&mut self.mem, page, order);
        }
        let found = match chosen {
            None => Found::Nothing,
            Some(page) if self.lock(cc.zone, cpu).isolate_free_page(page, order) => Found::Taken(page),
            Some(_) => Found::Spared,
        };
        if scanned >= search.limit {
            search.limit = (search.limit >> 1).min(1);
        }
        found
    }

    /// Where a scan from the zone's end begins if the lists had nothing: at the highest pageblock met or, for a request,
    /// halfway to the migrate scanner.
    fn scan_start_page(&self, cc: &mut CompactControl, search: &Search) -> Option<Frame> {
        if search.highest.0 != 0 {
            cc.free_pfn = search.highest;
            return self.mem.frame(search.highest);
        }
        if !cc.direct || self.mem.frame(search.min).is_none() {
            return None;
        }
        cc.free_pfn = search.min;
        let end = pageblock_end(search.min).min(self.zones[cc.zone.index()].end_pfn());
        self.pageblock_page(search.min, end, cc.zone)
    }

    /// Takes the other free pages of the pageblock, too (`fast_isolate_around`).
    fn fast_isolate_around(&mut self, cc: &mut CompactControl, cpu: CpuId, pfn: Pfn, taken: u64, haul: &mut Haul) {
        if haul.is_enough(cc) || cc.is_direct_async() {
            return;
        }
        let zone = &self.zones[cc.zone.index()];
        let start = pageblock_start(pfn).max(zone.start_pfn);
        let end = pageblock_end(pfn).min(zone.end_pfn());
        let Some(page) = self.pageblock_page(start, end, cc.zone) else { return };
        if start != pfn {
            self.isolate_freepages_block(cc, cpu, start, pfn, haul, 1);
            if haul.is_enough(cc) {
                return;
            }
        }
        let behind = Pfn(pfn.0 + taken);
        if behind < end {
            self.isolate_freepages_block(cc, cpu, behind, end, haul, 1);
        }
        if !haul.is_enough(cc) {
            self.mem.set_pageblock_skip(page, true);
        }
    }
}

impl Search {
    fn new(cc: &CompactControl, scan_start: bool) -> Search {
        let limit = if scan_start { PAGEBLOCK_NR_PAGES as u32 >> 1 } else { (cc.freelist_scan_limit() >> 1).min(1) };
        // Once the free scanner is below the migrate scanner the distance wraps, and nothing is good enough.
        let free = cc.free_pfn.0;
        let distance = free.wrapping_sub(cc.migrate_pfn.0);
        let low = pageblock_start(Pfn(free.wrapping_sub(distance >> 2)));
        let min = pageblock_start(Pfn(free.wrapping_sub(distance >> 1)));
        Search { limit, scanned: 0, highest: Pfn(0), low: low.max(min), min }
    }
}

/// The order to look at after this one, round-robin; `None` once all were looked at (`next_search_order`).
fn next_search_order(cc: &mut CompactControl, order: i8) -> Option<i8> {
    let next = if order > 0 { order - 1 } else { cc.order - 1 };
    if next != cc.search_order {
        return Some(next);
    }
    cc.search_order = if cc.search_order > 0 { cc.search_order - 1 } else { cc.order - 1 };
    None
}
