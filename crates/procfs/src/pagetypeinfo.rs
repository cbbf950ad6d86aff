//! `/proc/pagetypeinfo` (`pagetypeinfo_show`, mm/vmstat.c).

use crate::populated_zones;
use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::{
    MAX_ORDER, MIGRATE_TYPES, MigrateType, NodeId, Order, PAGEBLOCK_NR_PAGES, PAGEBLOCK_ORDER, Pfn,
};
use buddyscope_mm::zone::Zone;
use std::fmt::Write as _;

/// The kernel stops counting a list here.
const MAX_COUNT: usize = 100_000;

/// The text of /proc/pagetypeinfo: blocks on every free list, and pageblocks of every type, node by node.
#[must_use]
pub fn pagetypeinfo<S: Sink>(machine: &Machine<S>) -> String {
    let mut text = String::new();
    for node in machine.memory_nodes().iter() {
        // Writing to a String cannot fail.
        let _ = write!(text, "Page block order: {PAGEBLOCK_ORDER}\nPages per block:  {PAGEBLOCK_NR_PAGES}\n\n");
        show_free(&mut text, machine, node);
        text.push('\n');
        show_block_count(&mut text, machine, node);
    }
    text
}

/// `pagetypeinfo_showfree`.
fn show_free<S: Sink>(text: &mut String, machine: &Machine<S>, node: NodeId) {
    let _ = write!(text, "{:<43} ", "Free pages count per migrate type at order");
    for order in 0..MAX_ORDER {
        let _ = write!(text, "{order:>6} ");
    }
    text.push('\n');
    for zone in populated_zones(machine, node) {
        for migratetype in MigrateType::ALL {
            let zone_name = zone.id.zone_type().name();
            let _ = write!(text, "Node {node:>4}, zone {zone_name:>8}, type {:>12} ", migratetype.name());
            for order in (0..MAX_ORDER as u32).filter_map(Order::new) {
                let count = machine.free_list(zone.id, order, migratetype).take(MAX_COUNT).count();
                let cut = if count == MAX_COUNT { ">" } else { "" };
                let _ = write!(text, "{cut}{count:>6} ");
            }
            text.push('\n');
        }
    }
}

/// `pagetypeinfo_showblockcount`.
fn show_block_count<S: Sink>(text: &mut String, machine: &Machine<S>, node: NodeId) {
    let _ = write!(text, "{:<23}", "Number of blocks type ");
    for migratetype in MigrateType::ALL {
        let _ = write!(text, "{:>12} ", migratetype.name());
    }
    text.push('\n');
    for zone in populated_zones(machine, node) {
        let _ = write!(text, "Node {node}, zone {:>8} ", zone.id.zone_type().name());
        for count in block_counts(machine, zone) {
            let _ = write!(text, "{count:>12} ");
        }
        text.push('\n');
    }
}

/// Pageblocks of each type, found by one page in 512 from the zone's first page on, whatever its alignment.
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
