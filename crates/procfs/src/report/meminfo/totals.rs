//! The lines after those of the zones (`show_mem`, `show_swap_cache_info`, `hugetlb_show_meminfo`).

use crate::line::codec::{Kb, Number, PagesKb};
use crate::line::line;
use crate::line::places::Node;
use buddyscope_mm::pfn::NodeId;

line! {
    /// Huge pages of one size on a node.
    pub struct HugePages {
        /// Which node.
        "Node " node: NodeId = Node,
        /// Huge pages there are (`nr_huge_pages_node`).
        " hugepages_total=" total: u32 = Number,
        /// Of those, unused (`free_huge_pages_node`).
        " hugepages_free=" free: u32 = Number,
        /// Of those, beyond the number asked for (`surplus_huge_pages_node`).
        " hugepages_surp=" surplus: u32 = Number,
        /// Their size in kB.
        " hugepages_size=" size_kb: u64 = Kb,
    }
    ""
}

line! {
    /// Pages that entered and left the swap cache since boot, and look-ups (`swap_cache_info`, mm/swap_state.c).
    #[derive(Default)]
    pub struct SwapCache {
        /// Pages added.
        "Swap cache stats: add " added: u64 = Number,
        /// Pages removed.
        ", delete " deleted: u64 = Number,
        /// Look-ups that found their page.
        ", find " found: u64 = Number,
        /// All look-ups.
        "/" looked_up: u64 = Number,
    }
    ""
}

line! {
    /// Unused swap space.
    #[derive(Copy, Default)]
    pub struct FreeSwap {
        /// Pages (`get_nr_swap_pages`).
        "Free swap  = " pages: u64 = PagesKb,
    }
    ""
}

line! {
    /// All swap space.
    #[derive(Copy, Default)]
    pub struct TotalSwap {
        /// Pages (`total_swap_pages`).
        "Total swap = " pages: u64 = PagesKb,
    }
    ""
}

/// What the machine has, in pages, whatever nodes are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Pages that exist (`present_pages` of all zones).
    pub ram: u64,
    /// Of those, pages that only some requests can use; 0 on x86-64.
    pub highmem: u64,
    /// Pages that exist but are not the buddy allocator's.
    pub reserved: u64,
    /// Pages of CMA areas (`totalcma_pages`), if the kernel has them.
    pub cma: Option<u64>,
    /// Pages with memory errors (`num_poisoned_pages`), if the kernel handles those.
    pub hwpoisoned: Option<u64>,
}
