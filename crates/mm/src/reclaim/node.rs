//! Node reclaim: whether a request should get pages back from a near node before it goes to a far one
//! (`vm.zone_reclaim_mode`, mm/vmscan.c).

use super::scan_control::SWAP_CLUSTER_MAX;
use super::{NodeShrink, ScanControl};
use crate::RECLAIMS;
use crate::alloc::AllocContext;
use crate::event::{Event, NodeReclaim, Sink, Skip, SlowEvent, emit};
use crate::gfp::{Gfp, gfp_zone};
use crate::machine::Machine;
use crate::pfn::{MAX_NR_ZONES, NodeId};
use crate::task::{Task, TaskFlags};
use crate::vmstat::{NodeItem, VmEvent};
use crate::wait::Step;
use crate::zone::PgdatFlags;
use crate::zone::check::zone_watermark_ok;
use crate::zone::zonelist::ZoneRef;

/// Nodes farther away than this are not reclaimed for a request (`node_reclaim_distance`, RECLAIM_DISTANCE).
const NODE_RECLAIM_DISTANCE: u8 = 30;
/// Priority that node reclaim begins with (`NODE_RECLAIM_PRIORITY`).
const NODE_RECLAIM_PRIORITY: i8 = 4;

/// Bits of `vm.zone_reclaim_mode` beyond the one that switches it on: it may write pages, and unmap them.
const RECLAIM_WRITE: u32 = 2;
const RECLAIM_UNMAP: u32 = 4;

impl<S: Sink> Machine<S> {
    /// Whether reclaiming on the zone's node let it pass its mark after all.
    #[inline]
    pub(crate) fn node_reclaim_helps(&mut self, task: &Task, ac: &AllocContext, zref: ZoneRef) -> bool {
        RECLAIMS && self.sysctl.zone_reclaim_mode != 0 && self.try_node_reclaim(task, ac, zref)
    }

    /// Reclaims the node and looks at the mark again (`get_page_from_freelist`).
    #[cold]
    fn try_node_reclaim(&mut self, task: &Task, ac: &AllocContext, zref: ZoneRef) -> bool {
        let from = ac.preferred_zone.map_or(zref.node, |zone| zone.node());
        if self.nodes[from.index()].distance[zref.node.index()] > NODE_RECLAIM_DISTANCE {
            emit!(self, Event::Skipped { zone: zref.zone, reason: Skip::TooFarToReclaim });
            return false;
        }
        let result = self.node_reclaim(task, ac, zref.node);
        emit!(self, Event::Slow(SlowEvent::NodeReclaim { zone: zref.zone, order: ac.order, result }));
        let reason = match result {
            NodeReclaim::NoScan => Skip::ReclaimNoScan,
            NodeReclaim::Full => Skip::ReclaimFull,
            NodeReclaim::Some | NodeReclaim::Success => return self.passes_mark(ac, zref),
        };
        emit!(self, Event::Skipped { zone: zref.zone, reason });
        false
    }

    fn passes_mark(&mut self, ac: &AllocContext, zref: ZoneRef) -> bool {
        let zone = &self.zones[zref.zone.index()];
        let mark = zone.wmark_pages(ac.alloc_flags.wmark());
        let check = zone_watermark_ok(zone, ac.order, mark, ac.highest_zoneidx, ac.alloc_flags);
        emit!(self, Event::Watermark(check));
        check.verdict.passed()
    }

    /// Reclaims a node for a request unless that is not worth it or not allowed (`node_reclaim`).
    fn node_reclaim(&mut self, task: &Task, ac: &AllocContext, node: NodeId) -> NodeReclaim {
        let slab = self.nodes[node.index()].stat.get(NodeItem::SlabReclaimable);
        if self.reclaimable_pagecache(node) <= self.min_unmapped_pages(node) && slab <= self.min_slab_pages(node) {
            return NodeReclaim::Full;
        }
        if !ac.gfp.contains(Gfp::DIRECT_RECLAIM) || task.flags.contains(TaskFlags::MEMALLOC) {
            return NodeReclaim::NoScan;
        }
        let local = self.cpus[task.cpu.index()].node;
        if node != local && self.cpus.iter().any(|cpu| cpu.node == node) {
            return NodeReclaim::NoScan;
        }
        if self.nodes[node.index()].flags.contains(PgdatFlags::RECLAIM_LOCKED) {
            return NodeReclaim::NoScan;
        }
        self.nodes[node.index()].flags |= PgdatFlags::RECLAIM_LOCKED;
        let enough = self.reclaim_node(task, ac, node);
        self.nodes[node.index()].flags -= PgdatFlags::RECLAIM_LOCKED;
        if enough {
            return NodeReclaim::Success;
        }
        self.global.events.add(VmEvent::ZoneReclaimFailed, 1);
        NodeReclaim::Some
    }

    /// Says whether enough pages came back (`__node_reclaim`). A walk of the zonelist does not pause, so its waits pass
    /// at once.
    fn reclaim_node(&mut self, task: &Task, ac: &AllocContext, node: NodeId) -> bool {
        let pages = 1 << ac.order;
        let mode = self.sysctl.zone_reclaim_mode;
        let gfp = task.flags.restrict(ac.gfp);
        let mut sc = ScanControl::new(gfp, ac.order, gfp_zone(ac.gfp) as u8, SWAP_CLUSTER_MAX.max(pages));
        sc.priority = NODE_RECLAIM_PRIORITY;
        (sc.may_writepage, sc.may_unmap) = (mode & RECLAIM_WRITE != 0, mode & RECLAIM_UNMAP != 0);
        emit!(self, Event::Slow(SlowEvent::NodeReclaimBegin { node, order: ac.order, gfp }));
        let mut reclaimer = task.clone();
        reclaimer.flags |= TaskFlags::MEMALLOC;
        if self.reclaimable_pagecache(node) > self.min_unmapped_pages(node) {
            self.shrink_to(pages, &reclaimer, node, &mut sc);
        }
        emit!(self, Event::Slow(SlowEvent::NodeReclaimEnd { reclaimed: sc.nr_reclaimed }));
        sc.nr_reclaimed >= pages
    }

    /// Scans more and more of the lists until so many pages came back.
    fn shrink_to(&mut self, pages: u64, task: &Task, node: NodeId, sc: &mut ScanControl) {
        while sc.priority >= 0 {
            let mut pass = NodeShrink::new(node);
            while pass.resume(self, task, sc) != Step::Done(()) {}
            if sc.nr_reclaimed >= pages {
                return;
            }
            sc.priority -= 1;
        }
    }

    /// Page cache that node reclaim could free (`node_pagecache_reclaimable`).
    fn reclaimable_pagecache(&self, node: NodeId) -> u64 {
        let stat = &self.nodes[node.index()].stat;
        let mode = self.sysctl.zone_reclaim_mode;
        let pages = if mode & RECLAIM_UNMAP != 0 {
            stat.get(NodeItem::FilePages)
        } else {
            stat.file_lru().saturating_sub(stat.get(NodeItem::Mapped))
        };
        pages.saturating_sub(if mode & RECLAIM_WRITE != 0 { 0 } else { stat.get(NodeItem::Dirty) })
    }

    /// Page cache below which node reclaim is not worth it (`min_unmapped_pages`).
    fn min_unmapped_pages(&self, node: NodeId) -> u64 {
        self.part_of_node(node, self.sysctl.min_unmapped_ratio)
    }

    /// Reclaimable slab pages below which it is not (`min_slab_pages`).
    fn min_slab_pages(&self, node: NodeId) -> u64 {
        self.part_of_node(node, self.sysctl.min_slab_ratio)
    }

    /// Percent of a node's pages, each zone's rounded down.
    fn part_of_node(&self, node: NodeId, percent: u32) -> u64 {
        let zones = &self.zones[node.index() * MAX_NR_ZONES..][..MAX_NR_ZONES];
        zones.iter().map(|zone| zone.managed_pages * u64::from(percent) / 100).sum()
    }
}
