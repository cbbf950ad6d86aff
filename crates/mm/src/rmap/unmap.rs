//! Taking a page out of the page tables that map it (`try_to_unmap`, `page_mkclean`).

use super::{Place, rss_kind};
use crate::event::Sink;
use crate::io::SwapSlot;
use crate::machine::Machine;
use crate::page::life::LifeFlags;
use crate::pfn::{CpuId, Frame};
use crate::task::mm::{RssKind, VmFlags};
use crate::task::page_table::Pte;

impl<S: Sink> Machine<S> {
    /// Takes a page out of all page tables, as far as they let it go; says whether none maps it any more.
    pub(crate) fn unmap_places(&mut self, cpu: CpuId, frame: Frame) -> bool {
        let mut n = 0;
        if self.is_huge(frame) {
            // Reclaim has split it before; only small pages go to swap.
            return false;
        }
        while self.mem.life(frame).mapcount > 0 {
            let Ok(found) = self.nth_place(frame, n) else { break };
            n += 1;
            if let Some((place, pte)) = found
                && !self.try_to_unmap_one(cpu, frame, place, pte)
            {
                return false;
            }
        }
        self.mem.life(frame).mapcount == 0
    }

    /// One page table; says whether to go on (`try_to_unmap_one`).
    fn try_to_unmap_one(&mut self, cpu: CpuId, frame: Frame, place: Place, pte: Pte) -> bool {
        if self.vma_flags(place).contains(VmFlags::LOCKED) {
            self.mlock_vma_page(cpu, frame);
            return false;
        }
        if pte.is_dirty() {
            self.set_page_dirty(cpu, frame);
        }
        let life = *self.mem.life(frame);
        let mut left = Pte::NONE;
        if !life.flags.contains(LifeFlags::ANON) {
            self.add_rss(place.mm, rss_kind(&life), -1);
        } else if life.flags.contains(LifeFlags::SWAPBACKED) {
            let slot = SwapSlot(life.private);
            self.swap.duplicate(slot);
            self.add_rss(place.mm, RssKind::Anon, -1);
            self.add_swapents(place.mm, 1);
            left = Pte::swap(slot.0);
        } else if life.flags.contains(LifeFlags::DIRTY) {
            // It was to be dropped but has been written since: it stays, and goes to swap next time.
            self.mem.life_mut(frame).flags |= LifeFlags::SWAPBACKED;
            return false;
        } else {
            self.add_rss(place.mm, RssKind::Anon, -1);
        }
        self.set_pte(place, left);
        self.page_remove_rmap(cpu, frame);
        true
    }

    /// Makes every mapping of a file page clean and write protected, so that the next change is noticed
    /// (`page_mkclean`). Says whether any had changed it.
    pub(crate) fn page_mkclean(&mut self, frame: Frame) -> bool {
        let (mut n, mut changed) = (0, false);
        while let Ok(found) = self.nth_place(frame, n) {
            n += 1;
            let Some((place, pte)) = found else { continue };
            if !self.vma_flags(place).contains(VmFlags::SHARED) || !(pte.is_dirty() || pte.is_writable()) {
                continue;
            }
            changed |= pte.is_dirty();
            self.set_pte(place, pte.clean().write_protected());
        }
        changed
    }
}
