//! The free scanner from pageblock to pageblock, downward from the end of the zone.

use super::control::{CompactControl, MigrateMode};
use super::free_block::Haul;
use super::hints::{pageblock_end, pageblock_start};
use super::isolate::COMPACT_CLUSTER_MAX;
use crate::event::Sink;
use crate::machine::Machine;
use crate::page::meta::PageState;
use crate::pfn::{CpuId, Frame, MigrateType, PAGEBLOCK_NR_PAGES, PAGEBLOCK_ORDER, Pfn};

impl<S: Sink> Machine<S> {
    /// Finds free pages for the pages to be moved (`isolate_freepages`).
    pub(super) fn isolate_freepages(&mut self, cc: &mut CompactControl, cpu: CpuId) {
        let mut haul = Haul::default();
        self.fast_isolate_freepages(cc, cpu, &mut haul);
        if haul.pages == 0 {
            cc.free_pfn = self.scan_for_free_pages(cc, cpu, &mut haul);
        }
        cc.freepages = self.split_map_pages(haul);
    }

    /// Walks the pageblocks down to the migrate scanner's. Tells where to go on next time.
    fn scan_for_free_pages(&mut self, cc: &mut CompactControl, cpu: CpuId, haul: &mut Haul) -> Pfn {
        let mut at = cc.free_pfn;
        let mut start = pageblock_start(at);
        let mut end = Pfn(start.0 + PAGEBLOCK_NR_PAGES).min(self.zones[cc.zone.index()].end_pfn());
        let lowest = pageblock_end(cc.migrate_pfn);
        let mut stride = if cc.mode == MigrateMode::Async { COMPACT_CLUSTER_MAX } else { 1 };
        while start >= lowest {
            if let Some(page) = self.target_page(cc, start, end) {
                let (stop, taken) = self.isolate_freepages_block(cc, cpu, at, end, haul, stride);
                if stop == end {
                    self.update_pageblock_skip(cc, page, start);
                }
                if haul.is_enough(cc) {
                    return if stop == end { Pfn(start.0 - PAGEBLOCK_NR_PAGES) } else { stop };
                }
                if stop < end {
                    return stop;
                }
                stride = if taken > 0 { 1 } else { COMPACT_CLUSTER_MAX.min(stride << 1) };
            }
            end = start;
            start = Pfn(start.0 - PAGEBLOCK_NR_PAGES);
            at = start;
        }
        at
    }

    /// The first page of a pageblock that pages may be moved to.
    fn target_page(&self, cc: &CompactControl, start: Pfn, end: Pfn) -> Option<Frame> {
        let page = self.pageblock_page(start, end, cc.zone)?;
        (self.suitable_migration_target(cc, page) && self.isolation_suitable(cc, page)).then_some(page)
    }

    /// Whether pages may be moved into the pageblock (`suitable_migration_target`).
    fn suitable_migration_target(&self, cc: &CompactControl, page: Frame) -> bool {
        let meta = self.mem.page_meta(page);
        if meta.state() == PageState::Buddy && meta.order() >= PAGEBLOCK_ORDER {
            return false;
        }
        cc.ignore_block_suitable || matches!(self.mem.pageblock(page), MigrateType::Movable | MigrateType::Cma)
    }
}
