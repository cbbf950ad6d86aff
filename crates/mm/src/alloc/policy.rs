//! `alloc_pages`: the memory policy picks node and nodemask, then the core takes over (mm/mempolicy.c).

use crate::alloc::{Alloc, Answer};
use crate::event::{Event, Sink, emit};
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::pfn::{Frame, NodeId, Order, Pfn};
use crate::task::Task;
use crate::vmstat::NumaItem;

impl<S: Sink> Machine<S> {
    /// A request under the task's memory policy (`alloc_pages_current`). Interleaving advances `task.il_prev`
    /// whether or not a page is found.
    pub fn alloc_pages_current(&mut self, task: &mut Task, gfp: Gfp, order: Order) -> Answer {
        let local = self.cpus[task.cpu.index()].node;
        // Without a policy of its own a task prefers its CPU's node, as the default policy does.
        let Some(policy) = task.policy_for(gfp).copied() else {
            return self.alloc_pages_nodemask(task, gfp, order, local, None);
        };
        if let Some(nodes) = policy.interleaved() {
            let node = task.interleave(nodes).unwrap_or(local);
            emit!(self, Event::Policy { mode: policy.mode() as u8, node, nodemask: None });
            return self.alloc_page_interleave(task, gfp, order, node);
        }
        let node = policy.node(local);
        let nodemask = policy.nodemask(gfp, self.policy_zones, task.mems_allowed);
        emit!(self, Event::Policy { mode: policy.mode() as u8, node, nodemask });
        self.alloc_pages_nodemask(task, gfp, order, node, nodemask)
    }

    /// Begins a request under the task's memory policy, as [`Machine::alloc_pages_current`] does it whole.
    pub fn begin_alloc_current(&mut self, task: &mut Task, gfp: Gfp, order: Order) -> Alloc {
        let begun = self.alloc_current_at_once(task, gfp, order);
        self.begun(begun)
    }

    /// The same: the block, if it can be had at once, or what is to be resumed for it.
    #[inline]
    pub(crate) fn alloc_current_at_once(&mut self, task: &mut Task, gfp: Gfp, order: Order) -> Result<Frame, Alloc> {
        let local = self.cpus[task.cpu.index()].node;
        let Some(policy) = task.policy_for(gfp).copied() else {
            return self.alloc_at_once(task, gfp, order, local, None);
        };
        if let Some(nodes) = policy.interleaved() {
            let node = task.interleave(nodes).unwrap_or(local);
            emit!(self, Event::Policy { mode: policy.mode() as u8, node, nodemask: None });
            return self.interleave_at_once(task, gfp, order, node);
        }
        let node = policy.node(local);
        let nodemask = policy.nodemask(gfp, self.policy_zones, task.mems_allowed);
        emit!(self, Event::Policy { mode: policy.mode() as u8, node, nodemask });
        self.alloc_at_once(task, gfp, order, node, nodemask)
    }

    /// Allocates with a chosen node first and counts the hit if it came from there (`alloc_page_interleave`).
    pub(crate) fn alloc_page_interleave(&mut self, task: &mut Task, gfp: Gfp, order: Order, node: NodeId) -> Answer {
        let answer = self.alloc_pages_nodemask(task, gfp, order, node, None);
        self.count_interleave_hit(task, answer, node);
        answer
    }

    /// Counts a page that came from the node that interleaving chose.
    pub(super) fn count_interleave_hit(&mut self, task: &Task, answer: Answer, node: NodeId) {
        let zone = answer.pfn.and_then(|pfn: Pfn| self.page_zone(pfn)).map(|zone| zone.id);
        if let Some(zone) = zone.filter(|zone| self.options.numa_stat && zone.node() == node) {
            self.inc_numa_state(zone, task.cpu, NumaItem::InterleaveHit);
        }
    }
}
