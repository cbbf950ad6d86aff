//! The one who asks for memory: a task on a CPU, its privileges, its policy and its cpuset.

mod context;
pub mod cpuset;
mod freq_meter;
pub(crate) mod gather;
mod memcg;
pub mod mempolicy;
pub mod mm;
pub mod nodemap;
pub(crate) mod page_table;
pub mod process;
mod stall;

pub use context::Context;
pub use freq_meter::FreqMeter;
pub use memcg::{TaskMemcg, TaskOom};
pub use stall::Pressure;

use crate::gfp::Gfp;
use crate::pfn::{CpuId, NodeId, NodeMask};
use crate::rng::Rng;
use cpuset::CpusetId;
use mempolicy::Mempolicy;
use nodemap::{next_node_in, node_of_rank};
use process::Pid;

bitflags::bitflags! {
    /// Flags of a task that the allocator heeds (`PF_*`, include/linux/sched.h, v5.10).
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct TaskFlags: u32 {
        /// On its way out (`PF_EXITING`): may leave its cpuset.
        const EXITING = 0x4;
        /// A workqueue worker (`PF_WQ_WORKER`): the slow path sleeps rather than yields.
        const WQ_WORKER = 0x20;
        /// Dumping core (`PF_DUMPCORE`): starts no OOM kill.
        const DUMPCORE = 0x200;
        /// Frees memory itself (`PF_MEMALLOC`): no watermarks, no direct reclaim.
        const MEMALLOC = 0x800;
        /// kswapd (`PF_KSWAPD`).
        const KSWAPD = 0x2_0000;
        /// Every request as if without `__GFP_FS` (`PF_MEMALLOC_NOFS`).
        const MEMALLOC_NOFS = 0x4_0000;
        /// Every request as if without `__GFP_IO` and `__GFP_FS` (`PF_MEMALLOC_NOIO`).
        const MEMALLOC_NOIO = 0x8_0000;
        /// A kernel thread (`PF_KTHREAD`).
        const KTHREAD = 0x20_0000;
        /// Never from CMA blocks (`PF_MEMALLOC_NOCMA`).
        const MEMALLOC_NOCMA = 0x1000_0000;
    }
}

impl TaskFlags {
    /// The request as the task's scopes restrict it from the slow path on (`current_gfp_context`).
    #[inline]
    #[must_use]
    pub const fn restrict(self, gfp: Gfp) -> Gfp {
        if self.contains(TaskFlags::MEMALLOC_NOIO) {
            gfp.difference(Gfp::IO.union(Gfp::FS))
        } else if self.contains(TaskFlags::MEMALLOC_NOFS) {
            gfp.difference(Gfp::FS)
        } else {
            gfp
        }
    }
}

/// A task, as far as the allocator looks at it (`struct task_struct`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// The CPU it runs on.
    pub cpu: CpuId,
    /// The process it is the thread of; 0 for none.
    pub pid: Pid,
    /// Its flags.
    pub flags: TaskFlags,
    /// Whether it has a real-time priority (`rt_task`).
    pub realtime: bool,
    /// Whether the OOM killer has chosen it (`tsk_is_oom_victim`).
    pub oom_victim: bool,
    /// Whether it has to end: SIGKILL is pending (`fatal_signal_pending`).
    pub killed: bool,
    /// Its memory cgroup, and what it owes that.
    pub memcg: TaskMemcg,
    /// Whether it is at present held up by lack of memory (`PF_MEMSTALL`).
    pub in_memstall: bool,
    /// Whether something else should have its CPU (`need_resched`). The machine itself sees daemons that wait for it.
    pub need_resched: bool,
    /// What its CPU is doing.
    pub context: Context,
    /// The nodes it may use; written by its cpuset, together with [`Task::mems_allowed_seq`].
    pub mems_allowed: NodeMask,
    /// Counts the changes of `mems_allowed`, two for each.
    pub mems_allowed_seq: u32,
    /// Its cpuset.
    pub cpuset: CpusetId,
    /// Its policy; `None` for the default one.
    pub policy: Option<Mempolicy>,
    /// The node that interleaving used last; `None` before the first, which the kernel prints as `MAX_NUMNODES - 1`.
    pub il_prev: Option<NodeId>,
    /// The node that spreading its page cache used last; `None` when not yet begun.
    pub spread_rotor: Option<NodeId>,
    /// The call that is to fail, counted down to 0 (`fail_nth`); 0 for none.
    pub fail_nth: u32,
    /// Whether a task filter lets fault injection hit it (`make_it_fail`).
    pub make_it_fail: bool,
}

impl Task {
    /// An ordinary task of the root cpuset that may use every node.
    #[must_use]
    pub fn new(cpu: CpuId) -> Task {
        Task {
            cpu,
            pid: Pid::default(),
            flags: TaskFlags::empty(),
            realtime: false,
            oom_victim: false,
            killed: false,
            memcg: TaskMemcg::default(),
            in_memstall: false,
            need_resched: false,
            context: Context::Task,
            mems_allowed: NodeMask::ALL,
            mems_allowed_seq: 0,
            cpuset: CpusetId::ROOT,
            policy: None,
            il_prev: None,
            spread_rotor: None,
            fail_nth: 0,
            make_it_fail: false,
        }
    }

    /// Takes another policy; interleaving begins anew with its lowest node (`do_set_mempolicy`).
    pub fn set_policy(&mut self, policy: Option<Mempolicy>) {
        if policy.is_some_and(|p| p.interleaved().is_some()) {
            self.il_prev = None;
        }
        self.policy = policy;
    }

    /// The policy a request of these flags goes by, `None` for the default one (the choice at the beginning of
    /// `alloc_pages_current`): interrupts and `__GFP_THISNODE` leave the task's policy aside.
    #[inline]
    #[must_use]
    pub fn policy_for(&self, gfp: Gfp) -> Option<&Mempolicy> {
        if self.context.in_interrupt() || gfp.contains(Gfp::THISNODE) { None } else { self.policy.as_ref() }
    }

    /// The next node of an interleave policy over `nodes` (`interleave_nodes`). It is used up even if the allocation
    /// fails later. `None` only for an empty set.
    pub fn interleave(&mut self, nodes: NodeMask) -> Option<NodeId> {
        let next = next_node_in(self.il_prev, nodes);
        self.il_prev = next.or(self.il_prev);
        next
    }

    /// The node for the next page-cache page of a task that spreads them (`cpuset_mem_spread_node`). The first use
    /// starts at a random allowed node. `None` only if no node is allowed.
    pub fn spread_node(&mut self, rng: &mut Rng) -> Option<NodeId> {
        let allowed = self.mems_allowed;
        let start = || node_of_rank(allowed, rng.below(u64::from(allowed.weight())) as u32);
        self.spread_rotor = next_node_in(self.spread_rotor.or_else(start), allowed);
        self.spread_rotor
    }

    /// A copy as `fork` makes it, on the same CPU: policy and interleave position are inherited, the spread position
    /// and injected faults are not.
    #[must_use]
    pub fn fork(&self) -> Task {
        Task {
            spread_rotor: None,
            fail_nth: 0,
            oom_victim: false,
            killed: false,
            memcg: TaskMemcg { id: self.memcg.id, ..TaskMemcg::default() },
            in_memstall: false,
            flags: self.flags.difference(TaskFlags::WQ_WORKER),
            need_resched: false,
            context: Context::Task,
            ..self.clone()
        }
    }

    /// Takes over the nodes its cpuset now allows; its policy follows (`cpuset_change_task_nodemask`). Between the two
    /// counts of the cookie the kernel allows old and new nodes alike, so that no reader ever sees none.
    pub fn change_mems_allowed(&mut self, mems: NodeMask) {
        self.mems_allowed_seq = self.mems_allowed_seq.wrapping_add(1);
        self.mems_allowed = self.mems_allowed | mems;
        if let Some(policy) = &mut self.policy {
            policy.rebind(mems);
        }
        self.mems_allowed = mems;
        self.mems_allowed_seq = self.mems_allowed_seq.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::mempolicy::{PolicyFlags, PolicyMode};
    use super::*;

    fn interleaving() -> Task {
        let all = NodeMask(0xf);
        let mut task = Task::new(CpuId(0));
        task.mems_allowed = all;
        match Mempolicy::new(PolicyMode::Interleave, PolicyFlags::empty(), NodeMask(0x6), all, all) {
            Ok(policy) => task.set_policy(policy),
            Err(error) => panic!("{error}"),
        }
        task
    }

    #[test]
    fn interleaving_begins_with_the_lowest_node() {
        let mut task = interleaving();
        let nodes: Vec<_> = (0..4).filter_map(|_| task.interleave(NodeMask(0x6))).map(|n| n.0).collect();
        assert_eq!(nodes, [1, 2, 1, 2]);
        task.set_policy(task.policy);
        assert_eq!(task.il_prev, None);
    }

    #[test]
    fn interrupts_and_thisnode_leave_the_policy_aside() {
        let mut task = interleaving();
        assert!(task.policy_for(Gfp::GFP_KERNEL).is_some());
        assert!(task.policy_for(Gfp::GFP_KERNEL | Gfp::THISNODE).is_none());
        task.context = Context::Softirq;
        assert!(task.policy_for(Gfp::GFP_KERNEL).is_none());
    }

    #[test]
    fn noio_wins_over_nofs() {
        assert_eq!(TaskFlags::MEMALLOC_NOFS.restrict(Gfp::GFP_KERNEL), Gfp::GFP_NOFS);
        let both = TaskFlags::MEMALLOC_NOFS | TaskFlags::MEMALLOC_NOIO;
        assert_eq!(both.restrict(Gfp::GFP_KERNEL), Gfp::GFP_NOIO);
        assert_eq!(TaskFlags::empty().restrict(Gfp::GFP_USER), Gfp::GFP_USER);
    }

    #[test]
    fn changed_nodes_change_the_cookie_and_the_policy() {
        let mut task = interleaving();
        task.change_mems_allowed(NodeMask(0x9));
        assert_eq!(task.mems_allowed_seq, 2);
        assert_eq!(task.policy.and_then(|p| p.interleaved()), Some(NodeMask(0x9)));
    }

    #[test]
    fn spreading_goes_round_the_allowed_nodes() {
        let mut task = Task::new(CpuId(0));
        task.mems_allowed = NodeMask(0xb);
        let mut rng = Rng::new(1);
        let nodes: Vec<_> = (0..4).filter_map(|_| task.spread_node(&mut rng)).collect();
        assert_eq!(nodes[0], nodes[3]);
        assert_eq!(nodes.into_iter().collect::<NodeMask>(), NodeMask(0xb));
    }
}
