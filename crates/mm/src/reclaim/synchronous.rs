//! Runs of reclaim from beginning to end, for callers that let every wait pass at once.

use super::{BalancePgdat, DirectReclaim};
use crate::event::Sink;
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::pfn::{NodeId, NodeMask, Order};
use crate::task::Task;
use crate::wait::Step;

impl<S: Sink> Machine<S> {
    /// A whole run of kswapd on a node (`balance_pgdat`); returns the order that it balanced for in the end.
    pub fn balance_pgdat(&mut self, task: &Task, node: NodeId, order: Order, highest_zoneidx: u8) -> u8 {
        let mut run = BalancePgdat::new(node, order.get(), highest_zoneidx);
        loop {
            if let Step::Done(order) = run.resume(self, task) {
                return order;
            }
        }
    }

    /// A whole run of direct reclaim (`try_to_free_pages`); returns the pages it got back.
    pub fn try_to_free_pages(
        &mut self,
        task: &Task,
        node: NodeId,
        nodemask: Option<NodeMask>,
        order: Order,
        gfp: Gfp,
    ) -> u64 {
        let mut run = DirectReclaim::new(gfp, order, node, nodemask);
        loop {
            if let Step::Done(reclaimed) = run.resume(self, task) {
                return reclaimed;
            }
        }
    }
}
