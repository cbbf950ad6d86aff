//! Free page reporting: telling a host which large blocks are free (mm/page_reporting.c).

use super::LockedZone;
use crate::event::Sink;
use crate::gfp::AllocFlags;
use crate::page::meta::{Meta, PageState};
use crate::pfn::{Frame, MAX_ORDER, MigrateType, PAGEBLOCK_ORDER};
use crate::zone::check::zone_watermark_ok;

/// Blocks reported at once (`PAGE_REPORTING_CAPACITY`).
const CAPACITY: usize = 32;
/// Smallest order reported (`PAGE_REPORTING_MIN_ORDER`).
const MIN_ORDER: u8 = PAGEBLOCK_ORDER;

/// What a pass over the free lists reported.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Reporting {
    /// Blocks the host was told of.
    pub blocks: u64,
    /// Pages in them.
    pub pages: u64,
    /// The pass stopped at its budget and asks for another one in two seconds.
    pub requested: bool,
}

impl<S: Sink> LockedZone<'_, S> {
    /// Reports a zone's unreported blocks, list by list (`page_reporting_process_zone`).
    pub(crate) fn page_reporting_process(&mut self, total: &mut Reporting) {
        let mark = self.zone.wmark_pages(1) + ((CAPACITY as u64) << MIN_ORDER);
        if !zone_watermark_ok(self.zone, 0, mark, 0, AllocFlags::CMA).verdict.passed() {
            return;
        }
        let mut batch = Vec::with_capacity(CAPACITY);
        for order in MIN_ORDER..MAX_ORDER as u8 {
            for list in MigrateType::ALL.into_iter().filter(|&list| list != MigrateType::Isolate) {
                self.page_reporting_cycle(order, list, &mut batch, total);
            }
        }
        self.report(&mut batch, total);
    }

    /// Pulls unreported blocks off one list, a batch at a time (`page_reporting_cycle`).
    fn page_reporting_cycle(
        &mut self,
        order: u8,
        list: MigrateType,
        batch: &mut Vec<(Frame, u8)>,
        total: &mut Reporting,
    ) {
        let area = &self.zone.free_area[order as usize];
        let mut budget = area.nr_free.div_ceil(CAPACITY as u64 * 16) as i64;
        let mut at = area.free_list[list.index()].head(self.mem);
        while let Some(page) = at {
            let next = self.zone.free_area[order as usize].free_list[list.index()].after(self.mem, page, order);
            if self.mem.meta(page, order).has(Meta::REPORTED) {
                at = next;
                continue;
            }
            if budget < 0 {
                total.requested = true;
                break;
            }
            if batch.len() < CAPACITY {
                if !self.isolate_free_page(page, order) {
                    break;
                }
                batch.push((page, order));
                at = next;
                continue;
            }
            self.rotate_to_front(page, order, list);
            self.report(batch, total);
            budget -= 1;
            at = self.zone.free_area[order as usize].free_list[list.index()].head(self.mem);
        }
        if let Some(page) = at {
            self.rotate_to_front(page, order, list);
        }
    }

    fn rotate_to_front(&mut self, page: Frame, order: u8, list: MigrateType) {
        self.zone.free_area[order as usize].free_list[list.index()].rotate_to_front(self.mem, page, order);
    }

    /// Tells the host and puts the blocks back, newest first (`page_reporting_drain`).
    fn report(&mut self, batch: &mut Vec<(Frame, u8)>, total: &mut Reporting) {
        while let Some((page, order)) = batch.pop() {
            let migratetype = self.mem.pageblock(page);
            self.free_one_page(page, order, migratetype, true);
            let meta = self.mem.meta(page, order);
            // A block that merged on its way back is a new one.
            if meta.is(PageState::Buddy, order) {
                self.mem.set_meta(page, order, meta.with(Meta::REPORTED));
            }
            total.blocks += 1;
            total.pages += 1 << order;
        }
    }
}
