//! What limits a request that finds no memory (`constrained_alloc`).

use super::OomControl;
use crate::event::{OomConstraint, Sink};
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::pfn::NodeMask;
use crate::task::Task;

impl<S: Sink> Machine<S> {
    /// Finds the constraint and the pages that scores are measured by.
    pub(super) fn constrained_alloc(&self, task: &Task, oc: &mut OomControl) {
        if let Some(memcg) = oc.memcg {
            oc.totalpages = self.mem_cgroup_max(memcg).max(1);
            oc.constraint = OomConstraint::Memcg;
            return;
        }
        let total_swap = self.swap.total;
        oc.totalpages = self.totalram_pages() + total_swap;
        let Some(ac) = oc.request.filter(|_| !oc.gfp.contains(Gfp::THISNODE)) else { return };
        let present = |nodes: NodeMask| -> u64 {
            self.nodes.iter().filter(|node| nodes.contains(node.id)).map(|node| node.present_pages).sum()
        };
        if let Some(mask) = oc.nodemask.filter(|mask| self.memory_nodes().0 & !mask.0 != 0) {
            oc.totalpages = total_swap + present(mask);
            oc.constraint = OomConstraint::MemoryPolicy;
            return;
        }
        let mut at = self.zonelist(&ac).next(0, ac.highest_zoneidx, oc.nodemask);
        while let Some(zref) = self.zonelist(&ac).refs.get(at) {
            if !self.cpusets.node_allowed(task, zref.node, oc.gfp) {
                oc.totalpages = total_swap + present(task.mems_allowed);
                oc.constraint = OomConstraint::Cpuset;
                return;
            }
            at = self.zonelist(&ac).next(at + 1, ac.highest_zoneidx, oc.nodemask);
        }
    }

    /// Pages that the allocator manages (`totalram_pages`).
    #[must_use]
    pub fn totalram_pages(&self) -> u64 {
        self.zones.iter().map(|zone| zone.managed_pages).sum()
    }
}
