//! `/proc/buddyinfo` (`frag_show_print`, mm/vmstat.c).

use crate::error::LogError;
use crate::grammar::{Place, Unread, node_zone, read, some_numbers};
use crate::populated_zones;
use crate::shape::Shape;
use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::{MAX_ORDER, ZoneId};
use std::fmt::{Display, Formatter, Result as FmtResult};
use std::str::FromStr;
use winnow::Parser;

/// All of `/proc/buddyinfo`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuddyInfo {
    /// Zones with pages, node by node, lowest first.
    pub zones: Vec<ZoneBlocks>,
    /// What the text has besides.
    pub shape: Shape,
}

/// A zone's free blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneBlocks {
    /// Which zone.
    pub id: ZoneId,
    /// Free blocks by order (`nr_free`), isolated ones included, pages on per-CPU lists not.
    pub free: Vec<u64>,
}

impl BuddyInfo {
    /// The state of a machine.
    #[must_use]
    pub fn of<S: Sink>(machine: &Machine<S>) -> BuddyInfo {
        let zones = machine.online_nodes().iter().flat_map(|node| populated_zones(machine, node));
        let blocks = zones
            .map(|zone| ZoneBlocks { id: zone.id, free: (0..MAX_ORDER).map(|order| zone.nr_free(order)).collect() });
        BuddyInfo { zones: blocks.collect(), shape: Shape::default() }
    }

    /// A zone's free blocks by order.
    #[must_use]
    pub fn free(&self, id: ZoneId) -> Option<&[u64]> {
        self.zones.iter().find(|zone| zone.id == id).map(|zone| zone.free.as_slice())
    }
}

/// The text of /proc/buddyinfo: free blocks of each order, a line for every populated zone.
#[must_use]
pub fn buddyinfo<S: Sink>(machine: &Machine<S>) -> String {
    BuddyInfo::of(machine).to_string()
}

impl ZoneBlocks {
    fn line(&self) -> String {
        let mut text = format!("Node {}, zone {:>8} ", self.id.node(), self.id.zone_type().name());
        for count in &self.free {
            text += &format!("{count:>6} ");
        }
        text + "\n"
    }
}

impl Display for BuddyInfo {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        if self.shape.is_plain() {
            return self.zones.iter().try_for_each(|zone| f.write_str(&zone.line()));
        }
        let printed: String = self.zones.iter().map(ZoneBlocks::line).collect();
        self.shape.write(&printed, f)
    }
}

/// Reads the file of any kernel. Zones that the model does not know are kept as text.
impl FromStr for BuddyInfo {
    type Err = LogError;

    fn from_str(text: &str) -> Result<BuddyInfo, LogError> {
        let mut info = BuddyInfo::default();
        for (line, number) in text.lines().zip(1..) {
            if line.trim().is_empty() {
                continue;
            }
            let (place, free) = read(grammar(), line, number)?;
            info.zones.extend(place.id().map(|id| ZoneBlocks { id, free }));
        }
        info.shape = Shape::of(text, &info.to_string());
        Ok(info)
    }
}

/// A line: place and counts.
pub(crate) fn grammar<'a>() -> impl Parser<&'a str, (Place<'a>, Vec<u64>), Unread> {
    (node_zone, some_numbers("free"))
}
