//! What the daemons leave behind when they have done their work, for callers that make room themselves.

use crate::event::Sink;
use crate::machine::Machine;
use crate::pfn::{MAX_NR_ZONES, NodeId};
use crate::zone::{NO_ZONEIDX, ZONE_BOOSTED_WATERMARK};

impl<S: Sink> Machine<S> {
    /// Puts kswapd and kcompactd of a node to sleep as after a pass that balanced it: requests are forgotten and
    /// boosts worked off (the end of `balance_pgdat`, `kswapd_try_to_sleep`). Pages stay where they are.
    pub fn settle_node(&mut self, id: NodeId) {
        let Some(node) = self.nodes.get_mut(id.index()) else { return };
        node.kswapd_asleep = true;
        node.kswapd_order = 0;
        node.kswapd_highest_zoneidx = NO_ZONEIDX;
        node.kswapd_failures = 0;
        node.kcompactd_asleep = true;
        node.kcompactd_max_order = 0;
        for zone in self.zones.iter_mut().skip(id.index() * MAX_NR_ZONES).take(MAX_NR_ZONES) {
            zone.watermark_boost = 0;
            zone.flags &= !ZONE_BOOSTED_WATERMARK;
        }
    }
}
