//! The state of a machine.

use super::{FreeLists, ListLength, NodeTypes, PageTypeInfo, ZoneBlockTypes};
use crate::populated_zones;
use crate::shape::Shape;
use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::{
    MAX_ORDER, MIGRATE_TYPES, MigrateType, NodeId, Order, PAGEBLOCK_NR_PAGES, PAGEBLOCK_ORDER, Pfn,
};
use buddyscope_mm::zone::Zone;

/// The kernel stops counting a list here.
const MAX_COUNT: usize = 100_000;

impl PageTypeInfo {
    /// The state of a machine.
    #[must_use]
    pub fn of<S: Sink>(machine: &Machine<S>) -> PageTypeInfo {
        let nodes = machine.memory_nodes().iter().map(|node| types(machine, node)).collect();
        PageTypeInfo { nodes, shape: Shape::default() }
    }
}

fn types<S: Sink>(machine: &Machine<S>, node: NodeId) -> NodeTypes {
    let zones = || populated_zones(machine, node);
    NodeTypes {
        block_order: PAGEBLOCK_ORDER as u32,
        block_pages: PAGEBLOCK_NR_PAGES,
        orders: MAX_ORDER,
        free: zones().flat_map(|zone| MigrateType::ALL.map(|kind| free_lists(machine, zone, kind))).collect(),
        types: MigrateType::ALL.map(|kind| kind.name().to_owned()).to_vec(),
        blocks: zones()
            .map(|zone| ZoneBlockTypes { id: zone.id, counts: block_counts(machine, zone).to_vec() })
            .collect(),
    }
}

/// `pagetypeinfo_showfree_print`.
fn free_lists<S: Sink>(machine: &Machine<S>, zone: &Zone, kind: MigrateType) -> FreeLists {
    let orders = (0..MAX_ORDER as u32).filter_map(Order::new);
    let counts = orders.map(|order| {
        let count = machine.free_list(zone.id, order, kind).take(MAX_COUNT).count();
        ListLength { count: count as u64, at_least: count == MAX_COUNT }
    });
    FreeLists { id: zone.id, migratetype: kind.name().to_owned(), counts: counts.collect() }
}

/// Pageblocks of each type, found by one page in 512 from the zone's first page on, whatever its alignment
/// (`pagetypeinfo_showblockcount_print`).
fn block_counts<S: Sink>(machine: &Machine<S>, zone: &Zone) -> [u64; MIGRATE_TYPES] {
    let mut counts = [0; MIGRATE_TYPES];
    for pfn in (zone.start_pfn.0..zone.end_pfn().0).step_by(PAGEBLOCK_NR_PAGES as usize).map(Pfn) {
        // Where no page exists a section still has page records, and they belong to the zone around them.
        let own = machine.page_zone(pfn).is_none_or(|home| home.id == zone.id);
        if let Some(migratetype) = machine.pageblock_type(pfn).filter(|_| own) {
            counts[migratetype.index()] += 1;
        }
    }
    counts
}
