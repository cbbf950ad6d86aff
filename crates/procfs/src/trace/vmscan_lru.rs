//! Events of reclaim that concern pages on LRU lists (include/trace/events/vmscan.h).

use super::Lru;
use super::codec::ReclaimFlags;
use crate::line::codec::{Number, Text};
use crate::line::places::Node;
use crate::line::{Named, line};
use buddyscope_mm::pfn::NodeId;

line! {
    /// Pages are taken off a list (`isolate_lru_pages`).
    pub struct LruIsolate {
        /// `isolate_mode_t`.
        "isolate_mode=" mode: u32 = Number,
        /// Index of the highest zone that counts.
        " classzone=" highest_zoneidx: i32 = Number,
        /// Order of the wanted block.
        " order=" order: i32 = Number,
        /// Pages asked for.
        " nr_requested=" requested: u64 = Number,
        /// Pages looked at.
        " nr_scanned=" scanned: u64 = Number,
        /// Of those, in higher zones.
        " nr_skipped=" skipped: u64 = Number,
        /// Pages taken.
        " nr_taken=" taken: u64 = Number,
        /// The list.
        " lru=" lru: Lru = Named,
    }
    ""
}

line! {
    /// A page is written (`pageout`).
    pub struct WritePage {
        /// Address of its record (`%p`).
        "page=" page: String = Text,
        /// Its number.
        " pfn=" pfn: u64 = Number,
        /// Whether it is of a file.
        " flags=" file: bool = ReclaimFlags,
    }
    ""
}

line! {
    /// An inactive list was scanned (`shrink_inactive_list`). Numbers are of pages.
    pub struct ShrinkInactive {
        /// The node.
        "nid=" nid: NodeId = Node,
        /// Looked at.
        " nr_scanned=" scanned: u64 = Number,
        /// Freed.
        " nr_reclaimed=" reclaimed: u64 = Number,
        /// Dirty.
        " nr_dirty=" dirty: u64 = Number,
        /// Being written.
        " nr_writeback=" writeback: u64 = Number,
        /// Dirty, on a congested device.
        " nr_congested=" congested: u64 = Number,
        /// Being written and met for the second time.
        " nr_immediate=" immediate: u64 = Number,
        /// Anonymous, moved to the active list.
        " nr_activate_anon=" activate_anon: u32 = Number,
        /// Of files, moved to the active list.
        " nr_activate_file=" activate_file: u32 = Number,
        /// Kept because they were used.
        " nr_ref_keep=" ref_keep: u64 = Number,
        /// Kept because they could not be unmapped.
        " nr_unmap_fail=" unmap_fail: u64 = Number,
        /// Priority of reclaim, 12 to 0.
        " priority=" priority: i32 = Number,
        /// Whether the list is of file pages.
        " flags=" file: bool = ReclaimFlags,
    }
    ""
}

line! {
    /// An active list was scanned (`shrink_active_list`). Numbers are of pages.
    pub struct ShrinkActive {
        /// The node.
        "nid=" nid: NodeId = Node,
        /// Taken off the list.
        " nr_taken=" taken: u64 = Number,
        /// Put back on it.
        " nr_active=" active: u64 = Number,
        /// Moved to the inactive list.
        " nr_deactivated=" deactivated: u64 = Number,
        /// Found to be used.
        " nr_referenced=" referenced: u64 = Number,
        /// Priority of reclaim, 12 to 0.
        " priority=" priority: i32 = Number,
        /// Whether the list is of file pages.
        " flags=" file: bool = ReclaimFlags,
    }
    ""
}
