//! Which memory belongs to which node (arch/x86/mm/numa.c).

use super::e820::{subtract, union, usable_ram};
use super::{BootWarning, ConfigError};
use crate::config::{ByteRange, MAX_MEMORY_BYTES, MachineConfig, MemoryRange};
use crate::pfn::{NodeId, PAGE_SHIFT, Pfn};

/// Memory that nodes may leave out before their ranges are distrusted (`numa_meminfo_cover_memory`): 1 MiB.
const UNCOVERED_SLACK: u64 = 1 << 20;

/// Memory of one node with the same attributes throughout (`struct memblock_region`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Region {
    pub range: ByteRange,
    pub node: NodeId,
    pub hotpluggable: bool,
    pub mirrored: bool,
}

/// The machine's memory after firmware map and boot parameters (`memblock.memory`, `numa_meminfo`).
#[derive(Debug)]
pub(super) struct Memory {
    /// Ascending; neighbors differ in node or attributes.
    pub regions: Vec<Region>,
    /// Address blocks of the nodes, holes included (`numa_meminfo`).
    pub blocks: Vec<(ByteRange, NodeId)>,
    /// Whether the firmware's nodes are used.
    pub numa: bool,
    /// First page frame after all memory.
    pub max_pfn: Pfn,
}

impl Memory {
    /// Page frames of each region (`for_each_mem_pfn_range`).
    pub(super) fn pages(&self) -> impl Iterator<Item = (Pfn, Pfn, &Region)> {
        self.regions.iter().filter_map(|r| r.range.pages_inside().map(|(start, end)| (start, end, r)))
    }

    /// Page frames of a node's regions, ascending, with the region.
    pub(super) fn pages_of_regions(&self, node: NodeId) -> impl Iterator<Item = (Pfn, Pfn, &Region)> {
        self.pages().filter(move |(_, _, r)| r.node == node)
    }

    /// Page frames of a node's regions, ascending.
    pub(super) fn pages_of(&self, node: NodeId) -> impl Iterator<Item = (Pfn, Pfn)> {
        self.pages_of_regions(node).map(|(start, end, _)| (start, end))
    }
}

/// Finds the memory of each node (`e820__memblock_setup`, `x86_numa_init`).
pub(super) fn detect(config: &MachineConfig, warnings: &mut Vec<BootWarning>) -> Result<Memory, ConfigError> {
    let ram = whole_pages(usable_ram(&config.memory, &config.boot.map_edits));
    let end = ram.last().ok_or(ConfigError::NoMemory)?.end;
    // memmap= can add any amount.
    let bytes: u64 = ram.iter().map(|r| r.len()).sum();
    if bytes > MAX_MEMORY_BYTES {
        return Err(ConfigError::out_of_range("memory after boot parameters", bytes, "at most 16 TiB in all"));
    }
    let max_pfn = Pfn(end >> PAGE_SHIFT);
    let blocks = cleanup_meminfo(&config.memory, &ram, end);
    let numa = !config.boot.numa_off && covers_memory(&blocks, &ram);
    if !numa && !config.boot.numa_off {
        warnings.push(BootWarning::NumaIgnored);
    }
    let blocks = if numa { blocks } else { vec![(ByteRange::new(0, end), NodeId(0))] };
    let regions = regions(&ram, &blocks, &config.memory);
    let mut memory = Memory { regions, blocks, numa, max_pfn };
    clear_kernel_node_hotplug(&mut memory, &config.reserved);
    Ok(memory)
}

/// Rounds every range inward to pages (`memblock_trim_memory`).
fn whole_pages(ram: Vec<ByteRange>) -> Vec<ByteRange> {
    let pages = ram.into_iter().filter_map(ByteRange::pages_inside);
    pages.map(|(start, end)| ByteRange::new(start.0 << PAGE_SHIFT, end.0 << PAGE_SHIFT)).collect()
}

/// Node blocks with memory in them, joined over holes that no other node lies in (`numa_cleanup_meminfo`).
fn cleanup_meminfo(memory: &[MemoryRange], ram: &[ByteRange], end: u64) -> Vec<(ByteRange, NodeId)> {
    let limits = ByteRange::new(0, end);
    let has_ram = |block: ByteRange| ram.iter().any(|r| r.overlaps(block));
    let blocks = memory.iter().filter(|m| has_ram(m.range)).map(|m| (m.range.intersection(limits), m.node));
    let mut blocks: Vec<(ByteRange, NodeId)> = blocks.collect();
    blocks.sort_unstable();
    // Sorted blocks do not overlap, so whatever lies between two blocks of a node stands between them here too.
    blocks.dedup_by(|next, last| {
        let same = next.1 == last.1;
        if same {
            last.0.end = next.0.end;
        }
        same
    });
    blocks
}

/// `numa_meminfo_cover_memory`.
fn covers_memory(blocks: &[(ByteRange, NodeId)], ram: &[ByteRange]) -> bool {
    let holes = union(blocks.iter().map(|b| b.0).collect());
    let uncovered: u64 = subtract(ram, &holes).iter().map(|r| r.len()).sum();
    uncovered < UNCOVERED_SLACK
}

/// Cuts memory at the borders of nodes and attributes (`memblock_set_node`, `memblock_mark_hotplug`).
fn regions(ram: &[ByteRange], blocks: &[(ByteRange, NodeId)], memory: &[MemoryRange]) -> Vec<Region> {
    let mut marked: Vec<&MemoryRange> = memory.iter().filter(|m| m.hotpluggable || m.mirrored).collect();
    marked.sort_unstable_by_key(|m| m.range);
    let marks: Vec<ByteRange> = marked.iter().map(|m| m.range).collect();
    let mut regions: Vec<Region> = Vec::new();
    for &(block, node) in blocks {
        let inside = within(ram, block);
        let plain = subtract(&inside, &marks);
        regions.extend(plain.iter().map(|&range| Region { range, node, hotpluggable: false, mirrored: false }));
        for mark in marked.iter().filter(|m| m.range.overlaps(block)) {
            let (hotpluggable, mirrored) = (mark.hotpluggable, mark.mirrored);
            let parts = within(&inside, mark.range);
            regions.extend(parts.iter().map(|&range| Region { range, node, hotpluggable, mirrored }));
        }
    }
    regions.sort_unstable_by_key(|r| r.range);
    merge(&mut regions);
    regions
}

fn within(ranges: &[ByteRange], window: ByteRange) -> Vec<ByteRange> {
    ranges.iter().map(|r| r.intersection(window)).filter(|r| !r.is_empty()).collect()
}

/// Joins touching regions that are alike (`memblock_merge_regions`).
fn merge(regions: &mut Vec<Region>) {
    regions.dedup_by(|next, last| {
        let joined = Region { range: last.range, ..*next };
        let alike = last.range.end == next.range.start && joined == *last;
        if alike {
            last.range.end = next.range.end;
        }
        alike
    });
}

/// A node with reserved memory can not be unplugged (`numa_clear_kernel_node_hotplug`).
fn clear_kernel_node_hotplug(memory: &mut Memory, reserved: &[ByteRange]) {
    let Memory { blocks, regions, .. } = memory;
    let holds_kernel = |node| {
        let blocks = blocks.iter().filter(|b| b.1 == node);
        blocks.into_iter().any(|b| reserved.iter().any(|r| r.overlaps(b.0)))
    };
    for region in regions.iter_mut().filter(|r| r.hotpluggable) {
        region.hotpluggable = !holds_kernel(region.node);
    }
    merge(regions);
}

/// Bytes from a node's lowest to its highest block.
pub(super) fn node_span(blocks: &[(ByteRange, NodeId)], node: NodeId) -> u64 {
    let own = || blocks.iter().filter(|b| b.1 == node).map(|b| b.0);
    match (own().map(|b| b.start).min(), own().map(|b| b.end).max()) {
        (Some(start), Some(end)) => end - start,
        _ => 0,
    }
}
