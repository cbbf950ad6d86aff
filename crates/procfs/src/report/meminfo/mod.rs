//! The state of all memory as failure and OOM reports show it (`show_mem`, lib/show_mem.c).

mod counters;
mod free_list;
mod of;
mod read;
mod totals;
mod write;

pub use counters::{GlobalCounters, NodeCounters, ZoneCounters};
pub use free_list::FreeBlocks;
pub use of::Surroundings;
pub(super) use read::mem_info;
pub use totals::{FreeSwap, HugePages, SwapCache, TotalSwap, Totals};

use buddyscope_mm::pfn::{MAX_ORDER, NodeMask};

/// All that `show_mem` prints. [`Display`](std::fmt::Display) writes it without timestamps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemInfo {
    /// Counters of the whole machine.
    pub global: GlobalCounters,
    /// Counters of the shown nodes, ascending.
    pub nodes: Vec<NodeCounters>,
    /// The shown zones that have pages, node by node, lowest first.
    pub zones: Vec<ZoneMem>,
    /// Huge pages of every node with memory and every size.
    pub hugepages: Vec<HugePages>,
    /// Pages of the page cache, shared memory and swap cache included (`NR_FILE_PAGES`).
    pub pagecache: u64,
    /// Swap, if the kernel has it.
    pub swap: Option<Swap>,
    /// What the machine has.
    pub totals: Totals,
}

/// A zone: its counters, reserve and free blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneMem {
    /// Counters.
    pub counters: ZoneCounters,
    /// Pages kept from requests for higher zones, by the highest zone of the request (`lowmem_reserve`).
    pub lowmem_reserve: Vec<i64>,
    /// Free blocks by order.
    pub blocks: [FreeBlocks; MAX_ORDER],
}

/// Swap cache and swap space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swap {
    /// Pages in the swap cache (`total_swapcache_pages`).
    pub cached: u64,
    /// What the swap cache has done since boot; newer kernels do not tell.
    pub cache: SwapCache,
    /// Unused swap space.
    pub free: FreeSwap,
    /// All swap space.
    pub total: TotalSwap,
}

impl ZoneMem {
    /// Pages in the free blocks. On a busy machine the counter of free pages is of another moment.
    #[must_use]
    pub fn block_pages(&self) -> u64 {
        free_list::pages(&self.blocks)
    }
}

impl MemInfo {
    /// What a report shows that leaves out other nodes (`show_mem_node_skip`): their counters and zones are gone, and pages
    /// on per-CPU lists are counted in the zones that are left. Everything else is of the whole machine.
    #[must_use]
    pub fn shown_for(mut self, nodes: NodeMask) -> MemInfo {
        self.nodes.retain(|node| nodes.contains(node.node));
        self.zones.retain(|zone| nodes.contains(zone.counters.node));
        self.global.free_pcp = self.zones.iter().fold(0, |sum, zone| sum.saturating_add(zone.counters.free_pcp));
        self
    }
}

/// The lines of `show_mem`, of the nodes in the filter alone if there is one.
#[must_use]
pub fn show_mem(info: &MemInfo, filter: Option<NodeMask>) -> String {
    match filter {
        Some(nodes) => info.clone().shown_for(nodes).to_string(),
        None => info.to_string(),
    }
}
