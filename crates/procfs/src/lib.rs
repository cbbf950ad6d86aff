//! The kernel's own text for the state of a page allocator, both ways and byte for byte.
//!
//! Each kind of text has a type that is read from it ([`FromStr`](std::str::FromStr)) and prints it
//! ([`Display`](std::fmt::Display)): [`BuddyInfo`], [`zoneinfo::ZoneInfo`], [`PageTypeInfo`], [`Counters`] for
//! /proc/vmstat and a node's numastat, [`MemoryCounters`] for the meminfo files, [`nodes`] for what sysfs and numactl
//! say of nodes, [`Sysctls`], and [`Pressure`]. [`report`] is what the kernel logs when memory runs out, and [`trace`] the
//! lines of its trace events. [`buddyinfo`] and the like print a modeled machine; [`zonelists`] is what the kernel logs
//! about its zonelists at boot.
//!
//! A [`document::Document`] is any of these, or several of them in one text.
//!
//! Values are named and printed as Linux 5.10 does. Texts of other kernels can be read as well: what only they have is kept
//! in place, and said ([`Shape`]).

pub mod boot;
mod buddyinfo;
mod counters;
pub mod document;
mod error;
mod grammar;
mod line;
mod meminfo;
pub mod nodes;
mod pagetypeinfo;
mod pressure;
pub mod report;
mod shape;
mod sysctl;
pub mod trace;
pub mod vmstat;
pub mod zoneinfo;
mod zonelists;

pub use buddyinfo::{BuddyInfo, ZoneBlocks, buddyinfo};
pub use counters::Counters;
pub use error::LogError;
pub use meminfo::{MemoryCounter, MemoryCounters};
pub use pagetypeinfo::{FreeLists, ListLength, NodeTypes, PageTypeInfo, ZoneBlockTypes, pagetypeinfo};
pub use pressure::{Pressure, Stall, pressure};
pub use shape::Shape;
pub use sysctl::{Sysctl, Sysctls};
pub use zonelists::{LoggedZonelist, zonelists};

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
