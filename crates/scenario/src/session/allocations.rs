//! What was asked for and what became of it.

use super::alloc_form::Request;
use buddyscope_mm::Answer;
use buddyscope_mm::event::Outcome;
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::{CpuId, Order, Pfn, ZoneId};
use std::collections::BTreeMap;

/// Numbers of the events of one operation: from, up to but not including.
pub type EventSpan = (u64, u64);

/// One request that a person made.
#[derive(Clone, Copy, Debug)]
pub struct Allocation {
    /// Counted from 1.
    pub id: u32,
    /// Position of its command in the log.
    pub command: u32,
    /// Which request of the command, from 0.
    pub nth: u32,
    /// First page of the block, also after it was freed.
    pub pfn: Option<Pfn>,
    /// Zone of that page.
    pub zone: Option<ZoneId>,
    /// Order asked for.
    pub order: Order,
    /// Flags asked for.
    pub gfp: Gfp,
    /// The CPU that asked; it also frees.
    pub cpu: CpuId,
    /// How it ended.
    pub outcome: Outcome,
    /// What the request did.
    pub events: EventSpan,
    /// Position of the command that freed it, and what that did.
    pub freed: Option<(u32, EventSpan)>,
}

impl Allocation {
    /// Whether the block is in use.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.pfn.is_some() && self.freed.is_none()
    }
}

/// All requests of a session, oldest first, and which block belongs to which.
#[derive(Clone, Debug, Default)]
pub struct Allocations {
    all: Vec<Allocation>,
    live: BTreeMap<u64, u32>,
    failed: usize,
}

impl Allocations {
    /// Notes a request and its answer, and tells its id.
    pub(super) fn add(
        &mut self,
        request: &Request,
        answer: Answer,
        zone: Option<ZoneId>,
        place: (u32, u32),
        events: EventSpan,
    ) -> u32 {
        let id = self.all.len() as u32 + 1;
        match answer.pfn {
            Some(pfn) => drop(self.live.insert(pfn.0, id)),
            None => self.failed += 1,
        }
        self.all.push(Allocation {
            id,
            command: place.0,
            nth: place.1,
            pfn: answer.pfn,
            zone,
            order: request.order,
            gfp: request.gfp,
            cpu: request.task.cpu,
            outcome: answer.outcome,
            events,
            freed: None,
        });
        id
    }

    /// Notes that the block that starts at `pfn` was freed.
    pub(super) fn remove(&mut self, pfn: Pfn, command: u32, events: EventSpan) {
        let Some(id) = self.live.remove(&pfn.0) else { return };
        if let Some(allocation) = self.all.get_mut(id as usize - 1) {
            allocation.freed = Some((command, events));
        }
    }

    /// The request with that id.
    #[must_use]
    pub fn get(&self, id: u32) -> Option<&Allocation> {
        self.all.get((id as usize).checked_sub(1)?)
    }

    /// The live block that starts at `pfn`.
    #[must_use]
    pub fn at(&self, pfn: Pfn) -> Option<&Allocation> {
        self.live.get(&pfn.0).and_then(|&id| self.get(id))
    }

    /// The live blocks that start at `from` or later, but before `to`, ascending.
    pub fn between(&self, from: Pfn, to: Pfn) -> impl Iterator<Item = &Allocation> {
        self.live.range(from.0..to.0).filter_map(|(_, &id)| self.get(id))
    }

    /// The newest request whose block is in use.
    #[must_use]
    pub fn newest_live(&self) -> Option<&Allocation> {
        self.all.iter().rev().find(|allocation| allocation.is_live())
    }

    /// All requests, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Allocation> {
        self.all.iter().rev()
    }

    /// Number of requests.
    #[must_use]
    pub fn total(&self) -> usize {
        self.all.len()
    }

    /// Number of blocks in use.
    #[must_use]
    pub fn live(&self) -> usize {
        self.live.len()
    }

    /// Number of requests without an answer.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.failed
    }
}
