//! The order in which zones are tried, as the kernel logs it (`mminit_verify_zonelist`, mm/mm_init.c).

use crate::zones_of;
use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::{NodeId, ZoneType};
use buddyscope_mm::zone::Node;
use buddyscope_mm::zone::zonelist::Zonelist;
use std::fmt::Write as _;

/// The zonelists of every online node as the kernel logs them with `mminit_loglevel=3`: a line for each populated zone
/// that a request may want at most, `general` for ordinary requests and `thisnode` for those with `__GFP_THISNODE`.
///
/// The kernel logs nothing for a node without memory; here it has the two lines of a request that may use any zone.
#[must_use]
pub fn zonelists<S: Sink>(machine: &Machine<S>) -> String {
    let mut text = String::new();
    for node in machine.online_nodes().iter() {
        let wanted = wanted_zones(machine, node);
        let node = &machine.nodes()[node.index()];
        for (kind, list) in [("general", &node.fallback), ("thisnode", &node.nofallback)] {
            for &highest in &wanted {
                show_list(&mut text, node, kind, list, highest);
            }
        }
    }
    text
}

fn wanted_zones<S: Sink>(machine: &Machine<S>, node: NodeId) -> Vec<ZoneType> {
    let populated = zones_of(machine, node).iter().filter(|zone| zone.is_populated());
    let wanted: Vec<ZoneType> = populated.map(|zone| zone.id.zone_type()).collect();
    if wanted.is_empty() { vec![ZoneType::Movable] } else { wanted }
}

fn show_list(text: &mut String, node: &Node, kind: &str, list: &Zonelist, highest: ZoneType) {
    // Writing to a String cannot fail.
    let _ = write!(text, "mminit::zonelist {kind} {}:{} = ", node.id, highest.name());
    for zone in list.refs.iter().filter(|zone| zone.zone_idx <= highest as u8) {
        let _ = write!(text, "{}:{} ", zone.node, zone.zone.zone_type().name());
    }
    text.push('\n');
}
