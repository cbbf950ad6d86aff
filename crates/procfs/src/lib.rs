//! The kernel's own text for the state of a modeled page allocator, byte for byte.
//!
//! [`zoneinfo()`], [`buddyinfo`] and [`pagetypeinfo`] are the /proc files of those names; [`zonelists`] is what the
//! kernel logs about its zonelists at boot; [`pressure`] is /proc/pressure/memory. [`report`] is what it logs when memory runs out, [`vmstat`]
//! its counters, and [`trace`] the lines of its trace events.

mod buddyinfo;
mod line;
mod pagetypeinfo;
mod pressure;
pub mod report;
pub mod trace;
pub mod vmstat;
pub mod zoneinfo;
mod zonelists;

pub use buddyinfo::buddyinfo;
pub use pagetypeinfo::pagetypeinfo;
pub use pressure::pressure;
pub use zonelists::zonelists;

use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::{MAX_NR_ZONES, NodeId};
use buddyscope_mm::zone::Zone;

/// The text of /proc/zoneinfo.
#[must_use]
pub fn zoneinfo<S: Sink>(machine: &Machine<S>) -> String {
    zoneinfo::ZoneInfo::of(machine).to_string()
}

/// The zones of a node, lowest first.
fn zones_of<S: Sink>(machine: &Machine<S>, node: NodeId) -> &[Zone] {
    &machine.zones()[node.index() * MAX_NR_ZONES..][..MAX_NR_ZONES]
}

/// The zones of a node that have pages.
fn populated_zones<S: Sink>(machine: &Machine<S>, node: NodeId) -> impl Iterator<Item = &Zone> {
    zones_of(machine, node).iter().filter(|zone| zone.is_populated())
}

#[cfg(test)]
mod tests;
