//! The buddy allocator of one zone, seen from one CPU (mm/page_alloc.c).

mod capture;
mod cma;
mod fallback;
mod free;
mod guard;
mod highatomic;
mod hwpoison;
pub(crate) mod isolation;
pub(crate) mod pcp;
pub(crate) mod reporting;

use crate::event::{Event, Sink, emit};
use crate::gfp::AllocFlags;
use crate::page::memmap::{Entry, MemMap, TOP_ORDER};
use crate::page::meta::{Marks, Meta, PageState};
use crate::pfn::{CpuId, Frame, MAX_NR_ZONES, MAX_ORDER, MigrateType};
use crate::vmstat::{NR_ZONE_ITEMS, VmEvent, VmEvents, ZoneItem, fold_delta, fold_deltas};
use crate::zone::{PerCpuPages, Zone};

/// Counters of the whole machine, fed by the zones.
#[derive(Clone, Debug, Default)]
pub(crate) struct GlobalStat {
    pub(crate) vm_zone_stat: [i64; NR_ZONE_ITEMS],
    pub(crate) vm_numa_stat: [u64; crate::vmstat::NR_NUMA_ITEMS],
    pub(crate) events: VmEvents,
}

/// Switches that change how the buddy allocator works; set at boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuddyOptions {
    /// Every request is unmovable: the machine is too small to group pages (`page_group_by_mobility_disabled`).
    pub group_by_mobility_disabled: bool,
    /// Halves below this order become guard pages; 0 is off (`debug_guardpage_minorder`).
    pub guardpage_minorder: u8,
    /// A steal may boost the watermark up to high × factor / 10000; 0 is off (`watermark_boost_factor`).
    pub watermark_boost_factor: u64,
    /// Whether NUMA events are counted (`vm.numa_stat`).
    pub numa_stat: bool,
}

/// A zone with its lock held by a CPU: everything that the functions below read or change.
pub(crate) struct LockedZone<'a, S> {
    pub(crate) zone: &'a mut Zone,
    pub(crate) pcp: &'a mut PerCpuPages,
    pub(crate) mem: &'a mut MemMap,
    pub(crate) global: &'a mut GlobalStat,
    pub(crate) sink: &'a mut S,
    pub(crate) options: &'a BuddyOptions,
    pub(crate) cpu: CpuId,
}

impl<S: Sink> LockedZone<'_, S> {
    /// Changes a counter through this CPU's delta (`__mod_zone_page_state`).
    #[inline]
    pub(crate) fn mod_state(&mut self, item: ZoneItem, delta: i64) {
        let stored = &mut self.pcp.vm_stat_diff[item as usize];
        let folded = fold_delta(stored, delta, i64::from(self.pcp.stat_threshold));
        // Nearly as often 0 as not, so to look first would cost more than to add nothing.
        self.zone.vm_stat[item as usize] += folded;
        self.global.vm_zone_stat[item as usize] += folded;
    }

    /// The same change so many times, one after the other.
    pub(crate) fn mod_state_times(&mut self, item: ZoneItem, delta: i64, times: u32) {
        let stored = &mut self.pcp.vm_stat_diff[item as usize];
        let folded = fold_deltas(stored, delta, times, i64::from(self.pcp.stat_threshold));
        self.zone.vm_stat[item as usize] += folded;
        self.global.vm_zone_stat[item as usize] += folded;
    }

    /// Changes the count of free pages, and of free CMA pages too if they are (`__mod_zone_freepage_state`).
    #[inline]
    pub(crate) fn mod_freepage_state(&mut self, pages: i64, migratetype: MigrateType) {
        self.mod_state(ZoneItem::FreePages, pages);
        if migratetype == MigrateType::Cma {
            self.mod_state(ZoneItem::FreeCma, pages);
        }
    }

    /// Puts a free block at the head of a list (`add_to_free_list`).
    #[inline]
    pub(crate) fn add_to_free_list(&mut self, frame: Frame, order: u8, migratetype: MigrateType) {
        let meta = Meta::new(PageState::Buddy, order, migratetype);
        let area = &mut self.zone.free_area[order as usize];
        area.free_list[migratetype.index()].push_head(self.mem, frame, order, meta);
        area.nr_free += 1;
    }

    /// Puts a free block at the tail of a list (`add_to_free_list_tail`).
    #[inline]
    pub(crate) fn add_to_free_list_tail(&mut self, frame: Frame, order: u8, migratetype: MigrateType) {
        let meta = Meta::new(PageState::Buddy, order, migratetype);
        let area = &mut self.zone.free_area[order as usize];
        area.free_list[migratetype.index()].push_tail(self.mem, frame, order, meta);
        area.nr_free += 1;
    }

    /// Moves a free block to the tail of another list (`move_to_free_list`).
    pub(crate) fn move_to_free_list(&mut self, frame: Frame, order: u8, migratetype: MigrateType) {
        let Entry { meta, link } = self.mem.take_entry(frame, order);
        let area = &mut self.zone.free_area[order as usize];
        area.free_list[meta.migratetype().index()].remove(self.mem, link);
        area.free_list[migratetype.index()].push_tail(self.mem, frame, order, meta.with_type(migratetype));
    }

    /// Takes a free block off its list and forgets its state (`del_page_from_free_list`).
    #[inline]
    pub(crate) fn del_page_from_free_list(&mut self, frame: Frame, order: u8) {
        let entry = self.mem.take_entry(frame, order);
        self.unlist(entry, order);
    }

    /// Takes the block that a record was about off its list.
    #[inline]
    fn unlist(&mut self, Entry { meta, link }: Entry, order: u8) {
        let area = &mut self.zone.free_area[order as usize];
        area.free_list[meta.migratetype().index()].remove(self.mem, link);
        area.nr_free -= 1;
    }

    /// Takes the smallest sufficient block of one type and splits it (`__rmqueue_smallest`). The record of what is
    /// left remembers the list; that of a block taken whole stays as it is until the block gets a new state.
    #[inline(always)]
    pub(crate) fn rmqueue_smallest(&mut self, order: u8, list: MigrateType, want: MigrateType) -> Option<Frame> {
        for found in order..MAX_ORDER as u8 {
            let area = &mut self.zone.free_area[found as usize];
            let Some(frame) = area.free_list[list.index()].pop_head(self.mem) else { continue };
            area.nr_free -= 1;
            if found > order {
                self.mem.set_meta(frame, found, Meta::default());
                self.expand(frame, order, found, list);
                self.mem.set_meta(frame, order, Meta::new(PageState::None, order, list));
            }
            emit!(
                self,
                Event::TakeBlock {
                    zone: self.zone.id,
                    pfn: self.mem.pfn(frame),
                    order,
                    found,
                    list,
                    migratetype: want,
                }
            );
            return Some(frame);
        }
        None
    }

    /// The same from a list that few requests look at.
    #[inline(never)]
    fn rmqueue_special(&mut self, order: u8, list: MigrateType, want: MigrateType) -> Option<Frame> {
        self.rmqueue_smallest(order, list, want)
    }

    /// Splits a block down to `low`, giving the upper halves back (`expand`).
    #[inline]
    fn expand(&mut self, frame: Frame, low: u8, high: u8, migratetype: MigrateType) {
        for order in (low..high).rev() {
            let half = frame.add(1 << order);
            if order < self.options.guardpage_minorder {
                self.set_page_guard(half, order, migratetype);
                continue;
            }
            self.add_to_free_list(half, order, migratetype);
            emit!(self, Event::Split { zone: self.zone.id, pfn: self.mem.pfn(half), order, migratetype });
        }
    }

    /// Takes a block for a request: CMA when it dominates, the type's own lists, CMA, then another type's
    /// (`__rmqueue`). Says which list it came from (`get_pcppage_migratetype`).
    #[inline(always)]
    pub(crate) fn rmqueue_type(
        &mut self,
        order: u8,
        migratetype: MigrateType,
        flags: AllocFlags,
    ) -> Option<(Frame, MigrateType)> {
        let cma = flags.contains(AllocFlags::CMA);
        if cma
            && self.cma_dominates()
            && let Some(frame) = self.rmqueue_special(order, MigrateType::Cma, migratetype)
        {
            return Some((frame, MigrateType::Cma));
        }
        loop {
            if let Some(frame) = self.rmqueue_smallest(order, migratetype, migratetype) {
                return Some((frame, migratetype));
            }
            if cma && let Some(frame) = self.rmqueue_special(order, MigrateType::Cma, migratetype) {
                return Some((frame, MigrateType::Cma));
            }
            if !self.rmqueue_fallback(order, migratetype, flags) {
                return None;
            }
        }
    }

    /// Takes a block of order > 0, or an order-0 page that may not come from a per-CPU list (`rmqueue`).
    #[inline(never)]
    pub(crate) fn rmqueue_buddy(&mut self, order: u8, migratetype: MigrateType, flags: AllocFlags) -> Option<Frame> {
        let (frame, index) = loop {
            let (frame, index) = self.rmqueue_harder(order, migratetype, flags)?;
            if self.check_new_pages(frame, order) {
                break (frame, index);
            }
        };
        self.mod_freepage_state(-(1 << order), index);
        self.global.events.add(VmEvent::pgalloc(self.zone.id.zone_type()), 1 << order);
        Some(frame)
    }

    /// A block from the high-atomic reserve if the request may use that, or from anywhere.
    #[inline]
    fn rmqueue_harder(
        &mut self,
        order: u8,
        migratetype: MigrateType,
        flags: AllocFlags,
    ) -> Option<(Frame, MigrateType)> {
        if order > 0
            && flags.contains(AllocFlags::HARDER)
            && let Some(frame) = self.rmqueue_special(order, MigrateType::HighAtomic, migratetype)
        {
            return Some((frame, MigrateType::HighAtomic));
        }
        self.rmqueue_type(order, migratetype, flags)
    }

    /// Whether every page of a block looks untouched; a bad block is lost for good (`check_new_pages`).
    fn check_new_pages(&mut self, frame: Frame, order: u8) -> bool {
        let bad = self.mem.any_bad() && self.has_marks(frame, order, Marks::BAD.with(Marks::HWPOISON));
        if bad {
            let cma = self.mem.meta(frame, order).migratetype() == MigrateType::Cma;
            self.zone.miscounted[0] += 1 << order;
            self.zone.miscounted[1] += i64::from(cma) << order;
            self.leak(frame, order);
        }
        !bad
    }

    /// Whether any page of a block carries one of these marks.
    #[cold]
    pub(crate) fn has_marks(&self, frame: Frame, order: u8, marks: Marks) -> bool {
        (0..1u32 << order).any(|n| self.mem.marks(frame.add(n)).any(marks))
    }

    /// Drops a block from use (`bad_page`).
    #[cold]
    pub(crate) fn leak(&mut self, frame: Frame, order: u8) {
        self.mem.set_meta(frame, order, Meta::new(PageState::Leaked, order, MigrateType::Unmovable));
        emit!(self, Event::BadPage { pfn: self.mem.pfn(frame), order });
    }

    /// Whether the page starts a free block or guard of this order in the same zone (`page_is_buddy`).
    #[inline(always)]
    pub(crate) fn page_is_buddy(&self, page: Frame, buddy: Frame, order: u8) -> bool {
        let meta = self.mem.meta(buddy, order);
        (meta.is(PageState::Buddy, order) || meta.is(PageState::Guard, order)) && self.mem.same_zone(page, buddy)
    }

    /// Whether the block would soon merge further, so it should be used last (`buddy_merge_likely`).
    #[inline]
    fn buddy_merge_likely(&self, frame: Frame, order: u8) -> bool {
        if order >= TOP_ORDER - 1 {
            return false;
        }
        let parent = Frame(frame.0 & frame.buddy(order).0);
        self.page_is_buddy(parent, parent.buddy(order + 1), order + 1)
    }

    /// Gives a block back, merging it with free buddies (`__free_one_page`).
    pub(crate) fn free_one_page(&mut self, frame: Frame, order: u8, migratetype: MigrateType, to_tail: bool) {
        if migratetype != MigrateType::Isolate {
            self.mod_freepage_state(1 << order, migratetype);
        }
        let (head, merged, captured) = self.merge(frame, order, migratetype);
        if merged > order {
            // What was known of the block alone must not stay.
            self.mem.set_meta(frame, order, Meta::default());
        }
        if captured {
            return self.capture(head, merged, migratetype);
        }
        let tail = to_tail || self.buddy_merge_likely(head, merged);
        if tail {
            self.add_to_free_list_tail(head, merged, migratetype);
        } else {
            self.add_to_free_list(head, merged, migratetype);
        }
        emit!(self, Event::ListAdd { zone: self.zone.id, pfn: self.mem.pfn(head), order: merged, migratetype, tail });
    }

    /// Joins a free block with its buddies as far as they are free, or until it is one that compaction waits for.
    #[inline]
    fn merge(&mut self, mut frame: Frame, mut order: u8, migratetype: MigrateType) -> (Frame, u8, bool) {
        let wanted = self.wanted_order(migratetype);
        while order < TOP_ORDER {
            let buddy = frame.buddy(order);
            if order == TOP_ORDER - 1 && self.isolation_forbids_merge(buddy, migratetype) {
                break;
            }
            if order == wanted {
                return (frame, order, true);
            }
            if !self.page_is_buddy(frame, buddy, order) {
                break;
            }
            let entry = self.mem.take_entry(buddy, order);
            if entry.meta.is(PageState::Guard, order) {
                self.clear_page_guard(order, migratetype);
            } else {
                if self.zone.ever_isolated {
                    self.miscount_merge(entry.meta.migratetype(), order, migratetype);
                }
                self.unlist(entry, order);
            }
            emit!(
                self,
                Event::Merge { zone: self.zone.id, pfn: self.mem.pfn(frame), buddy: self.mem.pfn(buddy), order }
            );
            frame = Frame(frame.0 & buddy.0);
            order += 1;
        }
        (frame, order, false)
    }

    /// Whole pageblocks merge unless exactly one of them is isolated.
    #[inline]
    fn isolation_forbids_merge(&self, buddy: Frame, migratetype: MigrateType) -> bool {
        if self.zone.nr_isolate_pageblock == 0 {
            return false;
        }
        let theirs = self.mem.pageblock(buddy);
        migratetype != theirs && (migratetype == MigrateType::Isolate || theirs == MigrateType::Isolate)
    }

    /// Sets a pageblock's type (`set_pageblock_migratetype`).
    pub(crate) fn set_pageblock_migratetype(&mut self, frame: Frame, migratetype: MigrateType) {
        let grouped = migratetype.index() < crate::pfn::MIGRATE_PCPTYPES;
        let to = if self.options.group_by_mobility_disabled && grouped { MigrateType::Unmovable } else { migratetype };
        emit!(
            self,
            Event::PageblockType {
                zone: self.zone.id,
                pfn: self.mem.pfn(frame.pageblock_start()),
                from: self.mem.pageblock(frame),
                to,
            }
        );
        self.mem.set_pageblock(frame, to);
    }
}

const _: () = assert!(MAX_NR_ZONES == 4);
