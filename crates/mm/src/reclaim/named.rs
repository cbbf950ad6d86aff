//! Evicting pages that a caller names, in whatever node they are (`reclaim_pages`, mm/vmscan.c).

use super::ScanControl;
use crate::event::Sink;
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::page::life::LifeFlags;
use crate::pfn::{Frame, NodeId};
use crate::task::Task;

impl<S: Sink> Machine<S> {
    /// Takes a page off its list, unless it is on none (`isolate_lru_page`). Says whether it did.
    pub(crate) fn isolate_lru_page(&mut self, task: &Task, page: Frame) -> bool {
        let listed = self.mem.life(page).flags.contains(LifeFlags::LRU);
        if listed {
            self.del_page_from_lru_list(task.cpu, page);
        }
        listed
    }

    /// Evicts isolated pages, one run of pages of the same node after the other, and puts back those that stay.
    pub(crate) fn reclaim_pages(&mut self, task: &Task, pages: &[Frame]) -> u64 {
        let placed = pages.iter().filter_map(|&page| Some((self.mem.zone_of(page)?.node(), page)));
        let placed: Vec<(NodeId, Frame)> = placed.collect();
        let mut sc = ScanControl::new(Gfp::GFP_KERNEL, 0, 0, 0);
        let mut reclaimed = 0;
        for run in placed.chunk_by(|one, next| one.0 == next.0) {
            let run_pages: Vec<Frame> = run.iter().map(|&(_, page)| page).collect();
            for &page in &run_pages {
                self.mem.life_mut(page).flags -= LifeFlags::ACTIVE;
            }
            let done = self.shrink_page_list(task, run[0].0, run_pages, &mut sc, false);
            for page in done.kept {
                self.putback_lru_page(task.cpu, page);
                if self.is_unused_part(page) {
                    self.put_page(task.cpu, page);
                }
            }
            reclaimed += done.reclaimed;
        }
        reclaimed
    }
}
