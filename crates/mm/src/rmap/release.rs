//! The last reference to a page frees it (`put_page`, `release_pages`, mm/swap.c).

use crate::event::{Event, ReclaimEvent, Sink, emit};
use crate::lru::ListSizes;
use crate::machine::Machine;
use crate::page::life::{Life, LifeFlags, MappingId, MemcgId};
use crate::pfn::{CpuId, Frame};

/// Flags that stand for a reference each.
const REFERRING: LifeFlags = LifeFlags::PINNED
    .union(LifeFlags::BATCHED)
    .union(LifeFlags::GATHERED)
    .union(LifeFlags::ISOLATED)
    .union(LifeFlags::WRITEBACK)
    .union(LifeFlags::LOCKED);

impl Life {
    /// Whether the page cache or the swap cache has it.
    pub(crate) fn is_cached(&self) -> bool {
        let file = !self.flags.contains(LifeFlags::ANON) && self.mapping != MappingId::default();
        file || self.flags.contains(LifeFlags::SWAPCACHE)
    }

    /// References to the page: mappings, caches, batches on the way to a list, who moves it, and those that nobody explains
    /// (`page_count`).
    pub(crate) fn references(&self) -> u32 {
        self.mapcount + u32::from(self.is_cached()) + (self.flags & REFERRING).bits().count_ones()
    }

    /// Whether nobody refers to it.
    #[inline]
    fn is_unused(&self) -> bool {
        self.mapcount == 0 && !self.flags.intersects(REFERRING) && !self.is_cached()
    }
}

impl<S: Sink> Machine<S> {
    /// Frees a page unless somebody refers to it (`put_page`).
    pub(crate) fn put_page(&mut self, cpu: CpuId, frame: Frame) {
        if self.mem.life(frame).is_unused() {
            self.take_off_list(cpu, frame);
            self.free_lone_page(cpu, frame);
        }
    }

    /// Frees those of the pages that nobody refers to. They leave their lists first to last and are freed last to
    /// first, huge ones at once (`release_pages`).
    pub(crate) fn put_pages(&mut self, cpu: CpuId, frames: &[Frame]) {
        let mut gone = core::mem::take(&mut self.lru.gone);
        let mut sizes = ListSizes::default();
        for &frame in frames {
            let life = self.mem.life_mut(frame);
            if !life.is_unused() {
                continue;
            }
            let flags = life.flags;
            // So that a page that is given twice is freed once.
            life.flags |= LifeFlags::LOCKED;
            if flags.contains(LifeFlags::LRU) {
                self.delist(cpu, frame, &mut sizes);
            }
            if flags.contains(LifeFlags::HUGE) {
                self.count_sizes(cpu, &mut sizes);
                self.free_lone_page(cpu, frame);
            } else {
                gone.push(frame);
            }
        }
        self.count_sizes(cpu, &mut sizes);
        self.note_free_batch(gone.len());
        for &frame in gone.iter().rev() {
            self.free_lone_page(cpu, frame);
        }
        gone.clear();
        self.lru.gone = gone;
    }

    /// Says that the next pages to be freed are freed together, where somebody may want to know.
    pub(crate) fn note_free_batch(&mut self, pages: usize) {
        if cfg!(feature = "reclaim") && pages > 0 {
            emit!(self, Event::Reclaim(ReclaimEvent::FreeBatch { pages: pages as u32 }));
        }
    }

    /// Keeps a page from being freed until [`Machine::put_held`].
    pub(crate) fn hold(&mut self, frame: Frame) {
        self.mem.life_mut(frame).flags |= LifeFlags::GATHERED;
    }

    /// Lets go of pages that were held, and frees those that nobody else refers to.
    pub(crate) fn put_held(&mut self, cpu: CpuId, frames: &[Frame]) {
        for &frame in frames {
            self.mem.life_mut(frame).flags -= LifeFlags::GATHERED;
        }
        self.put_pages(cpu, frames);
    }

    /// Takes a page off its list, if it is on one.
    fn take_off_list(&mut self, cpu: CpuId, frame: Frame) {
        if self.mem.life(frame).flags.contains(LifeFlags::LRU) {
            self.del_page_from_lru_list(cpu, frame);
        }
    }

    /// Frees a page that is on no list and that nobody refers to.
    pub(crate) fn free_lone_page(&mut self, cpu: CpuId, frame: Frame) {
        let (head, meta) = self.mem.block_in_use(frame);
        let Some(zone) = self.mem.zone_of(head) else { return };
        let life = self.mem.life(frame);
        let charged = life.memcg != MemcgId::ROOT;
        if life.flags.contains(LifeFlags::HUGE) {
            self.forget_huge(frame);
        }
        if charged {
            self.mem_cgroup_uncharge(cpu, frame);
        }
        *self.mem.life_mut(frame) = Life::NONE;
        self.free_block(cpu, zone, head, meta);
    }
}
