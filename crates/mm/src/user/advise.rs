//! What a process says of its memory (`mlock`, `munlock`, `madvise`), and references that others take
//! (`pin_user_pages`).

use crate::event::Sink;
use crate::io::swap::SwapSlot;
use crate::machine::Machine;
use crate::page::life::LifeFlags;
use crate::pfn::{CpuId, Frame};
use crate::rmap::Place;
use crate::task::mm::{MmId, VmFlags, VmaId};
use crate::task::page_table::{PTRS_PER_PTE, Pte};
use crate::task::process::Pid;
use crate::vmstat::NodeItem;

/// What is to be done with a page that may be huge.
pub(super) enum Ready {
    /// It is a small one.
    Small,
    /// It is done as a whole.
    Whole,
    /// It stays as it is.
    Pass,
    /// It was split: its parts are small pages now.
    Again,
    /// Nor does anything behind it change that the same table page maps.
    PassTable,
}

impl<S: Sink> Machine<S> {
    /// Keeps the pages of a mapping in memory from now on (`mlock`). Those that are not there yet are for the caller to
    /// fault in (`__mm_populate`).
    pub fn mlock(&mut self, cpu: CpuId, pid: Pid, vma: VmaId) {
        let Some(mm) = self.set_vma_flag(pid, vma, VmFlags::LOCKED, true) else { return };
        self.lru_add_drain(cpu);
        self.for_each_page(mm, vma, |machine, frame, (place, _)| {
            // A huge page only if this one entry maps it, and as a whole (`follow_trans_huge_pmd`, `follow_page_pte`).
            let alone = machine.huge_pte(place).is_some() && machine.is_mapped_whole_once(frame);
            if alone || !machine.is_huge(frame) {
                machine.mlock_vma_page(cpu, frame);
            }
        });
    }

    /// No longer keeps them (`munlock`).
    pub fn munlock(&mut self, cpu: CpuId, pid: Pid, vma: VmaId) {
        if let Some(mm) = self.user.processes.get(pid).and_then(|process| process.mm) {
            self.munlock_vma(cpu, mm, vma);
        }
    }

    /// A mapping is no longer locked (`munlock_vma_pages_range`).
    pub(crate) fn munlock_vma(&mut self, cpu: CpuId, mm: MmId, id: VmaId) {
        let Some(vma) = self.user.mms.get_mut(mm).and_then(|mm| mm.vma_mut(id)) else { return };
        if !vma.flags.contains(VmFlags::LOCKED) {
            return;
        }
        vma.flags -= VmFlags::LOCKED;
        self.lru_add_drain(cpu);
        self.for_each_page(mm, id, |machine, frame, _| machine.munlock_vma_page(cpu, frame));
    }

    /// The contents of a mapping may be dropped until they are written again (`MADV_FREE`, `madvise_free_pte_range`).
    pub fn madvise_free(&mut self, cpu: CpuId, pid: Pid, vma: VmaId) {
        let Some(mm) = self.user.processes.get(pid).and_then(|process| process.mm) else { return };
        let plain = |vma: &crate::task::mm::Vma| vma.file.is_none() && !vma.flags.contains(VmFlags::LOCKED);
        if !self.user.mms.get(mm).and_then(|mm| mm.vma(vma)).is_some_and(plain) {
            return;
        }
        self.lru_add_drain(cpu);
        let mut at = 0;
        while let Some((place, pte)) = self.next_place(mm, vma, at) {
            at = self.behind(place);
            if let Some(slot) = pte.slot() {
                self.set_pte(place, Pte::NONE);
                self.add_swapents(mm, -1);
                self.free_swap_and_cache(cpu, SwapSlot(slot));
            } else if let Some(frame) = pte.frame() {
                match self.ready_huge(cpu, place, frame) {
                    Ready::Small if self.may_lazyfree(cpu, frame) => {}
                    Ready::Whole => self.mem.life_mut(frame).flags -= LifeFlags::DIRTY,
                    Ready::Small | Ready::Pass => continue,
                    Ready::Again => {
                        at = place.page;
                        continue;
                    }
                    Ready::PassTable => {
                        at = (place.page | (PTRS_PER_PTE as u64 - 1)) + 1;
                        continue;
                    }
                }
                self.set_pte(place, pte.old().clean());
                self.mark_page_lazyfree(cpu, frame);
            }
        }
        self.lru_add_drain(cpu);
    }

    /// What is to be done with a page that an entry maps, if it is a huge page or part of one. Those that small entries
    /// of this address space alone map are split.
    pub(super) fn ready_huge(&mut self, cpu: CpuId, place: Place, frame: Frame) -> Ready {
        if !self.is_huge(frame) {
            return Ready::Small;
        }
        let head = self.compound_head(frame);
        let locked = self.mem.life(head).flags.contains(LifeFlags::LOCKED);
        let alone = self.page_mapcount(frame) == 1 && !locked;
        if self.huge_pte(place).is_some() {
            return if alone { Ready::Whole } else { Ready::Pass };
        }
        if alone && self.split_huge_page(cpu, head, None) {
            self.put_page(cpu, head);
            return Ready::Again;
        }
        Ready::PassTable
    }

    /// Whether a page's contents may be dropped: not if others share what would be lost.
    fn may_lazyfree(&mut self, cpu: CpuId, frame: Frame) -> bool {
        let life = *self.mem.life(frame);
        if life.flags.intersects(LifeFlags::SWAPCACHE | LifeFlags::DIRTY) {
            let swapped = life.flags.contains(LifeFlags::SWAPCACHE);
            if life.flags.contains(LifeFlags::LOCKED)
                || life.mapcount != 1
                || (swapped && !self.free_unneeded_swap(cpu, frame))
            {
                return false;
            }
            self.mem.life_mut(frame).flags -= LifeFlags::DIRTY;
        }
        true
    }

    /// Part of a mapping is not needed any more; what it held is gone (`MADV_DONTNEED`, `madvise_dontneed_single_vma`).
    /// A huge page of which only a part goes is split later, when memory is short.
    pub fn madvise_dontneed(&mut self, cpu: CpuId, pid: Pid, vma: VmaId, first: u64, pages: u64) {
        let Some(mm) = self.user.processes.get(pid).and_then(|process| process.mm) else { return };
        let locked = |vma: &crate::task::mm::Vma| vma.flags.contains(VmFlags::LOCKED);
        if self.user.mms.get(mm).and_then(|mm| mm.vma(vma)).is_none_or(locked) {
            return;
        }
        self.lru_add_drain(cpu);
        let range = (first, first.saturating_add(pages));
        self.free_together(cpu, |machine, gather| machine.zap_range(cpu, mm, vma, range, gather));
    }

    /// A mapping gets huge pages, or none, whatever others get (`MADV_HUGEPAGE`, `MADV_NOHUGEPAGE`).
    pub fn madvise_huge(&mut self, pid: Pid, vma: VmaId, huge: bool) {
        self.set_vma_flag(pid, vma, VmFlags::HUGEPAGE, huge);
        self.set_vma_flag(pid, vma, VmFlags::NOHUGEPAGE, !huge);
    }

    /// Takes references to the first `pages` pages of a mapping that are in memory and have none, as drivers do that let
    /// devices write there (`pin_user_pages`). Returns how many it took; they last until [`Machine::unpin`], or until the
    /// address space ends.
    pub fn pin(&mut self, cpu: CpuId, pid: Pid, vma: VmaId, pages: usize) -> usize {
        let Some(mm) = self.user.processes.get(pid).and_then(|process| process.mm) else { return 0 };
        let mut pinned = Vec::new();
        self.for_each_page(mm, vma, |machine, frame, _| {
            let frame = machine.compound_head(frame);
            let flags = &mut machine.mem.life_mut(frame).flags;
            if pinned.len() < pages && !flags.contains(LifeFlags::PINNED) {
                *flags |= LifeFlags::PINNED;
                pinned.push(frame);
                machine.mod_page_state(cpu, frame, NodeItem::FollPinAcquired, 1);
            }
        });
        let taken = pinned.len();
        if let Some(mm) = self.user.mms.get_mut(mm) {
            mm.pins.extend(pinned);
        }
        taken
    }

    /// Drops up to so many of a process's references, the latest first (`unpin_user_pages`). Returns how many.
    pub fn unpin(&mut self, cpu: CpuId, pid: Pid, pages: usize) -> usize {
        let mm = self.user.processes.get(pid).and_then(|process| process.mm);
        mm.map_or(0, |mm| self.unpin_mm(cpu, mm, pages))
    }

    /// The same for an address space.
    pub(crate) fn unpin_mm(&mut self, cpu: CpuId, mm: MmId, pages: usize) -> usize {
        let Some(space) = self.user.mms.get_mut(mm) else { return 0 };
        let dropped = space.pins.split_off(space.pins.len().saturating_sub(pages));
        for &frame in &dropped {
            self.mod_page_state(cpu, frame, NodeItem::FollPinReleased, 1);
            self.mem.life_mut(frame).flags -= LifeFlags::PINNED;
            if !self.mem.life(frame).is_mapped() {
                self.free_unneeded_swap(cpu, frame);
            }
            self.put_page(cpu, frame);
        }
        dropped.len()
    }

    /// Does something to every page in memory of a mapping.
    fn for_each_page(&mut self, mm: MmId, vma: VmaId, mut act: impl FnMut(&mut Self, Frame, (Place, Pte))) {
        let mut at = 0;
        while let Some((place, pte)) = self.next_place(mm, vma, at) {
            at = self.behind(place);
            if let Some(frame) = pte.frame() {
                act(self, frame, (place, pte));
            }
        }
    }

    fn set_vma_flag(&mut self, pid: Pid, vma: VmaId, flag: VmFlags, on: bool) -> Option<MmId> {
        let mm = self.user.processes.get(pid)?.mm?;
        self.user.mms.get_mut(mm)?.vma_mut(vma)?.flags.set(flag, on);
        Some(mm)
    }
}
