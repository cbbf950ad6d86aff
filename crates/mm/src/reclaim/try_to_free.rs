//! Reclaim for someone who waits for it: passes over the zones of a request, each harder than the one before
//! (`do_try_to_free_pages`, mm/vmscan.c).

use super::ScanControl;
use super::scan_control::DEF_PRIORITY;
use super::shrink_node::NodeShrink;
use crate::compact::{CompactResult, compact_gap};
use crate::event::{Event, ReclaimEvent, Sink, emit};
use crate::gfp::{AllocFlags, Gfp};
use crate::machine::Machine;
use crate::pfn::{NodeId, PAGE_ALLOC_COSTLY_ORDER, ZoneId, ZoneType};
use crate::task::Task;
use crate::vmstat::VmEvent;
use crate::wait::{Step, Wait};
use crate::zone::zonelist::{ZoneRef, Zonelist};

/// A run of reclaim over a zonelist.
#[derive(Clone, Debug)]
pub(crate) struct TryToFree {
    pub(crate) sc: ScanControl,
    /// The node whose zonelist it is.
    node: NodeId,
    stage: Stage,
    /// Where in the zonelist to go on.
    at: usize,
    /// The node that was shrunk last in this pass.
    last_node: Option<NodeId>,
}

#[derive(Clone, Debug)]
enum Stage {
    /// All passes from the beginning.
    Restart,
    /// A pass is to begin.
    Priority,
    /// Looking for the next node to shrink.
    Zones,
    /// A node is being shrunk.
    Node(NodeShrink),
    /// All passes are done.
    Finish,
}

impl TryToFree {
    pub(crate) fn new(sc: ScanControl, node: NodeId) -> TryToFree {
        TryToFree { sc, node, stage: Stage::Restart, at: 0, last_node: None }
    }

    /// Goes on; done with the pages it got back, 1 if compaction can do the rest, 0 if there is nothing to get.
    pub(crate) fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task) -> Step<u64> {
        loop {
            match &mut self.stage {
                Stage::Restart => {
                    if !self.sc.is_memcg_reclaim() {
                        let zone = ZoneType::ALL[usize::from(self.sc.reclaim_idx)];
                        machine.global.events.add(VmEvent::allocstall(zone), 1);
                    }
                    self.stage = Stage::Priority;
                }
                Stage::Priority => self.begin_pass(machine),
                Stage::Zones => match self.next_node(machine, task) {
                    Some(node) => self.stage = Stage::Node(NodeShrink::new(node)),
                    None if self.end_pass() => return Step::Wait(Wait::Yield),
                    None => {}
                },
                Stage::Node(shrink) => match shrink.resume(machine, task, &mut self.sc) {
                    Step::Done(()) => self.stage = Stage::Zones,
                    Step::Wait(wait) => return Step::Wait(wait),
                },
                Stage::Finish => {
                    self.snapshot_refaults(machine);
                    if let Some(result) = self.result() {
                        return Step::Done(result);
                    }
                    self.stage = Stage::Restart;
                }
            }
        }
    }

    fn begin_pass<S: Sink>(&mut self, machine: &mut Machine<S>) {
        emit!(
            machine,
            Event::Reclaim(ReclaimEvent::DirectPriority {
                priority: self.sc.priority,
                order: self.sc.order,
                flags: self.sc.flags(),
                nr_reclaimed: self.sc.nr_reclaimed,
            })
        );
        machine.vmpressure_prio(self.sc.gfp, self.sc.target_memcg, self.sc.priority);
        self.sc.nr_scanned = 0;
        (self.at, self.last_node) = (0, None);
        self.stage = Stage::Zones;
    }

    /// The next zone of the list that the request may use.
    fn next_zone<S: Sink>(&mut self, machine: &Machine<S>) -> Option<ZoneRef> {
        let list = zonelist(machine, self.node, self.sc.gfp);
        let at = list.next(self.at, self.sc.reclaim_idx, self.sc.nodemask);
        self.at = at + 1;
        list.refs.get(at).copied()
    }

    /// The next node to be shrunk (`shrink_zones`).
    fn next_node<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task) -> Option<NodeId> {
        while let Some(zref) = self.next_zone(machine) {
            if !self.sc.is_memcg_reclaim() {
                if machine.cpusets.is_enabled()
                    && !machine.cpusets.node_allowed(task, zref.node, Gfp::GFP_KERNEL | Gfp::HARDWALL)
                {
                    continue;
                }
                if self.sc.order > PAGE_ALLOC_COSTLY_ORDER && machine.compaction_ready(zref.zone, &self.sc) {
                    self.sc.compaction_ready = true;
                    continue;
                }
            }
            if self.last_node != Some(zref.node) {
                self.last_node = Some(zref.node);
                if !self.sc.is_memcg_reclaim() {
                    self.sc.add_soft(machine.soft_limit_reclaim(task, zref.node, self.sc.order, self.sc.gfp));
                }
                return Some(zref.node);
            }
        }
        None
    }

    /// Whether another pass follows, harder than this one.
    fn end_pass(&mut self) -> bool {
        let sc = &mut self.sc;
        self.stage = Stage::Finish;
        if sc.nr_reclaimed >= sc.nr_to_reclaim || sc.compaction_ready {
            return false;
        }
        if sc.priority < DEF_PRIORITY - 2 {
            sc.may_writepage = true;
        }
        sc.priority -= 1;
        if sc.priority < 0 {
            return false;
        }
        self.stage = Stage::Priority;
        true
    }

    /// Remembers the refaults of each node, and forgets a group's congestion.
    fn snapshot_refaults<S: Sink>(&mut self, machine: &mut Machine<S>) {
        (self.at, self.last_node) = (0, None);
        while let Some(zref) = self.next_zone(machine) {
            if self.last_node == Some(zref.node) {
                continue;
            }
            self.last_node = Some(zref.node);
            machine.snapshot_refaults(self.sc.target_memcg, zref.node);
            if let Some(memcg) = self.sc.target_memcg {
                machine.lru.lruvec_mut(memcg, zref.node).congested = false;
            }
        }
    }

    /// What the run came to; `None` if it is repeated with fewer scruples.
    fn result(&mut self) -> Option<u64> {
        let sc = &mut self.sc;
        if sc.nr_reclaimed > 0 {
            return Some(sc.nr_reclaimed);
        }
        if sc.compaction_ready {
            return Some(1);
        }
        if sc.skipped_deactivate {
            (sc.skipped_deactivate, sc.force_deactivate) = (false, true);
        } else if sc.memcg_low_skipped {
            (sc.memcg_low_skipped, sc.memcg_low_reclaim, sc.force_deactivate) = (false, true, false);
        } else {
            return Some(0);
        }
        sc.priority = DEF_PRIORITY;
        None
    }
}

/// The list a request of these flags uses (`node_zonelist`).
pub(super) fn zonelist<S: Sink>(machine: &Machine<S>, node: NodeId, gfp: Gfp) -> &Zonelist {
    let node = &machine.nodes[node.index()];
    if gfp.contains(Gfp::THISNODE) { &node.nofallback } else { &node.fallback }
}

impl<S: Sink> Machine<S> {
    /// Whether so much is free that compaction should go ahead, or even the request succeed (`compaction_ready`).
    fn compaction_ready(&mut self, zone: ZoneId, sc: &ScanControl) -> bool {
        match self.compaction_suitable(zone, sc.order as i8, AllocFlags::empty(), sc.reclaim_idx) {
            CompactResult::Success => true,
            CompactResult::Skipped => false,
            _ => {
                let zone = &self.zones[zone.index()];
                let mark = zone.wmark_pages(2) + compact_gap(sc.order);
                self.zone_watermark_ok_safe(zone, 0, mark, sc.reclaim_idx)
            }
        }
    }
}
