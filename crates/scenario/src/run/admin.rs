//! What an administrator does.

use buddyscope_mm::Machine;
use buddyscope_mm::compact::CmaArea;
use buddyscope_mm::event::Sink;
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::{MigrateType, NodeId, Order, PAGEBLOCK_NR_PAGES, Pfn};
use buddyscope_mm::task::Task;

/// Order of a huge page (`HPAGE_PMD_ORDER`).
const HUGE_PAGE_ORDER: u32 = 9;

/// `vm.compact_memory`: every node, one after another.
pub(super) fn compact_memory<S: Sink>(machine: &mut Machine<S>, task: &mut Task) {
    machine.lru_add_drain_all();
    let nodes: Vec<NodeId> = machine.memory_nodes().iter().collect();
    for node in nodes {
        machine.compact_node(task, node);
    }
}

/// `vm.nr_hugepages`: huge pages from all nodes in turn, until the pool has so many or one cannot be had
/// (`alloc_pool_huge_page`).
pub(super) fn hugepages<S: Sink>(machine: &mut Machine<S>, task: &mut Task, count: u64) -> Result<(), String> {
    let gfp = Gfp::GFP_HIGHUSER | Gfp::COMP | Gfp::NOWARN | Gfp::RETRY_MAYFAIL | Gfp::THISNODE;
    let order = Order::new(HUGE_PAGE_ORDER).unwrap_or_default();
    let nodes: Vec<NodeId> = machine.memory_nodes().iter().collect();
    for n in 0..count {
        let first = n as usize % nodes.len().max(1);
        let mut from = nodes.iter().cycle().skip(first).take(nodes.len());
        let got = from.any(|&node| machine.alloc_pages_node(task, Some(node), gfp, order).pfn.is_some());
        if !got {
            return Err(format!("{count} huge pages: only {n} could be had"));
        }
    }
    Ok(())
}

/// The contiguous areas of a machine, none of their pages taken.
pub(super) fn cma_areas<S: Sink>(machine: &Machine<S>) -> Vec<CmaArea> {
    let mut areas: Vec<(Pfn, u64)> = Vec::new();
    for (start, end, _) in machine.memory_ranges() {
        let blocks = (start.0.next_multiple_of(PAGEBLOCK_NR_PAGES)..end.0).step_by(PAGEBLOCK_NR_PAGES as usize);
        for block in blocks.map(Pfn).filter(|&pfn| machine.pageblock_type(pfn) == Some(MigrateType::Cma)) {
            match areas.last_mut() {
                Some((first, pages)) if first.0 + *pages == block.0 => *pages += PAGEBLOCK_NR_PAGES,
                _ => areas.push((block, PAGEBLOCK_NR_PAGES)),
            }
        }
    }
    areas.into_iter().map(|(base, pages)| CmaArea::new(base, pages)).collect()
}

/// A driver takes pages in a row (`cma_alloc`) and keeps them.
pub(super) fn cma<S: Sink>(
    machine: &mut Machine<S>,
    task: &mut Task,
    areas: &mut [CmaArea],
    pages: u64,
) -> Result<(), String> {
    let mut last = "the machine has no contiguous area (boot it with cma=)".to_owned();
    for area in areas {
        match area.alloc(machine, task, pages, 0) {
            Ok(_) => return Ok(()),
            Err(error) => last = error.to_string(),
        }
    }
    Err(format!("{pages} pages in a row: {last}"))
}
