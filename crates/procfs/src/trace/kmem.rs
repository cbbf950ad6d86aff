//! Events of page allocation (include/trace/events/kmem.h).

use super::codec::{Bit, PfnNumber, TraceGfp};
use super::events;
use crate::line::codec::{Number, Text};
use crate::line::line;
use buddyscope_mm::gfp::Gfp;

line! {
    /// A request is answered (`__alloc_pages_nodemask`).
    pub struct PageAlloc {
        /// Address of the page's record (`%p`).
        "page=" page: String = Text,
        /// Its number, 0 if there is no page.
        " pfn=" pfn: u64 = PfnNumber,
        /// Order of the block.
        " order=" order: u32 = Number,
        /// Mobility as a number.
        " migratetype=" migratetype: i32 = Number,
        /// Flags, as the slow path has left them.
        " gfp_flags=" gfp: Gfp = TraceGfp,
    }
    ""
}

line! {
    /// A block leaves the free lists (`__rmqueue`).
    pub struct ZoneLocked {
        /// Address of the page's record (`%p`).
        "page=" page: String = Text,
        /// Its number.
        " pfn=" pfn: u64 = PfnNumber,
        /// Order of the block.
        " order=" order: u32 = Number,
        /// Mobility as a number.
        " migratetype=" migratetype: i32 = Number,
        /// Whether the order is 0.
        " percpu_refill=" percpu_refill: bool = Bit,
    }
    ""
}

line! {
    /// A block is freed (`free_pages_prepare`).
    pub struct Freed {
        /// Address of the page's record (`%p`).
        "page=" page: String = Text,
        /// Its number.
        " pfn=" pfn: u64 = PfnNumber,
        /// Order of the block.
        " order=" order: u32 = Number,
    }
    ""
}

line! {
    /// A page is freed with others (`free_unref_page_list`).
    pub struct FreedBatched {
        /// Address of the page's record (`%p`).
        "page=" page: String = Text,
        /// Its number.
        " pfn=" pfn: u64 = PfnNumber,
    }
    " order=0"
}

line! {
    /// A page leaves a per-CPU list (`free_pcppages_bulk`).
    pub struct Drained {
        /// Address of the page's record (`%p`).
        "page=" page: String = Text,
        /// Its number.
        " pfn=" pfn: u64 = PfnNumber,
        /// Order of the block.
        " order=" order: u32 = Number,
        /// Mobility as a number.
        " migratetype=" migratetype: i32 = Number,
    }
    ""
}

line! {
    /// A block of another mobility is used (`__rmqueue_fallback`).
    pub struct ExtFrag {
        /// Address of the page's record (`%p`).
        "page=" page: String = Text,
        /// Its number.
        " pfn=" pfn: u64 = PfnNumber,
        /// Order of the request.
        " alloc_order=" alloc_order: i32 = Number,
        /// Order of the block.
        " fallback_order=" fallback_order: i32 = Number,
        /// Order of a pageblock, 9.
        " pageblock_order=" pageblock_order: i32 = Number,
        /// Mobility of the request as a number.
        " alloc_migratetype=" alloc_migratetype: i32 = Number,
        /// Mobility of the block as a number.
        " fallback_migratetype=" fallback_migratetype: i32 = Number,
        /// Whether the block is smaller than a pageblock.
        " fragmenting=" fragmenting: bool = Bit,
        /// Whether the pageblock has changed its mobility.
        " change_ownership=" change_ownership: bool = Bit,
    }
    ""
}

events! {
    /// An event of page allocation.
    pub enum KmemEvent {
        /// A request is answered.
        PageAlloc(PageAlloc) = "mm_page_alloc",
        /// A block leaves the free lists.
        ZoneLocked(ZoneLocked) = "mm_page_alloc_zone_locked",
        /// A block of another mobility is used.
        ExtFrag(ExtFrag) = "mm_page_alloc_extfrag",
        /// A block is freed.
        Freed(Freed) = "mm_page_free",
        /// A page is freed with others.
        FreedBatched(FreedBatched) = "mm_page_free_batched",
        /// A page leaves a per-CPU list.
        Drained(Drained) = "mm_page_pcpu_drain",
    }
}
