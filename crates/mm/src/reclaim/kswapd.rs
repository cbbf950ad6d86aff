//! kswapd at work: one run until its node is balanced (`balance_pgdat`, mm/vmscan.c).

use super::ScanControl;
use super::scan_control::{DEF_PRIORITY, SWAP_CLUSTER_MAX};
use super::shrink_node::NodeShrink;
use crate::compact::compact_gap;
use crate::event::{Event, ReclaimEvent, ScanFlags, Sink, emit};
use crate::gfp::Gfp;
use crate::lru::LruIndex;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::pfn::{MAX_NR_ZONES, NodeId, PAGEBLOCK_ORDER, ZoneId, ZoneType};
use crate::task::Task;
use crate::vmstat::VmEvent;
use crate::wait::{Step, Wait};

/// A run of kswapd. It can pause between its passes.
#[derive(Clone, Debug)]
pub(crate) struct BalancePgdat {
    node: NodeId,
    highest_zoneidx: u8,
    sc: ScanControl,
    /// Boosts when the run began; they are taken off again at its end.
    zone_boosts: [u64; MAX_NR_ZONES],
    /// Pages still to be reclaimed for the boosts' sake.
    nr_boost: u64,
    stage: Stage,
    /// Pages reclaimed when the pass began.
    reclaimed_before: u64,
    /// Whether the next pass is to be harder.
    raise_priority: bool,
}

#[derive(Clone, Debug)]
enum Stage {
    Begin,
    /// A pass is to begin, if the node needs one.
    Pass,
    /// The node is being shrunk.
    Node(NodeShrink),
}

impl BalancePgdat {
    /// A run for requests of an order whose highest zone is given.
    pub(crate) fn new(node: NodeId, order: u8, highest_zoneidx: u8) -> BalancePgdat {
        BalancePgdat {
            node,
            highest_zoneidx,
            sc: ScanControl::new(Gfp::GFP_KERNEL, order, highest_zoneidx, 0),
            zone_boosts: [0; MAX_NR_ZONES],
            nr_boost: 0,
            stage: Stage::Begin,
            reclaimed_before: 0,
            raise_priority: true,
        }
    }

    /// Goes on; done with the order that it balanced for in the end.
    pub(crate) fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task) -> Step<u8> {
        loop {
            match &mut self.stage {
                Stage::Begin => {
                    machine.global.events.add(VmEvent::PageOutRun, 1);
                    self.note_boosts(machine);
                    self.stage = Stage::Pass;
                }
                Stage::Pass => {
                    if !self.begin_pass(machine, task) {
                        return Step::Done(self.finish(machine));
                    }
                    self.stage = Stage::Node(NodeShrink::new(self.node));
                }
                Stage::Node(shrink) => {
                    if let Step::Wait(wait) = shrink.resume(machine, task, &mut self.sc) {
                        return Step::Wait(wait);
                    }
                    if !self.end_pass() {
                        if self.sc.nr_reclaimed == 0 {
                            machine.nodes[self.node.index()].kswapd_failures += 1;
                        }
                        return Step::Done(self.finish(machine));
                    }
                    self.stage = Stage::Pass;
                    return Step::Wait(Wait::Yield);
                }
            }
        }
    }

    fn note_boosts<S: Sink>(&mut self, machine: &Machine<S>) {
        for zone in machine.managed_zones(self.node, self.highest_zoneidx) {
            self.zone_boosts[zone.id.zone_type().index()] = zone.watermark_boost;
        }
        self.nr_boost = self.zone_boosts.iter().sum();
    }

    /// Looks whether the node needs a pass, and prepares it.
    fn begin_pass<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task) -> bool {
        let balanced = loop {
            let balanced = machine.pgdat_balanced(self.node, self.sc.order, self.highest_zoneidx);
            if balanced || self.nr_boost == 0 {
                break balanced;
            }
            // Memory is really short: boosts can wait.
            self.nr_boost = 0;
            self.sc.priority = DEF_PRIORITY;
        };
        if balanced && self.nr_boost == 0 {
            return false;
        }
        self.raise_priority = self.nr_boost == 0 || self.sc.priority != DEF_PRIORITY - 2;
        self.sc.may_writepage = machine.sysctl.laptop_mode == 0 && self.nr_boost == 0;
        self.sc.may_swap = self.nr_boost == 0;
        self.reclaimed_before = self.sc.nr_reclaimed;
        machine.age_active_anon(task, self.node, &self.sc);
        if self.sc.priority < DEF_PRIORITY - 2 {
            self.sc.may_writepage = true;
        }
        self.tell_pass(machine, balanced);
        self.sc.nr_scanned = 0;
        self.sc.nr_reclaimed += machine.soft_limit_reclaim(task, self.node, self.sc.order, self.sc.gfp).reclaimed;
        let zones = machine.managed_zones(self.node, self.sc.reclaim_idx);
        self.sc.nr_to_reclaim = zones.map(|zone| zone.wmark_pages(2).max(SWAP_CLUSTER_MAX)).sum();
        true
    }

    fn tell_pass<S: Sink>(&self, machine: &mut Machine<S>, balanced: bool) {
        let mut flags = self.sc.flags();
        flags.set(ScanFlags::BALANCED, balanced);
        emit!(
            machine,
            Event::Reclaim(ReclaimEvent::KswapdPriority {
                priority: self.sc.priority,
                order: self.sc.order,
                flags,
                boost: self.nr_boost,
                pgdat_flags: machine.nodes[self.node.index()].flags.bits(),
            })
        );
    }

    /// Whether another pass may follow (the rest of `kswapd_shrink_node` and of the loop).
    fn end_pass(&mut self) -> bool {
        let sc = &mut self.sc;
        if sc.order > 0 && sc.nr_reclaimed >= compact_gap(sc.order) {
            sc.order = 0;
        }
        let raise = self.raise_priority && sc.nr_scanned < sc.nr_to_reclaim;
        let reclaimed = sc.nr_reclaimed - self.reclaimed_before;
        self.nr_boost = self.nr_boost.saturating_sub(reclaimed);
        if self.nr_boost > 0 && reclaimed == 0 {
            return false;
        }
        if raise || reclaimed == 0 {
            sc.priority -= 1;
        }
        sc.priority >= 1
    }

    /// Takes off the boosts, and remembers the refaults.
    fn finish<S: Sink>(&mut self, machine: &mut Machine<S>) -> u8 {
        if self.zone_boosts.iter().any(|&boost| boost != 0) {
            for (kind, &boost) in ZoneType::ALL.into_iter().zip(&self.zone_boosts) {
                let zone = &mut machine.zones[ZoneId::new(self.node, kind).index()];
                zone.watermark_boost = zone.watermark_boost.saturating_sub(boost);
            }
            machine.wakeup_kcompactd(self.node, PAGEBLOCK_ORDER, self.highest_zoneidx);
        }
        machine.snapshot_refaults(None, self.node);
        self.sc.order
    }
}

impl<S: Sink> Machine<S> {
    /// Keeps the inactive anonymous list long enough, so that its pages have time to be used (`age_active_anon`).
    fn age_active_anon(&mut self, task: &Task, node: NodeId, sc: &ScanControl) {
        if self.swap.total == 0 || !self.inactive_is_low(MemcgId::ROOT, node, false) {
            return;
        }
        let mut next = self.memcgs.iter(MemcgId::ROOT, None);
        while let Some(memcg) = next {
            self.shrink_active_list(task, (memcg, node), LruIndex::ActiveAnon, SWAP_CLUSTER_MAX, sc);
            next = self.memcgs.iter(MemcgId::ROOT, Some(memcg));
        }
    }
}

#[cfg(test)]
mod tests;
