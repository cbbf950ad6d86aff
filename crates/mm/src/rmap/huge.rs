//! Huge pages and who maps them: as a whole, by an entry of the middle level, or part by part (mm/rmap.c,
//! mm/huge_memory.c).

use super::Place;
use crate::event::{Event, HugeEvent, Sink, emit};
use crate::machine::Machine;
use crate::page::huge::{HPAGE_PMD_NR, PartMaps};
use crate::page::life::{LifeFlags, MemcgId};
use crate::pfn::{CpuId, Frame, NodeId};
use crate::task::mm::VmFlags;
use crate::task::page_table::Pte;
use crate::vmstat::{NodeItem, VmEvent};

impl<S: Sink> Machine<S> {
    /// The first page of the huge page that a page is part of, else the page itself (`compound_head`).
    pub(crate) fn compound_head(&self, frame: Frame) -> Frame {
        let tail = self.mem.life(frame).flags.contains(LifeFlags::TAIL);
        if tail { Frame(frame.0 & !(HPAGE_PMD_NR - 1)) } else { frame }
    }

    /// Whether a page is a huge page or part of one (`PageTransCompound`).
    pub(crate) fn is_huge(&self, frame: Frame) -> bool {
        self.mem.life(frame).flags.intersects(LifeFlags::HUGE | LifeFlags::TAIL)
    }

    /// The huge page's entry at a place, if one is there.
    pub(crate) fn huge_pte(&self, place: Place) -> Option<Pte> {
        self.user.mms.get(place.mm)?.table.huge(place.page)
    }

    /// Entries that map a huge page as a whole (`compound_mapcount`).
    pub(crate) fn compound_mapcount(&self, head: Frame) -> u32 {
        self.huge.maps.get(&head).map_or(self.mem.life(head).mapcount, |maps| maps.whole)
    }

    /// Whether one entry alone maps a huge page, and as a whole.
    pub(crate) fn is_mapped_whole_once(&self, head: Frame) -> bool {
        self.mem.life(head).mapcount == 1 && !self.huge.maps.contains_key(&head)
    }

    /// How many of its pages an entry maps: they count as mapped.
    pub(crate) fn mapped_pages(&self, head: Frame) -> u64 {
        let life = self.mem.life(head);
        match self.huge.maps.get(&head) {
            _ if !life.is_mapped() => 0,
            Some(maps) if maps.whole == 0 => u64::from(HPAGE_PMD_NR - maps.unmapped()),
            _ => life.nr_pages(),
        }
    }

    /// Entries that map a page, alone or as part of a huge page (`page_mapcount`).
    pub(crate) fn page_mapcount(&self, frame: Frame) -> u32 {
        let head = self.compound_head(frame);
        let maps = self.huge.maps.get(&head);
        maps.map_or(self.mem.life(head).mapcount, |maps| maps.whole + maps.of(frame.0 - head.0))
    }

    /// Entries that map the part of a huge page that has most of them (`page_trans_huge_mapcount`).
    pub(crate) fn page_trans_huge_mapcount(&self, head: Frame) -> u32 {
        let maps = self.huge.maps.get(&head);
        maps.map_or(self.mem.life(head).mapcount, |maps| maps.whole + maps.most())
    }

    /// Another entry maps a page (`page_dup_rmap`); `whole` for one of the middle level.
    pub(crate) fn page_dup_rmap(&mut self, frame: Frame, whole: bool) {
        let head = self.compound_head(frame);
        let life = self.mem.life_mut(head);
        life.mapcount = life.mapcount.saturating_add(1);
        if let Some(maps) = self.huge.maps.get_mut(&head) {
            *(if whole { &mut maps.whole } else { maps.of_mut(frame.0 - head.0) }) += 1;
        }
    }

    /// An entry of the middle level no longer maps a huge page (`page_remove_anon_compound_rmap`).
    pub(crate) fn page_remove_compound_rmap(&mut self, cpu: CpuId, head: Frame) {
        let life = self.mem.life_mut(head);
        life.mapcount = life.mapcount.saturating_sub(1);
        let whole = life.mapcount;
        let left = match self.huge.maps.get_mut(&head) {
            Some(maps) => {
                maps.whole = maps.whole.saturating_sub(1);
                (maps.whole, maps.unmapped())
            }
            None => (whole, HPAGE_PMD_NR),
        };
        let (0, unmapped) = left else { return };
        self.mod_page_state(cpu, head, NodeItem::AnonTransparentHugepages, -1);
        if (1..HPAGE_PMD_NR).contains(&unmapped) {
            self.deferred_split_huge_page(head);
        }
        if self.mem.life(head).flags.contains(LifeFlags::MLOCKED) {
            self.clear_page_mlock(cpu, head);
        }
        if unmapped > 0 {
            self.mod_page_state(cpu, head, NodeItem::AnonPages, -i64::from(unmapped));
        }
    }

    /// A small entry no longer maps a part of a huge page.
    pub(super) fn remove_part_rmap(&mut self, cpu: CpuId, frame: Frame) {
        let head = self.compound_head(frame);
        let life = self.mem.life_mut(head);
        life.mapcount = life.mapcount.saturating_sub(1);
        let Some(maps) = self.huge.maps.get_mut(&head) else { return };
        let part = maps.of_mut(frame.0 - head.0);
        *part = part.saturating_sub(1);
        if *part == 0 && maps.whole == 0 {
            self.mod_page_state(cpu, head, NodeItem::AnonPages, -1);
            self.deferred_split_huge_page(head);
        }
    }

    /// Puts small entries in the place of a huge page's; the page stays as it is (`__split_huge_pmd`).
    pub(crate) fn split_huge_pmd(&mut self, cpu: CpuId, place: Place) {
        let Some(pte) = self.huge_pte(place) else { return };
        let Some(head) = pte.frame() else {
            self.global.events.add(VmEvent::ThpSplitPmd, 1);
            emit!(self, Event::Huge(HugeEvent::SplitPmd { pfn: None, compound_mapcount: 0 }));
            return self.split_pmd_entries(place, |_| Pte::zero());
        };
        self.begin_pmd_split(cpu, head, pte);
        self.map_parts(cpu, head);
        let may_write = pte.is_writable() && self.vma_flags(place).contains(VmFlags::WRITE);
        self.split_pmd_entries(place, |n| {
            let part = Pte::page(head.add(n));
            let part = if pte.is_young() { part } else { part.old() };
            if may_write { part.written().clean() } else { part }
        });
    }

    /// What every split of a huge page's entry begins with: it is not locked into memory as a whole any more, and what
    /// was changed through the entry is noted on the page.
    pub(super) fn begin_pmd_split(&mut self, cpu: CpuId, head: Frame, pte: Pte) {
        if self.mem.life(head).flags.contains(LifeFlags::MLOCKED) {
            self.clear_page_mlock(cpu, head);
        }
        self.global.events.add(VmEvent::ThpSplitPmd, 1);
        let compound_mapcount = self.compound_mapcount(head).saturating_sub(1);
        emit!(self, Event::Huge(HugeEvent::SplitPmd { pfn: Some(self.mem.pfn(head)), compound_mapcount }));
        if pte.is_dirty() {
            self.mem.life_mut(head).flags |= LifeFlags::DIRTY;
        }
    }

    /// An entry that mapped a huge page as a whole now maps each of its parts.
    pub(super) fn map_parts(&mut self, cpu: CpuId, head: Frame) {
        for n in 1..HPAGE_PMD_NR {
            self.mem.life_mut(head.add(n)).flags = LifeFlags::TAIL;
        }
        let life = self.mem.life_mut(head);
        let maps = self.huge.part_maps(head, life.mapcount);
        life.mapcount = life.mapcount.saturating_add(HPAGE_PMD_NR - 1);
        maps.add_to_each();
        maps.whole = maps.whole.saturating_sub(1);
        if maps.whole == 0 {
            self.mod_page_state(cpu, head, NodeItem::AnonTransparentHugepages, -1);
        }
    }

    /// The entries themselves.
    pub(super) fn split_pmd_entries(&mut self, place: Place, part: impl Fn(u32) -> Pte) {
        if let Some(mm) = self.user.mms.get_mut(place.mm) {
            mm.table.split_huge(place.page, part);
        }
    }

    /// A huge page of which a part is no longer mapped is to be split when memory is short. One that is on its way to
    /// swap is in good hands already (`deferred_split_huge_page`).
    pub(super) fn deferred_split_huge_page(&mut self, head: Frame) {
        let life = self.mem.life_mut(head);
        if life.flags.intersects(LifeFlags::SWAPCACHE | LifeFlags::SPLIT_QUEUED) {
            return;
        }
        life.flags |= LifeFlags::SPLIT_QUEUED;
        let memcg = life.memcg;
        self.global.events.add(VmEvent::ThpDeferredSplitPage, 1);
        self.huge.split_queue.entry(memcg).or_default().push_back(head);
        let node = self.mem.zone_of(head).map_or(NodeId(0), |zone| zone.node());
        if memcg != MemcgId::ROOT {
            self.mark_deferred_split(memcg, node);
        }
    }

    /// A huge page goes, or is no longer one; returns what was known of who maps its parts (`free_transhuge_page`).
    pub(crate) fn forget_huge(&mut self, head: Frame) -> Option<PartMaps> {
        let life = *self.mem.life(head);
        if life.flags.contains(LifeFlags::SPLIT_QUEUED) {
            self.mem.life_mut(head).flags -= LifeFlags::SPLIT_QUEUED;
            self.huge.dequeue(life.memcg, head);
        }
        let maps = self.huge.maps.remove(&head)?;
        for n in 1..HPAGE_PMD_NR {
            self.mem.life_mut(head.add(n)).flags -= LifeFlags::TAIL;
        }
        Some(maps)
    }

    /// A huge page moves: who maps its parts is known of the new one. It does not wait to be split any more.
    pub(crate) fn move_part_maps(&mut self, old: Frame, new: Frame) {
        if let Some(maps) = self.forget_huge(old) {
            self.huge.maps.insert(new, maps);
            for n in 1..HPAGE_PMD_NR {
                self.mem.life_mut(new.add(n)).flags = LifeFlags::TAIL;
            }
        }
    }
}
