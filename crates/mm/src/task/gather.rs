//! Unmapped pages that wait to be freed together (`struct mmu_gather`, mm/mmu_gather.c).

use crate::lru::list::NO_PAGE;
use crate::pfn::Frame;
use crate::task::page_table::Pte;

/// Pages of the first batch (`MMU_GATHER_BUNDLE`), and of those that follow (`MAX_GATHER_BATCH`).
const FIRST_BATCH: usize = 8;
const BATCH: usize = 510;
/// Batches that follow before all are emptied (`MAX_GATHER_BATCH_COUNT`).
const BATCHES: usize = 10_000 / BATCH;

/// The pages. Empty, it is room for the next ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gather {
    pub(crate) pages: Vec<Frame>,
    /// Whether a page came again, so that a place is left empty.
    holes: bool,
    /// What one table mapped; empty between two of them.
    pub(crate) taken: Vec<(u64, Pte)>,
}

impl Gather {
    /// Takes a page; says whether there is no room for more. One that comes again keeps its last place, but takes up
    /// room for each.
    pub(crate) fn push(&mut self, frame: Frame, again: bool) -> bool {
        if again {
            let before = self.pages.iter_mut().rev().find(|page| **page == frame);
            // Otherwise somebody else holds it.
            let Some(place) = before else { return false };
            *place = NO_PAGE;
            self.holes = true;
        }
        self.pages.push(frame);
        self.pages.len() >= FIRST_BATCH + BATCHES * BATCH
    }

    /// The batches that all pages make up, taken out before.
    pub(crate) fn batches<'p>(&self, pages: &'p mut [Frame]) -> impl Iterator<Item = &'p [Frame]> + use<'p> {
        let holes = self.holes;
        let first = FIRST_BATCH.min(pages.len());
        let (first, rest) = pages.split_at_mut(first);
        let first = Some(first).filter(|first| !first.is_empty());
        let batches = first.into_iter().chain(rest.chunks_mut(BATCH));
        batches.map(move |batch| if holes { close_holes(batch) } else { batch })
    }

    /// The pages taken out are freed; what remains is room for others.
    pub(crate) fn take_back(&mut self, mut pages: Vec<Frame>) {
        pages.clear();
        (self.pages, self.holes) = (pages, false);
    }
}

/// Moves the pages of a batch together, over the places that are empty.
fn close_holes(batch: &mut [Frame]) -> &[Frame] {
    let mut kept = 0;
    for at in 0..batch.len() {
        if batch[at] != NO_PAGE {
            batch[kept] = batch[at];
            kept += 1;
        }
    }
    &batch[..kept]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_comes_again_keeps_its_last_place_only() {
        let mut gather = Gather::default();
        for (page, again) in [(1, false), (2, false), (1, true), (3, false)] {
            assert!(!gather.push(Frame(page), again));
        }
        let mut pages = core::mem::take(&mut gather.pages);
        let batches: Vec<_> = gather.batches(&mut pages).collect();
        assert_eq!(batches, [[Frame(2), Frame(1), Frame(3)]]);
    }

    #[test]
    fn the_first_batch_is_a_small_one_and_twenty_fill_the_room() {
        let mut gather = Gather::default();
        let filled = (1..).find(|&page| gather.push(Frame(page), false));
        assert_eq!(filled, Some(8 + 19 * 510));
        let mut pages = core::mem::take(&mut gather.pages);
        let sizes: Vec<_> = gather.batches(&mut pages).map(<[Frame]>::len).collect();
        assert_eq!((sizes[0], sizes[1], sizes.len()), (8, 510, 20));
    }
}
