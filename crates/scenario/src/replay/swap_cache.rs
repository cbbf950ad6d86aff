//! When the swap cache needs another slab for its nodes depends on every object of the recorded kernel. Here the lines
//! tell when; which page it gets is the model's business.

use crate::recording::{Block, RecordingError, TraceLine};
use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::Order;
use buddyscope_mm::reclaim::SlabRequest;

/// Tells the model which pages will make the swap cache ask for a slab in a block that is about to run: each request
/// belongs to the page that is written next.
///
/// # Errors
/// [`RecordingError`] if a line cannot be read.
pub(super) fn tell_swap_cache<S: Sink>(
    machine: &mut Machine<S>,
    block: &Block<'_>,
    file: &str,
) -> Result<(), RecordingError> {
    let mut waiting = Vec::new();
    for input in block.inputs(file) {
        match input?.1 {
            TraceLine::NestedBegin(request) => waiting.extend(Order::new(request.order).map(|order| SlabRequest {
                node: request.node,
                nodemask: request.nodemask,
                gfp: request.gfp,
                order,
                task_flags: request.task_flags,
            })),
            TraceLine::Pageout(pfn) => {
                waiting.drain(..).for_each(|request| machine.script_swap_cache_request(pfn, request))
            }
            _ => {}
        }
    }
    Ok(())
}
