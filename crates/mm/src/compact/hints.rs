//! Skip hints of pageblocks and where the scanners go on next time.

use super::control::{CompactControl, MigrateMode};
use crate::event::Sink;
use crate::machine::Machine;
use crate::page::meta::{Meta, PageState};
use crate::pfn::{Frame, PAGEBLOCK_NR_PAGES, PAGEBLOCK_ORDER, Pfn, ZoneId};

/// First page of the order-aligned block that holds a page (`block_start_pfn`).
pub(super) const fn block_start(pfn: Pfn, order: u8) -> Pfn {
    Pfn(pfn.0 & !((1 << order) - 1))
}

/// First page after the order-aligned block that holds a page (`block_end_pfn`).
pub(super) const fn block_end(pfn: Pfn, order: u8) -> Pfn {
    Pfn(block_start(pfn, order).0 + (1 << order))
}

/// First page of the pageblock (`pageblock_start_pfn`).
pub(super) const fn pageblock_start(pfn: Pfn) -> Pfn {
    block_start(pfn, PAGEBLOCK_ORDER)
}

/// First page after the pageblock (`pageblock_end_pfn`).
pub(super) const fn pageblock_end(pfn: Pfn) -> Pfn {
    block_end(pfn, PAGEBLOCK_ORDER)
}

/// Whether a pageblock starts here.
pub(super) const fn is_pageblock_start(pfn: Pfn) -> bool {
    pfn.0 & (PAGEBLOCK_NR_PAGES - 1) == 0
}

/// What a scanner sees at a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Seen {
    /// A free block of this order starts here (`PageBuddy`).
    Free(u8),
    /// Part of a compound page. The order is known on the first page; elsewhere it reads as 0 (`compound_order`).
    Compound(u8),
    /// Any other page.
    Other,
}

impl<S: Sink> Machine<S> {
    /// What a scanner sees at a page.
    pub(super) fn see(&self, page: Frame) -> Seen {
        let meta = self.mem.page_meta(page);
        match meta.state() {
            PageState::Buddy => Seen::Free(meta.order()),
            PageState::Allocated if meta.has(Meta::COMP) => Seen::Compound(meta.order()),
            PageState::None if self.mem.block_of(page).1.has(Meta::COMP) => Seen::Compound(0),
            _ => Seen::Other,
        }
    }

    /// The first page of a range inside one pageblock, if both ends are the zone's (`pageblock_pfn_to_page`).
    pub(super) fn pageblock_page(&self, start: Pfn, end: Pfn, zone: ZoneId) -> Option<Frame> {
        let first = self.mem.frame(start)?;
        let last = self.mem.frame(Pfn(end.0 - 1))?;
        let own = |page| self.mem.zone_of_existing(page) == Some(zone);
        (own(first) && own(last)).then_some(first)
    }

    /// Whether hints leave the pageblock to be scanned (`isolation_suitable`).
    pub(super) fn isolation_suitable(&self, cc: &CompactControl, page: Frame) -> bool {
        cc.ignore_skip_hint || !self.mem.pageblock_skip(page)
    }

    /// Whether the page is part of a compound page that is a pageblock or more (`pageblock_skip_persistent`).
    pub(super) fn pageblock_skip_persistent(&self, page: Frame) -> bool {
        let (_, meta) = self.mem.block_of(page);
        meta.has(Meta::COMP) && meta.order() >= PAGEBLOCK_ORDER
    }

    /// Lets both scanners begin anew (`reset_cached_positions`).
    pub(super) fn reset_cached_positions(&mut self, zone: ZoneId) {
        let zone = &mut self.zones[zone.index()];
        zone.compact.cached_migrate_pfn = [zone.start_pfn; 2];
        zone.compact.cached_free_pfn = pageblock_start(Pfn(zone.end_pfn().0 - 1));
    }

    /// Hints to skip the pageblock that starts here from now on (`test_and_set_skip`). If it was so already, the scan
    /// has not come here.
    pub(super) fn test_and_set_skip(&mut self, cc: &CompactControl, page: Frame, pfn: Pfn) {
        if !cc.ignore_skip_hint && is_pageblock_start(pfn) && !cc.no_set_skip_hint {
            self.mem.set_pageblock_skip(page, true);
        }
    }

    /// Lets the migrate scanner go on behind the pageblock next time (`update_cached_migrate`). Callers that give the
    /// first page after a pageblock have the one after that passed over, too.
    pub(super) fn update_cached_migrate(&mut self, cc: &CompactControl, pfn: Pfn) {
        if cc.no_set_skip_hint {
            return;
        }
        let behind = pageblock_end(pfn);
        let cached = &mut self.zones[cc.zone.index()].compact.cached_migrate_pfn;
        cached[0] = cached[0].max(behind);
        if cc.mode != MigrateMode::Async {
            cached[1] = cached[1].max(behind);
        }
    }

    /// Hints to skip a pageblock that the free scanner has seen to its end (`update_pageblock_skip`).
    pub(super) fn update_pageblock_skip(&mut self, cc: &CompactControl, page: Frame, pfn: Pfn) {
        if cc.no_set_skip_hint {
            return;
        }
        self.mem.set_pageblock_skip(page, true);
        let cached = &mut self.zones[cc.zone.index()].compact.cached_free_pfn;
        *cached = pfn.min(*cached);
    }
}
