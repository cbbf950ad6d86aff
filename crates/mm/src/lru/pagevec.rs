//! Batches of pages on their way to and between the lists, one set for each CPU (mm/swap.c). A page in a batch is
//! referred to by it, so it is freed only after the batch was emptied.

use super::list::LruList;
use super::{ListSizes, page_lru};
use crate::event::{Event, ReclaimEvent, ShownPage, Sink, emit};
use crate::machine::Machine;
use crate::page::life::{Life, LifeFlags};
use crate::pfn::{CpuId, Frame};
use crate::vmstat::VmEvent;

/// Pages of a batch (`PAGEVEC_SIZE`, include/linux/pagevec.h, v5.10).
const PAGEVEC_SIZE: usize = 15;

/// What is done with the pages of a batch, in the order in which batches are emptied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Batch {
    /// New pages go to a list.
    Add,
    /// Pages that were stored move to the end where reclaim takes pages.
    Rotate,
    /// Pages of files that could not be dropped are not needed soon.
    DeactivateFile,
    /// Pages are not needed soon.
    Deactivate,
    /// Anonymous pages may be dropped.
    LazyFree,
    /// Pages become active.
    Activate,
}

const NR_BATCHES: usize = 6;
const ALL: [Batch; NR_BATCHES] =
    [Batch::Add, Batch::Rotate, Batch::DeactivateFile, Batch::Deactivate, Batch::LazyFree, Batch::Activate];

/// One batch (`struct pagevec`).
#[derive(Clone, Copy, Debug, Default)]
struct Pagevec {
    pages: [Frame; PAGEVEC_SIZE],
    count: u8,
}

impl Pagevec {
    fn pages(&self) -> &[Frame] {
        &self.pages[..usize::from(self.count)]
    }

    /// Adds a page; says whether there is no room for more.
    fn push(&mut self, page: Frame) -> bool {
        self.pages[usize::from(self.count)] = page;
        self.count += 1;
        usize::from(self.count) == PAGEVEC_SIZE
    }
}

/// The batches of every CPU; CPUs that never had one have no entry.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batches {
    cpus: Vec<[Pagevec; NR_BATCHES]>,
}

impl Batches {
    /// Adds a page; says whether the batch is full.
    #[inline]
    fn push(&mut self, cpu: CpuId, batch: Batch, page: Frame) -> bool {
        if self.cpus.len() <= cpu.index() {
            self.cpus.resize_with(cpu.index() + 1, Default::default);
        }
        self.cpus[cpu.index()][batch as usize].push(page)
    }

    fn take(&mut self, cpu: CpuId, batch: Batch) -> Option<Pagevec> {
        let taken = &mut self.cpus.get_mut(cpu.index())?[batch as usize];
        if taken.count == 0 {
            return None;
        }
        Some(core::mem::take(taken))
    }

    /// Whether a page is in any batch.
    fn holds(&self, page: Frame) -> bool {
        let mut filled = self.cpus.iter().flatten().filter(|batch| batch.count > 0);
        filled.any(|batch| batch.pages().contains(&page))
    }

    fn new_pages(&self, cpu: CpuId) -> &[Frame] {
        self.cpus.get(cpu.index()).map_or(&[], |batches| batches[Batch::Add as usize].pages())
    }
}

/// What tracepoints show of a page (`trace_pagemap_flags`).
fn shown(life: &Life) -> ShownPage {
    let mut shown = ShownPage::empty();
    shown.set(ShownPage::MAPPED, life.mapcount > 0);
    for (flag, of) in [
        (ShownPage::ANON, LifeFlags::ANON),
        (ShownPage::SWAPCACHE, LifeFlags::SWAPCACHE),
        (ShownPage::SWAPBACKED, LifeFlags::SWAPBACKED),
        (ShownPage::BUFFERS, LifeFlags::PRIVATE),
    ] {
        shown.set(flag, life.flags.contains(of));
    }
    shown
}

impl<S: Sink> Machine<S> {
    /// Empties the batches of a CPU (`lru_add_drain_cpu`).
    pub(crate) fn lru_add_drain(&mut self, cpu: CpuId) {
        for batch in ALL {
            self.empty_batch(cpu, batch);
        }
    }

    /// Empties the batches of every CPU (`lru_add_drain_all`).
    pub fn lru_add_drain_all(&mut self) {
        for cpu in 0..self.cpus.len() as u16 {
            self.lru_add_drain(CpuId(cpu));
        }
    }

    fn queue(&mut self, cpu: CpuId, batch: Batch, page: Frame) {
        let life = self.mem.life_mut(page);
        let twice = life.flags.contains(LifeFlags::BATCHED);
        life.flags |= if twice { LifeFlags::BATCHED_TWICE } else { LifeFlags::BATCHED };
        let compound = life.flags.contains(LifeFlags::HUGE);
        if self.lru.batches.push(cpu, batch, page) || compound {
            self.empty_batch(cpu, batch);
        }
    }

    /// Does what the batch is for, then lets go of its pages (`pagevec_lru_move_fn`, `__pagevec_lru_add`).
    fn empty_batch(&mut self, cpu: CpuId, batch: Batch) {
        let Some(taken) = self.lru.batches.take(cpu, batch) else { return };
        let pages = taken.pages();
        if batch == Batch::Add {
            self.pagevec_lru_add(cpu, pages);
        }
        for &page in pages {
            match batch {
                Batch::Add => {}
                Batch::Rotate => self.pagevec_move_tail(cpu, page),
                Batch::DeactivateFile => self.lru_deactivate_file(cpu, page),
                Batch::Deactivate => self.lru_deactivate(cpu, page),
                Batch::LazyFree => self.lru_lazyfree(cpu, page),
                Batch::Activate => self.activate_listed(cpu, page),
            }
        }
        for &page in pages {
            let life = self.mem.life_mut(page);
            if !life.flags.contains(LifeFlags::BATCHED_TWICE) || !self.lru.batches.holds(page) {
                life.flags -= LifeFlags::BATCHED | LifeFlags::BATCHED_TWICE;
            }
        }
        self.put_pages(cpu, pages);
    }

    /// A page that is new, or comes back, is on its way to a list (`lru_cache_add`).
    pub(crate) fn lru_cache_add(&mut self, cpu: CpuId, page: Frame) {
        self.queue(cpu, Batch::Add, page);
    }

    /// They get there (`__pagevec_lru_add`).
    fn pagevec_lru_add(&mut self, cpu: CpuId, pages: &[Frame]) {
        let mut sizes = ListSizes::default();
        for &page in pages {
            self.judge_evictable(page);
            self.enlist(cpu, page, &mut sizes, LruList::push_head);
            if cfg!(feature = "reclaim") {
                let (pfn, life) = (self.mem.pfn(page), self.mem.life(page));
                emit!(self, Event::Reclaim(ReclaimEvent::Listed { pfn, lru: page_lru(life), shown: shown(life) }));
            }
        }
        self.count_sizes(cpu, &mut sizes);
    }

    /// Whether a page on its way to a list may be evicted (`__pagevec_lru_add_fn`).
    #[inline]
    fn judge_evictable(&mut self, page: Frame) {
        let life = self.mem.life_mut(page);
        if !life.flags.intersects(LifeFlags::MLOCKED | LifeFlags::UNEVICTABLE) {
            return;
        }
        let pages = life.nr_pages();
        if !life.flags.contains(LifeFlags::MLOCKED) {
            life.flags -= LifeFlags::UNEVICTABLE;
            self.global.events.add(VmEvent::UnevictablePgsRescued, pages);
            return;
        }
        if !life.flags.contains(LifeFlags::UNEVICTABLE) {
            self.global.events.add(VmEvent::UnevictablePgsCulled, pages);
        }
        life.flags -= LifeFlags::ACTIVE;
        life.flags |= LifeFlags::UNEVICTABLE;
    }

    /// A page that is on a list becomes active (`activate_page`).
    fn activate_page(&mut self, cpu: CpuId, page: Frame) {
        if self.is_listed(page, LifeFlags::ACTIVE | LifeFlags::UNEVICTABLE) {
            self.queue(cpu, Batch::Activate, page);
        }
    }

    /// Whether a page is on a list and has none of some flags.
    fn is_listed(&self, page: Frame, without: LifeFlags) -> bool {
        let flags = self.mem.life(page).flags;
        flags.contains(LifeFlags::LRU) && !flags.intersects(without)
    }

    fn activate_listed(&mut self, cpu: CpuId, page: Frame) {
        if self.is_listed(page, LifeFlags::ACTIVE | LifeFlags::UNEVICTABLE) {
            self.relist(cpu, page, LifeFlags::ACTIVE, LifeFlags::empty());
            if cfg!(feature = "reclaim") {
                emit!(self, Event::Reclaim(ReclaimEvent::Activated { pfn: self.mem.pfn(page) }));
            }
            self.global.events.add(VmEvent::PgActivate, self.mem.life(page).nr_pages());
        }
    }

    /// Moves a page to the head of the list that its changed flags name.
    fn relist(&mut self, cpu: CpuId, page: Frame, set: LifeFlags, clear: LifeFlags) {
        self.del_page_from_lru_list(cpu, page);
        let flags = &mut self.mem.life_mut(page).flags;
        *flags = (*flags - clear) | set;
        self.add_page_to_lru_list(cpu, page);
    }

    /// A page was used, as far as reading tells: the second time makes it active (`mark_page_accessed`).
    pub(crate) fn mark_page_accessed(&mut self, cpu: CpuId, page: Frame) {
        let flags = self.mem.life(page).flags;
        if !flags.contains(LifeFlags::REFERENCED) {
            self.mem.life_mut(page).flags |= LifeFlags::REFERENCED;
        } else if !flags.intersects(LifeFlags::ACTIVE | LifeFlags::UNEVICTABLE) {
            if flags.contains(LifeFlags::LRU) {
                self.activate_page(cpu, page);
            } else if self.lru.batches.new_pages(cpu).contains(&page) {
                self.mem.life_mut(page).flags |= LifeFlags::ACTIVE;
            }
            self.mem.life_mut(page).flags -= LifeFlags::REFERENCED;
            self.workingset_activation(page);
        }
    }

    /// A page that reclaim waits for has been stored (`rotate_reclaimable_page`).
    pub(crate) fn rotate_reclaimable_page(&mut self, cpu: CpuId, page: Frame) {
        if self.is_listed(page, LifeFlags::LOCKED | LifeFlags::DIRTY | LifeFlags::UNEVICTABLE) {
            self.queue(cpu, Batch::Rotate, page);
        }
    }

    fn pagevec_move_tail(&mut self, cpu: CpuId, page: Frame) {
        if self.is_listed(page, LifeFlags::UNEVICTABLE) {
            self.del_page_from_lru_list(cpu, page);
            self.mem.life_mut(page).flags -= LifeFlags::ACTIVE;
            self.add_page_to_lru_list_tail(cpu, page);
            self.global.events.add(VmEvent::PgRotated, self.mem.life(page).nr_pages());
        }
    }

    /// A page is not needed soon (`deactivate_page`).
    pub(crate) fn deactivate_page(&mut self, cpu: CpuId, page: Frame) {
        if self.is_listed(page, LifeFlags::UNEVICTABLE) && self.mem.life(page).flags.contains(LifeFlags::ACTIVE) {
            self.queue(cpu, Batch::Deactivate, page);
        }
    }

    fn lru_deactivate(&mut self, cpu: CpuId, page: Frame) {
        if self.is_listed(page, LifeFlags::UNEVICTABLE) && self.mem.life(page).flags.contains(LifeFlags::ACTIVE) {
            self.relist(cpu, page, LifeFlags::empty(), LifeFlags::ACTIVE | LifeFlags::REFERENCED);
            self.global.events.add(VmEvent::PgDeactivate, self.mem.life(page).nr_pages());
        }
    }

    /// A page of a file could not be dropped and should go soon (`deactivate_file_page`).
    pub(crate) fn deactivate_file_page(&mut self, cpu: CpuId, page: Frame) {
        if !self.mem.life(page).flags.contains(LifeFlags::UNEVICTABLE) {
            self.queue(cpu, Batch::DeactivateFile, page);
        }
    }

    fn lru_deactivate_file(&mut self, cpu: CpuId, page: Frame) {
        if !self.is_listed(page, LifeFlags::UNEVICTABLE) || self.mem.life(page).is_mapped() {
            return;
        }
        let life = *self.mem.life(page);
        self.del_page_from_lru_list(cpu, page);
        self.mem.life_mut(page).flags -= LifeFlags::ACTIVE | LifeFlags::REFERENCED;
        if life.flags.intersects(LifeFlags::DIRTY | LifeFlags::WRITEBACK) {
            // It is to go as soon as it is stored.
            self.mem.life_mut(page).flags |= LifeFlags::RECLAIM;
            self.add_page_to_lru_list(cpu, page);
        } else {
            self.add_page_to_lru_list_tail(cpu, page);
            self.global.events.add(VmEvent::PgRotated, life.nr_pages());
        }
        if life.flags.contains(LifeFlags::ACTIVE) {
            self.global.events.add(VmEvent::PgDeactivate, life.nr_pages());
        }
    }

    /// An anonymous page may be dropped without being stored (`mark_page_lazyfree`).
    pub(crate) fn mark_page_lazyfree(&mut self, cpu: CpuId, page: Frame) {
        if self.may_become_lazy(page) {
            self.queue(cpu, Batch::LazyFree, page);
        }
    }

    fn may_become_lazy(&self, page: Frame) -> bool {
        let plain = LifeFlags::ANON | LifeFlags::SWAPBACKED;
        self.is_listed(page, LifeFlags::UNEVICTABLE | LifeFlags::SWAPCACHE) && self.mem.life(page).flags.contains(plain)
    }

    fn lru_lazyfree(&mut self, cpu: CpuId, page: Frame) {
        if self.may_become_lazy(page) {
            let clear = LifeFlags::ACTIVE | LifeFlags::REFERENCED | LifeFlags::SWAPBACKED;
            self.relist(cpu, page, LifeFlags::empty(), clear);
            self.global.events.add(VmEvent::PgLazyFree, self.mem.life(page).nr_pages());
        }
    }

    /// Empties the batches of a CPU (`lru_add_drain`).
    pub fn drain_lru(&mut self, cpu: CpuId) {
        self.lru_add_drain(cpu);
    }
}
