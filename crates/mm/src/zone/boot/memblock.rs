//! Free memory before the buddy allocator, and the contiguous area that is cut from it (mm/memblock.c, mm/cma.c).

use super::BootWarning;
use super::e820::{subtract, union};
use super::memory::Memory;
use crate::config::{ByteRange, CmaRequest, MachineConfig};
use crate::pfn::{MAX_ORDER_NR_PAGES, PAGE_SHIFT, Pfn};

/// A contiguous area starts and ends on 4 MiB (`cma_declare_contiguous_nid`).
const CMA_ALIGN: u64 = MAX_ORDER_NR_PAGES << PAGE_SHIFT;

/// Free page frames, ascending, each range within one region (`free_low_memory_core_early`).
pub(super) fn free_ranges(memory: &Memory, reserved: &[ByteRange]) -> Vec<(Pfn, Pfn)> {
    let ranges: Vec<ByteRange> = memory.regions.iter().map(|r| r.range).collect();
    subtract(&ranges, &union(reserved.to_vec())).into_iter().filter_map(ByteRange::pages_inside).collect()
}

/// Page frames that exist but are not in `free`, ascending.
pub(super) fn pages_without(memory: &Memory, free: &[(Pfn, Pfn)]) -> Vec<(Pfn, Pfn)> {
    let bytes = |start: Pfn, end: Pfn| ByteRange::new(start.0 << PAGE_SHIFT, end.0 << PAGE_SHIFT);
    let pages = union(memory.pages().map(|(start, end, _)| bytes(start, end)).collect());
    let free = union(free.iter().map(|&(start, end)| bytes(start, end)).collect());
    subtract(&pages, &free).into_iter().filter_map(ByteRange::pages_inside).collect()
}

/// The parts of ascending ranges inside other ascending ranges.
pub(super) fn intersection(ranges: &[(Pfn, Pfn)], others: &[(Pfn, Pfn)]) -> Vec<(Pfn, Pfn)> {
    let mut parts = Vec::new();
    for &(start, end) in ranges {
        let first = others.partition_point(|other| other.1 <= start);
        let touching = others[first..].iter().take_while(|other| other.0 < end);
        parts.extend(touching.map(|other| (start.max(other.0), end.min(other.1))));
    }
    parts
}

/// Reserves the area `cma=` asks for, if there is room (`dma_contiguous_reserve`).
pub(super) fn reserve_cma(
    config: &MachineConfig,
    memory: &Memory,
    warnings: &mut Vec<BootWarning>,
) -> Option<ByteRange> {
    let request = config.boot.cma.filter(|request| request.size != 0)?;
    let area = place_cma(config, memory, request);
    if area.is_none() {
        warnings.push(BootWarning::CmaNotReserved);
    }
    area
}

/// `cma_declare_contiguous_nid`.
fn place_cma(config: &MachineConfig, memory: &Memory, request: CmaRequest) -> Option<ByteRange> {
    let base = request.base.checked_next_multiple_of(CMA_ALIGN)?;
    let size = request.size.checked_next_multiple_of(CMA_ALIGN)?;
    let memory_end = memory.max_pfn.0 << PAGE_SHIFT;
    let limit = match request.limit / CMA_ALIGN * CMA_ALIGN {
        0 => memory_end,
        limit => limit.min(memory_end),
    };
    if base.checked_add(size)? > limit {
        return None;
    }
    let reserved = union(config.reserved.clone());
    if request.is_fixed() {
        let area = ByteRange::new(base, base + size);
        // The kernel would take a hole as well, and hand out pages that do not exist.
        let regions: Vec<ByteRange> = memory.regions.iter().map(|r| r.range).collect();
        let exists = subtract(&[area], &union(regions)).is_empty();
        let free = base == request.base && !reserved.iter().any(|r| r.overlaps(area));
        return (free && exists).then_some(area);
    }
    find_top_down(config, memory, &reserved, ByteRange::new(base.max(1 << PAGE_SHIFT), limit), size)
}

/// The highest free place (`__memblock_find_range_top_down`); the search never leaves a region.
fn find_top_down(
    config: &MachineConfig,
    memory: &Memory,
    reserved: &[ByteRange],
    window: ByteRange,
    size: u64,
) -> Option<ByteRange> {
    // With kernelcore=mirror memblock wants mirrored memory, and takes other only if there is none.
    let any_mirrored = memory.regions.iter().any(|r| r.mirrored);
    let want_mirror = config.boot.kernelcore_mirror && any_mirrored;
    let find = |mirrored_only: bool| {
        let regions = memory.regions.iter().filter(|r| !(config.boot.movable_node && r.hotpluggable));
        let ranges: Vec<ByteRange> = regions.filter(|r| !mirrored_only || r.mirrored).map(|r| r.range).collect();
        subtract(&ranges, reserved).into_iter().rev().find_map(|free| highest_in(free.intersection(window), size))
    };
    find(want_mirror).or_else(|| if want_mirror { find(false) } else { None })
}

fn highest_in(free: ByteRange, size: u64) -> Option<ByteRange> {
    let start = free.end.checked_sub(size)? / CMA_ALIGN * CMA_ALIGN;
    (start >= free.start && !free.is_empty()).then(|| ByteRange::new(start, start + size))
}
