//! What whoever holds pages can do with them: give them back, share, split and mark them, take blocks out of use.

use super::Machine;
use crate::buddy::reporting::Reporting;
use crate::event::Sink;
use crate::page::meta::{Marks, Meta, PageState};
use crate::pfn::{CpuId, Frame, MigrateType, Order, Pfn, ZoneId};
use thiserror::Error;

/// Why a page or block cannot be freed or marked. The machine is as it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum PageError {
    /// No memory at that page frame.
    #[error("pfn {pfn}: no memory there")]
    NoMemory {
        /// The page frame.
        pfn: Pfn,
    },
    /// The page is reserved.
    #[error("pfn {pfn}: the page is reserved and was never allocated")]
    Reserved {
        /// The page frame.
        pfn: Pfn,
    },
    /// The page is free already.
    #[error("pfn {pfn}: the page is free already ({state})")]
    AlreadyFree {
        /// The page frame.
        pfn: Pfn,
        /// Where it is.
        state: &'static str,
    },
    /// The page lies inside an allocation that starts elsewhere.
    #[error("pfn {pfn}: inside the order-{order} allocation that starts at pfn {head}")]
    NotTheHead {
        /// The page frame.
        pfn: Pfn,
        /// First page of the allocation.
        head: Pfn,
        /// Its order.
        order: u8,
    },
    /// The order differs from the one it was allocated with.
    #[error("pfn {pfn}: allocated with order {allocated}, not {order}")]
    WrongOrder {
        /// The page frame.
        pfn: Pfn,
        /// Order that was given.
        order: u8,
        /// Order of the allocation.
        allocated: u8,
    },
    /// The CPU does not exist.
    #[error("cpu {cpu}: the machine has {cpus} CPUs")]
    NoCpu {
        /// The CPU that was given.
        cpu: CpuId,
        /// How many there are.
        cpus: usize,
    },
}

impl<S: Sink> Machine<S> {
    /// Drops a reference; at the last one the block is freed on that CPU (`__free_pages`).
    ///
    /// # Errors
    /// Every [`PageError`] where the kernel would corrupt memory.
    #[inline]
    pub fn free_pages(&mut self, cpu: CpuId, pfn: Pfn, order: Order) -> Result<(), PageError> {
        let (frame, zone, meta) = self.allocated_block(pfn, order)?;
        self.check_cpu(cpu)?;
        if meta.has(Meta::EXTRA_REFS) {
            self.put_shared(cpu, zone, frame, order.get());
        } else {
            self.free_block(cpu, zone, frame, meta);
        }
        Ok(())
    }

    fn check_cpu(&self, cpu: CpuId) -> Result<(), PageError> {
        let cpus = self.cpus.len();
        if cpu.index() < cpus { Ok(()) } else { Err(PageError::NoCpu { cpu, cpus }) }
    }

    /// The block in use that starts at `pfn` with exactly this order.
    #[inline]
    fn allocated_block(&self, pfn: Pfn, order: Order) -> Result<(Frame, ZoneId, Meta), PageError> {
        let frame = self.mem.frame(pfn).ok_or(PageError::NoMemory { pfn })?;
        let aligned = frame.0 & ((1 << order.get()) - 1) == 0;
        let meta = self.mem.meta(frame, order.get());
        if aligned && meta.is(PageState::Allocated, order.get()) {
            return self.mem.zone_of(frame).map(|zone| (frame, zone, meta)).ok_or(PageError::NoMemory { pfn });
        }
        Err(self.why_not_allocated(frame, pfn, order.get()))
    }

    #[cold]
    fn why_not_allocated(&self, frame: Frame, pfn: Pfn, order: u8) -> PageError {
        if !self.mem.exists(frame) {
            return PageError::NoMemory { pfn };
        }
        if self.mem.is_reserved(pfn) {
            return PageError::Reserved { pfn };
        }
        let (head, meta) = self.mem.block_of(frame);
        match meta.state() {
            PageState::Allocated if head == frame => PageError::WrongOrder { pfn, order, allocated: meta.order() },
            PageState::Allocated => PageError::NotTheHead { pfn, head: self.mem.pfn(head), order: meta.order() },
            PageState::Buddy => PageError::AlreadyFree { pfn, state: "on a free list" },
            PageState::Pcp => PageError::AlreadyFree { pfn, state: "on a per-CPU list" },
            PageState::Guard => PageError::AlreadyFree { pfn, state: "a guard page" },
            PageState::Isolated => PageError::AlreadyFree { pfn, state: "isolated" },
            PageState::Leaked => PageError::AlreadyFree { pfn, state: "lost as a bad page" },
            PageState::None => PageError::Reserved { pfn },
        }
    }

    /// Takes another reference to a block in use (`get_page`).
    ///
    /// # Errors
    /// As [`Machine::free_pages`].
    pub fn get_page(&mut self, pfn: Pfn, order: Order) -> Result<(), PageError> {
        let (frame, _, meta) = self.allocated_block(pfn, order)?;
        self.mem.set_meta(frame, order.get(), meta.with(Meta::EXTRA_REFS));
        match self.extra_refs.binary_search_by_key(&frame, |refs| refs.0) {
            Ok(at) => self.extra_refs[at].1 += 1,
            Err(at) => self.extra_refs.insert(at, (frame, 1)),
        }
        Ok(())
    }

    /// Drops one of several references. A block that is not compound loses all but its first page at once.
    #[cold]
    fn put_shared(&mut self, cpu: CpuId, zone: ZoneId, frame: Frame, order: u8) {
        let meta = self.mem.meta(frame, order);
        let left = drop_extra_ref(&mut self.extra_refs, frame);
        let flag = if left == 0 { 0 } else { Meta::EXTRA_REFS };
        // Whoever holds the first page holds the charge, although the others are freed: so it is in 5.10.35.
        let flag = flag | meta.0 & Meta::KMEMCG;
        if order == 0 || meta.has(Meta::COMP) {
            self.mem.set_meta(frame, order, meta.without(Meta::EXTRA_REFS).with(flag));
            return;
        }
        self.mem.set_meta(frame, order, Meta::default());
        self.mem.set_meta(frame, 0, Meta::new(PageState::Allocated, 0, meta.migratetype()).with(flag));
        for part in (0..order).rev() {
            let upper = frame.add(1 << part);
            self.mem.set_meta(upper, part, Meta::new(PageState::Allocated, part, meta.migratetype()));
            let meta = self.mem.meta(upper, part);
            self.free_block(cpu, zone, upper, meta);
        }
    }

    /// Turns a block in use into single pages in use (`split_page`).
    ///
    /// # Errors
    /// As [`Machine::free_pages`].
    pub fn split_page(&mut self, pfn: Pfn, order: Order) -> Result<(), PageError> {
        let (frame, zone, meta) = self.allocated_block(pfn, order)?;
        self.lock(zone, CpuId(0)).split_page(frame, order.get());
        if meta.has(Meta::KMEMCG) {
            self.split_page_memcg(frame, order.get());
        }
        Ok(())
    }

    /// Puts every page of a block in use on an LRU list, as far as the allocator can tell (`PageLRU`).
    ///
    /// # Errors
    /// As [`Machine::free_pages`].
    pub fn mark_lru(&mut self, pfn: Pfn, order: Order) -> Result<(), PageError> {
        let (frame, zone, _) = self.allocated_block(pfn, order)?;
        self.lock(zone, CpuId(0)).mark_pages(frame, order.get(), Marks::LRU);
        Ok(())
    }

    /// Marks a page as broken (`PG_hwpoison`) or with a field that fails the next check.
    ///
    /// # Errors
    /// [`PageError::NoMemory`].
    pub fn mark_bad(&mut self, pfn: Pfn, hwpoison: bool) -> Result<(), PageError> {
        let frame = self.mem.frame(pfn).filter(|&f| self.mem.exists(f)).ok_or(PageError::NoMemory { pfn })?;
        self.mem.mark_bad(frame, if hwpoison { Marks::HWPOISON } else { Marks::BAD });
        Ok(())
    }

    /// Isolates one pageblock, as the first step of taking it out of use (`start_isolate_page_range`), and drains
    /// every CPU. Says whether it could be isolated.
    ///
    /// # Errors
    /// [`PageError::NoMemory`].
    pub fn isolate_pageblock(&mut self, pfn: Pfn, migratetype: MigrateType) -> Result<bool, PageError> {
        let (frame, zone) = self.page_in_zone(pfn)?;
        let isolated = self.lock(zone, CpuId(0)).set_migratetype_isolate(frame, migratetype);
        if isolated {
            self.drain_zone(zone);
        }
        Ok(isolated)
    }

    /// Gives an isolated pageblock back (`undo_isolate_page_range`).
    ///
    /// # Errors
    /// [`PageError::NoMemory`].
    pub fn unisolate_pageblock(&mut self, pfn: Pfn, migratetype: MigrateType) -> Result<(), PageError> {
        let (frame, zone) = self.page_in_zone(pfn)?;
        self.lock(zone, CpuId(0)).unset_migratetype_isolate(frame, migratetype);
        Ok(())
    }

    /// Takes a free page that the hardware broke out of use for good (`take_page_off_buddy`). Says whether it was free.
    ///
    /// # Errors
    /// [`PageError::NoMemory`].
    pub fn take_page_off_buddy(&mut self, pfn: Pfn) -> Result<bool, PageError> {
        let (frame, zone) = self.page_in_zone(pfn)?;
        Ok(self.lock(zone, CpuId(0)).take_page_off_buddy(frame))
    }

    /// One pass of free page reporting over all zones (`page_reporting_process`).
    pub fn report_free_pages(&mut self) -> Reporting {
        let mut total = Reporting::default();
        for zone in 0..self.zones.len() as u16 {
            self.lock(ZoneId(zone), CpuId(0)).page_reporting_process(&mut total);
        }
        total
    }
}

/// Forgets one of a block's further references and tells how many are left. Not generic, so that it is compiled once.
#[cold]
#[inline(never)]
fn drop_extra_ref(refs: &mut Vec<(Frame, u32)>, frame: Frame) -> u32 {
    let Ok(at) = refs.binary_search_by_key(&frame, |refs| refs.0) else { return 0 };
    refs[at].1 -= 1;
    let left = refs[at].1;
    if left == 0 {
        refs.remove(at);
    }
    left
}
