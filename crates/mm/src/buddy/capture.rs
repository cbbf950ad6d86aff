//! Capture: a block that a request's compaction makes is taken before it reaches the free lists, where others could take
//! it (`task_capc`, `compaction_capture`, mm/page_alloc.c).

use super::LockedZone;
use crate::event::{CompactEvent, Event, Sink, emit};
use crate::page::meta::{Meta, PageState};
use crate::pfn::{Frame, MigrateType, PAGEBLOCK_ORDER};

/// No order at all.
const NONE: u8 = u8::MAX;

impl<S: Sink> LockedZone<'_, S> {
    /// The order in which a block of this type would be captured; an order that no block has if none would.
    #[inline]
    pub(super) fn wanted_order(&self, migratetype: MigrateType) -> u8 {
        if self.zone.capture.is_none() { NONE } else { self.captured_order(migratetype) }
    }

    /// CMA and isolated pageblocks stay what they are, and small blocks do not break up movable ones.
    #[cold]
    fn captured_order(&self, migratetype: MigrateType) -> u8 {
        let Some(capture) = self.zone.capture.filter(|capture| capture.page.is_none()) else { return NONE };
        let kept = match migratetype {
            MigrateType::Cma | MigrateType::Isolate => true,
            MigrateType::Movable => capture.order < PAGEBLOCK_ORDER,
            _ => false,
        };
        if kept { NONE } else { capture.order }
    }

    /// Takes the block.
    #[cold]
    pub(super) fn capture(&mut self, page: Frame, order: u8, migratetype: MigrateType) {
        self.mod_freepage_state(-(1 << order), migratetype);
        self.mem.set_meta(page, order, Meta::new(PageState::None, order, migratetype));
        if let Some(capture) = &mut self.zone.capture {
            capture.page = Some(page);
        }
        emit!(self, Event::Compact(CompactEvent::Capture { zone: self.zone.id, pfn: self.mem.pfn(page), order }));
    }
}
