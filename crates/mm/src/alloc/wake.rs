//! Asking the daemons: when kswapd wakes, and when kcompactd is asked instead (mm/vmscan.c).

use crate::alloc::AllocContext;
use crate::event::{Event, Sink, Wakeup, emit};
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::pfn::{NodeId, ZoneId};
use crate::task::Task;
use crate::zone::MAX_RECLAIM_RETRIES;
use crate::zone::NO_ZONEIDX;

impl<S: Sink> Machine<S> {
    /// Wakes kswapd once for each run of equal nodes in the zonelist (`wake_all_kswapds`).
    pub(crate) fn wake_all_kswapds(&mut self, task: &Task, ac: &AllocContext) {
        let mut last = None;
        let mut at = self.zonelist(ac).next(0, ac.highest_zoneidx, ac.nodemask);
        while let Some(&zref) = self.zonelist(ac).refs.get(at) {
            if last != Some(zref.node) {
                self.wakeup_kswapd(task, zref.zone, ac.gfp, ac.order, ac.highest_zoneidx);
            }
            last = Some(zref.node);
            at = self.zonelist(ac).next(at + 1, ac.highest_zoneidx, ac.nodemask);
        }
    }

    /// Notes the request on the node and wakes kswapd, or kcompactd, if they should run (`wakeup_kswapd`).
    #[cold]
    pub(crate) fn wakeup_kswapd(&mut self, task: &Task, zone: ZoneId, gfp: Gfp, order: u8, highest_zoneidx: u8) {
        if !self.zones[zone.index()].is_managed() {
            return;
        }
        let id = zone.node();
        if self.cpusets.is_enabled() && !self.cpusets.node_allowed(task, id, gfp) {
            return;
        }
        let node = &mut self.nodes[id.index()];
        if node.kswapd_highest_zoneidx == NO_ZONEIDX || node.kswapd_highest_zoneidx < highest_zoneidx {
            node.kswapd_highest_zoneidx = highest_zoneidx;
        }
        node.kswapd_order = node.kswapd_order.max(order);
        let wakeup = self.decide_wakeup(id, order, gfp, highest_zoneidx);
        match wakeup {
            Wakeup::Woken => self.nodes[id.index()].kswapd_asleep = false,
            Wakeup::BalancedWakesKcompactd | Wakeup::HopelessWakesKcompactd => {
                self.wakeup_kcompactd(id, order, highest_zoneidx);
            }
            Wakeup::AlreadyAwake | Wakeup::Balanced | Wakeup::Hopeless => {}
        }
        emit!(self, Event::WakeKswapd { node: id, order, highest_zoneidx, gfp, wakeup });
    }

    fn decide_wakeup(&self, id: NodeId, order: u8, gfp: Gfp, highest_zoneidx: u8) -> Wakeup {
        let node = &self.nodes[id.index()];
        if !node.kswapd_asleep {
            return Wakeup::AlreadyAwake;
        }
        let hopeless = node.kswapd_failures >= MAX_RECLAIM_RETRIES;
        let idle = self.pgdat_balanced(id, order, highest_zoneidx) && !self.pgdat_boosted(id, highest_zoneidx);
        match (hopeless, idle, gfp.contains(Gfp::DIRECT_RECLAIM)) {
            (true, _, false) => Wakeup::HopelessWakesKcompactd,
            (true, _, true) => Wakeup::Hopeless,
            (false, true, false) => Wakeup::BalancedWakesKcompactd,
            (false, true, true) => Wakeup::Balanced,
            (false, false, _) => Wakeup::Woken,
        }
    }
}
