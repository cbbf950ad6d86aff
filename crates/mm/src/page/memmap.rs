//! The memory map: a record for every block that something happened to, one for every largest block.
//!
//! Records lie in columns, about three orders to a column: orders 0 to 2 in one with a record for each page, 3 to 5 in
//! one with a record for 8 pages, 6 to 9 in one with a record for 64. So eight neighboring records, a cache line, tell
//! all about blocks that merge with one another, and records of large blocks stay close together. A chunk of a column is
//! made when a block of its size first exists there: an idle terabyte costs its largest blocks and little more.

use crate::page::chunks::Chunks;
use crate::page::life::{Life, LifeFlags};
use crate::page::list::{Link, Nodes};
use crate::page::meta::{Marks, Meta, PageState};
use crate::page::ranges::RangeSet;
use crate::pfn::{
    Frame, MAX_ORDER, MAX_ORDER_NR_PAGES, MigrateType, PAGEBLOCK_NR_PAGES, PAGES_PER_SECTION, PFN_SECTION_SHIFT, Pfn,
    ZoneId,
};

/// Order of the largest block.
pub(crate) const TOP_ORDER: u8 = MAX_ORDER as u8 - 1;
const TOP_SHIFT: u32 = TOP_ORDER as u32;
const BLOCK_SHIFT: u32 = crate::pfn::PAGEBLOCK_ORDER as u32;
const SECTION_PAGES: usize = PAGES_PER_SECTION as usize;
const NO_SECTION: u32 = u32::MAX;
/// In `zone_of_top`: the zones inside this block differ, look the page up.
const MIXED: u16 = u16::MAX;
/// In `zone_of_top`: no zone has a page here.
const NO_ZONE: u16 = u16::MAX - 1;
/// Low bits of a `pageblocks` entry hold the migrate type.
const BLOCK_TYPE: u8 = 7;
/// The bit above says that compaction should pass the pageblock over (`PB_migrate_skip`).
const BLOCK_SKIP: u8 = 8;

/// Columns: orders 0 to 2, 3 to 5, 6 to 9, and the largest.
const COLUMNS: usize = 4;
/// Records of a chunk of a column: 16 KiB.
const COLUMN_CHUNK: usize = 2048;
/// Pages of a chunk of lives: two largest blocks.
const LIFE_CHUNK: usize = 2 * MAX_ORDER_NR_PAGES as usize;

/// Which column the records of an order are in, and log2 of the pages that each of its records stands for.
#[derive(Clone, Copy)]
struct Column {
    number: u8,
    shift: u8,
}

/// By order. Numbers from 11 on are no orders; that there are some spares a check.
const COLUMN_OF: [Column; 16] = {
    let small = Column { number: 0, shift: 0 };
    let medium = Column { number: 1, shift: 3 };
    let large = Column { number: 2, shift: 6 };
    let largest = Column { number: 3, shift: TOP_ORDER };
    let mut columns = [largest; 16];
    let mut order = 0;
    while order < TOP_ORDER as usize {
        columns[order] = [small, medium, large, large][order / 3];
        order += 1;
    }
    columns
};

/// A block's record: its state, and its place on a free list while it is on one.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct Entry {
    pub(crate) meta: Meta,
    pub(crate) link: Link,
}

/// All per-page state of a machine.
#[derive(Clone, Default)]
pub(crate) struct MemMap {
    columns: [Chunks<Entry, COLUMN_CHUNK>; COLUMNS],
    /// Marks of single pages, whatever block they are in.
    marks: Chunks<Marks, SECTION_PAGES>,
    /// Records of pages with a life.
    lives: Chunks<Life, LIFE_CHUNK>,
    pub(crate) nodes: Nodes,
    pageblocks: Vec<u8>,
    zone_of_top: Vec<u16>,
    zone_ranges: Vec<(Frame, Frame, ZoneId)>,
    section_of_pfn: Vec<u32>,
    pfn_of_section: Vec<u64>,
    reserved: RangeSet,
    bad_pages: u32,
}

impl MemMap {
    /// A map of the given existing memory: ascending, disjoint page ranges with their zones.
    pub(crate) fn new(zone_ranges: &[(Pfn, Pfn, ZoneId)]) -> MemMap {
        let mut map = MemMap::default();
        let end = zone_ranges.iter().map(|r| r.1.0).max().unwrap_or(0);
        map.section_of_pfn = vec![NO_SECTION; end.div_ceil(PAGES_PER_SECTION) as usize];
        // Section 0 always exists so that frame 0 is page frame 0, the one page no list can hold.
        map.add_section(0);
        for &(start, end, _) in zone_ranges {
            for section in start.0 >> PFN_SECTION_SHIFT..end.0.div_ceil(PAGES_PER_SECTION) {
                map.add_section(section);
            }
        }
        let sections = map.pfn_of_section.len();
        let pages = (sections as u64) << PFN_SECTION_SHIFT;
        map.columns = [0, 3, 6, TOP_SHIFT].map(|shift| Chunks::new(pages >> shift));
        (map.marks, map.lives) = (Chunks::new(pages), Chunks::new(pages));
        let tops = sections << (PFN_SECTION_SHIFT - TOP_SHIFT);
        map.nodes = Nodes::with_capacity(tops);
        map.pageblocks = vec![MigrateType::Unmovable as u8; sections << (PFN_SECTION_SHIFT - BLOCK_SHIFT)];
        map.zone_of_top = vec![NO_ZONE; tops];
        for &(start, end, zone) in zone_ranges {
            map.add_zone_range(start, end, zone);
        }
        map.zone_ranges.sort_unstable_by_key(|r| r.0);
        map
    }

    fn add_section(&mut self, section: u64) {
        let at = section as usize;
        if self.section_of_pfn.len() <= at {
            self.section_of_pfn.resize(at + 1, NO_SECTION);
        }
        if self.section_of_pfn[at] == NO_SECTION {
            self.section_of_pfn[at] = self.pfn_of_section.len() as u32;
            self.pfn_of_section.push(section << PFN_SECTION_SHIFT);
        }
    }

    /// Records which zone a range belongs to. A range can cross sections, whose frames need not be neighbors.
    fn add_zone_range(&mut self, start: Pfn, end: Pfn, zone: ZoneId) {
        let mut at = start.0;
        while at < end.0 {
            let stop = end.0.min((at | (PAGES_PER_SECTION - 1)) + 1);
            let first = self.frame_unchecked(Pfn(at));
            let last = first.add((stop - at) as u32 - 1);
            self.zone_ranges.push((first, last, zone));
            for top in first.0 >> TOP_SHIFT..=last.0 >> TOP_SHIFT {
                let slot = &mut self.zone_of_top[top as usize];
                *slot = if *slot == NO_ZONE || *slot == zone.0 { zone.0 } else { MIXED };
            }
            at = stop;
        }
    }

    fn frame_unchecked(&self, pfn: Pfn) -> Frame {
        let section = self.section_of_pfn[(pfn.0 >> PFN_SECTION_SHIFT) as usize];
        Frame(section << PFN_SECTION_SHIFT | (pfn.0 & (PAGES_PER_SECTION - 1)) as u32)
    }

    /// The dense index of a page frame, if its section exists (`pfn_valid`).
    #[inline]
    pub(crate) fn frame(&self, pfn: Pfn) -> Option<Frame> {
        let section = *self.section_of_pfn.get((pfn.0 >> PFN_SECTION_SHIFT) as usize)?;
        let offset = (pfn.0 & (PAGES_PER_SECTION - 1)) as u32;
        if section == NO_SECTION { None } else { Some(Frame(section << PFN_SECTION_SHIFT | offset)) }
    }

    /// The page frame number of a page.
    #[inline]
    pub(crate) fn pfn(&self, frame: Frame) -> Pfn {
        let base = self.pfn_of_section[(frame.0 >> PFN_SECTION_SHIFT) as usize];
        Pfn(base | u64::from(frame.0) & (PAGES_PER_SECTION - 1))
    }

    /// The zone a page belongs to; `None` for holes.
    #[inline]
    pub(crate) fn zone_of(&self, frame: Frame) -> Option<ZoneId> {
        match self.zone_of_top[(frame.0 >> TOP_SHIFT) as usize] {
            NO_ZONE => None,
            MIXED => self.zone_of_mixed(frame),
            zone => {
                // One zone only, but part of the block may be a hole.
                Some(ZoneId(zone))
            }
        }
    }

    #[cold]
    fn zone_of_mixed(&self, frame: Frame) -> Option<ZoneId> {
        let at = self.zone_ranges.partition_point(|r| r.1 < frame);
        self.zone_ranges.get(at).filter(|r| r.0 <= frame).map(|r| r.2)
    }

    /// Whether two pages of one largest block lie in the same zone (`page_zone_id`).
    #[inline]
    pub(crate) fn same_zone(&self, a: Frame, b: Frame) -> bool {
        self.zone_of_top[(a.0 >> TOP_SHIFT) as usize] != MIXED || self.zone_of_mixed(a) == self.zone_of_mixed(b)
    }

    /// The zone of a page; `None` for every hole.
    pub(crate) fn zone_of_existing(&self, frame: Frame) -> Option<ZoneId> {
        self.zone_of_mixed(frame)
    }

    /// Whether the page physically exists.
    pub(crate) fn exists(&self, frame: Frame) -> bool {
        self.zone_of_mixed(frame).is_some()
    }

    /// Existing memory by zone, ascending in frames.
    pub(crate) fn zone_ranges(&self) -> impl Iterator<Item = (Frame, Frame, ZoneId)> + '_ {
        self.zone_ranges.iter().copied()
    }

    /// The same from the range on that holds the page or follows it.
    pub(crate) fn zone_ranges_from(&self, frame: Frame) -> impl Iterator<Item = (Frame, Frame, ZoneId)> + '_ {
        let at = self.zone_ranges.partition_point(|r| r.1 < frame);
        self.zone_ranges[at..].iter().copied()
    }

    /// The column that the record of a block is in, and its place there.
    #[inline]
    fn place(frame: Frame, order: u8) -> (usize, usize) {
        let column = COLUMN_OF[usize::from(order) & 15];
        (usize::from(column.number) & (COLUMNS - 1), frame.0 as usize >> column.shift)
    }

    /// The record of a block; a blank one if its chunk does not exist.
    #[inline]
    fn entry(&self, frame: Frame, order: u8) -> Entry {
        let (column, at) = MemMap::place(frame, order);
        self.columns[column].get(at).copied().unwrap_or_default()
    }

    /// The record of a block; its chunk is made if need be.
    #[inline]
    fn entry_mut(&mut self, frame: Frame, order: u8) -> &mut Entry {
        let (column, at) = MemMap::place(frame, order);
        self.columns[column].get_mut(at)
    }

    /// State of the block of this order that starts here; another order's state if such a block starts here instead.
    #[inline]
    pub(crate) fn meta(&self, frame: Frame, order: u8) -> Meta {
        self.entry(frame, order).meta
    }

    #[inline]
    pub(crate) fn set_meta(&mut self, frame: Frame, order: u8, meta: Meta) {
        self.entry_mut(frame, order).meta = meta;
    }

    /// Changes the state of a block.
    #[inline]
    pub(crate) fn update_meta(&mut self, frame: Frame, order: u8, change: impl FnOnce(Meta) -> Meta) {
        let entry = self.entry_mut(frame, order);
        entry.meta = change(entry.meta);
    }

    /// The node that the record of a block names.
    #[inline]
    pub(crate) fn link(&self, frame: Frame, order: u8) -> Link {
        self.entry(frame, order).link
    }

    /// Writes the record of a block that goes on a list.
    #[inline]
    pub(crate) fn set_entry(&mut self, frame: Frame, order: u8, entry: Entry) {
        *self.entry_mut(frame, order) = entry;
    }

    /// The record of a block that leaves its list; its state is forgotten.
    #[inline]
    pub(crate) fn take_entry(&mut self, frame: Frame, order: u8) -> Entry {
        core::mem::take(self.entry_mut(frame, order))
    }

    /// State of whatever block starts at a page; [`PageState::None`] if none does.
    #[inline]
    pub(crate) fn page_meta(&self, frame: Frame) -> Meta {
        // One order for each run, the largest blocks first.
        let orders = [(TOP_ORDER, TOP_SHIFT), (6, 6), (3, 3), (0, 0)];
        let starts = orders.into_iter().filter(|&(_, shift)| frame.0 & ((1 << shift) - 1) == 0);
        let metas = starts.map(|(order, _)| self.meta(frame, order));
        metas.into_iter().find(|meta| meta.state() != PageState::None).unwrap_or_default()
    }

    /// Marks of a page.
    pub(crate) fn marks(&self, frame: Frame) -> Marks {
        let marks = self.marks.get(frame.0 as usize).copied().unwrap_or(Marks::NONE);
        if self.is_listed(frame) { marks.with(Marks::LRU) } else { marks }
    }

    /// Whether a page with a life is on an LRU list (`PageLRU`), by itself or as a part of a huge page.
    pub(crate) fn is_listed(&self, frame: Frame) -> bool {
        let whole = LifeFlags::HUGE | LifeFlags::LRU;
        self.life(frame).flags.contains(LifeFlags::LRU) || self.life(frame.pageblock_start()).flags.contains(whole)
    }

    pub(crate) fn set_marks(&mut self, frame: Frame, marks: Marks) {
        self.update_marks(frame, |_| marks);
    }

    /// Changes the marks of a page.
    #[inline]
    pub(crate) fn update_marks(&mut self, frame: Frame, change: impl FnOnce(Marks) -> Marks) {
        let marks = self.marks.get_mut(frame.0 as usize);
        *marks = change(*marks);
    }

    /// The life of a page; a blank one where no page of the pageblock ever had one.
    #[inline]
    pub(crate) fn life(&self, frame: Frame) -> &Life {
        static NONE: Life = Life::NONE;
        self.lives.get(frame.0 as usize).unwrap_or(&NONE)
    }

    /// The life of a page, to be changed.
    #[inline]
    pub(crate) fn life_mut(&mut self, frame: Frame) -> &mut Life {
        self.lives.get_mut(frame.0 as usize)
    }

    /// First page and state of the block in use that covers a page. Nearly always it is the page alone.
    #[inline]
    pub(crate) fn block_in_use(&self, frame: Frame) -> (Frame, Meta) {
        let meta = self.meta(frame, 0);
        if meta.is(PageState::Allocated, 0) { (frame, meta) } else { self.block_of(frame) }
    }

    /// First page and state of the block that covers a page: free, in use or any other; the page itself if none.
    pub(crate) fn block_of(&self, frame: Frame) -> (Frame, Meta) {
        for order in (0..=TOP_ORDER).rev() {
            let head = Frame(frame.0 & !((1 << order) - 1));
            let meta = self.meta(head, order);
            if meta.state() != PageState::None && meta.order() == order {
                return (head, meta);
            }
        }
        (frame, Meta::default())
    }

    /// The blocks inside one largest block, ascending; pages in no block are left out.
    pub(crate) fn blocks_in(&self, top: Frame) -> impl Iterator<Item = (Frame, Meta)> + '_ {
        let end = u64::from(top.0) + MAX_ORDER_NR_PAGES;
        let mut at = u64::from(top.0);
        core::iter::from_fn(move || {
            while at < end {
                let frame = Frame(at as u32);
                let meta = self.page_meta(frame);
                if meta.state() != PageState::None {
                    at += 1 << meta.order();
                    return Some((frame, meta));
                }
                at += self.smallest_step(frame);
            }
            None
        })
    }

    /// From a page where no block starts, the distance to the next that can be one's first.
    fn smallest_step(&self, frame: Frame) -> u64 {
        let made = |order| {
            let (column, at) = MemMap::place(frame, order);
            self.columns[column].has_chunk(at)
        };
        // One order of each column.
        let shift = [(0, 0), (3, 3), (6, 6)].into_iter().find(|&(order, _)| made(order));
        shift.map_or(MAX_ORDER_NR_PAGES, |(_, shift)| 1 << shift)
    }

    /// Whether anything smaller than a largest block was ever made in the section of this page.
    pub(crate) fn has_records(&self, frame: Frame) -> bool {
        let first = frame.0 as usize & !(SECTION_PAGES - 1);
        let shifts = [0, 3, 6];
        let mut columns = self.columns.iter().zip(shifts);
        columns.any(|(column, shift)| column.has_chunks(first >> shift, SECTION_PAGES >> shift))
    }

    /// Type of the pageblock that holds the page (`get_pageblock_migratetype`).
    #[inline]
    pub(crate) fn pageblock(&self, frame: Frame) -> MigrateType {
        MigrateType::from_bits(u32::from(self.pageblocks[(frame.0 >> BLOCK_SHIFT) as usize] & BLOCK_TYPE))
    }

    #[inline]
    pub(crate) fn set_pageblock(&mut self, frame: Frame, migratetype: MigrateType) {
        let slot = &mut self.pageblocks[(frame.0 >> BLOCK_SHIFT) as usize];
        *slot = *slot & !BLOCK_TYPE | migratetype as u8;
    }

    /// Whether compaction should pass the pageblock over (`get_pageblock_skip`).
    #[inline]
    pub(crate) fn pageblock_skip(&self, frame: Frame) -> bool {
        self.pageblocks[(frame.0 >> BLOCK_SHIFT) as usize] & BLOCK_SKIP != 0
    }

    /// Sets or clears that hint (`set_pageblock_skip`, `clear_pageblock_skip`).
    #[inline]
    pub(crate) fn set_pageblock_skip(&mut self, frame: Frame, skip: bool) {
        let slot = &mut self.pageblocks[(frame.0 >> BLOCK_SHIFT) as usize];
        *slot = *slot & !BLOCK_SKIP | if skip { BLOCK_SKIP } else { 0 };
    }

    /// Marks pages as reserved: never on a list (`PageReserved`).
    pub(crate) fn reserve(&mut self, start: Pfn, end: Pfn) {
        self.reserved.insert(start.0, end.0);
    }

    pub(crate) fn unreserve(&mut self, start: Pfn, end: Pfn) {
        self.reserved.remove(start.0, end.0);
    }

    pub(crate) fn is_reserved(&self, pfn: Pfn) -> bool {
        self.reserved.contains(pfn.0)
    }

    pub(crate) fn reserves_any(&self, start: Pfn, pages: u64) -> bool {
        self.reserved.intersects(start.0, start.0 + pages)
    }

    pub(crate) fn reserved(&self) -> impl Iterator<Item = (Pfn, Pfn)> + '_ {
        self.reserved.iter().map(|r| (Pfn(r.0), Pfn(r.1)))
    }

    /// Whether any page was ever marked bad, so that checks are worth making.
    #[inline]
    pub(crate) fn any_bad(&self) -> bool {
        self.bad_pages != 0
    }

    /// Marks a page as failing its next check.
    pub(crate) fn mark_bad(&mut self, frame: Frame, mark: Marks) {
        self.bad_pages += 1;
        self.set_marks(frame, self.marks(frame).with(mark));
    }

    /// Number of frames, holes inside sections included.
    pub(crate) fn frames(&self) -> u64 {
        (self.pfn_of_section.len() as u64) << PFN_SECTION_SHIFT
    }

    /// Bytes that the map occupies.
    pub(crate) fn bytes(&self) -> usize {
        let columns: usize = self.columns.iter().map(Chunks::bytes).sum();
        columns
            + self.marks.bytes()
            + self.lives.bytes()
            + self.nodes.bytes()
            + self.pageblocks.capacity()
            + self.zone_of_top.capacity() * 2
            + self.zone_ranges.capacity() * size_of::<(Frame, Frame, ZoneId)>()
            + (self.section_of_pfn.capacity() * 4 + self.pfn_of_section.capacity() * 8)
    }
}

const _: () = assert!(PAGEBLOCK_NR_PAGES * 2 == MAX_ORDER_NR_PAGES);
