//! Reclaim on one node (`shrink_node`, mm/vmscan.c).

use super::ScanControl;
use crate::compact::{CompactResult, compact_gap};
use crate::event::{Event, ReclaimEvent, Sink, emit};
use crate::gfp::AllocFlags;
use crate::lru::LruIndex;
use crate::lru::memcg::MemcgVerdict;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::pfn::{NodeId, PAGE_ALLOC_COSTLY_ORDER, ZoneId, ZoneType};
use crate::task::{Task, TaskFlags};
use crate::vmstat::{NodeItem, ZoneItem};
use crate::wait::{Step, Wait};
use crate::zone::PgdatFlags;

use super::lruvec::LruvecPass;
use super::scan_control::DEF_PRIORITY;

/// How long reclaim waits for a congested device: a tenth of a second, in jiffies.
const CONGESTION_WAIT: u32 = 25;
/// How long it waits while too many pages are isolated (`msleep(100)`), in jiffies.
const ISOLATED_WAIT: u32 = 26;

/// Reclaim on a node: passes over its lists, with waits between.
#[derive(Clone, Debug)]
pub(crate) struct NodeShrink {
    node: NodeId,
    stage: Stage,
    /// Pages scanned and reclaimed when the pass began.
    before: (u64, u64),
    /// The same when the group's turn began.
    before_memcg: (u64, u64),
    /// Whether any pass reclaimed something.
    reclaimable: bool,
}

#[derive(Clone, Debug)]
enum Stage {
    /// A pass is to begin.
    Pass,
    /// The next group's turn, if there is one left.
    Memcg(Option<MemcgId>),
    /// A group's lists are being scanned.
    Lists(MemcgId, Box<LruvecPass>),
    /// The pass is done; waits may be due.
    Stall,
    /// Waits are over: is another pass needed?
    Continue,
}

impl NodeShrink {
    pub(crate) fn new(node: NodeId) -> NodeShrink {
        NodeShrink { node, stage: Stage::Pass, before: (0, 0), before_memcg: (0, 0), reclaimable: false }
    }

    /// Goes on; the run's counts are in `sc`.
    pub(crate) fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task, sc: &mut ScanControl) -> Step<()> {
        loop {
            match &mut self.stage {
                Stage::Pass => {
                    self.before = (sc.nr_scanned, sc.nr_reclaimed);
                    machine.begin_node_pass(self.node, sc);
                    self.stage = Stage::Memcg(machine.memcgs.iter(sc.target_memcg.unwrap_or_default(), None));
                }
                Stage::Memcg(Some(memcg)) => {
                    let memcg = *memcg;
                    self.begin_memcg(machine, task, memcg, sc);
                }
                Stage::Memcg(None) => {
                    machine.end_node_pass(self.node, self.before, sc);
                    self.reclaimable |= sc.nr_reclaimed > self.before.1;
                    self.stage = Stage::Stall;
                    if let Some(wait) = machine.stall_kswapd(task, self.node, sc) {
                        return Step::Wait(wait);
                    }
                }
                Stage::Lists(memcg, lists) => {
                    if lists.go_on(machine, task, sc) {
                        if machine.need_resched {
                            return Step::Wait(Wait::Yield);
                        }
                        continue;
                    }
                    let memcg = *memcg;
                    self.end_memcg(machine, task, memcg, sc);
                }
                Stage::Stall => {
                    self.stage = Stage::Continue;
                    if let Some(wait) = machine.stall_reclaimer(task, self.node, sc) {
                        return Step::Wait(wait);
                    }
                }
                Stage::Continue => {
                    let reclaimed = sc.nr_reclaimed - self.before.1;
                    if machine.should_continue_reclaim(self.node, reclaimed, sc) {
                        self.stage = Stage::Pass;
                        continue;
                    }
                    if self.reclaimable {
                        machine.nodes[self.node.index()].kswapd_failures = 0;
                    }
                    return Step::Done(());
                }
            }
        }
    }

    /// A group's lists are scanned unless it is protected.
    fn begin_memcg<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task, memcg: MemcgId, sc: &mut ScanControl) {
        let root = sc.target_memcg.unwrap_or_default();
        match machine.consider_memcg(root, memcg, sc.memcg_low_reclaim) {
            MemcgVerdict::BelowMin => {}
            MemcgVerdict::BelowLow => sc.memcg_low_skipped = true,
            MemcgVerdict::Reclaim => {
                self.before_memcg = (sc.nr_scanned, sc.nr_reclaimed);
                let lists = Box::new(LruvecPass::new(machine, task, (memcg, self.node), sc));
                self.stage = Stage::Lists(memcg, lists);
                return;
            }
        }
        self.stage = Stage::Memcg(machine.memcgs.iter(root, Some(memcg)));
    }

    /// After a group's lists come its slabs, and then the next group.
    fn end_memcg<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task, memcg: MemcgId, sc: &mut ScanControl) {
        machine.shrink_slab(task, sc.gfp, self.node, memcg, sc.priority, &mut sc.reclaimed_slab);
        let (scanned, reclaimed) = (sc.nr_scanned - self.before_memcg.0, sc.nr_reclaimed - self.before_memcg.1);
        machine.vmpressure(sc.gfp, Some(memcg), false, scanned, reclaimed);
        let root = sc.target_memcg.unwrap_or_default();
        self.stage = Stage::Memcg(machine.memcgs.iter(root, Some(memcg)));
    }
}

impl<S: Sink> Machine<S> {
    /// What a pass goes by (the beginning of `shrink_node`).
    fn begin_node_pass(&mut self, node: NodeId, sc: &mut ScanControl) {
        sc.nr = Default::default();
        self.decide_deactivation(node, sc);
        self.decide_balance(node, sc);
        self.tell_node(node, sc);
    }

    /// What a pass came to, up to its waits.
    fn end_node_pass(&mut self, node: NodeId, before: (u64, u64), sc: &mut ScanControl) {
        let slab = core::mem::take(&mut sc.reclaimed_slab);
        emit!(
            self,
            Event::Reclaim(ReclaimEvent::NodeEnd {
                node,
                nr_reclaimed: sc.nr_reclaimed,
                nr_scanned: sc.nr_scanned,
                slab,
            })
        );
        sc.nr_reclaimed += slab;
        let (scanned, reclaimed) = (sc.nr_scanned - before.0, sc.nr_reclaimed - before.1);
        self.vmpressure(sc.gfp, sc.target_memcg, true, scanned, reclaimed);
    }

    /// Costs of both kinds of pages, and which of them may move from active to inactive lists.
    fn decide_deactivation(&mut self, node: NodeId, sc: &mut ScanControl) {
        let target = sc.target_memcg.unwrap_or_default();
        let lruvec = self.lru.lruvec(target, node);
        (sc.anon_cost, sc.file_cost) = (lruvec.anon_cost, lruvec.file_cost);
        let items = [NodeItem::WorkingsetActivateAnon, NodeItem::WorkingsetActivateFile];
        sc.may_deactivate = [false, true].map(|file| {
            let refaults = self.lruvec_page_state(target, node, items[usize::from(file)]);
            sc.force_deactivate
                || refaults != self.lru.lruvec(target, node).refaults[usize::from(file)]
                || self.inactive_is_low(target, node, file)
        });
    }

    /// Whether there is page cache to trim, or so little of it that anonymous pages must go.
    fn decide_balance(&mut self, node: NodeId, sc: &mut ScanControl) {
        let target = sc.target_memcg.unwrap_or_default();
        let inactive_file = self.lruvec_page_state(target, node, LruIndex::InactiveFile.node_item());
        sc.cache_trim_mode = inactive_file >> sc.priority != 0 && !sc.may_deactivate[1];
        if sc.is_memcg_reclaim() {
            return;
        }
        let zones = ZoneType::ALL.map(|kind| &self.zones[ZoneId::new(node, kind).index()]);
        let free: u64 = zones.iter().map(|zone| zone.page_state(ZoneItem::FreePages) as u64).sum();
        let high: u64 = zones.iter().filter(|zone| zone.is_managed()).map(|zone| zone.wmark_pages(2)).sum();
        let stat = &self.nodes[node.index()].stat;
        sc.file_is_tiny = stat.file_lru() + free <= high
            && !sc.may_deactivate[0]
            && stat.get(NodeItem::InactiveAnon) >> sc.priority != 0;
    }

    fn tell_node(&mut self, node: NodeId, sc: &ScanControl) {
        let target = sc.target_memcg.unwrap_or_default();
        emit!(
            self,
            Event::Reclaim(ReclaimEvent::NodeBegin {
                node,
                priority: sc.priority,
                highest_zoneidx: sc.reclaim_idx,
                order: sc.order,
                flags: sc.flags(),
                nr_to_reclaim: sc.nr_to_reclaim,
                nr_reclaimed: sc.nr_reclaimed,
                nr_scanned: sc.nr_scanned,
            })
        );
        let items = [NodeItem::WorkingsetActivateAnon, NodeItem::WorkingsetActivateFile];
        emit!(
            self,
            Event::Reclaim(ReclaimEvent::NodeCosts {
                cost: [sc.anon_cost, sc.file_cost],
                activations: items.map(|item| self.lruvec_page_state(target, node, item)),
                refaults: self.lru.lruvec(target, node).refaults,
                nonresident_age: self.lru.lruvec(target, node).nonresident_age,
            })
        );
    }

    /// What kswapd learns from a pass about dirty pages, and whether it waits because pages come round before they are
    /// written.
    fn stall_kswapd(&mut self, task: &Task, node: NodeId, sc: &mut ScanControl) -> Option<Wait> {
        if core::mem::take(&mut sc.stalled) {
            return Some(Wait::Sleep(ISOLATED_WAIT));
        }
        if let Some(page) = sc.awaited.take() {
            return Some(Wait::PageIo(page));
        }
        if !task.flags.contains(TaskFlags::KSWAPD) {
            return None;
        }
        let flags = &mut self.nodes[node.index()].flags;
        if sc.nr.writeback != 0 && sc.nr.writeback == sc.nr.taken {
            *flags |= PgdatFlags::WRITEBACK;
        }
        if sc.nr.unqueued_dirty == sc.nr.file_taken {
            *flags |= PgdatFlags::DIRTY;
        }
        (sc.nr.immediate != 0).then_some(Wait::Congestion(CONGESTION_WAIT))
    }

    /// Notes congestion, and makes direct reclaim wait for it.
    fn stall_reclaimer(&mut self, task: &Task, node: NodeId, sc: &ScanControl) -> Option<Wait> {
        let kswapd = task.flags.contains(TaskFlags::KSWAPD);
        let notes = kswapd || (sc.is_memcg_reclaim() && self.writeback_throttling_sane(sc));
        let lruvec = self.lru.lruvec_mut(sc.target_memcg.unwrap_or_default(), node);
        if notes && sc.nr.dirty != 0 && sc.nr.dirty == sc.nr.congested {
            lruvec.congested = true;
        }
        (!kswapd && lruvec.congested).then_some(Wait::IfCongested(CONGESTION_WAIT))
    }

    /// Whether compaction needs more free pages than this pass gave (`should_continue_reclaim`).
    fn should_continue_reclaim(&mut self, node: NodeId, reclaimed: u64, sc: &ScanControl) -> bool {
        let for_compaction = sc.order > 0 && (sc.order > PAGE_ALLOC_COSTLY_ORDER || sc.priority < DEF_PRIORITY - 2);
        if !for_compaction || reclaimed == 0 {
            return false;
        }
        for &kind in &ZoneType::ALL[..=usize::from(sc.reclaim_idx)] {
            let zone = ZoneId::new(node, kind);
            if !self.zones[zone.index()].is_managed() {
                continue;
            }
            let suitable = self.compaction_suitable(zone, sc.order as i8, AllocFlags::empty(), sc.reclaim_idx);
            if matches!(suitable, CompactResult::Success | CompactResult::Continue) {
                return false;
            }
        }
        let stat = &self.nodes[node.index()].stat;
        let anon = if self.swap.free_slots() > 0 { stat.get(NodeItem::InactiveAnon) } else { 0 };
        stat.get(NodeItem::InactiveFile) + anon > compact_gap(sc.order)
    }
}
