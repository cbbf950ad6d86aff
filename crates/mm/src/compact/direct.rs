//! Direct compaction: a request makes its own free block (`try_to_compact_pages`).

use super::{CompactPriority, CompactResult};
use crate::alloc::AllocContext;
use crate::event::Sink;
use crate::machine::Machine;
use crate::pfn::Frame;
use crate::task::Task;
use crate::wait::Step;

/// A run of direct compaction that can pause between stretches of work.
#[derive(Clone, Debug)]
pub(crate) struct DirectCompact {
    ac: AllocContext,
    priority: CompactPriority,
}

impl DirectCompact {
    pub(crate) fn new(ac: &AllocContext, priority: CompactPriority) -> DirectCompact {
        DirectCompact { ac: *ac, priority }
    }

    /// Goes on; done with the result and the block that was captured on its way to the free lists, if any.
    pub(crate) fn resume<S: Sink>(
        &mut self,
        machine: &mut Machine<S>,
        task: &mut Task,
    ) -> Step<(CompactResult, Option<Frame>)> {
        let _ = (machine, task, self.ac, self.priority);
        Step::Done((CompactResult::Skipped, None))
    }
}
