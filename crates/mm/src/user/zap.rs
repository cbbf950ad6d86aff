//! Emptying page tables (`zap_pte_range`, mm/memory.c; `tlb_flush_mmu`, mm/mmu_gather.c).

use crate::event::Sink;
use crate::io::swap::SwapSlot;
use crate::lru::list::NO_PAGE;
use crate::machine::Machine;
use crate::page::life::LifeFlags;
use crate::pfn::{CpuId, Frame};
use crate::rmap::{Place, rss_kind};
use crate::task::mm::{MmId, RssKind, VmFlags, VmaId};
use crate::task::page_table::{Found, Level, PTRS_PER_PTE, Pte};

/// Pages of the first batch (`MMU_GATHER_BUNDLE`), and of those that follow (`MAX_GATHER_BATCH`).
const FIRST_BATCH: usize = 8;
const BATCH: usize = 510;
/// Batches that follow before all are emptied (`MAX_GATHER_BATCH_COUNT`).
const BATCHES: usize = 10_000 / BATCH;

/// Unmapped pages that wait to be freed together (`struct mmu_gather`).
#[derive(Default)]
pub(crate) struct Gather {
    pages: Vec<Frame>,
    /// What one table mapped; empty between two of them.
    taken: Vec<(u64, Pte)>,
}

impl Gather {
    /// Takes a page; says whether there is no room for more. One that comes again keeps its last place, but takes up
    /// room for each.
    fn push(&mut self, frame: Frame, again: bool) -> bool {
        if again {
            let before = self.pages.iter_mut().rev().find(|page| **page == frame);
            // Otherwise somebody else holds it.
            let Some(place) = before else { return false };
            *place = NO_PAGE;
        }
        self.pages.push(frame);
        self.pages.len() >= FIRST_BATCH + BATCHES * BATCH
    }
}

impl<S: Sink> Machine<S> {
    /// Empties a mapping; pages are freed later (`unmap_single_vma`).
    pub(crate) fn zap_vma(&mut self, cpu: CpuId, mm: MmId, vma: VmaId, gather: &mut Gather) {
        self.zap_range(cpu, mm, vma, (0, u64::MAX), gather);
    }

    /// Empties some pages of a mapping, from the first to the one before the last (`zap_page_range`).
    pub(crate) fn zap_range(&mut self, cpu: CpuId, mm: MmId, vma: VmaId, range: (u64, u64), gather: &mut Gather) {
        let Some(whole) = self.user.mms.get(mm).and_then(|mm| mm.vma(vma)) else { return };
        let mut at = whole.start.saturating_add(range.0);
        let end = whole.start.saturating_add(range.1).min(whole.end());
        let flags = self.vma_flags(Place { mm, vma, page: at });
        let mut changed = false;
        let mut taken = core::mem::take(&mut gather.taken);
        while let Some(space) = self.user.mms.get_mut(mm)
            && let Some((page, found)) = space.table.take_table(at, end, &mut taken)
        {
            let place = Place { mm, vma, page };
            if changed && page / PTRS_PER_PTE as u64 != at.saturating_sub(1) / PTRS_PER_PTE as u64 {
                // Pages of files that were changed are not held back beyond their table.
                self.flush(cpu, gather);
                changed = false;
            }
            at = (page | (PTRS_PER_PTE as u64 - 1)) + 1;
            if let Found::Small(_) = found {
                for (page, pte) in taken.drain(..) {
                    changed |= self.zap_pte(cpu, Place { page, ..place }, pte, flags, gather);
                }
            } else if page % PTRS_PER_PTE as u64 == 0 && at <= end {
                self.zap_huge_pmd(cpu, place, gather);
            } else {
                // Only a part of it goes.
                self.split_huge_pmd(cpu, place);
                at = page;
            }
        }
        gather.taken = taken;
        if changed {
            self.flush(cpu, gather);
        }
    }

    /// Lets go of what an entry named that was emptied; says whether a page of a file was changed through it.
    fn zap_pte(&mut self, cpu: CpuId, place: Place, pte: Pte, flags: VmFlags, gather: &mut Gather) -> bool {
        if let Some(slot) = pte.slot() {
            self.add_swapents(place.mm, -1);
            self.free_swap_and_cache(cpu, SwapSlot(slot));
            return false;
        }
        let Some(frame) = pte.frame() else { return false };
        let head = self.compound_head(frame);
        let held = self.mem.life_mut(head);
        let life = *held;
        held.flags |= LifeFlags::GATHERED;
        let mut changed = false;
        if !life.flags.contains(LifeFlags::ANON) {
            if pte.is_dirty() {
                self.set_page_dirty(cpu, frame);
                changed = true;
            }
            if pte.is_young() && !flags.contains(VmFlags::SEQ_READ) {
                self.mark_page_accessed(cpu, frame);
            }
        }
        self.add_rss(place.mm, rss_kind(&life), -1);
        self.page_remove_rmap(cpu, frame);
        if gather.push(head, life.flags.contains(LifeFlags::GATHERED)) {
            self.flush(cpu, gather);
        }
        changed
    }

    /// Unmaps a huge page; the table page that was kept for it is freed at once (`zap_huge_pmd`).
    fn zap_huge_pmd(&mut self, cpu: CpuId, place: Place, gather: &mut Gather) {
        let mm = self.user.mms.get_mut(place.mm);
        let Some((pte, table)) = mm.and_then(|mm| mm.table.unmap_huge(place.page)) else { return };
        let head = pte.frame();
        let Some(page) = head.or(self.huge.zero.page) else { return };
        let again = self.mem.life(page).flags.contains(LifeFlags::GATHERED);
        self.hold(page);
        if let Some(head) = head {
            self.page_remove_compound_rmap(cpu, head);
        }
        self.free_table(cpu, Level::Lowest, table, true);
        if head.is_some() {
            self.add_rss(place.mm, RssKind::Anon, -(PTRS_PER_PTE as i64));
        }
        if gather.push(page, again) {
            self.flush(cpu, gather);
        }
    }

    /// Takes a page table that is to be freed with others (`tlb_remove_table`).
    pub(crate) fn gather(&mut self, cpu: CpuId, frame: Frame, gather: &mut Gather) {
        self.hold(frame);
        if gather.push(frame, false) {
            self.flush(cpu, gather);
        }
    }

    /// Frees what was gathered, batch by batch (`tlb_batch_pages_flush`, `free_pages_and_swap_cache`).
    pub(crate) fn flush(&mut self, cpu: CpuId, gather: &mut Gather) {
        let pages = core::mem::take(&mut gather.pages);
        if pages.is_empty() {
            return;
        }
        // Pages still on their way to a list get there first (`lru_add_drain` in `free_pages_and_swap_cache`).
        let (first, rest) = pages.split_at(FIRST_BATCH.min(pages.len()));
        for batch in core::iter::once(first).chain(rest.chunks(BATCH)) {
            self.lru_add_drain(cpu);
            let batch: Vec<Frame> = batch.iter().copied().filter(|&page| page != NO_PAGE).collect();
            for &frame in &batch {
                if !self.mem.life(frame).is_mapped() {
                    self.free_unneeded_swap(cpu, frame);
                }
            }
            self.put_held(cpu, &batch);
        }
    }
}
