//! Taking pageblocks out of use and giving them back (mm/page_isolation.c).

use super::LockedZone;
use super::fallback::Moved;
use crate::event::{Event, Sink, emit};
use crate::gfp::AllocFlags;
use crate::page::memmap::TOP_ORDER;
use crate::page::meta::{Marks, Meta, PageState};
use crate::pfn::{Frame, MigrateType, PAGEBLOCK_NR_PAGES, PAGEBLOCK_ORDER, ZoneType};
use crate::zone::check::zone_watermark_ok;

impl<S: Sink> LockedZone<'_, S> {
    /// Isolates a pageblock; false if it is isolated already or holds a page that cannot move
    /// (`set_migratetype_isolate`). The caller drains the per-CPU lists after success.
    pub(crate) fn set_migratetype_isolate(&mut self, frame: Frame, migratetype: MigrateType) -> bool {
        let old = self.mem.pageblock(frame);
        if old == MigrateType::Isolate || self.has_unmovable_pages(frame, migratetype) {
            return false;
        }
        self.set_pageblock_migratetype(frame, MigrateType::Isolate);
        self.zone.nr_isolate_pageblock += 1;
        let Moved { moved, isolated, .. } = self.move_freepages_block(frame, MigrateType::Isolate);
        self.mod_freepage_state(-i64::from(moved), old);
        self.zone.ever_isolated = true;
        // Pages that were isolated with their other half are subtracted a second time.
        self.miscount(-i64::from(isolated), old);
        emit!(self, Event::Isolate { zone: self.zone.id, pfn: self.mem.pfn(frame), isolated: true, moved });
        true
    }

    /// Gives an isolated pageblock back as `migratetype` (`unset_migratetype_isolate`).
    pub(crate) fn unset_migratetype_isolate(&mut self, frame: Frame, migratetype: MigrateType) {
        if self.mem.pageblock(frame) != MigrateType::Isolate {
            return;
        }
        let mut moved = 0;
        match self.block_to_merge_again(frame) {
            // Put back whole, so that it merges with the neighbor it was kept from.
            Some(order) => {
                self.isolate_free_page_unchecked(frame, order);
                self.set_pageblock_migratetype(frame, migratetype);
                self.free_one_page(frame, order, migratetype, true);
            }
            None => {
                let found = self.move_freepages_block(frame, migratetype);
                moved = found.moved;
                self.mod_freepage_state(i64::from(moved), migratetype);
                // Pages that never reached the isolated list are counted a second time.
                self.miscount(i64::from(moved - found.isolated), migratetype);
                self.set_pageblock_migratetype(frame, migratetype);
            }
        }
        self.zone.nr_isolate_pageblock -= 1;
        emit!(self, Event::Isolate { zone: self.zone.id, pfn: self.mem.pfn(frame), isolated: false, moved });
    }

    /// Notes that the free counters now exceed the lists.
    fn miscount(&mut self, pages: i64, migratetype: MigrateType) {
        self.zone.miscounted[0] += pages;
        if migratetype == MigrateType::Cma {
            self.zone.miscounted[1] += pages;
        }
    }

    /// A free buddy that changes between counted and isolated lists by merging keeps the count it had.
    #[cold]
    pub(super) fn miscount_merge(&mut self, list: MigrateType, order: u8, migratetype: MigrateType) {
        let counted = i64::from(list != MigrateType::Isolate) - i64::from(migratetype != MigrateType::Isolate);
        self.miscount(counted << order, list);
    }

    /// Order of the free block that starts here if it is a whole pageblock or more beside one in normal use.
    fn block_to_merge_again(&self, frame: Frame) -> Option<u8> {
        let meta = self.mem.page_meta(frame);
        let order = meta.order();
        (meta.state() == PageState::Buddy
            && order >= PAGEBLOCK_ORDER
            && self.mem.pageblock(frame.buddy(order)) != MigrateType::Isolate)
            .then_some(order)
    }

    /// Takes a free block off its list if the zone can spare it (`__isolate_free_page`).
    pub(crate) fn isolate_free_page(&mut self, frame: Frame, order: u8) -> bool {
        let migratetype = self.mem.pageblock(frame);
        if migratetype != MigrateType::Isolate {
            let mark = self.zone.watermark[0] + (1 << order);
            if !zone_watermark_ok(self.zone, 0, mark, 0, AllocFlags::CMA).verdict.passed() {
                return false;
            }
            self.mod_freepage_state(-(1 << order), migratetype);
        }
        self.isolate_free_page_unchecked(frame, order);
        true
    }

    /// Takes a free block off its list without a watermark check; whole pageblocks in normal use become movable
    /// (`__isolate_free_page`).
    fn isolate_free_page_unchecked(&mut self, frame: Frame, order: u8) {
        // Whether the pages stop being counted goes by the pageblock, not by the list they were on.
        let list = self.mem.meta(frame, order).migratetype();
        let uncounted = i64::from(self.mem.pageblock(frame) != MigrateType::Isolate);
        self.miscount((i64::from(list != MigrateType::Isolate) - uncounted) << order, list);
        self.del_page_from_free_list(frame, order);
        if order < PAGEBLOCK_ORDER - 1 {
            return;
        }
        for block in (0..1u32 << order).step_by(PAGEBLOCK_NR_PAGES as usize) {
            let page = frame.add(block);
            if !matches!(self.mem.pageblock(page), MigrateType::Isolate | MigrateType::Cma | MigrateType::HighAtomic) {
                self.set_pageblock_migratetype(page, MigrateType::Movable);
            }
        }
    }

    /// Whether a pageblock holds a page that cannot be migrated away (`has_unmovable_pages`).
    fn has_unmovable_pages(&self, frame: Frame, migratetype: MigrateType) -> bool {
        if self.mem.pageblock(frame) == MigrateType::Cma {
            return migratetype != MigrateType::Cma;
        }
        let start = frame.pageblock_start();
        if self.mem.reserves_any(self.mem.pfn(start), PAGEBLOCK_NR_PAGES) {
            return true;
        }
        if self.zone.id.zone_type() == ZoneType::Movable {
            return false;
        }
        let compound_above = self.mem.block_of(start);
        if compound_above.0 != start && compound_above.1.order() == TOP_ORDER && compound_above.1.has(Meta::COMP) {
            return !self.mem.marks(compound_above.0).any(Marks::LRU);
        }
        (0..PAGEBLOCK_NR_PAGES as u32).any(|n| {
            let page = start.add(n);
            self.mem.page_meta(page).state() == PageState::Allocated && !self.mem.marks(page).any(Marks::MIGRATABLE)
        })
    }
}
