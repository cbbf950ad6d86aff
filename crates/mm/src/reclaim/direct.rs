//! Direct reclaim: a request gets memory back itself (`try_to_free_pages`, mm/vmscan.c).

use super::ScanControl;
use super::scan_control::SWAP_CLUSTER_MAX;
use super::try_to_free::{TryToFree, zonelist};
use crate::event::{Event, ReclaimEvent, Sink, emit};
use crate::gfp::{Gfp, gfp_zone};
use crate::machine::Machine;
use crate::pfn::{NodeId, NodeMask, Order, ZoneType};
use crate::task::{Task, TaskFlags};
use crate::vmstat::{VmEvent, ZoneItem};
use crate::wait::{Step, Wait};
use crate::zone::{MAX_RECLAIM_RETRIES, NO_ZONEIDX};

/// How long a request without `__GFP_FS` is throttled at most: a second, in jiffies.
const THROTTLE_TIMEOUT: u32 = 250;

/// A run of direct reclaim that can pause between stretches of work.
#[derive(Clone, Debug)]
pub(crate) struct DirectReclaim {
    run: TryToFree,
    node: NodeId,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Throttle,
    Begin,
    Run,
}

impl DirectReclaim {
    /// A run for a request that prefers `node`.
    pub(crate) fn new(gfp: Gfp, order: Order, node: NodeId, nodemask: Option<NodeMask>) -> DirectReclaim {
        let mut sc = ScanControl::new(gfp, order.get(), gfp_zone(gfp) as u8, SWAP_CLUSTER_MAX);
        sc.nodemask = nodemask;
        DirectReclaim { run: TryToFree::new(sc, node), node, stage: Stage::Throttle }
    }

    /// Goes on; done with the pages it got back.
    pub(crate) fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task) -> Step<u64> {
        loop {
            match self.stage {
                Stage::Throttle => {
                    let sc = &mut self.run.sc;
                    sc.gfp = task.flags.restrict(sc.gfp);
                    sc.may_writepage = machine.sysctl.laptop_mode == 0;
                    self.stage = Stage::Begin;
                    if let Some(wait) = machine.throttle_direct_reclaim(task, sc, self.node) {
                        return Step::Wait(wait);
                    }
                }
                Stage::Begin => {
                    let sc = &self.run.sc;
                    emit!(machine, Event::Reclaim(ReclaimEvent::DirectBegin { order: sc.order, gfp: sc.gfp }));
                    self.stage = Stage::Run;
                }
                Stage::Run => {
                    let step = self.run.resume(machine, task);
                    if let Step::Done(reclaimed) = step {
                        emit!(machine, Event::Reclaim(ReclaimEvent::DirectEnd { reclaimed }));
                    }
                    return step;
                }
            }
        }
    }
}

impl<S: Sink> Machine<S> {
    /// The wait of a task that must leave the last pages to kswapd (`throttle_direct_reclaim`); `None` if it need not.
    fn throttle_direct_reclaim(&mut self, task: &Task, sc: &ScanControl, node: NodeId) -> Option<Wait> {
        if task.flags.contains(TaskFlags::KTHREAD) {
            return None;
        }
        let list = zonelist(self, node, sc.gfp);
        let mut at = list.next(0, sc.reclaim_idx, sc.nodemask);
        while list.refs.get(at).is_some_and(|zref| zref.zone_idx > ZoneType::Normal as u8) {
            at = list.next(at + 1, sc.reclaim_idx, sc.nodemask);
        }
        let node = list.refs.get(at)?.node;
        if self.allow_direct_reclaim(node) {
            return None;
        }
        self.global.events.add(VmEvent::PgScanDirectThrottle, 1);
        emit!(self, Event::Reclaim(ReclaimEvent::Throttled { node }));
        let timeout = (!sc.gfp.contains(Gfp::FS)).then_some(THROTTLE_TIMEOUT);
        Some(Wait::Throttle { node, timeout })
    }

    /// Whether more than half of the min marks is free on a node, so that requests may reclaim; otherwise kswapd has to
    /// run, and is woken (`allow_direct_reclaim`).
    pub(crate) fn allow_direct_reclaim(&mut self, id: NodeId) -> bool {
        let allowed = self.allows_direct_reclaim(id);
        let node = &mut self.nodes[id.index()];
        if !allowed && node.kswapd_asleep {
            let normal = ZoneType::Normal as u8;
            if node.kswapd_highest_zoneidx > normal || node.kswapd_highest_zoneidx == NO_ZONEIDX {
                node.kswapd_highest_zoneidx = normal;
            }
            node.kswapd_asleep = false;
        }
        allowed
    }

    /// The same without waking anybody.
    pub(crate) fn allows_direct_reclaim(&self, id: NodeId) -> bool {
        if self.nodes[id.index()].kswapd_failures >= MAX_RECLAIM_RETRIES {
            return true;
        }
        let zones =
            self.managed_zones(id, ZoneType::Normal as u8).filter(|zone| self.zone_reclaimable_pages(zone.id) > 0);
        let (reserve, free) = zones.fold((0, 0), |(reserve, free), zone| {
            (reserve + zone.wmark_pages(0), free + zone.page_state(ZoneItem::FreePages) as u64)
        });
        reserve == 0 || free > reserve / 2
    }
}

#[cfg(test)]
mod tests;
