//! Zonelists: the order in which a request tries zones (`struct zonelist`, include/linux/mmzone.h).

use crate::pfn::{NodeId, NodeMask, ZoneId, ZoneType};

/// One entry of a zonelist (`struct zoneref`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ZoneRef {
    /// The zone.
    pub zone: ZoneId,
    /// Its index within its node (`zone_idx`).
    pub zone_idx: u8,
    /// Its node.
    pub node: NodeId,
}

impl ZoneRef {
    /// The entry for a zone.
    #[must_use]
    pub const fn new(node: NodeId, zone: ZoneType) -> ZoneRef {
        ZoneRef { zone: ZoneId::new(node, zone), zone_idx: zone as u8, node }
    }
}

/// Zones in the order they are tried; the end of the vector is the kernel's terminator.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Zonelist {
    /// The entries.
    pub refs: Vec<ZoneRef>,
}

impl Zonelist {
    /// First position at or after `from` that a request may use (`__next_zones_zonelist`): zone index not above
    /// `highest_zoneidx` and, with a mask, a node inside it. The length of the list means none.
    #[inline]
    #[must_use]
    pub fn next(&self, from: usize, highest_zoneidx: u8, nodemask: Option<NodeMask>) -> usize {
        let usable = |r: &ZoneRef| r.zone_idx <= highest_zoneidx && nodemask.is_none_or(|mask| mask.contains(r.node));
        let mut at = from;
        while at < self.refs.len() && !usable(&self.refs[at]) {
            at += 1;
        }
        at
    }
}
