//! What texts tell of a machine, whichever texts they are.

use crate::sentence::{Args, Sentence};
use buddyscope_mm::config::Sysctls;
use buddyscope_mm::pfn::{CpuId, MAX_NR_ZONES, MAX_ORDER, MIGRATE_TYPES, NodeId, Pfn, ZoneId};
use buddyscope_mm::vmstat::{NodeItem, ZoneItem};

/// Free blocks by order and type.
pub type BlockCounts = [[u64; MIGRATE_TYPES]; MAX_ORDER];

/// A machine as far as it is told.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Its populated zones, ascending by id.
    pub zones: Vec<ToldZone>,
    /// Its nodes, ascending.
    pub nodes: Vec<ToldNode>,
    /// Its CPUs with their nodes, ascending; at least one.
    pub cpus: Vec<(CpuId, NodeId)>,
    /// Distances between nodes by id (SLIT), row by row.
    pub distances: Option<Vec<Vec<u8>>>,
    /// `/proc/sys/vm` as far as it is known.
    pub sysctls: Sysctls,
    /// `min_free_kbytes` in force.
    pub min_free_kbytes: u64,
    /// What had to be assumed.
    pub assumptions: Vec<Sentence>,
}

/// A zone. Counts are in pages.
#[derive(Clone, Debug)]
pub struct ToldZone {
    /// Which one.
    pub id: ZoneId,
    /// First page frame and span, where told.
    pub span: Option<(Pfn, u64)>,
    /// Pages that exist.
    pub present: u64,
    /// Pages of the buddy allocator.
    pub managed: u64,
    /// Min, low and high mark, boost included.
    pub marks: [u64; 3],
    /// `lowmem_reserve`, by the highest zone of the request.
    pub reserve: [i64; MAX_NR_ZONES],
    /// Pages of pageblocks kept for high-order atomic requests.
    pub highatomic: u64,
    /// The counter of free pages, without what CPUs keep.
    pub free: u64,
    /// Free pages of contiguous areas.
    pub free_cma: u64,
    /// Free blocks.
    pub blocks: BlockCounts,
    /// Per-CPU pages, for CPUs whose sets are told.
    pub pcp: Vec<ToldPcp>,
    /// Other counters.
    pub counters: Vec<(ZoneItem, u64)>,
}

/// A per-CPU set.
#[derive(Clone, Copy, Debug)]
pub struct ToldPcp {
    /// Whose.
    pub cpu: CpuId,
    /// Pages on it.
    pub count: u64,
    /// `high` and `batch`, where told.
    pub limits: Option<(u32, u32)>,
}

/// A node.
#[derive(Clone, Debug)]
pub struct ToldNode {
    /// Which one.
    pub id: NodeId,
    /// Whether kswapd has given up on it.
    pub hopeless: bool,
    /// Its counters.
    pub counters: Vec<(NodeItem, u64)>,
}

impl Told {
    /// Notes something that the texts do not tell.
    pub(super) fn assume(&mut self, key: &'static str, args: Args) {
        self.assumptions.push(Sentence::new(key, args));
    }

    /// Notes how many pages of a zone are taken to be kept for high-order atomic requests.
    pub(super) fn keep_highatomic(&mut self, id: ZoneId, pages: u64) {
        if let Some(zone) = self.zones.iter_mut().find(|zone| zone.id == id) {
            zone.highatomic = pages;
        }
        self.assume("assume.highatomic", Args::new().zone(id).with("pages", pages));
    }

    /// The nodes that have zones, ascending.
    #[must_use]
    pub fn nodes_with_memory(&self) -> Vec<NodeId> {
        let mut nodes: Vec<NodeId> = self.zones.iter().map(|zone| zone.id.node()).collect();
        nodes.dedup();
        nodes
    }

    /// Deals so many CPUs out to the nodes with memory in equal shares: the node of each.
    pub(super) fn deal_out(&self, cpus: usize) -> Vec<NodeId> {
        let nodes = self.nodes_with_memory();
        let share = cpus.div_ceil(nodes.len().max(1));
        (0..cpus).map(|cpu| nodes.get(cpu / share).copied().unwrap_or_default()).collect()
    }

    /// Whether contiguous areas have free pages.
    #[must_use]
    pub fn has_cma(&self) -> bool {
        self.zones.iter().any(|zone| zone.free_cma > 0)
    }

    /// The zone of that id.
    #[must_use]
    pub fn zone(&self, id: ZoneId) -> Option<&ToldZone> {
        self.zones.iter().find(|zone| zone.id == id)
    }
}
