//! Whether compaction could help: enough free pages to move others to, and fragmentation that keeps them apart.

use super::CompactResult;
use crate::alloc::AllocContext;
use crate::event::{CompactEvent, Event, Sink, emit};
use crate::gfp::AllocFlags;
use crate::machine::Machine;
use crate::pfn::{MAX_ORDER, PAGE_ALLOC_COSTLY_ORDER, ZoneId};
use crate::vmstat::ZoneItem;
use crate::zone::Zone;
use crate::zone::check::{zone_watermark_ok, zone_watermark_ok_free};

/// "All memory" in place of an order, as `compact_memory` asks for (`is_via_compact_memory`).
pub(super) const WHOLE_ZONE: i8 = -1;

/// Free pages that compaction needs beside the mark: room for the pages it moves, and the block (`compact_gap`).
#[must_use]
pub const fn compact_gap(order: u8) -> u64 {
    2 << order
}

/// Free blocks and pages of a zone, with regard to an order (`struct contig_page_info`, `fill_contig_page_info`).
struct ContigPageInfo {
    free_pages: u64,
    free_blocks_total: u64,
    /// Blocks of the order that the free blocks of sufficient size hold.
    free_blocks_suitable: u64,
}

impl ContigPageInfo {
    fn new(zone: &Zone, suitable_order: u8) -> ContigPageInfo {
        let mut info = ContigPageInfo { free_pages: 0, free_blocks_total: 0, free_blocks_suitable: 0 };
        for (order, area) in (0..MAX_ORDER as u8).zip(&zone.free_area) {
            info.free_blocks_total += area.nr_free;
            info.free_pages += area.nr_free << order;
            if order >= suitable_order {
                info.free_blocks_suitable += area.nr_free << (order - suitable_order);
            }
        }
        info
    }
}

/// How far a failure would be due to fragmentation: 1000 wholly, 0 for lack of memory, −1000 if a block is free
/// (`fragmentation_index`).
#[must_use]
pub fn fragmentation_index(zone: &Zone, order: u8) -> i64 {
    let info = ContigPageInfo::new(zone, order);
    if info.free_blocks_total == 0 {
        0
    } else if info.free_blocks_suitable > 0 {
        -1000
    } else {
        1000 - ((1000 + info.free_pages * 1000 / (1 << order)) / info.free_blocks_total) as i64
    }
}

/// Percent of the free pages that lie in blocks too small for the order (`extfrag_for_order`).
#[must_use]
pub fn extfrag_for_order(zone: &Zone, order: u8) -> u64 {
    let info = ContigPageInfo::new(zone, order);
    if info.free_pages == 0 {
        return 0;
    }
    (info.free_pages - (info.free_blocks_suitable << order)) * 100 / info.free_pages
}

/// Whether compaction could make a block if so many pages were free (`__compaction_suitable`): [`Success`] if there is
/// one already, [`Skipped`] if too little is free, otherwise [`Continue`].
///
/// [`Success`]: CompactResult::Success
/// [`Skipped`]: CompactResult::Skipped
/// [`Continue`]: CompactResult::Continue
pub(crate) fn suitable_if_free(
    zone: &Zone,
    order: i8,
    flags: AllocFlags,
    highest_zoneidx: u8,
    free: i64,
) -> CompactResult {
    let Ok(order) = u8::try_from(order) else { return CompactResult::Continue };
    let mark = zone.wmark_pages(flags.wmark());
    if zone_watermark_ok(zone, order, mark, highest_zoneidx, flags).verdict.passed() {
        return CompactResult::Success;
    }
    // Costly orders must leave the low mark instead of min, which makes it likelier that they succeed.
    let mark = zone.wmark_pages(usize::from(order > PAGE_ALLOC_COSTLY_ORDER)) + compact_gap(order);
    let room = zone_watermark_ok_free(zone, 0, mark as i64, highest_zoneidx, AllocFlags::CMA, free);
    if room.verdict.passed() { CompactResult::Continue } else { CompactResult::Skipped }
}

impl<S: Sink> Machine<S> {
    /// Whether compaction of a zone is worth beginning (`compaction_suitable`): [`CompactResult::Success`],
    /// [`CompactResult::Skipped`] or [`CompactResult::Continue`]. An order of −1 asks about all memory.
    pub(crate) fn compaction_suitable(
        &mut self,
        zone: ZoneId,
        order: i8,
        flags: AllocFlags,
        highest_zoneidx: u8,
    ) -> CompactResult {
        let state = &self.zones[zone.index()];
        let free = state.page_state(ZoneItem::FreePages);
        let mut result = suitable_if_free(state, order, flags, highest_zoneidx, free);
        if result == CompactResult::Continue
            && let Ok(order) = u8::try_from(order)
            && order > PAGE_ALLOC_COSTLY_ORDER
            && (0..=i64::from(self.sysctl.extfrag_threshold)).contains(&fragmentation_index(state, order))
        {
            result = CompactResult::NotSuitableZone;
        }
        emit!(self, Event::Compact(CompactEvent::Suitable { zone, order, result }));
        if result == CompactResult::NotSuitableZone { CompactResult::Skipped } else { result }
    }

    /// Whether compaction could help in some zone of the request if some of what `reclaimable` tells of each were
    /// reclaimed (`compaction_zonelist_suitable`).
    pub(crate) fn compaction_zonelist_suitable(
        &self,
        ac: &AllocContext,
        order: u8,
        flags: AllocFlags,
        reclaimable: impl Fn(&Machine<S>, ZoneId) -> u64,
    ) -> bool {
        let list = self.zonelist(ac);
        let mut at = list.next(0, ac.highest_zoneidx, ac.nodemask);
        while let Some(&zref) = list.refs.get(at) {
            let zone = &self.zones[zref.zone.index()];
            // By the number of the order, not by the size of the block: a part of it that grows smaller.
            let part = reclaimable(self, zref.zone) / u64::from(order.max(1));
            let free = self.zone_page_state_snapshot(zone, ZoneItem::FreePages) + part as i64;
            if suitable_if_free(zone, order as i8, flags, ac.highest_zoneidx, free) != CompactResult::Skipped {
                return true;
            }
            at = list.next(at + 1, ac.highest_zoneidx, ac.nodemask);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pfn::{NodeId, ZoneType};

    fn zone(free: &[(usize, u64)]) -> Zone {
        let mut zone = Zone::empty(NodeId(0), ZoneType::Normal);
        for &(order, blocks) in free {
            zone.free_area[order].nr_free = blocks;
            zone.vm_stat[ZoneItem::FreePages as usize] += (blocks << order) as i64;
        }
        zone
    }

    #[test]
    fn the_fragmentation_index_tells_scarcity_from_fragmentation() {
        let scattered = zone(&[(0, 1000), (1, 500), (2, 200)]);
        assert_eq!(fragmentation_index(&scattered, 9), 997);
        assert_eq!(fragmentation_index(&scattered, 4), 897);
        assert_eq!(fragmentation_index(&zone(&[(0, 10)]), 9), 899);
        assert_eq!(fragmentation_index(&zone(&[(9, 1)]), 9), -1000);
        assert_eq!(fragmentation_index(&zone(&[]), 9), 0);
    }

    #[test]
    fn external_fragmentation_is_the_part_in_small_blocks() {
        assert_eq!(extfrag_for_order(&zone(&[(0, 1000), (1, 500), (2, 200), (9, 4), (10, 2)]), 9), 40);
        assert_eq!(extfrag_for_order(&zone(&[]), 9), 0);
    }

    #[test]
    fn the_gap_is_twice_the_block() {
        assert_eq!((compact_gap(4), compact_gap(9)), (32, 1024));
    }

    #[test]
    fn all_of_memory_is_always_worth_compacting() {
        let result = suitable_if_free(&zone(&[]), WHOLE_ZONE, AllocFlags::empty(), 2, 0);
        assert_eq!(result, CompactResult::Continue);
    }

    #[test]
    fn a_costly_order_must_leave_the_low_mark_and_the_gap() {
        let mut zone = zone(&[(0, 700)]);
        zone.watermark = [100, 125, 150];
        let suitable = |order, free| suitable_if_free(&zone, order, AllocFlags::empty(), 2, free);
        assert_eq!(suitable(4, 125 + 32), CompactResult::Skipped);
        assert_eq!(suitable(4, 125 + 33), CompactResult::Continue);
        assert_eq!(suitable(3, 100 + 16), CompactResult::Skipped);
        assert_eq!(suitable(3, 100 + 17), CompactResult::Continue);
        assert_eq!(suitable(0, 0), CompactResult::Success);
    }
}
