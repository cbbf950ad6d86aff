//! Zone borders, and the pages between them (`free_area_init`, mm/page_alloc.c).

use super::memory::{Memory, Region};
use super::{NodeStates, zone_index};
use crate::pfn::{MAX_NR_ZONES, NodeId, PAGE_SHIFT, Pfn, ZoneId, ZoneType};
use crate::zone::{Node, Zone};

/// End of the DMA zone: 16 MiB (`MAX_DMA_PFN`).
const MAX_DMA_PFN: u64 = 16 << (20 - PAGE_SHIFT);
/// End of the DMA32 zone: 4 GiB (`MAX_DMA32_PFN`).
const MAX_DMA32_PFN: u64 = 4 << (30 - PAGE_SHIFT);
/// Size of a page record (`struct page`).
const PAGE_RECORD_BYTES: u64 = 64;

/// Where zones may lie at most, whatever the node (`arch_zone_lowest_possible_pfn`, `…_highest_…`).
#[derive(Debug)]
pub(super) struct ZoneBounds {
    /// First and end page frame by zone; nothing for Movable.
    pub range: [(u64, u64); MAX_NR_ZONES],
    /// Highest zone with a range, from which Movable zones are cut (`find_usable_zone_for_movable`).
    pub movable_zone: ZoneType,
}

/// Where the Movable zones start (`zone_movable_pfn`, `mirrored_kernelcore`).
#[derive(Debug)]
pub(super) struct MovableStart {
    /// By node; 0 means no Movable zone.
    pub pfn: Vec<u64>,
    /// Whether mirrored memory stays out of the Movable zone page by page.
    pub mirrored_kernelcore: bool,
}

/// Finds where zones may lie.
pub(super) fn zone_bounds(memory: &Memory) -> ZoneBounds {
    let max_pfn = memory.max_pfn.0;
    let mut start = memory.pages().map(|(start, _, _)| start.0).min().unwrap_or(0);
    let mut bounds = ZoneBounds { range: [(0, 0); MAX_NR_ZONES], movable_zone: ZoneType::Dma };
    for (zone, max) in [(ZoneType::Dma, MAX_DMA_PFN), (ZoneType::Dma32, MAX_DMA32_PFN), (ZoneType::Normal, u64::MAX)] {
        let end = max.min(max_pfn).max(start);
        bounds.range[zone.index()] = (start, end);
        if end > start {
            bounds.movable_zone = zone;
        }
        start = end;
    }
    bounds
}

/// Reserved pages below 16 MiB, which the first zone's estimate leaves out (`memblock_find_dma_reserve`).
pub(super) fn dma_reserve(memory: &Memory, free_ranges: &[(Pfn, Pfn)]) -> u64 {
    let below = |start: Pfn, end: Pfn| end.0.min(MAX_DMA_PFN) - start.0.min(MAX_DMA_PFN);
    let pages: u64 = memory.pages().map(|(start, end, _)| below(start, end)).sum();
    pages - free_ranges.iter().map(|&(start, end)| below(start, end)).sum::<u64>()
}

/// What the size of a zone depends on.
pub(super) struct Spans<'a> {
    pub memory: &'a Memory,
    pub bounds: &'a ZoneBounds,
    pub movable: &'a MovableStart,
    pub dma_reserve: u64,
}

impl Spans<'_> {
    /// Sizes all online nodes (`free_area_init_node`).
    pub(super) fn init_nodes(&self, nodes: &mut [Node], zones: &mut [Zone], states: &mut NodeStates) {
        // Only nodes that had memory early are looked at when these sets are made; nodes that CPUs bring up are late.
        let early = states.memory;
        states.memory = crate::pfn::NodeMask::EMPTY;
        for id in states.online.iter() {
            let own = &mut zones[zone_index(id.index(), ZoneType::Dma)..][..MAX_NR_ZONES];
            self.init_node(&mut nodes[id.index()], own);
            if early.contains(id) && nodes[id.index()].present_pages != 0 {
                states.memory = states.memory | crate::pfn::NodeMask::of(id);
                if own[..ZoneType::Movable.index()].iter().any(Zone::is_populated) {
                    states.normal_memory = states.normal_memory | crate::pfn::NodeMask::of(id);
                }
            }
        }
    }

    /// `calculate_node_totalpages`, `free_area_init_core`.
    fn init_node(&self, node: &mut Node, zones: &mut [Zone]) {
        let range = self.node_range(node.id);
        node.start_pfn = Pfn(range.0);
        for zone in zones {
            let zone_type = zone.id.zone_type();
            let possible = self.possible_range(node.id, zone_type, range);
            let (start, spanned) = spanned_pages(possible, range);
            zone.spanned_pages = spanned;
            zone.present_pages = spanned.wrapping_sub(self.absent_pages(node.id, zone_type, possible));
            if spanned != 0 {
                zone.start_pfn = Pfn(start);
                node.nr_zones = zone_type as u8 + 1;
            }
            zone.managed_pages = self.estimate_managed(zone);
            node.spanned_pages += zone.spanned_pages;
            node.present_pages += zone.present_pages;
        }
    }

    /// `get_pfn_range_for_nid`.
    fn node_range(&self, node: NodeId) -> (u64, u64) {
        let start = self.memory.pages_of(node).map(|(start, _)| start.0).min();
        let end = self.memory.pages_of(node).map(|(_, end)| end.0).max();
        (start.unwrap_or(0), end.unwrap_or(0))
    }

    /// First and end page frame a zone of the node may have. The end is below the start when a Movable zone would
    /// start behind its node.
    fn possible_range(&self, node: NodeId, zone: ZoneType, (node_start, node_end): (u64, u64)) -> (u64, u64) {
        if node_end == 0 {
            return (0, 0);
        }
        let (low, high) = self.bounds.range[zone.index()];
        let clamped = (node_start.clamp(low, high), node_end.clamp(low, high));
        self.adjust_for_movable(node, zone, node_end, clamped)
    }

    /// `adjust_zone_range_for_zone_movable`.
    fn adjust_for_movable(&self, node: NodeId, zone: ZoneType, node_end: u64, range: (u64, u64)) -> (u64, u64) {
        let (start, end) = range;
        let movable = self.movable.pfn[node.index()];
        if movable == 0 {
            range
        } else if zone == ZoneType::Movable {
            (movable, node_end.min(self.bounds.range[self.bounds.movable_zone.index()].1))
        } else if !self.movable.mirrored_kernelcore && start < movable && end > movable {
            (start, movable)
        } else if start >= movable {
            (end, end)
        } else {
            range
        }
    }

    /// Pages of the range that do not exist (`zone_absent_pages_in_node`).
    ///
    /// A range that ends before it starts has a negative number of them in 5.10.35. So a Movable zone whose rounded
    /// start lies behind its node's end has present pages without a span; the model keeps that.
    fn absent_pages(&self, node: NodeId, zone: ZoneType, range: (u64, u64)) -> u64 {
        let existing: u64 = self.memory.pages_of(node).map(|(start, end)| overlap((start.0, end.0), range)).sum();
        let absent = range.1.wrapping_sub(range.0).wrapping_sub(existing);
        if !self.movable.mirrored_kernelcore || self.movable.pfn[node.index()] == 0 {
            return absent;
        }
        // Normal and Movable overlap: each counts the other's pages as missing.
        let missing = |r: &Region| match zone {
            ZoneType::Movable => r.mirrored,
            ZoneType::Normal => !r.mirrored,
            _ => false,
        };
        let pages = self.memory.pages_of_regions(node).filter(|(_, _, r)| missing(r));
        absent.wrapping_add(pages.map(|(start, end, _)| overlap((start.0, end.0), range)).sum())
    }

    /// Present pages without page records and, in the first zone, early reservations (`free_area_init_core`).
    fn estimate_managed(&self, zone: &Zone) -> u64 {
        let memmap_pages = calc_memmap_size(zone.spanned_pages, zone.present_pages);
        let mut pages = zone.present_pages;
        if pages >= memmap_pages {
            pages -= memmap_pages;
        }
        if zone.id.zone_type() == ZoneType::Dma && pages > self.dma_reserve {
            pages -= self.dma_reserve;
        }
        pages
    }

    /// The zone of every page frame that exists, ascending (`memmap_init`).
    pub(super) fn zone_ranges(&self, zones: &[Zone]) -> Vec<(Pfn, Pfn, ZoneId)> {
        let mut ranges = Vec::new();
        for (start, end, region) in self.memory.pages() {
            let own = &zones[zone_index(region.node.index(), ZoneType::Dma)..][..MAX_NR_ZONES];
            let movable_from = self.movable_from(region, own);
            for zone in own.iter().filter(|zone| zone.spanned_pages != 0) {
                let limit = if zone.id.zone_type() == ZoneType::Movable { u64::MAX } else { movable_from };
                let floor = if zone.id.zone_type() == ZoneType::Movable { movable_from } else { 0 };
                let first = start.0.max(zone.start_pfn.0).max(floor);
                let last = end.0.min(zone.end_pfn().0).min(limit);
                if first < last {
                    ranges.push((Pfn(first), Pfn(last), zone.id));
                }
            }
        }
        ranges
    }

    /// Where the region's pages start to be Movable: mirrored ones never are (`overlap_memmap_init`).
    fn movable_from(&self, region: &Region, zones: &[Zone]) -> u64 {
        let movable = &zones[ZoneType::Movable.index()];
        let kept = self.movable.mirrored_kernelcore && region.mirrored;
        if movable.spanned_pages == 0 || kept { u64::MAX } else { movable.start_pfn.0 }
    }
}

/// Pages of page records a zone needs; the span counts unless it has large holes (`calc_memmap_size`).
fn calc_memmap_size(spanned: u64, present: u64) -> u64 {
    let pages = if spanned > present + (present >> 4) { present } else { spanned };
    (pages * PAGE_RECORD_BYTES).div_ceil(1 << PAGE_SHIFT)
}

/// First page frame and pages of a zone, moved inside its node (`zone_spanned_pages_in_node`).
fn spanned_pages((start, end): (u64, u64), (node_start, node_end): (u64, u64)) -> (u64, u64) {
    if end < node_start || start > node_end {
        return (0, 0);
    }
    let start = start.max(node_start);
    (start, end.min(node_end).saturating_sub(start))
}

fn overlap(a: (u64, u64), b: (u64, u64)) -> u64 {
    a.1.min(b.1).saturating_sub(a.0.max(b.0))
}
