//! Contiguous memory areas: lent to movable pages (mm/cma.c, mm/page_alloc.c).

use super::LockedZone;
use crate::event::Sink;
use crate::pfn::{Frame, MigrateType, PAGEBLOCK_NR_PAGES, PAGEBLOCK_ORDER};
use crate::vmstat::{VmEvent, ZoneItem};

impl<S: Sink> LockedZone<'_, S> {
    /// Whether more than half of the free pages are CMA pages, so that movable requests use them first (`__rmqueue`).
    #[inline]
    pub(super) fn cma_dominates(&self) -> bool {
        self.zone.page_state(ZoneItem::FreeCma) > self.zone.page_state(ZoneItem::FreePages) / 2
    }

    /// Hands one reserved pageblock to the buddy allocator as CMA (`init_cma_reserved_pageblock`).
    pub(crate) fn init_cma_pageblock(&mut self, frame: Frame) {
        self.mem.set_pageblock(frame, MigrateType::Cma);
        self.zone.managed_pages += PAGEBLOCK_NR_PAGES;
        self.global.events.add(VmEvent::PgFree, PAGEBLOCK_NR_PAGES);
        self.free_one_page(frame, PAGEBLOCK_ORDER, MigrateType::Cma, false);
    }
}
