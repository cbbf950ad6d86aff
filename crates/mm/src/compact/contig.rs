//! Taking a range of pages: its pageblocks are isolated, it is emptied, and what is free then is taken
//! (`alloc_contig_range`, mm/page_alloc.c).

use super::cma_alloc::interrupt;
use super::control::CompactControl;
use super::empty_range::EmptyRange;
use super::free_block::Haul;
use super::hints::{Seen, block_end, block_start, pageblock_end, pageblock_start};
use crate::audit::Held;
use crate::event::Sink;
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::page::memmap::TOP_ORDER;
use crate::pfn::{Frame, MAX_ORDER, MigrateType, PAGEBLOCK_NR_PAGES, Pfn};
use crate::task::Task;
use crate::wait::{Step, finish};
use thiserror::Error;

/// Why a range cannot be taken. The machine is as it was, but for where movable pages are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum ContigError {
    /// It holds pages that cannot be moved, or is isolated already (`-EBUSY`).
    #[error("the range is busy")]
    Busy,
    /// There was nowhere to move its pages to (`-ENOMEM`).
    #[error("no memory to move the pages of the range to")]
    NoMemory,
    /// The task is to die (`-EINTR`).
    #[error("interrupted")]
    Interrupted,
    /// It is empty or not in one zone.
    #[error("the range is empty or not in one zone")]
    BadRange,
}

impl ContigError {
    /// As the kernel's negative error number.
    #[must_use]
    pub const fn errno(self) -> i32 {
        match self {
            ContigError::Interrupted => -4,
            ContigError::NoMemory => -12,
            ContigError::Busy => -16,
            ContigError::BadRange => -22,
        }
    }
}

/// Taking a range of pages, which can pause while pages that are in the way are waited for.
#[derive(Clone, Debug)]
pub struct AllocContig {
    start: Pfn,
    end: Pfn,
    migratetype: MigrateType,
    gfp: Gfp,
    /// The work on the range, once the pageblocks are isolated.
    work: Option<Box<EmptyRange>>,
}

impl AllocContig {
    /// The pages from `start` up to `end`, which are in use one by one afterwards. All pageblocks around them, up to the
    /// bounds of largest blocks, are given back as `migratetype`.
    #[must_use]
    pub fn new(start: Pfn, end: Pfn, migratetype: MigrateType, gfp: Gfp) -> AllocContig {
        AllocContig { start, end, migratetype, gfp, work: None }
    }

    /// First page of the range.
    pub(super) fn start(&self) -> Pfn {
        self.start
    }

    /// Notes the pages that it keeps while it is paused.
    pub fn note_held(&self, held: &mut Held) {
        if let Some(work) = &self.work {
            work.note_held(held);
        }
    }

    /// The bounds of the largest blocks around the range.
    fn bounds(&self) -> (Pfn, Pfn) {
        (block_start(self.start, TOP_ORDER), block_end(Pfn(self.end.0 - 1), TOP_ORDER))
    }

    /// Goes on; done with whether the range is taken.
    pub fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<Result<(), ContigError>> {
        let mut work = match self.work.take() {
            Some(work) => work,
            None => match self.begin(machine, task) {
                Ok(work) => work,
                Err(error) => return Step::Done(Err(error)),
            },
        };
        match work.resume(machine, task) {
            Step::Wait(wait) => {
                self.work = Some(work);
                Step::Wait(wait)
            }
            Step::Done(emptied) => {
                let taken = match emptied {
                    // A page that was busy may have become free meanwhile: the look at the range decides.
                    Ok(()) | Err(ContigError::Busy) => machine.take_range(&mut work.cc, task, self.start, self.end),
                    Err(other) => Err(other),
                };
                let (first, last) = self.bounds();
                machine.undo_isolate_page_range(first, last, self.migratetype);
                Step::Done(taken)
            }
        }
    }

    /// Isolates the pageblocks.
    fn begin<S: Sink>(&self, machine: &mut Machine<S>, task: &Task) -> Result<Box<EmptyRange>, ContigError> {
        let zone = |pfn: Pfn| machine.page_zone(pfn).map(|zone| zone.id);
        let zone = zone(self.start).filter(|&own| self.start < self.end && zone(Pfn(self.end.0 - 1)) == Some(own));
        let cc = CompactControl::contig(zone.ok_or(ContigError::BadRange)?, task.flags.restrict(self.gfp));
        let (first, last) = self.bounds();
        machine.start_isolate_page_range(first, last, self.migratetype)?;
        machine.lru_add_drain_all();
        Ok(Box::new(EmptyRange::new(cc, self.start, self.end)))
    }
}

impl<S: Sink> Machine<S> {
    /// Takes a range of pages, every wait passing at once. See [`AllocContig`].
    ///
    /// # Errors
    /// [`ContigError`].
    pub fn alloc_contig_range(
        &mut self,
        task: &mut Task,
        start: Pfn,
        end: Pfn,
        migratetype: MigrateType,
        gfp: Gfp,
    ) -> Result<(), ContigError> {
        let mut run = AllocContig::new(start, end, migratetype, gfp);
        let done = finish(|| run.resume(self, task));
        done.unwrap_or_else(|| interrupt(task, |task| run.resume(self, task)).unwrap_or(Err(ContigError::Busy)))
    }

    /// Isolates every pageblock of a range, or none (`start_isolate_page_range`).
    fn start_isolate_page_range(&mut self, start: Pfn, end: Pfn, migratetype: MigrateType) -> Result<(), ContigError> {
        for block in (start.0..end.0).step_by(PAGEBLOCK_NR_PAGES as usize).map(Pfn) {
            let Some(pfn) = self.first_page(block) else { continue };
            if !self.isolate_pageblock(pfn, migratetype).is_ok_and(|isolated| isolated) {
                self.undo_isolate_page_range(start, block, migratetype);
                return Err(ContigError::Busy);
            }
        }
        Ok(())
    }

    /// Gives the pageblocks back (`undo_isolate_page_range`).
    fn undo_isolate_page_range(&mut self, start: Pfn, end: Pfn, migratetype: MigrateType) {
        for block in (start.0..end.0).step_by(PAGEBLOCK_NR_PAGES as usize).map(Pfn) {
            if let Some(pfn) = self.first_page(block) {
                // The page exists, so this cannot fail.
                let _ = self.unisolate_pageblock(pfn, migratetype);
            }
        }
    }

    /// The first existing page of a pageblock (`__first_valid_page`).
    fn first_page(&self, block: Pfn) -> Option<Pfn> {
        (block.0..block.0 + PAGEBLOCK_NR_PAGES).map(Pfn).find(|&pfn| self.page_zone(pfn).is_some())
    }

    /// Takes what is free of the range, if all of it is.
    fn take_range(&mut self, cc: &mut CompactControl, task: &Task, start: Pfn, end: Pfn) -> Result<(), ContigError> {
        self.lru_add_drain_all();
        let outer_start = self.start_of_free_block(start);
        if !self.is_all_free(outer_start, end) {
            return Err(ContigError::Busy);
        }
        let outer_end = self.isolate_freepages_range(cc, task, outer_start, end).ok_or(ContigError::Busy)?;
        let head = self.free_contig_range(task.cpu, outer_start, start.0 - outer_start.0);
        let tail = self.free_contig_range(task.cpu, end, outer_end.0 - end.0);
        head.and(tail).map_err(|_| ContigError::Busy)
    }

    /// First page of the free block that holds a page or, if none does, the page itself.
    fn start_of_free_block(&self, pfn: Pfn) -> Pfn {
        let heads = (0..MAX_ORDER as u8).map(|order| block_start(pfn, order));
        let found = heads.into_iter().find_map(|head| Some((head, self.free_order(head)?)));
        found.filter(|&(head, order)| head.0 + (1 << order) > pfn.0).map_or(pfn, |(head, _)| head)
    }

    /// Order of the free block that starts at a page.
    fn free_order(&self, pfn: Pfn) -> Option<u8> {
        match self.see(self.mem.frame(pfn)?) {
            Seen::Free(order) => Some(order),
            _ => None,
        }
    }

    /// Whether a range holds free blocks of isolated pageblocks only (`test_pages_isolated`).
    fn is_all_free(&self, start: Pfn, end: Pfn) -> bool {
        let mut pfn = start;
        while pfn < end {
            let isolated = self.mem.frame(pfn).map(|page| self.mem.pageblock(page)) == Some(MigrateType::Isolate);
            match self.free_order(pfn).filter(|_| isolated) {
                Some(order) => pfn.0 += 1 << order,
                None => return false,
            }
        }
        true
    }

    /// Takes all of a range, which must be free (`isolate_freepages_range`). Tells the end, which may lie behind that of
    /// the range; `None` if something was in the way.
    fn isolate_freepages_range(&mut self, cc: &mut CompactControl, task: &Task, start: Pfn, end: Pfn) -> Option<Pfn> {
        let mut haul = Haul::default();
        let mut pfn = start;
        while pfn < end {
            let zone_start = self.zones[cc.zone.index()].start_pfn;
            let first = pageblock_start(pfn).max(zone_start);
            let stop = pageblock_end(pfn).min(end);
            if self.pageblock_page(first, stop, cc.zone).is_none() {
                break;
            }
            let taken = self.isolate_freepages_strict(cc, task.cpu, pfn, stop, &mut haul);
            if taken == 0 {
                break;
            }
            pfn.0 += taken;
        }
        let pages: Vec<Frame> = self.split_map_pages(haul);
        if pfn >= end {
            return Some(pfn);
        }
        cc.freepages = pages;
        self.release_freepages(cc, task.cpu);
        None
    }
}
