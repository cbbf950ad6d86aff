//! What was asked for and what became of it.

use super::alloc_form::Request;
use buddyscope_mm::Answer;
use buddyscope_mm::event::Outcome;
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::{CpuId, Order, PFN_SECTION_SHIFT, Pfn, ZoneId};

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
    live: Live,
    failed: usize,
}

/// Ids of live blocks by their first page: memory section by memory section, ascending in each. Sections are what a
/// map of pages asks for, and inserting into one moves few others.
#[derive(Clone, Debug, Default)]
struct Live {
    sections: Vec<Vec<(Pfn, u32)>>,
    count: usize,
}

impl Live {
    /// Where a block is in its section, or where it would be.
    fn place(&self, pfn: Pfn) -> Result<usize, usize> {
        self.section(pfn).binary_search_by_key(&pfn, |block| block.0)
    }

    /// The blocks of the section that holds a page.
    fn section(&self, pfn: Pfn) -> &[(Pfn, u32)] {
        self.sections.get(section_of(pfn)).map_or(&[], Vec::as_slice)
    }

    fn get(&self, pfn: Pfn) -> Option<u32> {
        self.place(pfn).ok().map(|at| self.section(pfn)[at].1)
    }

    fn insert(&mut self, pfn: Pfn, id: u32) {
        let (section, place) = (section_of(pfn), self.place(pfn));
        if self.sections.len() <= section {
            self.sections.resize(section + 1, Vec::new());
        }
        match place {
            Ok(at) => self.sections[section][at].1 = id,
            Err(at) => {
                self.sections[section].insert(at, (pfn, id));
                self.count += 1;
            }
        }
    }

    fn remove(&mut self, pfn: Pfn) -> Option<u32> {
        let at = self.place(pfn).ok()?;
        self.count -= 1;
        Some(self.sections[section_of(pfn)].remove(at).1)
    }
}

fn section_of(pfn: Pfn) -> usize {
    (pfn.0 >> PFN_SECTION_SHIFT) as usize
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
            Some(pfn) => self.live.insert(pfn, id),
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
        let Some(id) = self.live.remove(pfn) else { return };
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
        self.live.get(pfn).and_then(|id| self.get(id))
    }

    /// The live blocks that start in the memory section that holds a page, ascending.
    pub fn in_section(&self, pfn: Pfn) -> impl Iterator<Item = &Allocation> {
        self.live.section(pfn).iter().filter_map(|&(_, id)| self.get(id))
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
        self.live.count
    }

    /// Number of requests without an answer.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.failed
    }
}
