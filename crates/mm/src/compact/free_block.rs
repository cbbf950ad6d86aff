//! The free scanner inside one pageblock: which free blocks are taken to move pages to.

use super::control::CompactControl;
use super::hints::Seen;
use super::isolate::COMPACT_CLUSTER_MAX;
use crate::event::{CompactEvent, Event, Sink, emit};
use crate::machine::Machine;
use crate::page::meta::{Meta, PageState};
use crate::pfn::{CpuId, Frame, MigrateType, Pfn};
use crate::vmstat::VmEvent;

/// A free block off its list (`page_private` remembers the order).
#[derive(Clone, Copy, Debug)]
pub(super) struct FreeBlock {
    pub(super) page: Frame,
    pub(super) order: u8,
}

/// What the free scanner has taken, in order; single pages once it is split.
#[derive(Default, Debug)]
pub(super) struct Haul {
    pub(super) blocks: Vec<FreeBlock>,
    /// Pages in them (`nr_freepages`).
    pub(super) pages: u64,
}

impl Haul {
    /// Adds a block.
    pub(super) fn push(&mut self, page: Frame, order: u8) {
        self.blocks.push(FreeBlock { page, order });
        self.pages += 1 << order;
    }

    /// Whether there is a free page for each page to be moved.
    pub(super) fn is_enough(&self, cc: &CompactControl) -> bool {
        self.pages >= cc.nr_migratepages
    }
}

impl<S: Sink> Machine<S> {
    /// Takes the free blocks of a range inside a pageblock until there are enough (`isolate_freepages_block`). Tells how
    /// far it came, and how many pages it took.
    pub(super) fn isolate_freepages_block(
        &mut self,
        cc: &mut CompactControl,
        cpu: CpuId,
        start: Pfn,
        end: Pfn,
        haul: &mut Haul,
        stride: u64,
    ) -> (Pfn, u64) {
        let (mut pfn, mut scanned) = (start, 0);
        let before = haul.pages;
        while pfn < end {
            if pfn.0.is_multiple_of(COMPACT_CLUSTER_MAX) && cc.signal {
                cc.contended = true;
                break;
            }
            scanned += 1;
            let Some(page) = self.mem.frame(pfn) else { break };
            match self.see(page) {
                Seen::Compound(order) => pfn.0 += (1 << order) - 1 + stride,
                Seen::Other => pfn.0 += stride,
                Seen::Free(order) => {
                    if !self.lock(cc.zone, cpu).isolate_free_page(page, order) {
                        break;
                    }
                    haul.push(page, order);
                    pfn.0 += 1 << order;
                    if haul.is_enough(cc) {
                        break;
                    }
                    pfn.0 += stride - 1;
                }
            }
        }
        let pfn = pfn.min(end);
        let taken = haul.pages - before;
        self.note_free_scan(cc, start, pfn, scanned, taken);
        (pfn, taken)
    }

    /// Takes the free blocks of a range as long as there is nothing else in it (`isolate_freepages_block`, strict). Tells
    /// how many pages it took, 0 if it did not come to the end.
    pub(super) fn isolate_freepages_strict(
        &mut self,
        cc: &mut CompactControl,
        cpu: CpuId,
        start: Pfn,
        end: Pfn,
        haul: &mut Haul,
    ) -> u64 {
        let (mut pfn, mut scanned) = (start, 0);
        let before = haul.pages;
        while pfn < end && !(pfn.0.is_multiple_of(COMPACT_CLUSTER_MAX) && cc.signal) {
            scanned += 1;
            let Some(page) = self.mem.frame(pfn) else { break };
            let Seen::Free(order) = self.see(page) else { break };
            if !self.lock(cc.zone, cpu).isolate_free_page(page, order) {
                break;
            }
            haul.push(page, order);
            pfn.0 += 1 << order;
        }
        let taken = haul.pages - before;
        let stop = pfn.min(end);
        cc.free_scanned += scanned;
        let event = CompactEvent::IsolateFree { start, end: stop, scanned: scanned as u32, taken: taken as u32 };
        emit!(self, Event::Compact(event));
        let complete = if stop < end { 0 } else { taken };
        self.global.events.add(VmEvent::CompactIsolated, complete);
        complete
    }

    fn note_free_scan(&mut self, cc: &mut CompactControl, start: Pfn, end: Pfn, scanned: u64, taken: u64) {
        let event = CompactEvent::IsolateFree { start, end, scanned: scanned as u32, taken: taken as u32 };
        emit!(self, Event::Compact(event));
        cc.free_scanned += scanned;
        self.global.events.add(VmEvent::CompactIsolated, taken);
    }

    /// Splits what was taken into single pages in use (`split_map_pages`). Migration takes the last page first.
    pub(super) fn split_map_pages(&mut self, haul: Haul) -> Vec<Frame> {
        let mut pages = Vec::with_capacity(haul.pages as usize);
        for block in haul.blocks {
            for n in 0..1 << block.order {
                let page = block.page.add(n);
                self.mem.set_meta(page, 0, Meta::new(PageState::Allocated, 0, MigrateType::Movable));
                pages.push(page);
            }
        }
        pages
    }
}
