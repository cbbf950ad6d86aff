//! `/proc/zoneinfo`: what it says, how it is printed, and how it is read.

mod parse;
mod print;
mod row;

use crate::shape::Shape;
use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::{CpuId, ZoneId};
use buddyscope_mm::vmstat::{NR_NUMA_ITEMS, NR_ZONE_ITEMS, NodeItem, ZoneItem};
use buddyscope_mm::zone::watermark::{WMARK_HIGH, WMARK_LOW, WMARK_MIN, wmark_pages};
use buddyscope_mm::zone::{MAX_RECLAIM_RETRIES, Node, Zone};

/// Per-node counters, in the order they are printed (`enum node_stat_item`, include/linux/mmzone.h, v5.10).
pub const NODE_ITEMS: [&str; NodeItem::COUNT] = {
    let mut names = [""; NodeItem::COUNT];
    let mut at = 0;
    while at < NodeItem::COUNT {
        names[at] = NodeItem::ALL[at].name();
        at += 1;
    }
    names
};

/// Names of the marks, lowest first.
const MARKS: [&str; 3] = ["min", "low", "high"];

/// All of `/proc/zoneinfo`. Values are named as 5.10 names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ZoneInfo {
    /// Zones of online nodes, empty ones included.
    pub zones: Vec<ZoneRecord>,
    /// What the text has besides, or lacks.
    pub shape: Shape,
}

/// One zone. Units are pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneRecord {
    /// Which zone.
    pub id: ZoneId,
    /// Counters of the node, with its first populated zone only.
    pub node_stats: Option<[u64; NODE_ITEMS.len()]>,
    /// Free pages without per-CPU deltas.
    pub free: u64,
    /// Min, low and high mark, boost included.
    pub marks: [u64; 3],
    /// Pages from the first to the last.
    pub spanned: u64,
    /// Pages that exist.
    pub present: u64,
    /// Pages of the buddy allocator.
    pub managed: u64,
    /// `lowmem_reserve` by the highest zone of a request.
    pub protection: Vec<i64>,
    /// The rest, if the zone is populated.
    pub details: Option<ZoneDetails>,
    /// Names and values that 5.10 does not have, in the order of the text; they print through [`ZoneInfo::shape`].
    pub others: Vec<(String, u64)>,
}

/// What only a populated zone has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneDetails {
    /// Zone counters without per-CPU deltas, by [`ZoneItem`].
    pub stats: [u64; NR_ZONE_ITEMS],
    /// NUMA counters with per-CPU deltas.
    pub numa: [u64; NR_NUMA_ITEMS],
    /// Per-CPU sets, by CPU.
    pub pagesets: Vec<PageSet>,
    /// Whether kswapd has given up on the node.
    pub node_unreclaimable: bool,
    /// First page frame.
    pub start_pfn: u64,
}

/// One CPU's set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSet {
    /// The CPU.
    pub cpu: CpuId,
    /// Pages in it.
    pub count: u64,
    /// Pages at which some go back.
    pub high: u64,
    /// Pages moved at once.
    pub batch: u64,
    /// Largest counter delta kept.
    pub stat_threshold: u64,
}

impl ZoneInfo {
    /// The state of a machine.
    #[must_use]
    pub fn of<S: Sink>(machine: &Machine<S>) -> ZoneInfo {
        let mut zones = Vec::new();
        for id in machine.online_nodes().iter() {
            let node = &machine.nodes()[id.index()];
            let mut first_populated = true;
            for zone in crate::zones_of(machine, id) {
                let with_node = first_populated && zone.is_populated();
                first_populated &= !with_node;
                zones.push(record(machine, node, zone, with_node));
            }
        }
        ZoneInfo { zones, shape: Shape::default() }
    }

    /// A zone.
    #[must_use]
    pub fn zone(&self, id: ZoneId) -> Option<&ZoneRecord> {
        self.zones.iter().find(|zone| zone.id == id)
    }

    /// Lines of 5.10 that the text does not have; their values are 0.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        self.shape.missing(&self.printed()).into_iter().map(|line| line.trim().to_owned()).collect()
    }
}

impl ZoneRecord {
    /// A value that 5.10 does not have, such as `boost` of newer kernels or `nr_inactive_anon` of a zone of older ones.
    #[must_use]
    pub fn other(&self, name: &str) -> Option<u64> {
        self.others.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }
}

fn record<S: Sink>(machine: &Machine<S>, node: &Node, zone: &Zone, with_node: bool) -> ZoneRecord {
    ZoneRecord {
        id: zone.id,
        node_stats: with_node.then(|| node_stats(node)),
        free: zone.page_state(ZoneItem::FreePages) as u64,
        marks: [WMARK_MIN, WMARK_LOW, WMARK_HIGH].map(|mark| wmark_pages(zone, mark)),
        spanned: zone.spanned_pages,
        present: zone.present_pages,
        managed: zone.managed_pages,
        protection: zone.lowmem_reserve.to_vec(),
        details: zone.is_populated().then(|| details(machine, node, zone)),
        others: Vec::new(),
    }
}

/// Counters of a node that the model does not keep are 0.
fn node_stats(node: &Node) -> [u64; NODE_ITEMS.len()] {
    NodeItem::ALL.map(|item| node.stat.get(item))
}

fn details<S: Sink>(machine: &Machine<S>, node: &Node, zone: &Zone) -> ZoneDetails {
    ZoneDetails {
        stats: ZoneItem::ALL.map(|item| zone.page_state(item) as u64),
        numa: machine.numa_counters(zone.id),
        pagesets: machine.cpus().iter().map(|cpu| page_set(machine, zone.id, cpu.id)).collect(),
        node_unreclaimable: node.kswapd_failures >= MAX_RECLAIM_RETRIES,
        start_pfn: zone.start_pfn.0,
    }
}

fn page_set<S: Sink>(machine: &Machine<S>, zone: ZoneId, cpu: CpuId) -> PageSet {
    let pcp = machine.pcp(zone, cpu);
    PageSet {
        cpu,
        count: u64::from(pcp.count),
        high: u64::from(pcp.high),
        batch: u64::from(pcp.batch),
        stat_threshold: u64::from(pcp.stat_threshold),
    }
}
