//! Runs of compaction: of a whole node (`C`), and for a request (`T`).

use super::ReplayError;
use super::block::checked;
use super::listen::Listen;
use super::run::{Checked, Runner};
use super::trace::{self, Around, Difference};
use crate::recording::{Block, CompactBlock};
use buddyscope_mm::Machine;
use buddyscope_mm::compact::CompactPriority;
use buddyscope_mm::pfn::{NodeId, Order};
use buddyscope_mm::task::Task;

impl<S: Listen> Runner<S> {
    /// Compaction of a node.
    pub(super) fn compact_node(&mut self, block: &Block<'_>, node: NodeId) -> Result<Checked, ReplayError> {
        self.checked_node(node)?;
        let ((), difference) = self.compact(block, |machine, task| machine.compact_node(task, node));
        Ok(checked(difference))
    }

    /// Compaction for a request, and the allocation that a captured block becomes.
    pub(super) fn compact_pages(&mut self, block: &Block<'_>, run: &CompactBlock) -> Result<Checked, ReplayError> {
        self.checked_node(run.node)?;
        let order = Order::new(run.order).ok_or_else(|| self.problem(format!("order {}: at most 10", run.order)))?;
        let priority = match run.priority {
            0 => CompactPriority::Async,
            1 => CompactPriority::SyncLight,
            _ => CompactPriority::SyncFull,
        };
        let ((result, captured), difference) =
            self.compact(block, |machine, task| machine.try_to_compact_pages(task, run.gfp, order, run.node, priority));
        if difference.is_some() {
            return Ok(checked(difference));
        }
        if (result as u32, captured) != (run.result, run.captured.map(|(pfn, _)| pfn)) {
            return Ok(Checked::Differs(format!("result={} captured={captured:?}", result as u32)));
        }
        if let Some((pfn, id)) = run.captured {
            self.note_allocation(id, pfn, order.get())?;
        }
        Ok(Checked::Equal)
    }

    /// Runs a block. The recorder puts the pages that wait for an LRU list there afterwards.
    fn compact<T>(
        &mut self,
        block: &Block<'_>,
        mut run: impl FnMut(&mut Machine<S>, &mut Task) -> T,
    ) -> (T, Option<Difference>) {
        self.in_hindsight(|runner| {
            let (result, lines) = runner.listening(Around::Request, &mut run);
            let cpu = runner.task.cpu;
            runner.machine.drain_lru(cpu);
            let told = lines.iter().filter_map(|line| trace::compact::line_of_compaction_alone(line));
            (result, trace::first_difference(block.lines(), told.map(str::to_owned)))
        })
    }
}
