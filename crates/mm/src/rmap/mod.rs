//! From a page to those who refer to it (mm/rmap.c): page tables, the page cache, the swap cache, and the last
//! reference that frees it.

pub(crate) mod add;
mod huge;
mod referenced;
mod release;
mod split;
mod unmap;

use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::{Life, MappingId, MemcgId};
use crate::pfn::{CpuId, Frame};
use crate::task::mm::{MmId, RssKind, VmaId};
use crate::task::page_table::Pte;
use crate::vmstat::{NodeItem, ZoneItem};

/// A place in an address space that may map a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) mm: MmId,
    pub(crate) vma: VmaId,
    /// The page of the address space.
    pub(crate) page: u64,
}

impl<S: Sink> Machine<S> {
    /// The `n`th mapping in which a page can be, if that one really maps it, and its entry (`page_vma_mapped_walk`).
    /// `Err` when there are no more mappings.
    pub(crate) fn nth_place(&self, frame: Frame, n: usize) -> Result<Option<(Place, Pte)>, ()> {
        let life = self.mem.life(frame);
        let mapping = self.user.mappings.get(life.mapping).ok_or(())?;
        let &(mm, vma) = mapping.vmas.get(n).ok_or(())?;
        let Some(space) = self.user.mms.get(mm) else { return Ok(None) };
        let Some(page) = space.vma(vma).and_then(|vma| vma.address(life.index)) else { return Ok(None) };
        let pte = space.table.get(page);
        let maps = pte.frame().is_some_and(|found| found == frame);
        Ok(maps.then_some((Place { mm, vma, page }, pte)))
    }

    /// Whether it is known which page tables map the page, rather than how many only.
    pub(crate) fn has_places(&self, life: &Life) -> bool {
        life.mapping != MappingId::default() && self.user.mappings.get(life.mapping).is_some()
    }

    /// Writes an entry.
    #[inline]
    pub(crate) fn set_pte(&mut self, place: Place, pte: Pte) {
        if let Some(mm) = self.user.mms.get_mut(place.mm) {
            mm.table.set(place.page, pte);
        }
    }

    /// Writes an entry for a page that was not mapped there, and counts the page.
    #[inline]
    pub(crate) fn map_pte(&mut self, place: Place, pte: Pte, kind: RssKind) {
        if let Some(mm) = self.user.mms.get_mut(place.mm) {
            mm.add_rss(kind, 1);
            mm.table.set(place.page, pte);
        }
    }

    /// Counts resident pages of an address space (`add_mm_counter`).
    #[inline]
    pub(crate) fn add_rss(&mut self, mm: MmId, kind: RssKind, delta: i64) {
        if let Some(mm) = self.user.mms.get_mut(mm) {
            mm.add_rss(kind, delta);
        }
    }

    /// Counts entries that name slots of swap.
    pub(crate) fn add_swapents(&mut self, mm: MmId, delta: i64) {
        if let Some(mm) = self.user.mms.get_mut(mm) {
            mm.swapents = mm.swapents.saturating_add_signed(delta);
        }
    }

    /// Changes a counter of the page's node and of its set of lists (`__mod_lruvec_page_state`).
    #[inline(always)]
    pub(crate) fn mod_page_state(&mut self, cpu: CpuId, frame: Frame, item: NodeItem, delta: i64) {
        let memcg = self.mem.life(frame).memcg;
        self.mod_page_state_of(cpu, frame, memcg, item, delta);
    }

    /// The same for a page whose group is at hand.
    #[inline(always)]
    fn mod_page_state_of(&mut self, cpu: CpuId, frame: Frame, memcg: MemcgId, item: NodeItem, delta: i64) {
        if let Some(zone) = self.mem.zone_of(frame) {
            self.mod_lruvec_state(cpu, memcg, zone.node(), item, delta);
        }
    }

    /// Changes a counter of the page's zone (`mod_zone_page_state`).
    pub(crate) fn mod_zone_state(&mut self, cpu: CpuId, frame: Frame, item: ZoneItem, delta: i64) {
        if let Some(zone) = self.mem.zone_of(frame) {
            self.lock(zone, cpu).mod_state(item, delta);
        }
    }
}

/// As what a page counts where it is mapped (`mm_counter`).
pub(crate) fn rss_kind(life: &Life) -> RssKind {
    use crate::page::life::LifeFlags;
    if life.flags.contains(LifeFlags::ANON) {
        RssKind::Anon
    } else if life.flags.contains(LifeFlags::SWAPBACKED) {
        RssKind::Shmem
    } else {
        RssKind::File
    }
}
