//! Page records that are left for later (`CONFIG_DEFERRED_STRUCT_PAGE_INIT`).

use super::Layout;
use crate::config::MachineConfig;
use crate::pfn::{PAGES_PER_SECTION, Pfn, ZoneId};
use crate::zone::Zone;

/// The first page frame of each node that boot does not initialize (`defer_init`).
pub(super) fn first_deferred(config: &MachineConfig, layout: &Layout) -> Vec<Option<Pfn>> {
    let mut first = vec![None; layout.nodes.len()];
    if !config.boot.deferred_struct_pages {
        return first;
    }
    for zone in layout.zones.iter().filter(|zone| is_last_of_node(layout, zone)) {
        let node = zone.id.node().index();
        if first[node].is_none() {
            first[node] = first_deferred_of(layout, zone.id);
        }
    }
    first
}

/// Only the zone that ends with its node may wait; a node's end is its start plus the spans of its zones.
fn is_last_of_node(layout: &Layout, zone: &Zone) -> bool {
    let node = &layout.nodes[zone.id.node().index()];
    zone.spanned_pages != 0 && zone.end_pfn().0 >= node.start_pfn.0 + node.spanned_pages
}

/// The first section border after more than one section's worth of pages.
fn first_deferred_of(layout: &Layout, zone: ZoneId) -> Option<Pfn> {
    let mut initialized = 0;
    for &(start, end, _) in layout.zone_ranges.iter().filter(|range| range.2 == zone) {
        let enough = start.0 + (PAGES_PER_SECTION - initialized);
        let border = enough.next_multiple_of(PAGES_PER_SECTION);
        if border < end.0 {
            return Some(Pfn(border));
        }
        initialized = PAGES_PER_SECTION.min(initialized + (end.0 - start.0));
    }
    None
}
