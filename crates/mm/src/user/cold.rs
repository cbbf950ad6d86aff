//! What a process does not need soon (`MADV_COLD`, `MADV_PAGEOUT`, mm/madvise.c).

use super::advise::Ready;
use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::LifeFlags;
use crate::pfn::Frame;
use crate::rmap::Place;
use crate::task::Task;
use crate::task::mm::{VmFlags, VmaId};
use crate::task::page_table::Pte;

/// Pages under one page table; what one table maps is evicted together.
const PTRS_PER_PTE: u64 = 512;

impl<S: Sink> Machine<S> {
    /// Moves a task's pages of a mapping to the inactive lists (`madvise_cold`). Locked mappings stay as they are.
    pub fn madvise_cold(&mut self, task: &Task, vma: VmaId) {
        self.madvise_cold_or_pageout(task, vma, |machine, frame| {
            machine.deactivate_page(task.cpu, frame);
            false
        });
    }

    /// Evicts a task's pages of a mapping at once, those that are dirty once they are stored (`madvise_pageout`). Locked
    /// mappings stay as they are. Returns how many pages came free.
    pub fn madvise_pageout(&mut self, task: &Task, vma: VmaId) -> u64 {
        self.madvise_cold_or_pageout(task, vma, |machine, frame| {
            if !machine.isolate_lru_page(task, frame) {
                return false;
            }
            let unevictable = machine.mem.life(frame).flags.contains(LifeFlags::UNEVICTABLE);
            if unevictable {
                machine.putback_lru_page(task.cpu, frame);
            }
            !unevictable
        })
    }

    /// Takes the marks of use off all pages that nobody else maps, does something to each, and evicts those for which
    /// that says so (`madvise_cold_or_pageout_pte_range`).
    fn madvise_cold_or_pageout(
        &mut self,
        task: &Task,
        vma: VmaId,
        mut act: impl FnMut(&mut Self, Frame) -> bool,
    ) -> u64 {
        let Some(mm) = self.user.processes.get(task.pid).and_then(|process| process.mm) else { return 0 };
        let locked = |machine: &Self| machine.user.mms.get(mm)?.vma(vma).map(|vma| vma.flags.contains(VmFlags::LOCKED));
        if locked(self) != Some(false) {
            return 0;
        }
        self.lru_add_drain(task.cpu);
        let (mut at, mut table, mut taken, mut reclaimed) = (0, 0, Vec::new(), 0);
        while let Some((place, pte)) = self.next_place(mm, vma, at) {
            if place.page / PTRS_PER_PTE != table {
                table = place.page / PTRS_PER_PTE;
                reclaimed += self.reclaim_pages(task, &core::mem::take(&mut taken));
            }
            at = self.behind(place);
            let Some(frame) = pte.frame() else { continue };
            match self.ready_huge(task.cpu, place, frame) {
                Ready::Small | Ready::Whole => {}
                Ready::Pass => continue,
                Ready::Again => {
                    at = place.page;
                    continue;
                }
                Ready::PassTable => {
                    at = (table + 1) * PTRS_PER_PTE;
                    continue;
                }
            }
            if self.grow_cold(place, pte, frame) && act(self, frame) {
                taken.push(frame);
            }
        }
        reclaimed + self.reclaim_pages(task, &taken)
    }

    /// Takes the marks of use off a page, unless others map it as well. Says whether it did.
    fn grow_cold(&mut self, place: Place, pte: Pte, frame: Frame) -> bool {
        if self.mem.life(frame).mapcount != 1 {
            return false;
        }
        self.set_pte(place, pte.old());
        self.mem.life_mut(frame).flags -= LifeFlags::REFERENCED;
        true
    }
}
