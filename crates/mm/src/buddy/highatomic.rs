//! The reserve for high-order atomic requests (`MIGRATE_HIGHATOMIC`).

use super::LockedZone;
use crate::event::{Event, Sink, SlowEvent, emit};
use crate::pfn::{Frame, MigrateType, PAGEBLOCK_NR_PAGES};

impl<S: Sink> LockedZone<'_, S> {
    /// Reserves the pageblock a high-order atomic request was served from (`reserve_highatomic_pageblock`).
    #[cold]
    pub(crate) fn reserve_highatomic_pageblock(&mut self, frame: Frame) {
        let max_managed = self.zone.managed_pages / 100 + PAGEBLOCK_NR_PAGES;
        if self.zone.nr_reserved_highatomic >= max_managed {
            return;
        }
        let current = self.mem.pageblock(frame);
        if matches!(current, MigrateType::HighAtomic | MigrateType::Isolate | MigrateType::Cma) {
            return;
        }
        self.zone.nr_reserved_highatomic += PAGEBLOCK_NR_PAGES;
        self.set_pageblock_migratetype(frame, MigrateType::HighAtomic);
        self.move_freepages_block(frame, MigrateType::HighAtomic);
        emit!(
            self,
            Event::ReserveHighatomic {
                zone: self.zone.id,
                pfn: self.mem.pfn(frame.pageblock_start()),
                reserved: self.zone.nr_reserved_highatomic,
            }
        );
    }

    /// Gives one reserved pageblock back to the request's type (`unreserve_highatomic_pageblock`, one zone). Says
    /// whether that freed any page for it.
    pub(crate) fn unreserve_highatomic_pageblock(&mut self, migratetype: MigrateType, force: bool) -> bool {
        if !force && self.zone.nr_reserved_highatomic <= PAGEBLOCK_NR_PAGES {
            return false;
        }
        for order in 0..crate::pfn::MAX_ORDER {
            let list = &self.zone.free_area[order].free_list[MigrateType::HighAtomic.index()];
            let Some(frame) = list.head(self.mem) else { continue };
            if self.mem.pageblock(frame) == MigrateType::HighAtomic {
                let reserved = self.zone.nr_reserved_highatomic;
                self.zone.nr_reserved_highatomic = reserved - PAGEBLOCK_NR_PAGES.min(reserved);
            }
            let pfn = self.mem.pfn(frame);
            self.set_pageblock_migratetype(frame, migratetype);
            let moved = self.move_freepages_block(frame, migratetype).moved;
            let (zone, order, reserved) = (self.zone.id, order as u8, self.zone.nr_reserved_highatomic);
            emit!(self, Event::Slow(SlowEvent::Unreserve { zone, pfn, order, migratetype, force, moved, reserved }));
            if moved > 0 {
                return true;
            }
        }
        false
    }
}
