//! Classes of one memory section's pages.

use super::class::PageClass;
use crate::session::{Allocations, Trace};
use buddyscope_engine as engine;
use buddyscope_mm::Machine;
use buddyscope_mm::pfn::{MAX_ORDER_NR_PAGES, PAGES_PER_SECTION, Pfn, ZoneId};

const PAGES: usize = PAGES_PER_SECTION as usize;
/// Pages of a largest block, which is a tile of the map.
pub(super) const TILE: usize = MAX_ORDER_NR_PAGES as usize;
const TILES: usize = PAGES / TILE;

/// One byte a page, or one a largest block as long as nothing smaller exists.
enum Bytes {
    Tiles([PageClass; TILES]),
    Pages(Box<[PageClass]>),
}

/// The classes of a section's pages and their counts.
pub(super) struct Section {
    bytes: Bytes,
    counts: Vec<(ZoneId, PageClass, u32)>,
}

impl Default for Section {
    fn default() -> Self {
        Section { bytes: Bytes::Tiles([PageClass::HOLE; TILES]), counts: Vec::new() }
    }
}

/// What a largest block looks like.
pub(super) enum Tile<'a> {
    /// All pages alike.
    Plain(PageClass),
    /// Page by page.
    Pages(&'a [PageClass]),
}

impl Section {
    /// Class of the page at an offset from the section's start.
    #[inline]
    pub(super) fn class(&self, offset: usize) -> PageClass {
        match &self.bytes {
            Bytes::Tiles(tiles) => tiles[offset / TILE],
            Bytes::Pages(pages) => pages[offset],
        }
    }

    /// One largest block of the section.
    #[inline]
    pub(super) fn tile(&self, tile: usize) -> Tile<'_> {
        match &self.bytes {
            Bytes::Tiles(tiles) => Tile::Plain(tiles[tile]),
            Bytes::Pages(pages) => Tile::Pages(&pages[tile * TILE..][..TILE]),
        }
    }

    pub(super) fn each_count(&self, mut visit: impl FnMut(ZoneId, PageClass, u32)) {
        self.counts.iter().for_each(|&(zone, class, pages)| visit(zone, class, pages));
    }

    /// Reads the section's present state.
    pub(super) fn look(&mut self, section: usize, machine: &Machine<Trace>, allocations: &Allocations) {
        let Some(start) = machine.section_start(section) else { return };
        let ground = Ground::of(machine, section);
        if !machine.section_is_split(section) && ground.is_plain() {
            self.look_at_tiles(section, machine, allocations, start);
        } else {
            self.look_at_pages(section, machine, allocations, &ground, start);
        }
        self.count(&ground);
    }

    fn look_at_tiles(&mut self, section: usize, machine: &Machine<Trace>, allocations: &Allocations, start: Pfn) {
        let mut tiles = [PageClass::RESERVED; TILES];
        engine::visit_blocks(machine, section, &mut |offset, block| {
            tiles[offset as usize / TILE] = PageClass::of(&block);
        });
        for allocation in allocations.in_section(start) {
            let at = allocation.pfn.map_or(0, |pfn| pfn.0 - start.0) as usize / TILE;
            tiles[at] = mine(tiles[at]);
        }
        self.bytes = Bytes::Tiles(tiles);
    }

    fn look_at_pages(
        &mut self,
        section: usize,
        machine: &Machine<Trace>,
        allocations: &Allocations,
        ground: &Ground,
        start: Pfn,
    ) {
        if !matches!(self.bytes, Bytes::Pages(_)) {
            self.bytes = Bytes::Pages(vec![PageClass::HOLE; PAGES].into_boxed_slice());
        }
        let Bytes::Pages(pages) = &mut self.bytes else { return };
        ground.paint(pages);
        engine::visit_blocks(machine, section, &mut |offset, block| {
            let class = PageClass::of(&block);
            pages[offset as usize..][..1 << block.order].fill(class);
        });
        for allocation in allocations.in_section(start) {
            let at = allocation.pfn.map_or(0, |pfn| pfn.0 - start.0) as usize;
            let class = mine(pages[at]);
            pages[at..][..allocation.order.pages() as usize].fill(class);
        }
    }

    /// Counts the pages of each class in each zone that the section has a part of.
    fn count(&mut self, ground: &Ground) {
        self.counts.clear();
        for &(from, to, zone) in &ground.zones {
            let mut counts = [0u32; 256];
            match &self.bytes {
                Bytes::Tiles(tiles) => tiles.iter().for_each(|class| counts[usize::from(class.0)] += TILE as u32),
                Bytes::Pages(pages) => pages[from..to].iter().for_each(|class| counts[usize::from(class.0)] += 1),
            }
            let present = (0u8..=255).zip(counts).filter(|&(_, pages)| pages != 0);
            self.counts.extend(present.map(|(class, pages)| (zone, PageClass(class), pages)));
        }
    }
}

/// The class of a block in use once it is known to be one of the list's.
fn mine(class: PageClass) -> PageClass {
    let (_, migratetype, order) = class.parts();
    PageClass::allocated(order, migratetype)
}

/// What lies under the blocks of a section: memory by zone, as offsets from its start.
struct Ground {
    zones: Vec<(usize, usize, ZoneId)>,
}

impl Ground {
    fn of(machine: &Machine<Trace>, section: usize) -> Ground {
        Ground { zones: machine.memory_in_section(section).collect() }
    }

    /// Whether the whole section is memory of one zone.
    fn is_plain(&self) -> bool {
        matches!(self.zones[..], [(0, PAGES, _)])
    }

    fn paint(&self, pages: &mut [PageClass]) {
        pages.fill(PageClass::HOLE);
        for &(from, to, _) in &self.zones {
            // Memory that no block covers is not the allocator's, whatever the reason.
            pages[from..to].fill(PageClass::RESERVED);
        }
    }
}
