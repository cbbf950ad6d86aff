//! Allocation from a contiguous memory area (`cma_alloc`, mm/cma.c).

use super::contig::ContigError;
use crate::event::Sink;
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::pfn::{MigrateType, Pfn};
use crate::task::Task;

/// An area, and which of its pages are taken (`struct cma`, one bit for each page).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CmaArea {
    base: Pfn,
    taken: Vec<bool>,
}

impl CmaArea {
    /// An area of so many pages, none of them taken.
    #[must_use]
    pub fn new(base: Pfn, pages: u64) -> CmaArea {
        CmaArea { base, taken: vec![false; pages as usize] }
    }

    /// First page.
    #[must_use]
    pub fn base(&self) -> Pfn {
        self.base
    }

    /// Pages that are taken.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.taken.iter().filter(|&&taken| taken).count() as u64
    }

    /// Takes pages in a row.
    fn alloc<S: Sink>(
        &mut self,
        machine: &mut Machine<S>,
        task: &mut Task,
        pages: u64,
        align: u8,
    ) -> Result<Pfn, ContigError> {
        let mut from = 0;
        let mut last = ContigError::NoMemory;
        while let Some(at) = self.find(from, pages as usize, align) {
            let (start, end) = (Pfn(self.base.0 + at as u64), Pfn(self.base.0 + at as u64 + pages));
            match machine.alloc_contig_range(task, start, end, MigrateType::Cma, Gfp::GFP_KERNEL) {
                Ok(()) => {
                    self.taken[at..at + pages as usize].fill(true);
                    return Ok(start);
                }
                Err(ContigError::Busy) => last = ContigError::Busy,
                Err(other) => return Err(other),
            }
            from = at + (1 << align);
        }
        Err(last)
    }

    /// Notes that pages are given back; false if they are not the area's.
    fn release(&mut self, start: Pfn, pages: u64) -> bool {
        let Some(at) = start.0.checked_sub(self.base.0).map(|at| at as usize) else { return false };
        let Some(part) = self.taken.get_mut(at..at + pages as usize) else { return false };
        let own = part.iter().all(|&taken| taken);
        if own {
            part.fill(false);
        }
        own
    }

    /// The first part from a place on that is large enough (`bitmap_find_next_zero_area_off`).
    fn find(&self, mut from: usize, pages: usize, align: u8) -> Option<usize> {
        let mask = (1u64 << align) - 1;
        let offset = self.base.0 & mask;
        loop {
            from += self.taken.get(from..)?.iter().position(|&taken| !taken)?;
            let at = (((from as u64 + offset + mask) & !mask) - offset) as usize;
            let part = self.taken.get(at..at.checked_add(pages)?).filter(|_| pages > 0)?;
            match part.iter().position(|&taken| taken) {
                Some(n) => from = at + n + 1,
                None => return Some(at),
            }
        }
    }
}

impl<S: Sink> Machine<S> {
    /// Makes an area of pageblocks of the type for it (`cma_init_reserved_mem`).
    pub fn add_cma_area(&mut self, base: Pfn, pages: u64) {
        self.cma.push(CmaArea::new(base, pages));
    }

    /// The contiguous areas.
    #[must_use]
    pub fn cma_areas(&self) -> &[CmaArea] {
        &self.cma
    }

    /// Takes pages in a row from the first area that has them, the first page aligned to a block of order `align`; a part
    /// that is busy is passed over. Waits pass at once (`cma_alloc`).
    ///
    /// # Errors
    /// [`ContigError`] of the last part that was tried; [`ContigError::NoMemory`] if none is large enough, or there is no
    /// area.
    pub fn cma_alloc(&mut self, task: &mut Task, pages: u64, align: u8) -> Result<Pfn, ContigError> {
        let mut last = ContigError::NoMemory;
        let mut areas = core::mem::take(&mut self.cma);
        let taken = areas.iter_mut().find_map(|area| match area.alloc(self, task, pages, align) {
            Ok(pfn) => Some(pfn),
            Err(error) => {
                last = error;
                None
            }
        });
        self.cma = areas;
        taken.ok_or(last)
    }

    /// Gives pages back; false if they are not taken from an area (`cma_release`).
    pub fn cma_release(&mut self, task: &Task, start: Pfn, pages: u64) -> bool {
        let own = self.cma.iter_mut().any(|area| area.release(start, pages));
        own && self.free_contig_range(task.cpu, start, pages).is_ok()
    }
}
