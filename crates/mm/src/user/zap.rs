//! Emptying page tables (`zap_pte_range`, mm/memory.c; `tlb_flush_mmu`, mm/mmu_gather.c).

use crate::event::Sink;
use crate::io::swap::SwapSlot;
use crate::machine::Machine;
use crate::page::life::LifeFlags;
use crate::pfn::{CpuId, Frame};
use crate::rmap::{Place, rss_kind};
use crate::task::mm::{MmId, VmFlags, VmaId};
use crate::task::page_table::{PTRS_PER_PTE, Pte};

/// Pages of the first batch (`MMU_GATHER_BUNDLE`), and of those that follow (`MAX_GATHER_BATCH`).
const FIRST_BATCH: usize = 8;
const BATCH: usize = 510;
/// Batches that follow before all are emptied (`MAX_GATHER_BATCH_COUNT`).
const BATCHES: usize = 10_000 / BATCH;

/// Unmapped pages that wait to be freed together (`struct mmu_gather`).
#[derive(Default)]
pub(crate) struct Gather {
    pages: Vec<Frame>,
}

impl Gather {
    /// Takes a page; says whether there is no room for more.
    fn push(&mut self, frame: Frame) -> bool {
        self.pages.push(frame);
        self.pages.len() >= FIRST_BATCH + BATCHES * BATCH
    }
}

impl<S: Sink> Machine<S> {
    /// Empties a mapping; pages are freed later (`unmap_single_vma`).
    pub(crate) fn zap_vma(&mut self, cpu: CpuId, mm: MmId, vma: VmaId, gather: &mut Gather) {
        let Some(mut at) = self.user.mms.get(mm).and_then(|mm| mm.vma(vma)).map(|vma| vma.start) else { return };
        let flags = self.vma_flags(Place { mm, vma, page: at });
        let mut changed = false;
        while let Some((place, pte)) = self.next_place(mm, vma, at) {
            if changed && place.page / PTRS_PER_PTE as u64 != at.saturating_sub(1) / PTRS_PER_PTE as u64 {
                // Pages of files that were changed are not held back beyond their table.
                self.flush(cpu, gather);
                changed = false;
            }
            at = place.page + 1;
            changed |= self.zap_pte(cpu, place, pte, flags, gather);
        }
        if changed {
            self.flush(cpu, gather);
        }
    }

    /// Empties an entry; says whether a page of a file was changed through it.
    fn zap_pte(&mut self, cpu: CpuId, place: Place, pte: Pte, flags: VmFlags, gather: &mut Gather) -> bool {
        self.set_pte(place, Pte::NONE);
        if let Some(slot) = pte.slot() {
            self.add_swapents(place.mm, -1);
            self.free_swap_and_cache(cpu, SwapSlot(slot));
            return false;
        }
        let Some(frame) = pte.frame() else { return false };
        let life = *self.mem.life(frame);
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
        let again = life.flags.contains(LifeFlags::GATHERED);
        self.hold(frame);
        self.page_remove_rmap(cpu, frame);
        if !again && gather.push(frame) {
            self.flush(cpu, gather);
        }
        changed
    }

    /// Takes a page table that is to be freed with others (`tlb_remove_table`).
    pub(crate) fn gather(&mut self, cpu: CpuId, frame: Frame, gather: &mut Gather) {
        self.hold(frame);
        if gather.push(frame) {
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
            for &frame in batch {
                if !self.mem.life(frame).is_mapped() {
                    self.free_unneeded_swap(cpu, frame);
                }
            }
            self.put_held(cpu, batch);
        }
    }
}
