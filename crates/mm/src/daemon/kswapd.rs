//! kswapd, the daemon that keeps a node's free pages above the marks (`kswapd`, mm/vmscan.c).

use crate::event::{Event, ReclaimEvent, Sink, emit};
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::pfn::{MAX_NR_ZONES, NodeId};
use crate::reclaim::BalancePgdat;
use crate::task::{Task, TaskFlags};
use crate::vmstat::VmEvent;
use crate::wait::{Step, Wait};
use crate::zone::MAX_RECLAIM_RETRIES;
use crate::zone::watermark::set_pgdat_percpu_threshold;
use crate::zone::{NO_ZONEIDX, PgdatFlags};

/// How long kswapd only dozes before it sleeps: `HZ / 10`, in jiffies.
const DOZE: u32 = 25;

/// The daemon of one node.
#[derive(Clone, Debug)]
pub struct Kswapd {
    node: NodeId,
    task: Task,
    /// The order it was woken for.
    alloc_order: u8,
    /// The order it could balance for in the end.
    reclaim_order: u8,
    highest_zoneidx: u8,
    stage: Stage,
}

#[derive(Clone, Debug)]
enum Stage {
    /// Looks whether it may sleep.
    TrySleep,
    /// Dozes; since which jiffy.
    Dozing(u64),
    Sleeping,
    Running(Box<BalancePgdat>),
}

impl Kswapd {
    /// The daemon of a node, before it first runs. It runs on the node's first CPU, if the node has one.
    #[must_use]
    pub fn new<S: Sink>(machine: &Machine<S>, node: NodeId) -> Kswapd {
        let cpu = machine.cpus.iter().find(|cpu| cpu.node == node).or(machine.cpus.first());
        let mut task = Task::new(cpu.map_or_else(Default::default, |cpu| cpu.id));
        task.flags = TaskFlags::MEMALLOC | TaskFlags::KSWAPD | TaskFlags::KTHREAD;
        let stage = Stage::TrySleep;
        let highest_zoneidx = MAX_NR_ZONES as u8 - 1;
        Kswapd { node, task, alloc_order: 0, reclaim_order: 0, highest_zoneidx, stage }
    }

    /// The node it keeps.
    #[must_use]
    pub fn node(&self) -> NodeId {
        self.node
    }

    /// Goes on. The daemon is never done.
    pub fn resume<S: Sink>(&mut self, machine: &mut Machine<S>) -> Step<()> {
        loop {
            match &mut self.stage {
                Stage::TrySleep => {
                    if let Some(wait) = self.try_to_doze(machine) {
                        return Step::Wait(wait);
                    }
                }
                Stage::Dozing(since) => {
                    let since = *since;
                    if let Some(wait) = self.after_doze(machine, since) {
                        return Step::Wait(wait);
                    }
                }
                Stage::Sleeping => {
                    set_pgdat_percpu_threshold(&machine.zones, &mut machine.pcp, machine.cpus.len(), self.node, true);
                    self.run(machine);
                }
                Stage::Running(balance) => match balance.resume(machine, &self.task) {
                    Step::Wait(wait) => return Step::Wait(wait),
                    Step::Done(order) => {
                        machine.pressure.leave(&mut self.task, false);
                        self.reclaim_order = order;
                        self.look_again(machine);
                    }
                },
            }
        }
    }

    /// After a run: unless it gave up on the order, whatever was asked for meanwhile comes next.
    fn look_again<S: Sink>(&mut self, machine: &Machine<S>) {
        if self.reclaim_order >= self.alloc_order {
            self.alloc_order = machine.nodes[self.node.index()].kswapd_order;
            self.reclaim_order = self.alloc_order;
            self.highest_zoneidx = self.pending_zoneidx(machine);
        }
        self.stage = Stage::TrySleep;
    }

    /// The zone index asked for, or the one of before if none was (`kswapd_highest_zoneidx`).
    fn pending_zoneidx<S: Sink>(&self, machine: &Machine<S>) -> u8 {
        match machine.nodes[self.node.index()].kswapd_highest_zoneidx {
            NO_ZONEIDX => self.highest_zoneidx,
            asked => asked,
        }
    }

    /// Lies down for a moment if the node is balanced (the first half of `kswapd_try_to_sleep`).
    fn try_to_doze<S: Sink>(&mut self, machine: &mut Machine<S>) -> Option<Wait> {
        machine.nodes[self.node.index()].kswapd_asleep = true;
        if !machine.prepare_kswapd_sleep(self.node, self.reclaim_order, self.highest_zoneidx) {
            return self.stay_awake(machine, VmEvent::KswapdHighWmarkHitQuickly);
        }
        machine.reset_isolation_suitable(self.node);
        machine.wakeup_kcompactd(self.node, self.alloc_order, self.highest_zoneidx);
        self.stage = Stage::Dozing(machine.jiffies);
        Some(Wait::Kswapd { node: self.node, timeout: Some(DOZE) })
    }

    /// Sleeps if nobody asked for anything and the node is still balanced (the second half of `kswapd_try_to_sleep`).
    fn after_doze<S: Sink>(&mut self, machine: &mut Machine<S>, since: u64) -> Option<Wait> {
        let woken = !machine.nodes[self.node.index()].kswapd_asleep;
        if woken && machine.jiffies < since + u64::from(DOZE) {
            let highest = self.pending_zoneidx(machine);
            let node = &mut machine.nodes[self.node.index()];
            node.kswapd_highest_zoneidx = highest;
            node.kswapd_order = node.kswapd_order.max(self.reclaim_order);
            return self.stay_awake(machine, VmEvent::KswapdLowWmarkHitQuickly);
        }
        machine.nodes[self.node.index()].kswapd_asleep = true;
        if !machine.prepare_kswapd_sleep(self.node, self.reclaim_order, self.highest_zoneidx) {
            return self.stay_awake(machine, VmEvent::KswapdHighWmarkHitQuickly);
        }
        emit!(machine, Event::Reclaim(ReclaimEvent::KswapdSleep { node: self.node }));
        set_pgdat_percpu_threshold(&machine.zones, &mut machine.pcp, machine.cpus.len(), self.node, false);
        self.stage = Stage::Sleeping;
        Some(Wait::Kswapd { node: self.node, timeout: None })
    }

    fn stay_awake<S: Sink>(&mut self, machine: &mut Machine<S>, event: VmEvent) -> Option<Wait> {
        machine.global.events.add(event, 1);
        self.run(machine);
        None
    }

    /// Takes up what was asked for.
    fn run<S: Sink>(&mut self, machine: &mut Machine<S>) {
        self.highest_zoneidx = self.pending_zoneidx(machine);
        let node = &mut machine.nodes[self.node.index()];
        node.kswapd_asleep = false;
        self.alloc_order = core::mem::take(&mut node.kswapd_order);
        node.kswapd_highest_zoneidx = NO_ZONEIDX;
        let (node, order, highest_zoneidx) = (self.node, self.alloc_order, self.highest_zoneidx);
        emit!(machine, Event::Reclaim(ReclaimEvent::KswapdWake { node, order, highest_zoneidx }));
        machine.pressure.enter(&mut self.task);
        self.stage = Stage::Running(Box::new(BalancePgdat::new(node, order, highest_zoneidx)));
    }
}

impl<S: Sink> Machine<S> {
    /// Whether kswapd may sleep: the node is balanced, or there is no hope for it (`prepare_kswapd_sleep`).
    fn prepare_kswapd_sleep(&mut self, id: NodeId, order: u8, highest_zoneidx: u8) -> bool {
        if self.nodes[id.index()].kswapd_failures >= MAX_RECLAIM_RETRIES {
            return true;
        }
        let balanced = self.pgdat_balanced(id, order, highest_zoneidx);
        if balanced {
            self.lru.lruvec_mut(MemcgId::ROOT, id).congested = false;
            self.nodes[id.index()].flags -= PgdatFlags::DIRTY | PgdatFlags::WRITEBACK;
        }
        balanced
    }
}
