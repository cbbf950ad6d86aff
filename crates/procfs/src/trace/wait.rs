//! Events of writeback, LRU lists and isolation (include/trace/events/writeback.h, pagemap.h, page_isolation.h).

use super::codec::{Hex, ShownFlags};
use super::{Isolated, events};
use crate::line::codec::{Number, Text};
use crate::line::{Named, line};

line! {
    /// A task waited for writeback.
    pub struct Waited {
        /// Microseconds it was ready to wait.
        "usec_timeout=" timeout: u32 = Number,
        /// Microseconds it waited.
        " usec_delayed=" delayed: u32 = Number,
    }
    ""
}

events! {
    /// An event of writeback.
    pub enum WritebackEvent {
        /// A task waited (`congestion_wait`).
        CongestionWait(Waited) = "writeback_congestion_wait",
        /// A task waited if a device was congested (`wait_iff_congested`).
        WaitIffCongested(Waited) = "writeback_wait_iff_congested",
    }
}

/// What `mm_lru_insertion` says about a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageFlagsShown {
    /// It is mapped (`M`).
    pub mapped: bool,
    /// It is anonymous (`a`), not of a file (`f`).
    pub anon: bool,
    /// It is in the swap cache (`s`).
    pub swap_cache: bool,
    /// It goes to swap if anywhere (`b`).
    pub swap_backed: bool,
    /// It is mapped to a disk (`d`).
    pub mapped_to_disk: bool,
    /// It has buffers (`B`).
    pub buffers: bool,
}

line! {
    /// A page is put on an LRU list (`__pagevec_lru_add_fn`).
    pub struct LruInsertion {
        /// Address of the page's record (`%p`).
        "page=" page: String = Text,
        /// Its number.
        " pfn=" pfn: u64 = Number,
        /// The list as a number (`enum lru_list`).
        " lru=" lru: u32 = Number,
        /// What it is.
        " flags=" flags: PageFlagsShown = ShownFlags,
    }
    ""
}

line! {
    /// A page is moved to the active list (`activate_page`).
    pub struct LruActivate {
        /// Address of the page's record (`%p`).
        "page=" page: String = Text,
        /// Its number.
        " pfn=" pfn: u64 = Number,
    }
    ""
}

events! {
    /// An event of LRU lists.
    pub enum PagemapEvent {
        /// A page is put on a list.
        LruInsertion(LruInsertion) = "mm_lru_insertion",
        /// A page is moved to the active list.
        LruActivate(LruActivate) = "mm_lru_activate",
    }
}

line! {
    /// Whether all pages of a range are isolated (`test_pages_isolated`).
    pub struct IsolationTest {
        /// First page frame.
        "start_pfn=" start_pfn: u64 = Hex,
        /// Page frame after the last.
        " end_pfn=" end_pfn: u64 = Hex,
        /// Page frame after the last isolated one.
        " fin_pfn=" fin_pfn: u64 = Hex,
        /// Whether that is all.
        " ret=" result: Isolated = Named,
    }
    ""
}

events! {
    /// An event of page isolation.
    pub enum IsolationEvent {
        /// A range was tested.
        TestPagesIsolated(IsolationTest) = "test_pages_isolated",
    }
}
