//! Tracepoints of LRU lists (include/trace/events/pagemap.h).

use super::HIDDEN;
use buddyscope_mm::event::{ReclaimEvent, ShownPage};
use buddyscope_procfs::trace::{LruActivate, LruInsertion, PageFlagsShown, PagemapEvent};

pub(super) fn trace(event: &ReclaimEvent) -> Option<PagemapEvent> {
    Some(match *event {
        ReclaimEvent::Listed { pfn, lru, shown } => PagemapEvent::LruInsertion(LruInsertion {
            page: HIDDEN.to_owned(),
            pfn: pfn.0,
            lru: lru as u32,
            flags: PageFlagsShown {
                mapped: shown.contains(ShownPage::MAPPED),
                anon: shown.contains(ShownPage::ANON),
                swap_cache: shown.contains(ShownPage::SWAPCACHE),
                swap_backed: shown.contains(ShownPage::SWAPBACKED),
                // Only set by code for buffers that the model does not have.
                mapped_to_disk: false,
                buffers: shown.contains(ShownPage::BUFFERS),
            },
        }),
        ReclaimEvent::Activated { pfn } => {
            PagemapEvent::LruActivate(LruActivate { page: HIDDEN.to_owned(), pfn: pfn.0 })
        }
        _ => return None,
    })
}
