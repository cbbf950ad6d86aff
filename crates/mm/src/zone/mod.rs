//! Zones and nodes: the state that watermark checks, the buddy allocator and the daemons share.

pub mod boot;
pub(crate) mod check;
pub mod compact_state;
pub(crate) mod deferred;
pub mod tuning;
pub mod watermark;
pub mod zonelist;
mod zonelist_build;

pub use zonelist_build::build_node_zonelists;

use crate::page::list::List;
use crate::pfn::{
    CpuId, Frame, MAX_NR_ZONES, MAX_ORDER, MIGRATE_PCPTYPES, MIGRATE_TYPES, MigrateType, NodeId, Pfn, ZoneId, ZoneType,
};
use crate::vmstat::{NR_NUMA_ITEMS, NR_ZONE_ITEMS, NUMA_STATS_THRESHOLD, NodeStat, NumaItem, ZoneItem};
use compact_state::{Capture, CompactState};
use std::collections::VecDeque;
use zonelist::Zonelist;

/// `ZONE_BOOSTED_WATERMARK` in [`Zone::flags`] (`enum zone_flags`, include/linux/mmzone.h).
pub const ZONE_BOOSTED_WATERMARK: u32 = 1;

/// "No request yet" in [`Node::kswapd_highest_zoneidx`] (`MAX_NR_ZONES`).
pub const NO_ZONEIDX: u8 = MAX_NR_ZONES as u8;

/// Fruitless rounds after which reclaim is given up, and fruitless runs after which kswapd gives up on a node
/// (`MAX_RECLAIM_RETRIES`, mm/internal.h).
pub const MAX_RECLAIM_RETRIES: u32 = 16;

/// The free blocks of one order (`struct free_area`).
#[derive(Clone, Debug, Default)]
pub struct FreeArea {
    /// One list of blocks for each migrate type.
    pub(crate) free_list: [List; MIGRATE_TYPES],
    /// Blocks on all of these lists.
    pub nr_free: u64,
}

/// One zone of one node (`struct zone`). Units are pages.
#[derive(Clone, Debug)]
pub struct Zone {
    /// Which zone of which node.
    pub id: ZoneId,
    /// First page frame of the span (`zone_start_pfn`); 0 when empty.
    pub start_pfn: Pfn,
    /// Pages from the first to the last, holes included.
    pub spanned_pages: u64,
    /// Pages that physically exist.
    pub present_pages: u64,
    /// Pages that the buddy allocator manages.
    pub managed_pages: u64,
    /// Marks without boost: min, low, high (`_watermark`).
    pub watermark: [u64; 3],
    /// Pages added to every mark after fragmentation (`watermark_boost`).
    pub watermark_boost: u64,
    /// Below this many free pages only exact counts are trusted (`percpu_drift_mark`).
    pub percpu_drift_mark: u64,
    /// Pages a request whose highest zone is `j` has to leave here (`lowmem_reserve`).
    pub lowmem_reserve: [i64; MAX_NR_ZONES],
    /// Pages in `MIGRATE_HIGHATOMIC` pageblocks.
    pub nr_reserved_highatomic: u64,
    /// Isolated pageblocks.
    pub nr_isolate_pageblock: u64,
    /// Whether a pageblock was ever isolated; whole pageblocks may then stay unmerged.
    pub(crate) ever_isolated: bool,
    /// Pages by which the kernel's own rules let the free and free CMA counters exceed the lists: after leaks of bad
    /// blocks, and after half of a largest block was isolated.
    pub(crate) miscounted: [i64; 2],
    /// Zone flags, [`ZONE_BOOSTED_WATERMARK`] among them.
    pub flags: u32,
    /// What it remembers of its compactions.
    pub compact: CompactState,
    /// Takes a block that is freed while a request compacts (`current->capture_control`).
    pub(crate) capture: Option<Capture>,
    /// Counters without the per-CPU deltas.
    pub(crate) vm_stat: [i64; NR_ZONE_ITEMS],
    /// NUMA counters without the per-CPU deltas.
    pub(crate) numa_stat: [u64; NR_NUMA_ITEMS],
    /// Free blocks by order.
    pub(crate) free_area: [FreeArea; MAX_ORDER],
}

impl Zone {
    /// A zone without pages.
    #[must_use]
    pub fn empty(node: NodeId, zone: ZoneType) -> Zone {
        Zone {
            id: ZoneId::new(node, zone),
            start_pfn: Pfn(0),
            spanned_pages: 0,
            present_pages: 0,
            managed_pages: 0,
            watermark: [0; 3],
            watermark_boost: 0,
            percpu_drift_mark: 0,
            lowmem_reserve: [0; MAX_NR_ZONES],
            nr_reserved_highatomic: 0,
            nr_isolate_pageblock: 0,
            ever_isolated: false,
            miscounted: [0; 2],
            flags: 0,
            compact: CompactState::default(),
            capture: None,
            vm_stat: [0; NR_ZONE_ITEMS],
            numa_stat: [0; NR_NUMA_ITEMS],
            free_area: Default::default(),
        }
    }

    /// First page frame after the span (`zone_end_pfn`).
    #[inline]
    #[must_use]
    pub fn end_pfn(&self) -> Pfn {
        Pfn(self.start_pfn.0 + self.spanned_pages)
    }

    /// Whether any page exists here (`populated_zone`).
    #[inline]
    #[must_use]
    pub fn is_populated(&self) -> bool {
        self.present_pages != 0
    }

    /// Whether the buddy allocator manages any page here (`managed_zone`).
    #[inline]
    #[must_use]
    pub fn is_managed(&self) -> bool {
        self.managed_pages != 0
    }

    /// Whether the span covers the page (`zone_spans_pfn`).
    #[inline]
    #[must_use]
    pub fn spans(&self, pfn: Pfn) -> bool {
        self.start_pfn <= pfn && pfn < self.end_pfn()
    }

    /// The counter as checks read it: without per-CPU deltas, never negative (`zone_page_state`).
    #[inline]
    #[must_use]
    pub fn page_state(&self, item: ZoneItem) -> i64 {
        self.vm_stat[item as usize].max(0)
    }

    /// Free blocks of an order on all lists, as /proc/buddyinfo prints them.
    #[must_use]
    pub fn nr_free(&self, order: usize) -> u64 {
        self.free_area[order].nr_free
    }
}

/// The pages a CPU keeps of one zone, and that CPU's counter deltas (`struct per_cpu_pageset`).
#[derive(Clone, Debug)]
pub struct PerCpuPages {
    /// Pages on the lists.
    pub count: u32,
    /// At this count `batch` pages go back to the buddy lists.
    pub high: u32,
    /// Pages moved at once.
    pub batch: u32,
    /// Unmovable, movable and reclaimable pages, head first. Only the ends are ever touched.
    pub(crate) lists: [VecDeque<Frame>; MIGRATE_PCPTYPES],
    /// Largest delta kept before it folds (`stat_threshold`).
    pub stat_threshold: u8,
    /// Ticks until an idle remote set is drained (`expire`).
    pub(crate) expire: u8,
    /// Deltas not yet in the zone's counters (`vm_stat_diff`).
    pub(crate) vm_stat_diff: [i16; NR_ZONE_ITEMS],
    /// Deltas not yet in the zone's NUMA counters (`vm_numa_stat_diff`).
    pub(crate) numa_stat_diff: [u16; NR_NUMA_ITEMS],
}

impl Default for PerCpuPages {
    /// The boot pageset: each freed page goes straight on (`boot_pageset`).
    fn default() -> Self {
        PerCpuPages {
            count: 0,
            high: 0,
            batch: 1,
            lists: Default::default(),
            stat_threshold: 0,
            expire: 0,
            vm_stat_diff: [0; NR_ZONE_ITEMS],
            numa_stat_diff: [0; NR_NUMA_ITEMS],
        }
    }
}

impl PerCpuPages {
    /// Takes the page at the head of a list.
    #[inline]
    pub(crate) fn pop_head(&mut self, list: MigrateType) -> Option<Frame> {
        let frame = self.lists[list.index()].pop_front()?;
        self.count -= 1;
        Some(frame)
    }

    /// Adds a page at the head of a list.
    #[inline]
    pub(crate) fn push_head(&mut self, list: MigrateType, frame: Frame) {
        self.lists[list.index()].push_front(frame);
        self.count += 1;
    }

    /// Counts one NUMA event; true if the count has to be folded.
    #[inline]
    pub(crate) fn inc_numa_state(&mut self, item: NumaItem) -> bool {
        let stored = &mut self.numa_stat_diff[item as usize];
        *stored += 1;
        *stored > NUMA_STATS_THRESHOLD
    }

    /// This CPU's delta of a zone counter.
    #[must_use]
    pub fn delta(&self, item: ZoneItem) -> i64 {
        i64::from(self.vm_stat_diff[item as usize])
    }
}

bitflags::bitflags! {
    /// Flags of a node (`enum pgdat_flags`, include/linux/mmzone.h).
    #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
    pub struct PgdatFlags: u8 {
        /// The end of the page cache's lists is dirty and nobody writes it (`PGDAT_DIRTY`): kswapd may.
        const DIRTY = 1;
        /// The end of the lists is all being written (`PGDAT_WRITEBACK`).
        const WRITEBACK = 2;
        /// A request reclaims its own node (`PGDAT_RECLAIM_LOCKED`).
        const RECLAIM_LOCKED = 4;
    }
}

/// One NUMA node (`pg_data_t`).
#[derive(Clone, Debug)]
pub struct Node {
    /// The node's id.
    pub id: NodeId,
    /// Lowest page frame of the node.
    pub start_pfn: Pfn,
    /// Pages that exist on the node.
    pub present_pages: u64,
    /// Pages from the first to the last; holes between nodes are included where nodes interleave.
    pub spanned_pages: u64,
    /// Zones up to the highest one initialized (`nr_zones`).
    pub nr_zones: u8,
    /// Distance to every node of the machine, by node id (SLIT: 10 is local).
    pub distance: Vec<u8>,
    /// Where a request that prefers this node may look (`ZONELIST_FALLBACK`).
    pub fallback: Zonelist,
    /// The node's own zones, for `__GFP_THISNODE` (`ZONELIST_NOFALLBACK`).
    pub nofallback: Zonelist,
    /// Sum over zones of reserve and high mark (`totalreserve_pages`).
    pub totalreserve_pages: u64,
    /// Highest order kswapd was woken for.
    pub kswapd_order: u8,
    /// Highest zone index kswapd was woken for; [`NO_ZONEIDX`] when none.
    pub kswapd_highest_zoneidx: u8,
    /// Whether kswapd sleeps on its wait queue.
    pub kswapd_asleep: bool,
    /// Fruitless kswapd runs in a row; at 16 it is no longer woken.
    pub kswapd_failures: u32,
    /// Highest order kcompactd was woken for.
    pub kcompactd_max_order: u8,
    /// Highest zone index kcompactd was woken for.
    pub kcompactd_highest_zoneidx: u8,
    /// Whether kcompactd sleeps on its wait queue.
    pub kcompactd_asleep: bool,
    /// What kswapd found on it of late.
    pub flags: PgdatFlags,
    /// Its counters.
    pub stat: NodeStat,
}

impl Node {
    /// A node without memory.
    #[must_use]
    pub fn new(id: NodeId) -> Node {
        Node {
            id,
            start_pfn: Pfn(0),
            present_pages: 0,
            spanned_pages: 0,
            nr_zones: 0,
            distance: Vec::new(),
            fallback: Zonelist::default(),
            nofallback: Zonelist::default(),
            totalreserve_pages: 0,
            kswapd_order: 0,
            kswapd_highest_zoneidx: NO_ZONEIDX,
            kswapd_asleep: true,
            kswapd_failures: 0,
            kcompactd_max_order: 0,
            kcompactd_highest_zoneidx: 0,
            kcompactd_asleep: true,
            flags: PgdatFlags::empty(),
            stat: NodeStat::default(),
        }
    }
}

/// An online CPU and the node it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpu {
    /// The CPU's id.
    pub id: CpuId,
    /// Its node, which may have no memory.
    pub node: NodeId,
}
