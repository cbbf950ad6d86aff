//! The migrate scanner from pageblock to pageblock.

use super::control::{CompactControl, FastStart};
use super::hints::{is_pageblock_start, pageblock_end, pageblock_start};
use crate::event::Sink;
use crate::machine::Machine;
use crate::pfn::{Frame, MigrateType, PAGE_ALLOC_COSTLY_ORDER, Pfn};

/// A range inside a pageblock that the migrate scanner looks through next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Source {
    pub(super) start: Pfn,
    pub(super) end: Pfn,
}

impl<S: Sink> Machine<S> {
    /// The next range to isolate from, below the free scanner (the first part of `isolate_migratepages`); `None` if
    /// there is none, with the scanner moved on.
    pub(super) fn find_source(&mut self, cc: &mut CompactControl) -> Option<Source> {
        let mut start = self.fast_find_migrateblock(cc);
        let zone_start = self.zones[cc.zone.index()].start_pfn;
        let mut fast = start != cc.migrate_pfn && cc.fast_search_fail == 0;
        let mut first = pageblock_start(start).max(zone_start);
        let mut end = pageblock_end(start);
        while end <= cc.free_pfn {
            if let Some(page) = self.pageblock_page(first, end, cc.zone) {
                let skipped = is_pageblock_start(start) && !fast && !self.isolation_suitable(cc, page);
                if !skipped {
                    if self.suitable_migration_source(cc, page) {
                        return Some(Source { start, end });
                    }
                    self.update_cached_migrate(cc, end);
                }
            }
            fast = false;
            (start, first) = (end, end);
            end = pageblock_end(end);
        }
        cc.migrate_pfn = start;
        None
    }

    /// Whether pages of the pageblock should be moved (`suitable_migration_source`).
    fn suitable_migration_source(&self, cc: &CompactControl, page: Frame) -> bool {
        if self.pageblock_skip_persistent(page) {
            return false;
        }
        let own = self.mem.pageblock(page);
        !cc.is_direct_async()
            || own == cc.migratetype
            || (cc.migratetype == MigrateType::Movable && own == MigrateType::Cma)
    }

    /// Looks through the free lists for a pageblock that is partly free already (`fast_find_migrateblock`). The hint
    /// that it sets on the pageblock found makes the scan of it end at its first page, so that such a hit is lost; what
    /// helps is the lowest block met, where a fruitless search lets the scan begin.
    fn fast_find_migrateblock(&mut self, cc: &mut CompactControl) -> Pfn {
        let pfn = cc.migrate_pfn;
        let zone_start = self.zones[cc.zone.index()].start_pfn;
        let continues = pfn != zone_start && !is_pageblock_start(pfn);
        let other_type = cc.direct && cc.migratetype != MigrateType::Movable;
        if cc.ignore_skip_hint || continues || cc.order <= PAGE_ALLOC_COSTLY_ORDER as i8 || other_type {
            return pfn;
        }
        // The first half of what lies between the scanners, or the first eighth if the scan is under way.
        let shift = if pfn == zone_start { 1 } else { 3 };
        let high = pageblock_start(Pfn(pfn.0.wrapping_add(cc.free_pfn.0.wrapping_sub(pfn.0) >> shift)));
        match self.search_source_lists(cc, high) {
            Some(page) => {
                let found = self.mem.pfn(page);
                update_fast_start(cc, found);
                cc.fast_search_fail = 0;
                self.mem.set_pageblock_skip(page, true);
                pageblock_start(found)
            }
            None => {
                cc.fast_search_fail = cc.fast_search_fail.wrapping_add(1);
                reinit_migrate_pfn(cc)
            }
        }
    }

    /// The first movable free block below `high` without a hint against it, large orders first.
    fn search_source_lists(&mut self, cc: &mut CompactControl, high: Pfn) -> Option<Frame> {
        let limit = cc.freelist_scan_limit();
        let mut scanned = 0;
        let mut found = None;
        for order in (PAGE_ALLOC_COSTLY_ORDER..cc.order as u8).rev() {
            if found.is_some() || scanned >= limit {
                break;
            }
            let list =
                self.zones[cc.zone.index()].free_area[usize::from(order)].free_list[MigrateType::Movable.index()];
            let mut last = None;
            for page in list.iter(&self.mem) {
                scanned += 1;
                if scanned > limit {
                    last = Some(page);
                    break;
                }
                if self.mem.pfn(page) < high && !self.mem.pageblock_skip(page) {
                    (last, found) = (Some(page), Some(page));
                    break;
                }
            }
            if let Some(page) = last {
                self.move_freelist_tail(cc, order, page);
            }
        }
        cc.migrate_scanned += u64::from(scanned);
        found
    }

    /// Makes a free block the last of its list, so that the next search begins behind it (`move_freelist_tail`).
    fn move_freelist_tail(&mut self, cc: &CompactControl, order: u8, page: Frame) {
        let area = &mut self.zones[cc.zone.index()].free_area[usize::from(order)];
        let list = &mut area.free_list[MigrateType::Movable.index()];
        if let Some(next) = list.after(&self.mem, page, order) {
            list.rotate_to_front(&mut self.mem, next, order);
        }
    }
}

/// Remembers the lowest block met (`update_fast_start_pfn`).
fn update_fast_start(cc: &mut CompactControl, pfn: Pfn) {
    cc.fast_start = match cc.fast_start {
        FastStart::Unset => FastStart::At(pfn),
        FastStart::At(lowest) => FastStart::At(lowest.min(pfn)),
        FastStart::Used => FastStart::Used,
    };
}

/// Where a linear scan begins (`reinit_migrate_pfn`): at the lowest block met, but only once.
fn reinit_migrate_pfn(cc: &mut CompactControl) -> Pfn {
    if let FastStart::At(lowest) = cc.fast_start {
        cc.migrate_pfn = lowest;
        cc.fast_start = FastStart::Used;
    }
    cc.migrate_pfn
}
