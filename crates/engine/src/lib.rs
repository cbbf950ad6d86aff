//! The model's hot paths, compiled once for the session's sink.
//!
//! What a browser downloads is built for size, and generic functions are compiled where they are first called. These
//! calls are made here, in a crate of its own, so that the build can give full speed to them and to nothing else.

mod ear;
mod trace;

pub use ear::Ear;
pub use trace::Trace;

use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::{CpuId, NodeId, NodeMask, Order, Pfn};
use buddyscope_mm::task::Task;
use buddyscope_mm::{Answer, Block, Machine, PageError};

/// A machine whose decisions are kept in a ring.
pub type Engine = Machine<Trace>;

/// [`Machine::alloc_pages_current`].
#[inline(never)]
pub fn alloc_pages_current(machine: &mut Engine, task: &mut Task, gfp: Gfp, order: Order) -> Answer {
    machine.alloc_pages_current(task, gfp, order)
}

/// [`Machine::alloc_pages_nodemask`].
#[inline(never)]
pub fn alloc_pages_nodemask(
    machine: &mut Engine,
    task: &mut Task,
    gfp: Gfp,
    order: Order,
    node: NodeId,
    nodemask: Option<NodeMask>,
) -> Answer {
    machine.alloc_pages_nodemask(task, gfp, order, node, nodemask)
}

/// [`Machine::free_pages`].
///
/// # Errors
/// As there.
#[inline(never)]
pub fn free_pages(machine: &mut Engine, cpu: CpuId, pfn: Pfn, order: Order) -> Result<(), PageError> {
    machine.free_pages(cpu, pfn, order)
}

/// [`Machine::mark_lru`].
///
/// # Errors
/// As there.
#[inline(never)]
pub fn mark_lru(machine: &mut Engine, pfn: Pfn, order: Order) -> Result<(), PageError> {
    machine.mark_lru(pfn, order)
}

/// [`Machine::visit_blocks`].
#[inline(never)]
pub fn visit_blocks(machine: &Engine, section: usize, visit: &mut dyn FnMut(u32, Block)) {
    machine.visit_blocks(section, visit);
}
