//! Taking from another migrate type: which block, how much of its pageblock, and the watermark boost.

use super::LockedZone;
use crate::event::{Event, Sink, emit};
use crate::gfp::AllocFlags;
use crate::page::memmap::TOP_ORDER;
use crate::page::meta::{Marks, PageState};
use crate::pfn::{Frame, MAX_ORDER, MigrateType, PAGEBLOCK_NR_PAGES, PAGEBLOCK_ORDER};
use crate::zone::ZONE_BOOSTED_WATERMARK;

/// What moving the free pages of a pageblock found there.
#[derive(Clone, Copy, Default)]
pub(crate) struct Moved {
    /// Free pages moved.
    pub(crate) moved: u32,
    /// Pages in use that could be migrated.
    pub(crate) movable: u32,
    /// Free pages moved that were on the list of isolated ones.
    pub(crate) isolated: u32,
}

/// A block that a request of another type could take.
struct Candidate {
    list: MigrateType,
    can_steal: bool,
}

/// The types to steal from, in order of preference (`fallbacks`).
const fn fallbacks(migratetype: MigrateType) -> [MigrateType; 2] {
    match migratetype {
        MigrateType::Movable => [MigrateType::Reclaimable, MigrateType::Unmovable],
        MigrateType::Reclaimable => [MigrateType::Unmovable, MigrateType::Movable],
        _ => [MigrateType::Reclaimable, MigrateType::Movable],
    }
}

impl<S: Sink> LockedZone<'_, S> {
    /// Moves a block of another type to the lists of `start`; false if there is none (`__rmqueue_fallback`).
    #[cold]
    #[inline(never)]
    pub(super) fn rmqueue_fallback(&mut self, order: u8, start: MigrateType, flags: AllocFlags) -> bool {
        let min_order = if flags.contains(AllocFlags::NOFRAGMENT) { PAGEBLOCK_ORDER } else { order };
        for current in (min_order..MAX_ORDER as u8).rev() {
            let Some(candidate) = self.find_suitable_fallback(current, start) else { continue };
            let smallest = !candidate.can_steal && start == MigrateType::Movable && current > order;
            if smallest {
                return self.steal_smallest(order, start, flags);
            }
            self.steal(order, current, start, &candidate, flags);
            return true;
        }
        false
    }

    /// A movable request that cannot own the pageblock disturbs the smallest block instead of the largest.
    fn steal_smallest(&mut self, order: u8, start: MigrateType, flags: AllocFlags) -> bool {
        for current in order..MAX_ORDER as u8 {
            if let Some(candidate) = self.find_suitable_fallback(current, start) {
                self.steal(order, current, start, &candidate, flags);
                return true;
            }
        }
        false
    }

    /// First non-empty list of another type at this order (`find_suitable_fallback`).
    fn find_suitable_fallback(&self, order: u8, start: MigrateType) -> Option<Candidate> {
        let area = &self.zone.free_area[order as usize];
        if area.nr_free == 0 {
            return None;
        }
        let list = fallbacks(start).into_iter().find(|list| !area.free_list[list.index()].is_empty())?;
        Some(Candidate { list, can_steal: self.can_steal_fallback(order, start) })
    }

    /// Whether a request could steal a block of this order and its pageblock with it (`find_suitable_fallback` with
    /// `only_stealable`).
    pub(crate) fn can_steal_at(&self, order: u8, start: MigrateType) -> bool {
        self.find_suitable_fallback(order, start).is_some_and(|candidate| candidate.can_steal)
    }

    /// Whether the request may take over the rest of the pageblock too (`can_steal_fallback`).
    fn can_steal_fallback(&self, order: u8, start: MigrateType) -> bool {
        order >= PAGEBLOCK_ORDER / 2
            || matches!(start, MigrateType::Reclaimable | MigrateType::Unmovable)
            || self.options.group_by_mobility_disabled
    }

    fn steal(&mut self, order: u8, found: u8, start: MigrateType, candidate: &Candidate, flags: AllocFlags) {
        let list = &self.zone.free_area[found as usize].free_list[candidate.list.index()];
        let Some(frame) = list.head(self.mem) else { return };
        self.steal_suitable_fallback(frame, found, start, candidate.can_steal, flags);
        emit!(
            self,
            Event::Steal {
                zone: self.zone.id,
                pfn: self.mem.pfn(frame),
                order,
                fallback_order: found,
                start,
                fallback: candidate.list,
                owned: self.mem.pageblock(frame) == start,
            }
        );
    }

    /// Moves the block, or all free pages of its pageblock, and claims the pageblock where half of it is alike
    /// (`steal_suitable_fallback`).
    fn steal_suitable_fallback(&mut self, frame: Frame, order: u8, start: MigrateType, whole: bool, flags: AllocFlags) {
        let old = self.mem.pageblock(frame);
        if old == MigrateType::HighAtomic {
            return self.move_to_free_list(frame, order, start);
        }
        if order >= PAGEBLOCK_ORDER {
            for block in 0..1 << (order - PAGEBLOCK_ORDER) {
                self.set_pageblock_migratetype(frame.add(block * PAGEBLOCK_NR_PAGES as u32), start);
            }
            return self.move_to_free_list(frame, order, start);
        }
        if self.boost_watermark() && flags.contains(AllocFlags::KSWAPD) {
            self.zone.flags |= ZONE_BOOSTED_WATERMARK;
        }
        if !whole {
            return self.move_to_free_list(frame, order, start);
        }
        let Moved { moved, movable, .. } = self.move_freepages_block(frame, start);
        if moved == 0 {
            return self.move_to_free_list(frame, order, start);
        }
        let alike = match (start, old) {
            (MigrateType::Movable, _) => movable,
            // The rest of a movable pageblock that is neither free nor movable must be of the request's kind.
            (_, MigrateType::Movable) => PAGEBLOCK_NR_PAGES as u32 - (moved + movable),
            _ => 0,
        };
        if moved + alike >= 1 << (PAGEBLOCK_ORDER - 1) || self.options.group_by_mobility_disabled {
            self.set_pageblock_migratetype(frame, start);
        }
    }

    /// Raises the zone's marks so that kswapd undoes the fragmentation (`boost_watermark`).
    fn boost_watermark(&mut self) -> bool {
        let factor = self.options.watermark_boost_factor;
        if factor == 0 || PAGEBLOCK_NR_PAGES * 4 > self.zone.managed_pages {
            return false;
        }
        let max_boost = mult_frac(self.zone.watermark[2], factor, 10_000);
        if max_boost == 0 {
            return false;
        }
        let max = max_boost.max(PAGEBLOCK_NR_PAGES);
        self.zone.watermark_boost = max.min(self.zone.watermark_boost + PAGEBLOCK_NR_PAGES);
        emit!(self, Event::Boost { zone: self.zone.id, boost: self.zone.watermark_boost, max });
        true
    }

    /// Moves every free block of the pageblock to the tails of another type's lists (`move_freepages_block`).
    pub(crate) fn move_freepages_block(&mut self, frame: Frame, to: MigrateType) -> Moved {
        let start = frame.pageblock_start();
        let first_pfn = self.mem.pfn(start);
        let end = start.add(PAGEBLOCK_NR_PAGES as u32 - 1);
        if !self.zone.spans(self.mem.pfn(end)) {
            return Moved::default();
        }
        let start = if self.zone.spans(first_pfn) { start } else { frame };
        let moved = self.move_freepages(start, end, to);
        emit!(self, Event::MoveFreepages { zone: self.zone.id, pfn: first_pfn, to, moved: moved.moved });
        moved
    }

    fn move_freepages(&mut self, start: Frame, end: Frame, to: MigrateType) -> Moved {
        let mut result = Moved::default();
        let mut at = start;
        while at <= end {
            let meta = self.mem.page_meta(at);
            if meta.state() == PageState::Buddy {
                self.move_to_free_list(at, meta.order(), to);
                result.moved += 1 << meta.order();
                if meta.migratetype() == MigrateType::Isolate {
                    result.isolated += 1 << meta.order();
                }
                at = at.add(1 << meta.order());
                continue;
            }
            if self.mem.marks(at).any(Marks::MIGRATABLE) {
                result.movable += 1;
            }
            at = at.add(1);
        }
        result
    }
}

/// x × numer / denom without overflow of the product (`mult_frac`).
const fn mult_frac(x: u64, numer: u64, denom: u64) -> u64 {
    (x / denom) * numer + (x % denom) * numer / denom
}

const _: () = assert!(TOP_ORDER == 10);
