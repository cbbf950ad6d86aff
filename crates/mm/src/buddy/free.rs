//! Giving pages back: the checks before, and the way past the per-CPU lists.

use super::LockedZone;
use crate::LIVES;
use crate::event::{Event, Sink, emit};
use crate::machine::Machine;
use crate::page::meta::{Marks, Meta, PageState};
use crate::pfn::{CpuId, Frame, ZoneId};
use crate::vmstat::VmEvent;

impl<S: Sink> Machine<S> {
    /// Frees a block whose last reference is gone (`free_unref_page`, `__free_pages_ok`).
    #[inline]
    pub(crate) fn free_block(&mut self, cpu: CpuId, zone: ZoneId, frame: Frame, meta: Meta) {
        let order = meta.order();
        emit!(self, Event::Free { pfn: self.mem.pfn(frame), order, cpu });
        if LIVES && meta.has(Meta::KMEMCG) {
            self.memcg_kmem_uncharge_page(cpu, frame, order);
        }
        let touched = self.mem.any_bad() || meta.has(Meta::MARKED);
        if touched && !self.lock(zone, cpu).free_pages_prepare(frame, meta) {
            return;
        }
        if order == 0 {
            self.free_unref_page_commit(cpu, zone, frame);
        } else {
            self.lock(zone, cpu).free_pages_ok(frame, order);
        }
    }
}

impl<S: Sink> LockedZone<'_, S> {
    /// Frees a block that no per-CPU list can hold (`__free_pages_ok`).
    fn free_pages_ok(&mut self, frame: Frame, order: u8) {
        self.global.events.add(VmEvent::PgFree, 1 << order);
        let migratetype = self.mem.pageblock(frame);
        self.free_one_page(frame, order, migratetype, false);
    }

    /// Clears what the user left on the pages; false if a page is bad and the block is lost (`free_pages_prepare`).
    fn free_pages_prepare(&mut self, frame: Frame, meta: Meta) -> bool {
        if self.mem.any_bad() && !self.check_free_pages(frame, meta.order()) {
            return false;
        }
        if meta.has(Meta::MARKED) {
            self.clear_marks(frame, meta.order());
        }
        true
    }

    /// Broken order-0 pages vanish; a bad page loses its whole block, but order 0 is only looked at when it leaves
    /// the per-CPU list (`check_free_page`, `bulkfree_pcp_prepare`).
    fn check_free_pages(&mut self, frame: Frame, order: u8) -> bool {
        let bad = self.has_marks(frame, order, if order == 0 { Marks::HWPOISON } else { Marks::BAD });
        if bad {
            self.leak(frame, order);
        }
        !bad
    }

    /// Forgets the flags of every page (`PAGE_FLAGS_CHECK_AT_PREP` cleared).
    fn clear_marks(&mut self, frame: Frame, order: u8) {
        for n in 0..1u32 << order {
            self.mem.update_marks(frame.add(n), |marks| marks.without(Marks::MIGRATABLE));
        }
    }

    /// Sets marks on every page of a block in use.
    pub(crate) fn mark_pages(&mut self, frame: Frame, order: u8, more: Marks) {
        for n in 0..1u32 << order {
            self.mem.update_marks(frame.add(n), |marks| marks.with(more));
        }
        let meta = self.mem.meta(frame, order);
        self.mem.set_meta(frame, order, meta.with(Meta::MARKED));
    }

    /// Turns a block in use into single pages in use (`split_page`).
    pub(crate) fn split_page(&mut self, frame: Frame, order: u8) {
        let head = self.mem.meta(frame, order);
        let kept = head.0 & (Meta::PFMEMALLOC | Meta::KMEMCG | Meta::UNKNOWN);
        self.mem.set_meta(frame, order, Meta::default());
        for n in 0..1u32 << order {
            let page = frame.add(n);
            let marked = if self.mem.marks(page) == Marks::NONE { 0 } else { Meta::MARKED };
            let meta = Meta::new(PageState::Allocated, 0, head.migratetype());
            self.mem.set_meta(page, 0, meta.with(kept | marked));
        }
    }
}
