//! Looking at pages without changing them: one page's record, and every block of a section for whoever draws maps.

use crate::event::Sink;
use crate::machine::Machine;
use crate::page::meta::{Marks, Meta, PageState};
use crate::pfn::{
    Frame, MAX_ORDER_NR_PAGES, MIGRATE_TYPES, MigrateType, PAGEBLOCK_NR_PAGES, PAGES_PER_SECTION, PFN_SECTION_SHIFT,
    Pfn, ZoneId,
};

/// Where the marks of single pages lie in [`PageFlags`], above the flags of blocks.
const MARKS_SHIFT: u32 = 24;

bitflags::bitflags! {
    /// What a page's record says besides its state.
    #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
    pub struct PageFlags: u32 {
        /// First page of a compound page (`PG_head`).
        const COMPOUND = Meta::COMP;
        /// Given out from the reserves (`page_is_pfmemalloc`).
        const PFMEMALLOC = Meta::PFMEMALLOC;
        /// The host was told that the block is free (`PageReported`).
        const REPORTED = Meta::REPORTED;
        /// More references than one.
        const EXTRA_REFS = Meta::EXTRA_REFS;
        /// In use since before the model began watching.
        const UNKNOWN = Meta::UNKNOWN;
        /// Charged to a memory cgroup (`PageKmemcg`).
        const KMEMCG = Meta::KMEMCG;
        /// On an LRU list (`PageLRU`).
        const LRU = (Marks::LRU.0 as u32) << MARKS_SHIFT;
        /// A driver can migrate it (`__PageMovable`).
        const MOVABLE = (Marks::MOVABLE.0 as u32) << MARKS_SHIFT;
        /// Reported broken (`PG_hwpoison`).
        const HWPOISON = (Marks::HWPOISON.0 as u32) << MARKS_SHIFT;
        /// Fails its next check (`check_new_page`).
        const BAD = (Marks::BAD.0 as u32) << MARKS_SHIFT;
    }
}

/// A block of pages in one state; a page that is in no block counts as a block of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block {
    /// First page.
    pub pfn: Pfn,
    /// The block has `1 << order` pages.
    pub order: u8,
    /// What its pages are; [`PageState::None`] for reserved pages and holes.
    pub state: PageState,
    /// The list a free block is on, or the type a page in use was taken as.
    pub migratetype: MigrateType,
    /// Flags of its first page.
    pub flags: PageFlags,
}

/// What the model knows of one page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PageInfo {
    /// The page.
    pub pfn: Pfn,
    /// Its zone; `None` for a hole.
    pub zone: Option<ZoneId>,
    /// Whether the buddy allocator never gets it (`PageReserved`).
    pub reserved: bool,
    /// The block it lies in.
    pub block: Block,
    /// Type of its pageblock.
    pub pageblock: MigrateType,
    /// Its own flags.
    pub flags: PageFlags,
}

impl<S: Sink> Machine<S> {
    /// What is known of a page; `None` where no memory section is.
    #[must_use]
    pub fn page_info(&self, pfn: Pfn) -> Option<PageInfo> {
        let frame = self.mem.frame(pfn)?;
        let (head, meta) = self.mem.block_of(frame);
        let exists = self.mem.exists(frame);
        Some(PageInfo {
            pfn,
            zone: self.mem.zone_of(frame).filter(|_| exists),
            reserved: self.mem.is_reserved(pfn),
            block: self.block(head, meta),
            pageblock: self.mem.pageblock(frame),
            flags: self.page_flags(frame, self.mem.page_meta(frame)),
        })
    }

    fn block(&self, head: Frame, meta: Meta) -> Block {
        Block {
            pfn: self.mem.pfn(head),
            order: meta.order(),
            state: meta.state(),
            migratetype: meta.migratetype(),
            flags: self.page_flags(head, meta),
        }
    }

    /// Flags of a block that starts at a page, and the page's own marks.
    fn page_flags(&self, frame: Frame, meta: Meta) -> PageFlags {
        let marked = meta.has(Meta::MARKED) || self.mem.is_listed(frame);
        let marks = if marked { self.mem.marks(frame).0 } else { 0 };
        PageFlags::from_bits_truncate(meta.0 & ((1 << MARKS_SHIFT) - 1) | u32::from(marks) << MARKS_SHIFT)
    }

    /// What a page is by itself, whatever block it lies in: LRU, movable, broken.
    #[must_use]
    pub fn page_marks(&self, pfn: Pfn) -> PageFlags {
        let marks = self.mem.frame(pfn).map_or(Marks::NONE, |frame| self.mem.marks(frame));
        PageFlags::from_bits_truncate(u32::from(marks.0) << MARKS_SHIFT)
    }

    /// Number of memory sections, those that hold only holes included. A section has 32768 pages.
    #[must_use]
    pub fn sections(&self) -> usize {
        (self.mem.frames() >> PFN_SECTION_SHIFT) as usize
    }

    /// First page of a section; `None` beyond the last.
    #[must_use]
    pub fn section_start(&self, section: usize) -> Option<Pfn> {
        (section < self.sections()).then(|| self.mem.pfn(Frame((section as u32) << PFN_SECTION_SHIFT)))
    }

    /// The section a page lies in; `None` where there is none.
    #[inline]
    #[must_use]
    pub fn section_of(&self, pfn: Pfn) -> Option<usize> {
        self.mem.frame(pfn).map(|frame| (frame.0 >> PFN_SECTION_SHIFT) as usize)
    }

    /// Whether anything smaller than a largest block exists in the section.
    #[must_use]
    pub fn section_is_split(&self, section: usize) -> bool {
        section < self.sections() && self.mem.has_records(Frame((section as u32) << PFN_SECTION_SHIFT))
    }

    /// Calls `visit` for every block of a section with its offset in pages from the section's start, ascending.
    /// Pages in no block (reserved, holes) are left out.
    pub fn visit_blocks(&self, section: usize, mut visit: impl FnMut(u32, Block)) {
        if section >= self.sections() {
            return;
        }
        let base = (section as u32) << PFN_SECTION_SHIFT;
        for top in (0..PAGES_PER_SECTION as u32).step_by(MAX_ORDER_NR_PAGES as usize) {
            for (head, meta) in self.mem.blocks_in(Frame(base + top)) {
                visit(head.0 - base, self.block(head, meta));
            }
        }
    }

    /// Memory that exists in a section, ascending, with its zone: offsets in pages from the section's start, of the
    /// first page and of the page after the last.
    pub fn memory_in_section(&self, section: usize) -> impl Iterator<Item = (usize, usize, ZoneId)> + '_ {
        let base = (section.min(self.sections()) << PFN_SECTION_SHIFT) as u64;
        let ranges = self.mem.zone_ranges_from(Frame(base.min(u64::from(u32::MAX)) as u32));
        ranges
            .map(move |(first, last, zone)| (u64::from(first.0).wrapping_sub(base), u64::from(last.0) + 1 - base, zone))
            .take_while(|range| range.0 < PAGES_PER_SECTION)
            .map(|(from, to, zone)| (from as usize, to as usize, zone))
    }

    /// Memory that exists, ascending, with its zone: first page and the page after the last. A range never crosses a
    /// section's end.
    pub fn memory_ranges(&self) -> impl Iterator<Item = (Pfn, Pfn, ZoneId)> + '_ {
        self.mem.zone_ranges().map(|(first, last, zone)| {
            let start = self.mem.pfn(first);
            (start, Pfn(start.0 + u64::from(last.0 - first.0) + 1), zone)
        })
    }

    /// Pages the buddy allocator never gets, ascending: first page and the page after the last.
    pub fn reserved_ranges(&self) -> impl Iterator<Item = (Pfn, Pfn)> + '_ {
        self.mem.reserved()
    }

    /// Pageblocks of a zone by type, as /proc/pagetypeinfo counts them: those whose first page, or the zone's first,
    /// lies in the zone (`pagetypeinfo_showblockcount_print`).
    #[must_use]
    pub fn pageblock_counts(&self, zone: ZoneId) -> [u64; MIGRATE_TYPES] {
        let mut counts = [0; MIGRATE_TYPES];
        let Some(zone) = self.zones.get(zone.index()) else { return counts };
        let mut pfn = zone.start_pfn.0;
        while pfn < zone.end_pfn().0 {
            if let Some(frame) = self.mem.frame(Pfn(pfn)).filter(|&f| self.mem.zone_of(f) == Some(zone.id)) {
                counts[self.mem.pageblock(frame).index()] += 1;
            }
            pfn = (pfn | (PAGEBLOCK_NR_PAGES - 1)) + 1;
        }
        counts
    }
}
