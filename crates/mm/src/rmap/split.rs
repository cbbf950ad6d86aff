//! Splitting a huge page into small ones (`split_huge_page_to_list`, mm/huge_memory.c).

use super::Place;
use crate::event::{Event, HugeEvent, Sink, SplitResult, emit};
use crate::machine::Machine;
use crate::page::huge::{HPAGE_PMD_NR, PartMaps};
use crate::page::life::{Life, LifeFlags};
use crate::page::meta::Meta;
use crate::pfn::{CpuId, Frame, PAGEBLOCK_ORDER};
use crate::task::mm::{MmId, VmFlags, VmaId};
use crate::task::page_table::Pte;
use crate::vmstat::{NodeItem, VmEvent};

/// Flags that every part inherits (`__split_huge_page_tail`).
const INHERITED: LifeFlags = LifeFlags::REFERENCED
    .union(LifeFlags::SWAPBACKED)
    .union(LifeFlags::MLOCKED)
    .union(LifeFlags::ACTIVE)
    .union(LifeFlags::WORKINGSET)
    .union(LifeFlags::UNEVICTABLE)
    .union(LifeFlags::DIRTY)
    .union(LifeFlags::ANON);

impl<S: Sink> Machine<S> {
    /// Whether nobody but its mappings and the caller refers to a huge page (`can_split_huge_page`). Who took it off its
    /// list holds it, too: `mine` if that is the caller.
    pub(crate) fn can_split_huge_page(&self, head: Frame, mine: bool) -> bool {
        let flags = self.mem.life(head).flags;
        let held = LifeFlags::PINNED | LifeFlags::BATCHED | LifeFlags::GATHERED | LifeFlags::LOCKED;
        let extra = self.mem.meta(head, PAGEBLOCK_ORDER).has(Meta::EXTRA_REFS);
        !flags.intersects(held) && !extra && (mine || flags.contains(LifeFlags::LRU))
    }

    /// Splits a huge page; says whether it could be. With a `list`, which the caller works off from its end, the other
    /// parts go there, so that those with lower numbers come first; else they go next to the first part on its LRU list
    /// (`split_huge_page_to_list`).
    pub(crate) fn split_huge_page(&mut self, cpu: CpuId, head: Frame, list: Option<&mut Vec<Frame>>) -> bool {
        let result = self.judge_split(head, list.is_some());
        emit!(self, Event::Huge(self.split_event(head, result)));
        let split = result == SplitResult::Split;
        if split {
            let locked = self.unmap_to_split(cpu, head);
            let maps = self.forget_huge(head);
            self.part_lives(head, maps.as_ref());
            self.part_lists(head, list);
            self.remap_parts(cpu, head, locked);
        }
        let event = if split { VmEvent::ThpSplitPage } else { VmEvent::ThpSplitPageFailed };
        self.global.events.add(event, u64::from(result != SplitResult::BeingWritten));
        split
    }

    /// What is told of it, with the numbers that led to it.
    fn split_event(&self, head: Frame, result: SplitResult) -> HugeEvent {
        let unmapped = HPAGE_PMD_NR - self.mapped_pages(head) as u32;
        HugeEvent::SplitPage { pfn: self.mem.pfn(head), result, mapcount: self.mem.life(head).mapcount, unmapped }
    }

    /// Whether a huge page can be split, in the order of the kernel's checks.
    fn judge_split(&self, head: Frame, mine: bool) -> SplitResult {
        let life = self.mem.life(head);
        if life.flags.contains(LifeFlags::WRITEBACK) {
            SplitResult::BeingWritten
        } else if !life.is_mapped() {
            SplitResult::Unmapped
        } else if !self.can_split_huge_page(head, mine) {
            SplitResult::Held
        } else {
            SplitResult::Split
        }
    }

    /// Takes the page out of all page tables, which remember where it was: entries become old and clean. Says whether a
    /// mapping is locked (`unmap_page`).
    fn unmap_to_split(&mut self, cpu: CpuId, head: Frame) -> bool {
        let mut locked = false;
        for (place, pte) in self.every_place(head) {
            locked |= self.vma_flags(place).contains(VmFlags::LOCKED);
            let entry = pte.old().clean();
            if self.huge_pte(place).is_some() {
                self.begin_pmd_split(cpu, head, pte);
                self.map_parts(cpu, head);
                self.split_pmd_entries(place, |n| entry.moved(head.add(n)));
                continue;
            }
            if pte.is_dirty() {
                self.set_page_dirty(cpu, head);
            }
            self.set_pte(place, entry);
        }
        self.unmap_parts(cpu, head);
        locked
    }

    /// The parts lose their mappings for a moment, which is noticed as if it were for good.
    fn unmap_parts(&mut self, cpu: CpuId, head: Frame) {
        let whole = self.mem.life(head).mapcount;
        let mapped = self.huge.maps.get(&head).map_or(HPAGE_PMD_NR, |maps| HPAGE_PMD_NR - maps.unmapped());
        if !self.huge.maps.contains_key(&head) && whole > 0 {
            // Where only is known how many entries there are.
            self.mod_page_state(cpu, head, NodeItem::AnonTransparentHugepages, -1);
        }
        for _ in 0..mapped {
            self.mod_page_state(cpu, head, NodeItem::AnonPages, -1);
        }
        if mapped > 0 {
            self.deferred_split_huge_page(head);
        }
    }

    /// Each part gets a record of its own, and is a block of its own (`__split_huge_page_tail`).
    fn part_lives(&mut self, head: Frame, maps: Option<&PartMaps>) {
        let life = *self.mem.life(head);
        let count = |n| maps.map_or(life.mapcount, |maps| maps.of(n));
        for n in 1..HPAGE_PMD_NR {
            *self.mem.life_mut(head.add(n)) = Life {
                flags: life.flags & INHERITED,
                mapping: life.mapping,
                index: life.index.wrapping_add(n),
                mapcount: count(n),
                memcg: life.memcg,
                ..Life::NONE
            };
        }
        let first = self.mem.life_mut(head);
        first.flags -= LifeFlags::HUGE;
        first.mapcount = count(0);
        if let Some(zone) = self.mem.zone_of(head) {
            self.lock(zone, CpuId(0)).split_page(head, PAGEBLOCK_ORDER);
        }
    }

    /// The parts behind the first one go where that is (`lru_add_page_tail`). No counter changes: they were counted.
    fn part_lists(&mut self, head: Frame, list: Option<&mut Vec<Frame>>) {
        let life = *self.mem.life(head);
        let parts = (1..HPAGE_PMD_NR).rev().map(|n| head.add(n));
        if let Some(list) = list {
            return list.extend(parts);
        }
        let Some(zone) = self.mem.zone_of(head) else { return };
        let lists = &mut self.lru.lruvec_mut(life.memcg, zone.node()).lists;
        let list = &mut lists[crate::lru::page_lru(&life) as usize];
        for part in parts {
            self.mem.life_mut(part).flags |= LifeFlags::LRU;
            list.push_before(&mut self.mem, part, head);
        }
    }

    /// The parts are mapped again, those of a locked mapping are locked one by one, and those that nobody maps go
    /// (`remap_page`, end of `__split_huge_page`).
    fn remap_parts(&mut self, cpu: CpuId, head: Frame, locked: bool) {
        for n in 0..HPAGE_PMD_NR {
            let part = head.add(n);
            if self.mem.life(part).is_mapped() {
                self.mod_page_state(cpu, part, NodeItem::AnonPages, 1);
                if locked && self.is_locked_elsewhere(part) {
                    self.mlock_vma_page(cpu, part);
                }
            }
        }
        for n in 1..HPAGE_PMD_NR {
            if self.mem.life(head.add(n)).flags.contains(LifeFlags::LRU) {
                self.put_page(cpu, head.add(n));
            }
        }
    }

    /// Every place that maps a page, or parts of it if it is a huge one, and its entry.
    pub(crate) fn every_place(&self, frame: Frame) -> Vec<(Place, Pte)> {
        if self.is_huge(frame) {
            let mapping = self.user.mappings.get(self.mem.life(frame).mapping);
            let vmas = mapping.iter().flat_map(|mapping| mapping.vmas.iter());
            return vmas.flat_map(|&(mm, vma)| self.places_of_huge(frame, mm, vma)).collect();
        }
        let places = (0..).map_while(|n| self.nth_place(frame, n).ok());
        places.flatten().collect()
    }

    /// The places in a mapping that map a huge page or parts of it, and their entries.
    pub(super) fn places_of_huge(&self, head: Frame, mm: MmId, vma: VmaId) -> Vec<(Place, Pte)> {
        let index = self.mem.life(head).index;
        let Some(space) = self.user.mms.get(mm) else { return Vec::new() };
        let Some(first) = space.vma(vma).and_then(|vma| vma.address(index)) else { return Vec::new() };
        let place = |page| Place { mm, vma, page };
        if let Some(pte) = space.table.huge(first) {
            return if pte.frame() == Some(head) { vec![(place(first), pte)] } else { Vec::new() };
        }
        let parts = (0..HPAGE_PMD_NR).map(|n| (first + u64::from(n), head.add(n)));
        let found = parts.filter_map(|(page, part)| {
            let pte = space.table.get(page);
            (pte.frame() == Some(part)).then_some((place(page), pte))
        });
        found.collect()
    }
}

#[cfg(test)]
mod tests;
