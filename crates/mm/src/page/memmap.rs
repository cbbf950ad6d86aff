//! The memory map: records for the pages that something happened to, one entry for every largest block.
//!
//! A section's records come into being when a block inside it is first split or marked. Until then its 32 largest
//! blocks live in the `tops` column alone, so an idle terabyte costs its block heads and nothing more. Blocks of
//! order 10 are *always* kept in `tops`, smaller ones always in records: a list has one order, so its links never
//! mix the two.

use crate::page::meta::{Meta, PageState};
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

/// One page: list links, packed state and a tag that belongs to the user of the page.
#[derive(Clone, Copy, Default)]
#[repr(C, align(16))]
struct PageRecord {
    next: Frame,
    prev: Frame,
    meta: Meta,
    tag: u32,
}

const _: () = assert!(size_of::<PageRecord>() == 16);

/// A largest block while it is whole.
#[derive(Clone, Copy, Default)]
struct Top {
    next: Frame,
    prev: Frame,
    meta: Meta,
}

type Section = Box<[PageRecord; SECTION_PAGES]>;

/// All per-page state of a machine.
#[derive(Clone, Default)]
pub(crate) struct MemMap {
    sections: Vec<Option<Section>>,
    tops: Vec<Top>,
    pageblocks: Vec<u8>,
    zone_of_top: Vec<u16>,
    zone_ranges: Vec<(Frame, Frame, ZoneId)>,
    section_of_pfn: Vec<u32>,
    pfn_of_section: Vec<u64>,
    reserved: RangeSet,
    bad_pages: u32,
}

fn blank_section() -> Section {
    let records = vec![PageRecord::default(); SECTION_PAGES].into_boxed_slice();
    records.try_into().unwrap_or_else(|_| unreachable!("a section has a fixed number of records"))
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
        map.sections = vec![None; sections];
        map.tops = vec![Top::default(); sections << (PFN_SECTION_SHIFT - TOP_SHIFT)];
        map.pageblocks = vec![MigrateType::Unmovable as u8; sections << (PFN_SECTION_SHIFT - BLOCK_SHIFT)];
        map.zone_of_top = vec![NO_ZONE; map.tops.len()];
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
        (section != NO_SECTION).then(|| Frame(section << PFN_SECTION_SHIFT | (pfn.0 & (PAGES_PER_SECTION - 1)) as u32))
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

    /// Whether the page physically exists.
    pub(crate) fn exists(&self, frame: Frame) -> bool {
        self.zone_of_mixed(frame).is_some()
    }

    /// Existing memory by zone, ascending in frames.
    pub(crate) fn zone_ranges(&self) -> impl Iterator<Item = (Frame, Frame, ZoneId)> + '_ {
        self.zone_ranges.iter().copied()
    }

    #[inline]
    fn record(&self, frame: Frame) -> PageRecord {
        match &self.sections[(frame.0 >> PFN_SECTION_SHIFT) as usize] {
            Some(section) => section[frame.0 as usize & (SECTION_PAGES - 1)],
            None => PageRecord::default(),
        }
    }

    #[inline]
    fn record_mut(&mut self, frame: Frame) -> &mut PageRecord {
        let slot = &mut self.sections[(frame.0 >> PFN_SECTION_SHIFT) as usize];
        &mut slot.get_or_insert_with(blank_section)[frame.0 as usize & (SECTION_PAGES - 1)]
    }

    #[inline]
    fn top(&self, frame: Frame) -> &Top {
        &self.tops[(frame.0 >> TOP_SHIFT) as usize]
    }

    #[inline]
    fn top_mut(&mut self, frame: Frame) -> &mut Top {
        &mut self.tops[(frame.0 >> TOP_SHIFT) as usize]
    }

    /// Next and previous block on the list of this order.
    #[inline]
    pub(crate) fn links(&self, frame: Frame, order: u8) -> (Frame, Frame) {
        if order == TOP_ORDER {
            let top = self.top(frame);
            (top.next, top.prev)
        } else {
            let record = self.record(frame);
            (record.next, record.prev)
        }
    }

    #[inline]
    pub(crate) fn set_links(&mut self, frame: Frame, order: u8, next: Frame, prev: Frame) {
        if order == TOP_ORDER {
            let top = self.top_mut(frame);
            (top.next, top.prev) = (next, prev);
        } else {
            let record = self.record_mut(frame);
            (record.next, record.prev) = (next, prev);
        }
    }

    #[inline]
    pub(crate) fn set_next(&mut self, frame: Frame, order: u8, next: Frame) {
        if order == TOP_ORDER {
            self.top_mut(frame).next = next;
        } else {
            self.record_mut(frame).next = next;
        }
    }

    #[inline]
    pub(crate) fn set_prev(&mut self, frame: Frame, order: u8, prev: Frame) {
        if order == TOP_ORDER {
            self.top_mut(frame).prev = prev;
        } else {
            self.record_mut(frame).prev = prev;
        }
    }

    /// State of the block of this order that starts here.
    #[inline]
    pub(crate) fn meta(&self, frame: Frame, order: u8) -> Meta {
        if order == TOP_ORDER { self.top(frame).meta } else { self.record(frame).meta }
    }

    #[inline]
    pub(crate) fn set_meta(&mut self, frame: Frame, order: u8, meta: Meta) {
        if order == TOP_ORDER {
            self.top_mut(frame).meta = meta;
        } else {
            self.record_mut(frame).meta = meta;
        }
    }

    /// State of a page whatever block it starts: a whole largest block first, else its own record.
    #[inline]
    pub(crate) fn page_meta(&self, frame: Frame) -> Meta {
        let top = self.top(frame).meta;
        let starts_top = frame.0 & (MAX_ORDER_NR_PAGES as u32 - 1) == 0;
        if starts_top && top.state() != PageState::None { top } else { self.record(frame).meta }
    }

    /// Flags of an inner page's own record.
    #[inline]
    pub(crate) fn tail_meta(&self, frame: Frame) -> Meta {
        self.record(frame).meta
    }

    #[inline]
    pub(crate) fn set_tail_meta(&mut self, frame: Frame, meta: Meta) {
        self.record_mut(frame).meta = meta;
    }

    /// The tag that the page's user left on it; 0 when none.
    pub(crate) fn tag(&self, frame: Frame) -> u32 {
        self.record(frame).tag
    }

    pub(crate) fn set_tag(&mut self, frame: Frame, tag: u32) {
        self.record_mut(frame).tag = tag;
    }

    /// First page and state of the block that covers a page: free, allocated or any other; the page itself if none.
    pub(crate) fn block_of(&self, frame: Frame) -> (Frame, Meta) {
        let top = self.top(frame).meta;
        if top.state() != PageState::None {
            return (Frame(frame.0 & !(MAX_ORDER_NR_PAGES as u32 - 1)), top);
        }
        for order in 0..TOP_ORDER {
            let head = Frame(frame.0 & !((1 << order) - 1));
            let meta = self.record(head).meta;
            if meta.state() != PageState::None && meta.order() >= order {
                let covers = frame.0 - head.0 < 1 << meta.order();
                return if covers { (head, meta) } else { (frame, Meta::default()) };
            }
        }
        (frame, Meta::default())
    }

    /// Whether the section of this page has records yet.
    pub(crate) fn has_records(&self, frame: Frame) -> bool {
        self.sections[(frame.0 >> PFN_SECTION_SHIFT) as usize].is_some()
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
    pub(crate) fn mark_bad(&mut self, frame: Frame, flag: u32) {
        self.bad_pages += 1;
        let meta = self.tail_meta(frame);
        self.set_tail_meta(frame, meta.with(flag));
    }

    /// Number of frames, holes inside sections included.
    pub(crate) fn frames(&self) -> u64 {
        (self.sections.len() as u64) << PFN_SECTION_SHIFT
    }

    /// Bytes that the map occupies.
    pub(crate) fn bytes(&self) -> usize {
        let records = self.sections.iter().flatten().count() * size_of::<[PageRecord; SECTION_PAGES]>();
        records
            + self.sections.capacity() * size_of::<Option<Section>>()
            + self.tops.capacity() * size_of::<Top>()
            + self.pageblocks.capacity()
            + self.zone_of_top.capacity() * 2
            + self.zone_ranges.capacity() * size_of::<(Frame, Frame, ZoneId)>()
            + (self.section_of_pfn.capacity() * 4 + self.pfn_of_section.capacity() * 8)
    }
}

const _: () = assert!(PAGEBLOCK_NR_PAGES * 2 == MAX_ORDER_NR_PAGES);
