//! Making a trace's requests.

use super::blocks::{Blocks, Freed, Stand};
use super::pending::Pending;
use super::tally::{Side, Tally};
use crate::session::Trace;
use buddyscope_mm::Machine;
use buddyscope_mm::event::Event;
use buddyscope_mm::pfn::{CpuId, MAX_ORDER, Order, Pfn, ZoneId};
use buddyscope_mm::task::Task;
use buddyscope_procfs::trace::{KmemEvent, PageAlloc, TraceEvent, TraceLine};
use std::collections::BTreeMap;
use thiserror::Error;

/// Why a trace cannot be made again on a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TraceReplayError {
    /// The machine has fewer CPUs than the trace.
    #[error("line {line}: CPU {cpu}, but the machine has {cpus}")]
    NoCpu {
        /// The line.
        line: usize,
        /// Its CPU.
        cpu: u32,
        /// CPUs of the machine.
        cpus: usize,
    },
    /// No block is so large.
    #[error("line {line}: order {order}, but the largest is 10")]
    Order {
        /// The line.
        line: usize,
        /// Its order.
        order: u32,
    },
}

/// A trace that is being made again.
pub struct TraceReplay {
    machine: Machine<Trace>,
    blocks: Blocks,
    pending: BTreeMap<CpuId, Pending>,
    tally: Tally,
}

/// What the counts are made of.
fn is_counted(event: &Event) -> bool {
    matches!(event, Event::TakeBlock { .. } | Event::Steal { .. } | Event::PcpDrain { .. })
}

impl TraceReplay {
    /// Begins on a machine. Nobody runs on it, so requests do not reclaim: what the trace's did is in the trace.
    #[must_use]
    pub fn new(mut machine: Machine<Trace>) -> TraceReplay {
        machine.set_reclaims(false);
        machine.sink_mut().set_on(false);
        TraceReplay { machine, blocks: Blocks::default(), pending: BTreeMap::new(), tally: Tally::default() }
    }

    /// Makes a whole trace again.
    ///
    /// # Errors
    /// [`TraceReplayError`] at a line that this machine cannot have.
    pub fn run(mut self, lines: &[(usize, TraceLine)]) -> Result<Tally, TraceReplayError> {
        for (number, line) in lines {
            if let TraceEvent::Kmem(event) = &line.event {
                let cpu = self.cpu(*number, line.cpu)?;
                self.event(*number, cpu, event)?;
            }
        }
        self.tally.free_blocks =
            (0..MAX_ORDER).map(|order| self.machine.zones().iter().map(|zone| zone.nr_free(order)).sum()).collect();
        Ok(self.tally)
    }

    fn cpu(&self, line: usize, cpu: u32) -> Result<CpuId, TraceReplayError> {
        let cpus = self.machine.cpus().len();
        let known = u16::try_from(cpu).ok().filter(|&id| usize::from(id) < cpus);
        known.map(CpuId).ok_or(TraceReplayError::NoCpu { line, cpu, cpus })
    }

    fn event(&mut self, line: usize, cpu: CpuId, event: &KmemEvent) -> Result<(), TraceReplayError> {
        match event {
            KmemEvent::PageAlloc(request) => self.allocate(line, cpu, request)?,
            KmemEvent::ZoneLocked(_) => {
                self.tally.taken[0] += 1;
                self.pending.entry(cpu).or_default().taken += 1;
            }
            KmemEvent::ExtFrag(_) => {
                self.tally.stolen[0] += 1;
                self.pending.entry(cpu).or_default().stolen += 1;
            }
            KmemEvent::Freed(block) => {
                let order = order_of(line, block.order)?;
                self.pending.entry(cpu).or_default().freed();
                self.free(cpu, block.pfn, order);
            }
            KmemEvent::FreedBatched(_) => self.pending.entry(cpu).or_default().freed(),
            KmemEvent::Drained(page) => {
                self.tally.drained[0] += 1;
                let Some(zone) = self.zone_of(Pfn(page.pfn)) else { return Ok(()) };
                if self.pending.entry(cpu).or_default().drained(zone) {
                    self.listening(|machine| machine.drain_zone_pages(cpu, zone));
                }
            }
        }
        Ok(())
    }

    fn allocate(&mut self, line: usize, cpu: CpuId, request: &PageAlloc) -> Result<(), TraceReplayError> {
        let order = order_of(line, request.order)?;
        let (taken, _) = self.pending.entry(cpu).or_default().take();
        for stand in self.blocks.overlapped(request.pfn, order) {
            self.tally.frees_missing += 1;
            self.give_back(cpu, stand.pfn, stand.order);
        }
        let before = self.tally.taken[1];
        let answer = self.listening(|machine| machine.alloc_pages_node(&mut Task::new(cpu), None, request.gfp, order));
        let traced = (request.pfn != 0).then_some(Pfn(request.pfn));
        let side = |pfn: Option<Pfn>| Side { pfn, zone: pfn.and_then(|pfn| self.zone_of(pfn)) };
        let (trace, model) = (side(traced), side(answer.pfn));
        self.tally.answered(line, trace, model);
        self.tally.same_taken += u64::from(self.tally.taken[1] - before == taken);
        match (traced, answer.pfn) {
            (Some(traced), Some(pfn)) => self.blocks.insert(traced.0, Stand { pfn, order }),
            // The trace will not give this one back.
            (None, Some(pfn)) => self.give_back(cpu, pfn, order),
            _ => {}
        }
        Ok(())
    }

    fn free(&mut self, cpu: CpuId, traced: u64, order: Order) {
        self.tally.frees += 1;
        match self.blocks.remove(traced, order) {
            Freed::Known(stand) => self.give_back(cpu, stand.pfn, stand.order),
            Freed::Part { whole, part } => {
                // A block that the model gave is one that it can split.
                if self.machine.split_page(whole.pfn, whole.order).is_ok() {
                    self.give_back(cpu, part.pfn, part.order);
                }
            }
            Freed::Unknown => {
                let freed = self.listening(|machine| machine.free_pages(cpu, Pfn(traced), order).is_ok());
                let count = if freed { &mut self.tally.frees_from_before } else { &mut self.tally.frees_unknown };
                *count += 1;
            }
        }
    }

    /// Frees a block that the model gave; a page of it that somebody from before the trace freed meanwhile stays free.
    fn give_back(&mut self, cpu: CpuId, pfn: Pfn, order: Order) {
        let freed = self.listening(|machine| machine.free_pages(cpu, pfn, order).is_ok());
        self.tally.frees_unknown += u64::from(!freed);
    }

    /// Does something, and counts what the model decides meanwhile.
    fn listening<T>(&mut self, act: impl FnOnce(&mut Machine<Trace>) -> T) -> T {
        self.machine.sink_mut().listen(is_counted);
        let result = act(&mut self.machine);
        for event in self.machine.sink_mut().heard() {
            match event {
                Event::TakeBlock { .. } => self.tally.taken[1] += 1,
                Event::Steal { .. } => self.tally.stolen[1] += 1,
                _ => self.tally.drained[1] += 1,
            }
        }
        result
    }

    fn zone_of(&self, pfn: Pfn) -> Option<ZoneId> {
        self.machine.zones().iter().find(|zone| zone.is_populated() && zone.spans(pfn)).map(|zone| zone.id)
    }
}

fn order_of(line: usize, order: u32) -> Result<Order, TraceReplayError> {
    Order::new(order).ok_or(TraceReplayError::Order { line, order })
}
