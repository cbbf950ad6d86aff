//! Page tables, caches and swap against one another, on a machine whose processes are the model's own.

use super::Violation;
use super::lists::same;
use crate::event::Sink;
use crate::io::SwapSlot;
use crate::io::cache::Slot;
use crate::io::device::Transfer;
use crate::io::mapping::MappingKind;
use crate::machine::Machine;
use crate::page::huge::HPAGE_PMD_NR;
use crate::page::life::{LifeFlags, MappingId};
use crate::pfn::Frame;
use crate::rmap::rss_kind;
use crate::task::mm::{Mm, MmFlags, MmId};
use crate::vmstat::NodeItem;
use std::collections::BTreeMap;

/// What page tables and files refer to.
#[derive(Default)]
struct Uses {
    /// Entries that map each page, or any part of a huge one.
    maps: BTreeMap<Frame, u32>,
    /// Those that map each part of a huge page.
    parts: BTreeMap<Frame, u32>,
    /// Entries that name each slot.
    slots: BTreeMap<SwapSlot, u16>,
}

/// Pages that count, by node.
#[derive(Clone, Default)]
struct NodeUse {
    anon: i64,
    huge: i64,
    mapped: i64,
    file: i64,
    shmem: i64,
    dirty: i64,
    writeback: i64,
}

impl<S: Sink> Machine<S> {
    /// Every present entry names a page that knows it; counts of address spaces, slots and nodes are right; caches and
    /// pages agree.
    pub(super) fn audit_life(&self) -> Result<(), Violation> {
        if !self.user.processes.any() {
            return Ok(());
        }
        let mut uses = Uses::default();
        for (id, mm) in self.user.mms.iter() {
            self.audit_mm(id, mm, &mut uses)?;
        }
        let mut by_node = vec![NodeUse::default(); self.nodes.len()];
        self.audit_caches(&mut uses, &mut by_node)?;
        self.audit_mapped(&uses, &mut by_node)?;
        self.audit_huge(&uses)?;
        self.audit_swap(&uses)?;
        let writes = self.user.devices.iter().flat_map(|(_, device)| device.queue());
        for request in writes.filter(|request| request.transfer == Transfer::Write) {
            if let Some(zone) = self.mem.zone_of(request.page) {
                by_node[zone.node().index()].writeback += self.mem.life(request.page).nr_pages() as i64;
            }
        }
        for (node, found) in self.nodes.iter().zip(&by_node) {
            let check = |item: NodeItem, recounted| same(node.id, item.name(), node.stat.get(item) as i64, recounted);
            check(NodeItem::AnonPages, found.anon)?;
            check(NodeItem::AnonTransparentHugepages, found.huge)?;
            check(NodeItem::Mapped, found.mapped)?;
            check(NodeItem::FilePages, found.file)?;
            check(NodeItem::Shmem, found.shmem)?;
            check(NodeItem::Dirty, found.dirty)?;
            check(NodeItem::Writeback, found.writeback)?;
        }
        Ok(())
    }

    /// One address space.
    fn audit_mm(&self, id: MmId, mm: &Mm, uses: &mut Uses) -> Result<(), Violation> {
        let (mut rss, mut swapents) = ([0i64; 3], 0);
        for (_, vma) in mm.vmas() {
            let mut at = vma.start;
            while let Some((page, pte)) = mm.table.next_used(at, vma.end()) {
                at = mm.table.behind(page);
                if let Some(slot) = pte.slot() {
                    *uses.slots.entry(SwapSlot(slot)).or_default() += 1;
                    swapents += 1;
                }
                let Some(frame) = pte.frame() else { continue };
                let head = self.compound_head(frame);
                let life = self.mem.life(head);
                let wrong = |what| Violation::Page { pfn: self.mem.pfn(frame), what };
                let anon = life.flags.contains(LifeFlags::ANON);
                let expected =
                    if anon { Some(vma.anon) } else { vma.file.and_then(|f| Some(self.user.file(f)?.mapping)) };
                if expected != Some(life.mapping) || life.index + (frame.0 - head.0) != vma.index(page) {
                    return Err(wrong("mapped where it does not belong"));
                }
                *uses.maps.entry(head).or_default() += 1;
                let whole = mm.table.huge(page).is_some();
                if whole && !life.flags.contains(LifeFlags::HUGE) {
                    return Err(wrong("mapped as the huge page that it is not"));
                }
                if !whole && life.flags.contains(LifeFlags::HUGE) {
                    *uses.parts.entry(frame).or_default() += 1;
                }
                rss[rss_kind(life) as usize] += (at - page) as i64;
            }
        }
        let check = |what, counted: u64, recounted| {
            let counted = counted as i64;
            if counted == recounted { Ok(()) } else { Err(Violation::Space { mm: id.0, what, counted, recounted }) }
        };
        let (kept, huge) = mm.table.deposits();
        check("table pages kept for huge pages", kept as u64, huge as i64)?;
        check("file pages", mm.rss[0], rss[0])?;
        check("anonymous pages", mm.rss[1], rss[1])?;
        check("shared memory pages", mm.rss[2], rss[2])?;
        check("entries in swap", mm.swapents, swapents)
    }

    /// Pages of files and of the swap cache.
    fn audit_caches(&self, uses: &mut Uses, by_node: &mut [NodeUse]) -> Result<(), Violation> {
        for (id, mapping) in self.user.mappings.iter() {
            let MappingKind::File(file) = mapping.kind else { continue };
            let shmem = self.user.file(file).is_some_and(|file| file.is_shmem());
            let mut pages = 0;
            for (index, slot) in mapping.cache.from(0) {
                match slot {
                    Slot::Page(frame) => {
                        let life = self.mem.life(frame);
                        if (life.mapping, life.index) != (id, index) || life.flags.contains(LifeFlags::ANON) {
                            return Err(Violation::Page {
                                pfn: self.mem.pfn(frame),
                                what: "in a cache it does not know",
                            });
                        }
                        pages += 1;
                        self.count_cached(frame, shmem, by_node);
                    }
                    Slot::Swap(slot) => *uses.slots.entry(SwapSlot(slot)).or_default() += 1,
                    Slot::Shadow(_) | Slot::Empty => {}
                }
            }
            if pages != mapping.cache.pages() {
                let (counted, recounted) = (mapping.cache.pages() as i64, pages as i64);
                return Err(Violation::Space { mm: id.0, what: "cached pages of a file", counted, recounted });
            }
        }
        for (n, area) in self.swap.areas.iter().enumerate() {
            for (offset, slot) in area.cache.from(0) {
                let Slot::Page(frame) = slot else { continue };
                let life = self.mem.life(frame);
                let here = SwapSlot::new(n, offset).0;
                if life.private != here || !life.flags.contains(LifeFlags::SWAPCACHE) {
                    return Err(Violation::Page {
                        pfn: self.mem.pfn(frame),
                        what: "in the swap cache without knowing",
                    });
                }
                self.count_cached(frame, false, by_node);
            }
        }
        Ok(())
    }

    fn count_cached(&self, frame: Frame, shmem: bool, by_node: &mut [NodeUse]) {
        let Some(zone) = self.mem.zone_of(frame) else { return };
        let found = &mut by_node[zone.node().index()];
        let life = self.mem.life(frame);
        let pages = life.nr_pages() as i64;
        found.file += pages;
        found.shmem += if shmem { pages } else { 0 };
        let counts = !life.flags.intersects(LifeFlags::ANON | LifeFlags::SWAPBACKED | LifeFlags::SWAPCACHE);
        found.dirty += i64::from(counts && life.flags.contains(LifeFlags::DIRTY));
    }

    /// Every mapped page is mapped as often as it says.
    fn audit_mapped(&self, uses: &Uses, by_node: &mut [NodeUse]) -> Result<(), Violation> {
        for (&frame, &maps) in &uses.maps {
            let life = self.mem.life(frame);
            if life.mapcount != maps {
                return Err(Violation::Page {
                    pfn: self.mem.pfn(frame),
                    what: "mapped more or less often than it says",
                });
            }
            let Some(zone) = self.mem.zone_of(frame) else { continue };
            let found = &mut by_node[zone.node().index()];
            if life.flags.contains(LifeFlags::ANON) {
                found.anon += self.mapped_pages(frame) as i64;
                let huge = life.flags.contains(LifeFlags::HUGE);
                found.huge += i64::from(huge && self.compound_mapcount(frame) > 0);
            } else {
                found.mapped += life.nr_pages() as i64;
            }
        }
        for lruvec in self.lru.iter() {
            for page in lruvec.lists.iter().flat_map(|list| list.iter(&self.mem)) {
                let life = self.mem.life(page);
                if life.mapping != MappingId::default() && life.is_mapped() && !uses.maps.contains_key(&page) {
                    return Err(Violation::Page { pfn: self.mem.pfn(page), what: "says it is mapped, but nowhere is" });
                }
            }
        }
        Ok(())
    }

    /// Parts of huge pages are mapped as often as is known, pages that wait to be split are huge, and the page of zeros
    /// knows how many have it.
    fn audit_huge(&self, uses: &Uses) -> Result<(), Violation> {
        let mut named = 0;
        for (&head, maps) in self.huge.maps.iter() {
            for n in 0..HPAGE_PMD_NR {
                let found = uses.parts.get(&head.add(n)).copied().unwrap_or(0);
                named += usize::from(found > 0);
                if maps.of(n) != found {
                    let pfn = self.mem.pfn(head.add(n));
                    return Err(Violation::Page { pfn, what: "a part mapped more or less often than is known" });
                }
            }
        }
        if let Some(&stray) = uses.parts.keys().next().filter(|_| named != uses.parts.len()) {
            return Err(Violation::Page {
                pfn: self.mem.pfn(stray),
                what: "part of a huge page that does not know it",
            });
        }
        for (&memcg, queue) in self.huge.split_queue.iter() {
            for &head in queue {
                let life = self.mem.life(head);
                if life.memcg != memcg || !life.flags.contains(LifeFlags::HUGE | LifeFlags::SPLIT_QUEUED) {
                    return Err(Violation::Page { pfn: self.mem.pfn(head), what: "waits to be split, but should not" });
                }
            }
        }
        let having = self.user.mms.iter().filter(|(_, mm)| mm.flags.contains(MmFlags::HUGE_ZERO_PAGE)).count() as u32;
        let expected = having + u32::from(self.huge.zero.page.is_some());
        if self.huge.zero.references != expected {
            let (counted, recounted) = (self.huge.zero.references.into(), expected.into());
            return Err(Violation::Space { mm: 0, what: "users of the huge page of zeros", counted, recounted });
        }
        Ok(())
    }

    /// Every slot in use is named as often as it says, or held.
    fn audit_swap(&self, uses: &Uses) -> Result<(), Violation> {
        let (mut in_use, mut held) = (0, 0);
        for (slot, count, has_cache) in self.swap.used() {
            in_use += 1;
            let named = uses.slots.get(&slot).copied().unwrap_or(0);
            if named != count {
                let (counted, recounted) = (count.into(), named.into());
                return Err(Violation::Swap { slot: slot.0, what: "the count of its users", counted, recounted });
            }
            let cached = matches!(self.swap_cache_slot(slot), Slot::Page(_));
            held += u64::from(has_cache && !cached);
            if cached && !has_cache {
                return Err(Violation::Swap { slot: slot.0, what: "the swap cache's hold", counted: 0, recounted: 1 });
            }
        }
        let check = |what, counted: u64, recounted: u64| {
            let (counted, recounted) = (counted as i64, recounted as i64);
            if counted == recounted { Ok(()) } else { Err(Violation::Swap { slot: 0, what, counted, recounted }) }
        };
        check("slots that CPUs hold", self.swap.held_by_cpus(), held)?;
        check("slots in use", self.swap.in_use(), in_use)?;
        check("free slots", self.swap.free.max(0) as u64, self.swap.total - in_use)
    }
}
