//! Runs of kswapd (`K`) and of direct reclaim (`R`).

use super::ReplayError;
use super::block::checked;
use super::listen::Listen;
use super::run::{Checked, Runner};
use super::trace::{self, Around};
use crate::recording::{Block, KswapdBlock, ReclaimBlock};
use buddyscope_mm::MemcgId;
use buddyscope_mm::pfn::{NodeId, Order};
use buddyscope_mm::task::TaskFlags;

/// Lines that the first recordings have; the others came later.
const FIRST_LINES: [&str; 5] =
    ["e isolate ", "e shrink_slab_", "e shrink_inactive ", "e shrink_active ", "e suitable "];

impl<S: Listen> Runner<S> {
    /// One balancing run of kswapd, done by the recording task in its place.
    pub(super) fn kswapd(&mut self, block: &Block<'_>, run: &KswapdBlock) -> Result<Checked, ReplayError> {
        self.checked_node(run.node)?;
        let order = self.checked_order(run.order)?;
        let flags = self.task.flags;
        self.task.flags |= TaskFlags::KSWAPD | TaskFlags::MEMALLOC;
        let (end_order, mut lines) = self
            .listening(Around::Run, |machine, task| machine.balance_pgdat(task, run.node, order, run.highest_zoneidx));
        self.task.flags = flags;
        lines.push(self.costs(run.node));
        let inside = compare(block, lines);
        if inside != Checked::Equal {
            return Ok(inside);
        }
        let failures = self.machine.nodes()[run.node.index()].kswapd_failures;
        let same = (u32::from(end_order), failures) == (run.end_order, run.failures);
        Ok(if same { Checked::Equal } else { Checked::Differs(format!("order={end_order} failures={failures}")) })
    }

    /// One run of direct reclaim.
    pub(super) fn reclaim(&mut self, block: &Block<'_>, run: &ReclaimBlock) -> Result<Checked, ReplayError> {
        self.checked_node(run.node)?;
        let order = self.checked_order(run.order)?;
        let flags = self.task.flags;
        self.task.flags |= TaskFlags::MEMALLOC;
        let (reclaimed, lines) = self
            .listening(Around::Run, |machine, task| machine.try_to_free_pages(task, run.node, None, order, run.gfp));
        self.task.flags = flags;
        let inside = compare(block, lines);
        if inside != Checked::Equal || reclaimed == run.reclaimed {
            return Ok(inside);
        }
        Ok(Checked::Differs(format!("reclaimed={reclaimed}")))
    }

    fn checked_order(&self, order: u32) -> Result<Order, ReplayError> {
        Order::new(order).ok_or_else(|| self.problem(format!("order {order}: at most 10")))
    }

    /// The root's lists after a run of kswapd.
    fn costs(&self, node: NodeId) -> String {
        let Some(lruvec) = self.machine.lruvec(MemcgId::ROOT, node) else { return String::new() };
        format!(
            "LRUVEC0 anon_cost={} file_cost={} nonresident_age={} refaults={},{}",
            lruvec.anon_cost, lruvec.file_cost, lruvec.nonresident_age, lruvec.refaults[0], lruvec.refaults[1]
        )
    }
}

fn compare(block: &Block<'_>, lines: Vec<String>) -> Checked {
    let whole = block.lines().any(|(_, line)| line.starts_with('v'));
    let told = |line: &str| whole || FIRST_LINES.iter().any(|first| line.starts_with(first));
    checked(trace::first_difference(block.lines(), lines.into_iter().filter(|line| told(line))))
}
