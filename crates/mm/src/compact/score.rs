//! How fragmented zones and nodes are, for compaction ahead of requests.

use super::suitable::extfrag_for_order;
use crate::event::Sink;
use crate::machine::Machine;
use crate::pfn::{NodeId, PAGEBLOCK_ORDER, ZoneId, ZoneType};
use crate::zone::{Node, Zone};

/// External fragmentation with regard to huge pages, in percent, scaled by the zone's share of its node
/// (`fragmentation_score_zone`).
#[must_use]
pub fn fragmentation_score_zone(zone: &Zone, node: &Node) -> u64 {
    zone.present_pages * extfrag_for_order(zone, PAGEBLOCK_ORDER) / (node.present_pages + 1)
}

/// The score at which work ahead of requests begins, or the lower one at which it ends (`fragmentation_score_wmark`).
#[must_use]
pub const fn fragmentation_score_wmark(proactiveness: u32, low: bool) -> u64 {
    let left = 100u32.saturating_sub(proactiveness);
    let mark = if left > 5 { left } else { 5 };
    let high = if mark < 90 { mark + 10 } else { 100 };
    (if low { mark } else { high }) as u64
}

impl<S: Sink> Machine<S> {
    /// The sum of the scores of a node's zones (`fragmentation_score_node`).
    #[must_use]
    pub fn fragmentation_score_node(&self, id: NodeId) -> u64 {
        let node = &self.nodes[id.index()];
        let zones = ZoneType::ALL.iter().map(|&kind| &self.zones[ZoneId::new(id, kind).index()]);
        zones.map(|zone| fragmentation_score_zone(zone, node)).sum()
    }

    /// Whether kcompactd should work ahead of requests (`should_proactive_compact_node`).
    pub(crate) fn should_proactive_compact_node(&self, id: NodeId) -> bool {
        let proactiveness = self.sysctl.compaction_proactiveness;
        proactiveness != 0
            && self.nodes[id.index()].kswapd_asleep
            && self.fragmentation_score_node(id) > fragmentation_score_wmark(proactiveness, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marks_follow_proactiveness() {
        let marks = |of| (fragmentation_score_wmark(of, true), fragmentation_score_wmark(of, false));
        assert_eq!(marks(20), (80, 90));
        assert_eq!(marks(100), (5, 15));
        assert_eq!(marks(5), (95, 100));
    }
}
