//! What an administrator does.

use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::{NodeId, Order};
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
