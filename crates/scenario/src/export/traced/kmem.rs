//! Tracepoints of page allocation (include/trace/events/kmem.h).

use super::{HIDDEN, page_of};
use buddyscope_mm::event::Event;
use buddyscope_mm::pfn::PAGEBLOCK_ORDER;
use buddyscope_procfs::trace::{Drained, ExtFrag, Freed, KmemEvent, PageAlloc, ZoneLocked};

pub(super) fn trace(event: &Event) -> Option<KmemEvent> {
    Some(match *event {
        Event::AllocEnd { pfn, gfp, order, migratetype, .. } => {
            let (page, pfn) = page_of(pfn);
            KmemEvent::PageAlloc(PageAlloc { page, pfn, order: order.into(), migratetype: migratetype as i32, gfp })
        }
        Event::TakeBlock { pfn, order, migratetype, .. } => KmemEvent::ZoneLocked(ZoneLocked {
            page: HIDDEN.to_owned(),
            pfn: pfn.0,
            order: order.into(),
            migratetype: migratetype as i32,
            percpu_refill: order == 0,
        }),
        Event::Steal { pfn, order, fallback_order, start, fallback, owned, .. } => KmemEvent::ExtFrag(ExtFrag {
            page: HIDDEN.to_owned(),
            pfn: pfn.0,
            alloc_order: order.into(),
            fallback_order: fallback_order.into(),
            pageblock_order: i32::from(PAGEBLOCK_ORDER),
            alloc_migratetype: start as i32,
            fallback_migratetype: fallback as i32,
            fragmenting: fallback_order < PAGEBLOCK_ORDER,
            change_ownership: owned,
        }),
        Event::Free { pfn, order, .. } => {
            KmemEvent::Freed(Freed { page: HIDDEN.to_owned(), pfn: pfn.0, order: order.into() })
        }
        Event::PcpDrain { pfn, migratetype, .. } => KmemEvent::Drained(Drained {
            page: HIDDEN.to_owned(),
            pfn: pfn.0,
            order: 0,
            migratetype: migratetype as i32,
        }),
        _ => return None,
    })
}
