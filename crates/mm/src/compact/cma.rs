//! Contiguous memory areas: which of their pages are taken, and whose turn it is to take some (mm/cma.c).

use crate::event::Sink;
use crate::machine::Machine;
use crate::pfn::Pfn;
use crate::task::Task;

/// All areas (`cma_areas`).
#[derive(Clone, Debug, Default)]
pub(crate) struct Cma {
    pub(super) areas: Vec<CmaArea>,
    pub(super) turns: Turns,
}

/// Who may take a range: one at a time, in the order in which they asked (`cma_mutex`).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Turns {
    given: u32,
    served: u32,
}

impl Turns {
    /// Whether somebody is at it.
    pub(super) fn is_taken(self) -> bool {
        self.given != self.served
    }

    /// Lines up; tells the turn that was given (`mutex_lock`).
    pub(super) fn line_up(&mut self) -> u32 {
        self.given = self.given.wrapping_add(1);
        self.given.wrapping_sub(1)
    }

    /// The next one's turn (`mutex_unlock`).
    pub(super) fn next(&mut self) {
        self.served = self.served.wrapping_add(1);
    }
}

/// What a page of an area is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mark {
    Free,
    /// Of a range that somebody is about to take: nobody else is given it.
    Wanted,
    Taken,
}

/// An area, and which of its pages are taken (`struct cma`, one bit for each page).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CmaArea {
    base: Pfn,
    marks: Vec<Mark>,
}

impl CmaArea {
    /// An area of so many pages, none of them taken.
    #[must_use]
    pub fn new(base: Pfn, pages: u64) -> CmaArea {
        CmaArea { base, marks: vec![Mark::Free; pages as usize] }
    }

    /// First page.
    #[must_use]
    pub fn base(&self) -> Pfn {
        self.base
    }

    /// All its pages.
    #[must_use]
    pub fn pages(&self) -> u64 {
        self.marks.len() as u64
    }

    /// Pages that are taken, or about to be.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.in_use().count() as u64
    }

    /// Pages that are taken.
    pub(crate) fn taken(&self) -> impl Iterator<Item = Pfn> {
        self.in_use().filter(|&(_, mark)| mark == Mark::Taken).map(|(pfn, _)| pfn)
    }

    /// Pages that are not free.
    fn in_use(&self) -> impl Iterator<Item = (Pfn, Mark)> {
        (self.base.0..).map(Pfn).zip(self.marks.iter().copied()).filter(|&(_, mark)| mark != Mark::Free)
    }

    /// A word for each page that is not free: its number, and whether it is taken.
    #[cfg(feature = "reclaim")]
    pub(crate) fn words(&self) -> impl Iterator<Item = u64> {
        self.in_use().map(|(pfn, mark)| pfn.0 << 1 | u64::from(mark == Mark::Taken))
    }

    /// Keeps a range from others before it is taken. Tells its place in the area; `None` if from there on none is large
    /// enough.
    pub(super) fn want(&mut self, from: usize, pages: u64, align: u8) -> Option<usize> {
        let at = self.find(from, pages as usize, align)?;
        self.mark(at, pages, Mark::Wanted);
        Some(at)
    }

    /// The range is taken now, or free again (`cma_clear_bitmap`).
    pub(super) fn settle(&mut self, at: usize, pages: u64, taken: bool) {
        self.mark(at, pages, if taken { Mark::Taken } else { Mark::Free });
    }

    fn mark(&mut self, at: usize, pages: u64, mark: Mark) {
        if let Some(part) = self.marks.get_mut(at..at + pages as usize) {
            part.fill(mark);
        }
    }

    /// Notes that pages are given back; false if they are not taken from this area.
    fn release(&mut self, start: Pfn, pages: u64) -> bool {
        let Some(at) = start.0.checked_sub(self.base.0).map(|at| at as usize) else { return false };
        let part = at.checked_add(pages as usize).and_then(|end| self.marks.get_mut(at..end));
        let own = part.is_some_and(|part| part.iter().all(|&mark| mark == Mark::Taken));
        if own {
            self.settle(at, pages, false);
        }
        own
    }

    /// The first part from a place on that is large enough (`bitmap_find_next_zero_area_off`).
    fn find(&self, mut from: usize, pages: usize, align: u8) -> Option<usize> {
        let mask = (1u64 << align) - 1;
        let offset = self.base.0 & mask;
        loop {
            from += self.marks.get(from..)?.iter().position(|&mark| mark == Mark::Free)?;
            let at = (((from as u64 + offset + mask) & !mask) - offset) as usize;
            let part = self.marks.get(at..at.checked_add(pages)?).filter(|_| pages > 0)?;
            match part.iter().position(|&mark| mark != Mark::Free) {
                Some(n) => from = at + n + 1,
                None => return Some(at),
            }
        }
    }
}

impl<S: Sink> Machine<S> {
    /// Makes an area of pageblocks of the type for it (`cma_init_reserved_mem`).
    pub fn add_cma_area(&mut self, base: Pfn, pages: u64) {
        self.cma.areas.push(CmaArea::new(base, pages));
    }

    /// The contiguous areas.
    #[must_use]
    pub fn cma_areas(&self) -> &[CmaArea] {
        &self.cma.areas
    }

    /// Whether one who takes ranges is the next to do so.
    pub(crate) fn is_cma_turn(&self, turn: u32) -> bool {
        self.cma.turns.served == turn
    }

    /// Gives pages back; false if they are not taken from an area (`cma_release`).
    pub fn cma_release(&mut self, task: &Task, start: Pfn, pages: u64) -> bool {
        let own = self.cma.areas.iter_mut().any(|area| area.release(start, pages));
        own && self.free_contig_range(task.cpu, start, pages).is_ok()
    }
}
