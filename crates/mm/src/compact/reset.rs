//! Clearing skip hints: once scanners have met, hints are stale.

use super::hints::{pageblock_end, pageblock_start};
use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::LifeFlags;
use crate::page::meta::PageState;
use crate::pfn::{Frame, MigrateType, NodeId, PAGE_ALLOC_COSTLY_ORDER, PAGEBLOCK_NR_PAGES, Pfn, ZoneId, ZoneType};

impl<S: Sink> Machine<S> {
    /// Clears the hints of a node's zones where a compaction has covered everything (`reset_isolation_suitable`).
    pub(crate) fn reset_isolation_suitable(&mut self, node: NodeId) {
        for kind in ZoneType::ALL {
            let zone = ZoneId::new(node, kind);
            if self.zones[zone.index()].is_populated() {
                self.reset_zone_hints(zone);
            }
        }
    }

    /// Clears the hints of pageblocks that look worth scanning, from both ends of the zone inward, and lets the scanners
    /// begin at the outermost of them (`__reset_isolation_suitable`).
    pub(crate) fn reset_zone_hints(&mut self, zone: ZoneId) {
        let state = &mut self.zones[zone.index()];
        if !core::mem::take(&mut state.compact.blockskip_flush) {
            return;
        }
        let mut migrate = state.start_pfn;
        let mut free = Pfn(state.end_pfn().0 - 1);
        let (mut reset_migrate, mut reset_free) = (free, migrate);
        let (mut source_set, mut free_set) = (false, false);
        while migrate < free {
            if self.reset_isolation_pfn(zone, migrate, true, source_set) && migrate < reset_migrate {
                source_set = true;
                reset_migrate = migrate;
                let compact = &mut self.zones[zone.index()].compact;
                compact.init_migrate_pfn = migrate;
                compact.cached_migrate_pfn = [migrate; 2];
            }
            if self.reset_isolation_pfn(zone, free, free_set, true) && free > reset_free {
                free_set = true;
                reset_free = free;
                let compact = &mut self.zones[zone.index()].compact;
                compact.init_free_pfn = free;
                compact.cached_free_pfn = free;
            }
            migrate.0 += PAGEBLOCK_NR_PAGES;
            free.0 = free.0.wrapping_sub(PAGEBLOCK_NR_PAGES);
        }
        if reset_migrate >= reset_free {
            let compact = &mut self.zones[zone.index()].compact;
            compact.cached_migrate_pfn = [migrate; 2];
            compact.cached_free_pfn = free;
        }
    }

    /// Clears a pageblock's hint if a sample of its pages shows one worth moving, or room for others
    /// (`__reset_isolation_pfn`). Says whether the hint is clear.
    fn reset_isolation_pfn(&mut self, zone: ZoneId, pfn: Pfn, source: bool, target: bool) -> bool {
        let Some(page) = self.mem.frame(pfn) else { return false };
        if self.mem.zone_of_existing(page) != Some(zone) || self.pageblock_skip_persistent(page) {
            return false;
        }
        if source && target && !self.mem.pageblock_skip(page) {
            return true;
        }
        if !source && target && self.mem.pageblock(page) != MigrateType::Movable {
            return false;
        }
        let state = &self.zones[zone.index()];
        let first = pageblock_start(pfn).max(state.start_pfn);
        let last = Pfn(pageblock_end(pfn).min(state.end_pfn()).0 - 1);
        // A pageblock lies in one section, so its page structures are there if one is.
        let base = page.0 - (pfn.0 - first.0) as u32;
        let worth = (0..=(last.0 - first.0) as u32)
            .step_by(1 << PAGE_ALLOC_COSTLY_ORDER)
            .any(|n| self.is_worth_scanning(Frame(base + n), source, target));
        if worth {
            self.mem.set_pageblock_skip(page, false);
        }
        worth
    }

    fn is_worth_scanning(&self, page: Frame, source: bool, target: bool) -> bool {
        source && self.mem.life(page).flags.contains(LifeFlags::LRU)
            || target && self.mem.page_meta(page).state() == PageState::Buddy
    }
}
