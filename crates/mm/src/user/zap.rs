//! Emptying page tables (`zap_pte_range`, mm/memory.c; `tlb_flush_mmu`, mm/mmu_gather.c).

use crate::event::Sink;
use crate::io::swap::SwapSlot;
use crate::machine::Machine;
use crate::page::life::LifeFlags;
use crate::pfn::{CpuId, Frame};
use crate::rmap::add::Unmapped;
use crate::rmap::{Place, rss_kind};
use crate::task::gather::Gather;
use crate::task::mm::{MmId, RssKind, VmFlags, VmaId};
use crate::task::page_table::{Found, Level, PTRS_PER_PTE, Pte};

impl<S: Sink> Machine<S> {
    /// Frees the pages together that are unmapped meanwhile (`tlb_gather_mmu`, `tlb_finish_mmu`).
    pub(crate) fn free_together(&mut self, cpu: CpuId, unmap: impl FnOnce(&mut Machine<S>, &mut Gather)) {
        let mut gather = core::mem::take(&mut self.user.gather);
        unmap(self, &mut gather);
        self.flush(cpu, &mut gather);
        self.user.gather = gather;
    }

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
                changed |= self.zap_table(cpu, place, &taken, flags, gather);
                taken.clear();
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

    /// Lets go of what the entries of a table named that were emptied; says whether a page of a file was changed through
    /// one.
    fn zap_table(
        &mut self,
        cpu: CpuId,
        place: Place,
        taken: &[(u64, Pte)],
        flags: VmFlags,
        gather: &mut Gather,
    ) -> bool {
        let mut changed = false;
        let (mut rss, mut unmapped) = ([0; RssKind::ALL.len()], Unmapped::default());
        for &(_, pte) in taken {
            if let Some(slot) = pte.slot() {
                self.add_swapents(place.mm, -1);
                self.free_swap_and_cache(cpu, SwapSlot(slot));
            } else if let Some(frame) = pte.frame() {
                let head = self.compound_head(frame);
                let life = self.mem.life_mut(head);
                let held = life.flags;
                life.flags |= LifeFlags::GATHERED;
                rss[rss_kind(life) as usize] += 1;
                if !held.contains(LifeFlags::ANON) {
                    changed |= self.zap_file_pte(cpu, frame, pte, flags);
                }
                self.remove_rmap(cpu, frame, &mut unmapped);
                if gather.push(head, held.contains(LifeFlags::GATHERED)) {
                    self.flush(cpu, gather);
                }
            }
        }
        self.count_unmapped(cpu, &mut unmapped);
        for (kind, pages) in RssKind::ALL.into_iter().zip(rss) {
            self.add_rss(place.mm, kind, -pages);
        }
        changed
    }

    /// What an entry knew of a page of a file goes to the page; says whether the page was changed.
    fn zap_file_pte(&mut self, cpu: CpuId, frame: Frame, pte: Pte, flags: VmFlags) -> bool {
        if pte.is_dirty() {
            self.set_page_dirty(cpu, frame);
        }
        if pte.is_young() && !flags.contains(VmFlags::SEQ_READ) {
            self.mark_page_accessed(cpu, frame);
        }
        pte.is_dirty()
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
    fn flush(&mut self, cpu: CpuId, gather: &mut Gather) {
        let mut pages = core::mem::take(&mut gather.pages);
        for batch in gather.batches(&mut pages) {
            // Pages still on their way to a list get there first (`lru_add_drain` in `free_pages_and_swap_cache`).
            self.lru_add_drain(cpu);
            for &frame in batch {
                let life = self.mem.life_mut(frame);
                life.flags -= LifeFlags::GATHERED;
                if life.flags.contains(LifeFlags::SWAPCACHE) && !life.is_mapped() {
                    self.free_unneeded_swap(cpu, frame);
                }
            }
            self.put_pages(cpu, batch);
        }
        gather.take_back(pages);
    }
}
