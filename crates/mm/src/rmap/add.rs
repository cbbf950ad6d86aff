//! A page gets or loses a page table that maps it (mm/rmap.c, mm/mlock.c).

use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::{LifeFlags, MappingId, MemcgId};
use crate::pfn::{CpuId, Frame, NodeId};
use crate::vmstat::{NodeItem, VmEvent, ZoneItem};

/// Pages of one group and node that nothing maps any more and that are not counted yet.
#[derive(Default)]
pub(crate) struct Unmapped {
    of: Option<(MemcgId, NodeId, NodeItem)>,
    pages: u32,
}

impl<S: Sink> Machine<S> {
    /// A page that nobody else knows is mapped (`page_add_new_anon_rmap`).
    pub(crate) fn page_add_new_anon_rmap(&mut self, cpu: CpuId, frame: Frame, mapping: MappingId, index: u32) {
        let life = self.mem.life_mut(frame);
        life.flags |= LifeFlags::ANON | LifeFlags::SWAPBACKED;
        (life.mapping, life.index, life.mapcount) = (mapping, index, 1);
        let (pages, memcg) = (life.nr_pages() as i64, life.memcg);
        if pages > 1 {
            self.mod_page_state(cpu, frame, NodeItem::AnonTransparentHugepages, 1);
        }
        self.mod_page_state_of(cpu, frame, memcg, NodeItem::AnonPages, pages);
    }

    /// An anonymous page that was in memory is mapped (`page_add_anon_rmap`).
    pub(crate) fn page_add_anon_rmap(&mut self, cpu: CpuId, frame: Frame, mapping: MappingId, index: u32) {
        let life = self.mem.life_mut(frame);
        life.mapcount += 1;
        if !life.flags.contains(LifeFlags::ANON) {
            life.flags |= LifeFlags::ANON;
            (life.mapping, life.index) = (mapping, index);
        }
        if life.mapcount == 1 {
            self.mod_page_state(cpu, frame, NodeItem::AnonPages, 1);
        }
    }

    /// A page of a file is mapped (`page_add_file_rmap`).
    pub(crate) fn page_add_file_rmap(&mut self, cpu: CpuId, frame: Frame) {
        let life = self.mem.life_mut(frame);
        life.mapcount += 1;
        if life.mapcount == 1 {
            let memcg = life.memcg;
            self.mod_page_state_of(cpu, frame, memcg, NodeItem::Mapped, 1);
        }
    }

    /// A small entry of a page table no longer maps the page, or the part of a huge page (`page_remove_rmap`).
    pub(crate) fn page_remove_rmap(&mut self, cpu: CpuId, frame: Frame) {
        let mut unmapped = Unmapped::default();
        self.remove_rmap(cpu, frame, &mut unmapped);
        self.count_unmapped(cpu, &mut unmapped);
    }

    /// The same; a page that no table maps any more is counted with others.
    #[inline]
    pub(crate) fn remove_rmap(&mut self, cpu: CpuId, frame: Frame, unmapped: &mut Unmapped) {
        let life = self.mem.life_mut(frame);
        let flags = life.flags;
        if flags.intersects(LifeFlags::TAIL | LifeFlags::HUGE) {
            return self.remove_part_rmap(cpu, frame);
        }
        life.mapcount = life.mapcount.saturating_sub(1);
        if life.mapcount > 0 {
            return;
        }
        let (memcg, anon) = (life.memcg, flags.contains(LifeFlags::ANON));
        let item = if anon { NodeItem::AnonPages } else { NodeItem::Mapped };
        if let Some(zone) = self.mem.zone_of(frame) {
            let page = (memcg, zone.node(), item);
            if unmapped.of != Some(page) {
                self.count_unmapped(cpu, unmapped);
                unmapped.of = Some(page);
            }
            unmapped.pages += 1;
        }
        if flags.contains(LifeFlags::MLOCKED) {
            self.clear_page_mlock(cpu, frame);
        }
    }

    /// Counts the pages that are not counted yet.
    pub(crate) fn count_unmapped(&mut self, cpu: CpuId, unmapped: &mut Unmapped) {
        let pages = core::mem::take(&mut unmapped.pages);
        if let Some((memcg, node, item)) = unmapped.of
            && pages > 0
        {
            self.mod_lruvec_state_times(cpu, memcg, node, item, -1, pages);
        }
    }

    /// A locked page is no longer mapped at all (`clear_page_mlock`).
    pub(crate) fn clear_page_mlock(&mut self, cpu: CpuId, frame: Frame) {
        let life = self.mem.life_mut(frame);
        if !life.flags.contains(LifeFlags::MLOCKED) {
            return;
        }
        life.flags -= LifeFlags::MLOCKED;
        let (pages, on_list) = (life.nr_pages(), life.flags.contains(LifeFlags::LRU));
        self.mod_zone_state(cpu, frame, ZoneItem::Mlock, -(pages as i64));
        self.global.events.add(VmEvent::UnevictablePgsCleared, pages);
        if on_list {
            self.del_page_from_lru_list(cpu, frame);
            self.lru_cache_add(cpu, frame);
        } else if self.mem.life(frame).flags.contains(LifeFlags::UNEVICTABLE) {
            self.global.events.add(VmEvent::UnevictablePgsStranded, pages);
        }
    }

    /// A page in a locked mapping moves to the unevictable list (`mlock_vma_page`).
    pub(crate) fn mlock_vma_page(&mut self, cpu: CpuId, frame: Frame) {
        let life = self.mem.life_mut(frame);
        if life.flags.contains(LifeFlags::MLOCKED) {
            return;
        }
        life.flags |= LifeFlags::MLOCKED;
        let (pages, on_list) = (life.nr_pages(), life.flags.contains(LifeFlags::LRU));
        self.mod_zone_state(cpu, frame, ZoneItem::Mlock, pages as i64);
        self.global.events.add(VmEvent::UnevictablePgsMlocked, pages);
        if on_list {
            self.del_page_from_lru_list(cpu, frame);
            self.lru_cache_add(cpu, frame);
        }
    }

    /// A page is no longer in any locked mapping of this address space (`munlock_vma_page`).
    pub(crate) fn munlock_vma_page(&mut self, cpu: CpuId, frame: Frame) {
        let life = self.mem.life_mut(frame);
        if !life.flags.contains(LifeFlags::MLOCKED) {
            return;
        }
        life.flags -= LifeFlags::MLOCKED;
        let (pages, on_list) = (life.nr_pages(), life.flags.contains(LifeFlags::LRU));
        self.mod_zone_state(cpu, frame, ZoneItem::Mlock, -(pages as i64));
        if !on_list {
            let stranded = self.mem.life(frame).flags.contains(LifeFlags::UNEVICTABLE);
            let event = if stranded { VmEvent::UnevictablePgsStranded } else { VmEvent::UnevictablePgsMunlocked };
            self.global.events.add(event, pages);
            return;
        }
        self.del_page_from_lru_list(cpu, frame);
        // Another address space may still have it locked (`try_to_munlock`).
        if self.mem.life(frame).mapcount > 1 && self.is_locked_elsewhere(frame) {
            self.mlock_vma_page(cpu, frame);
        } else {
            self.global.events.add(VmEvent::UnevictablePgsMunlocked, pages);
        }
        self.lru_cache_add(cpu, frame);
    }

    /// Whether a locked mapping maps the page.
    pub(super) fn is_locked_elsewhere(&self, frame: Frame) -> bool {
        let mut n = 0;
        while let Ok(found) = self.nth_place(frame, n) {
            if found.is_some_and(|(place, _)| self.vma_flags(place).contains(crate::task::mm::VmFlags::LOCKED)) {
                return true;
            }
            n += 1;
        }
        false
    }

    /// What may be done with the mapping at a place.
    pub(crate) fn vma_flags(&self, place: super::Place) -> crate::task::mm::VmFlags {
        let mm = self.user.mms.get(place.mm);
        mm.and_then(|mm| mm.vma(place.vma)).map(|vma| vma.flags).unwrap_or_default()
    }
}
