//! Node reclaim: whether a request should get pages back from a near node before it goes to a far one
//! (`vm.zone_reclaim_mode`, mm/vmscan.c). The gates are here; the reclaim itself is not modelled yet and counts as
//! not having run.

use crate::alloc::AllocContext;
use crate::event::{Event, Sink, Skip, emit};
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::pfn::{MAX_NR_ZONES, NodeId};
use crate::task::{Task, TaskFlags};
use crate::vmstat::NodeItem;
use crate::zone::zonelist::ZoneRef;

/// Nodes farther away than this are not reclaimed for a request (`node_reclaim_distance`, RECLAIM_DISTANCE).
const NODE_RECLAIM_DISTANCE: u8 = 30;

impl<S: Sink> Machine<S> {
    /// Whether reclaiming on the zone's node let it pass its mark after all.
    #[inline]
    pub(crate) fn node_reclaim_helps(&mut self, task: &Task, ac: &AllocContext, zref: ZoneRef) -> bool {
        if self.sysctl.zone_reclaim_mode == 0 {
            return false;
        }
        let reason = self.node_reclaim_refusal(task, ac, zref.node);
        emit!(self, Event::Skipped { zone: zref.zone, reason });
        false
    }

    /// Why node reclaim does not run (`zone_allows_reclaim`, `node_reclaim`).
    #[cold]
    fn node_reclaim_refusal(&self, task: &Task, ac: &AllocContext, node: NodeId) -> Skip {
        let from = ac.preferred_zone.map_or(node, |zone| zone.node());
        if self.nodes[from.index()].distance[node.index()] > NODE_RECLAIM_DISTANCE {
            return Skip::TooFarToReclaim;
        }
        if self.reclaimable_pagecache(node) <= self.min_unmapped_pages(node) {
            return Skip::ReclaimFull;
        }
        if !ac.gfp.contains(Gfp::DIRECT_RECLAIM) || task.flags.contains(TaskFlags::MEMALLOC) {
            return Skip::ReclaimNoScan;
        }
        Skip::ReclaimNoScan
    }

    /// Page cache that node reclaim could free (`node_pagecache_reclaimable`), mapped pages counted as none.
    fn reclaimable_pagecache(&self, node: NodeId) -> u64 {
        let stat = &self.nodes[node.index()].stat;
        let file = stat.file_lru();
        file - if self.sysctl.zone_reclaim_mode & 2 != 0 { 0 } else { stat.get(NodeItem::Dirty).min(file) }
    }

    /// Page cache below which node reclaim is not worth it (`min_unmapped_pages`).
    fn min_unmapped_pages(&self, node: NodeId) -> u64 {
        let zones = &self.zones[node.index() * MAX_NR_ZONES..][..MAX_NR_ZONES];
        zones.iter().map(|zone| zone.managed_pages * u64::from(self.sysctl.min_unmapped_ratio) / 100).sum()
    }
}
