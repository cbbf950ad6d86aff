//! `/proc/buddyinfo` (`frag_show_print`, mm/vmstat.c).

use crate::populated_zones;
use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::MAX_ORDER;
use std::fmt::Write as _;

/// The text of /proc/buddyinfo: free blocks of each order, a line for every populated zone.
#[must_use]
pub fn buddyinfo<S: Sink>(machine: &Machine<S>) -> String {
    let mut text = String::new();
    for node in machine.online_nodes().iter() {
        for zone in populated_zones(machine, node) {
            // Writing to a String cannot fail.
            let _ = write!(text, "Node {node}, zone {:>8} ", zone.id.zone_type().name());
            for order in 0..MAX_ORDER {
                let _ = write!(text, "{:>6} ", zone.nr_free(order));
            }
            text.push('\n');
        }
    }
    text
}
