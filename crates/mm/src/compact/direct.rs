//! Direct compaction: a request makes its own free block (`try_to_compact_pages`).

use super::control::CompactControl;
use super::zone::CompactZone;
use super::{CompactPriority, CompactResult};
use crate::alloc::AllocContext;
use crate::event::{CompactEvent, Event, Sink, emit};
use crate::gfp::{AllocFlags, Gfp};
use crate::machine::Machine;
use crate::pfn::{CpuId, Frame, NodeId, Order, Pfn, ZoneId};
use crate::task::{Task, TaskFlags};
use crate::wait::Step;

/// A run of direct compaction that can pause between stretches of work.
#[derive(Clone, Debug)]
pub(crate) struct DirectCompact {
    ac: AllocContext,
    priority: CompactPriority,
    result: CompactResult,
    captured: Option<Frame>,
    /// Position of the next zone in the zonelist; `None` before the first.
    next: Option<usize>,
    running: Option<Box<CompactZone>>,
}

impl DirectCompact {
    pub(crate) fn new(ac: &AllocContext, priority: CompactPriority) -> DirectCompact {
        DirectCompact { ac: *ac, priority, result: CompactResult::Skipped, captured: None, next: None, running: None }
    }

    /// Goes on; done with the result and the block that was captured on its way to the free lists, if any. That block
    /// is on no list and has no state yet, as one that `rmqueue` gives.
    pub(crate) fn resume<S: Sink>(
        &mut self,
        machine: &mut Machine<S>,
        task: &mut Task,
    ) -> Step<(CompactResult, Option<Frame>)> {
        if self.next.is_none() {
            if !self.ac.gfp.contains(Gfp::IO) {
                return Step::Done((CompactResult::Skipped, None));
            }
            let (order, gfp, priority) = (self.ac.order, self.ac.gfp, self.priority as u8);
            emit!(machine, Event::Compact(CompactEvent::TryToCompact { order, gfp, priority }));
            self.next = Some(0);
        }
        loop {
            if self.running.is_none() && !self.next_zone(machine, task) {
                return Step::Done((self.result, self.captured));
            }
            let Some(run) = &mut self.running else { continue };
            match run.resume(machine, task) {
                Step::Wait(wait) => return Step::Wait(wait),
                Step::Done(status) => {
                    self.captured = run.captured.or(self.captured);
                    let zone = run.cc.zone;
                    self.running = None;
                    if self.zone_done(machine, task, zone, status) {
                        return Step::Done((self.result, self.captured));
                    }
                }
            }
        }
    }

    /// Begins with the next zone that is not deferred; false if there is none.
    fn next_zone<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task) -> bool {
        let ac = &self.ac;
        loop {
            let list = machine.zonelist(ac);
            let at = list.next(self.next.unwrap_or(0), ac.highest_zoneidx, ac.nodemask);
            let Some(&zref) = list.refs.get(at) else { return false };
            self.next = Some(at + 1);
            if self.priority > CompactPriority::SyncFull && machine.compaction_deferred(zref.zone, ac.order) {
                self.result = self.result.max(CompactResult::Deferred);
                continue;
            }
            let cc =
                CompactControl::direct(zref.zone, ac.order, ac.gfp, self.priority, ac.alloc_flags, ac.highest_zoneidx);
            let mut run = CompactZone::new(cc);
            run.captures = !task.flags.contains(TaskFlags::KTHREAD);
            self.running = Some(Box::new(run));
            return true;
        }
    }

    /// Notes what a zone came to; true if no other is tried.
    fn zone_done<S: Sink>(
        &mut self,
        machine: &mut Machine<S>,
        task: &Task,
        zone: ZoneId,
        status: CompactResult,
    ) -> bool {
        self.result = self.result.max(status);
        if status == CompactResult::Success {
            machine.compaction_defer_reset(zone, self.ac.order, false);
            return true;
        }
        let failed = matches!(status, CompactResult::Complete | CompactResult::PartialSkipped);
        if self.priority != CompactPriority::Async && failed {
            machine.defer_compaction(zone, self.ac.order);
        }
        task.has_to_end()
            || (self.priority == CompactPriority::Async && (task.need_resched || machine.need_resched(task.cpu)))
    }
}

impl<S: Sink> Machine<S> {
    /// Whether a daemon waits for the CPU that a task runs on (`need_resched`). Where its node has several CPUs, it is
    /// taken to run on another one.
    fn need_resched(&self, cpu: CpuId) -> bool {
        let runs_here = |node: NodeId| {
            let mut own = self.cpus.iter().filter(|other| other.node == node).peekable();
            if own.peek().is_none() { self.cpus.len() == 1 } else { own.all(|other| other.id == cpu) }
        };
        self.nodes.iter().any(|node| !(node.kswapd_asleep && node.kcompactd_asleep) && runs_here(node.id))
    }

    /// Compacts for a request at once, against the min mark: waits pass at once (`try_to_compact_pages`). A block that
    /// was captured is in use afterwards.
    pub fn try_to_compact_pages(
        &mut self,
        task: &mut Task,
        gfp: Gfp,
        order: Order,
        node: NodeId,
        priority: CompactPriority,
    ) -> (CompactResult, Option<Pfn>) {
        let mut ac = self.alloc_context(gfp, order, node, None);
        ac.alloc_flags = AllocFlags::empty();
        let mut run = DirectCompact::new(&ac, priority);
        let (result, captured) = loop {
            if let Step::Done(done) = run.resume(self, task) {
                break done;
            }
        };
        if let Some(page) = captured {
            self.prep_new_page(page, &ac);
        }
        (result, captured.map(|page| self.mem.pfn(page)))
    }
}
