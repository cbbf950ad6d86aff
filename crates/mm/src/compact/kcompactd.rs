//! kcompactd, the daemon that compacts a node in the background.

use super::CompactResult;
use crate::event::{CompactEvent, Event, Sink, emit};
use crate::gfp::AllocFlags;
use crate::machine::Machine;
use crate::pfn::{NodeId, ZoneId, ZoneType};

impl<S: Sink> Machine<S> {
    /// Notes the request on the node and wakes kcompactd if it could help (`wakeup_kcompactd`).
    pub(crate) fn wakeup_kcompactd(&mut self, id: NodeId, order: u8, highest_zoneidx: u8) {
        if order == 0 {
            return;
        }
        let node = &mut self.nodes[id.index()];
        node.kcompactd_max_order = node.kcompactd_max_order.max(order);
        node.kcompactd_highest_zoneidx = node.kcompactd_highest_zoneidx.min(highest_zoneidx);
        if node.kcompactd_asleep && self.kcompactd_node_suitable(id) {
            self.nodes[id.index()].kcompactd_asleep = false;
            emit!(self, Event::Compact(CompactEvent::WakeKcompactd { node: id, order, highest_zoneidx }));
        }
    }

    /// Whether compaction could make a block of the noted order in some zone (`kcompactd_node_suitable`).
    fn kcompactd_node_suitable(&mut self, id: NodeId) -> bool {
        let node = &self.nodes[id.index()];
        let (order, highest) = (node.kcompactd_max_order as i8, node.kcompactd_highest_zoneidx);
        for kind in ZoneType::ALL.into_iter().take(usize::from(highest) + 1) {
            let zone = ZoneId::new(id, kind);
            if self.zones[zone.index()].is_populated()
                && self.compaction_suitable(zone, order, AllocFlags::empty(), highest) == CompactResult::Continue
            {
                return true;
            }
        }
        false
    }
}
