//! Before anybody else's, the pages go that groups hold above their soft limit (`mem_cgroup_soft_limit_reclaim`,
//! mm/memcontrol.c).

use super::ScanControl;
use super::memcg::reclaim_gfp;
use super::scan_control::SWAP_CLUSTER_MAX;
use crate::event::{Event, MemcgEvent, Sink, emit};
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::pfn::{MAX_NR_ZONES, NodeId};
use crate::task::Task;

/// Rounds over a group and those below it (`MEM_CGROUP_MAX_RECLAIM_LOOPS`).
const MAX_ROUNDS: u32 = 100;
/// Groups tried in vain (`MEM_CGROUP_MAX_SOFT_LIMIT_RECLAIM_LOOPS`).
const MAX_GROUPS: u32 = 2;

/// Pages that were looked at and that came back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SoftReclaim {
    pub(crate) scanned: u64,
    pub(crate) reclaimed: u64,
}

impl<S: Sink> Machine<S> {
    /// Reclaims on a node from the groups that are farthest above their soft limits (`mem_cgroup_soft_limit_reclaim`).
    pub(crate) fn soft_limit_reclaim(&mut self, task: &Task, node: NodeId, order: u8, gfp: Gfp) -> SoftReclaim {
        let mut all = SoftReclaim::default();
        if order > 0 || self.memcgs.soft.is_empty(node) {
            return all;
        }
        let mut next = None;
        for round in 1.. {
            let Some(memcg) = next.take().or_else(|| self.memcgs.take_largest_excess(node)) else { break };
            let got = self.soft_reclaim(task, memcg, node, gfp);
            all.scanned += got.scanned;
            all.reclaimed += got.reclaimed;
            self.memcgs.remove_exceeded(memcg, node);
            if got.reclaimed == 0 {
                next = self.memcgs.take_largest_excess(node);
            }
            self.memcgs.insert_exceeded(memcg, node);
            if all.reclaimed > 0 || next.is_none() || round > MAX_GROUPS {
                break;
            }
        }
        all
    }

    /// Reclaims from a group and those below it until it is below its soft limit, or rounds bring too little
    /// (`mem_cgroup_soft_reclaim`).
    fn soft_reclaim(&mut self, task: &Task, root: MemcgId, node: NodeId, gfp: Gfp) -> SoftReclaim {
        let excess = self.memcgs.soft_limit_excess(root);
        let (mut total, mut rounds) = (SoftReclaim::default(), 0);
        let (mut prev, mut generation) = (None, 0);
        loop {
            prev = self.memcgs.iter_shared(root, node, prev, &mut generation);
            let Some(memcg) = prev else {
                rounds += 1;
                let enough = total.reclaimed == 0 || total.reclaimed >= excess >> 2 || rounds > MAX_ROUNDS;
                if rounds >= 2 && enough {
                    return total;
                }
                continue;
            };
            let got = self.mem_cgroup_shrink_node(task, memcg, node, gfp);
            total.scanned += got.scanned;
            total.reclaimed += got.reclaimed;
            if self.memcgs.soft_limit_excess(root) == 0 {
                return total;
            }
        }
    }

    /// Scans all of a group's lists on a node once (`mem_cgroup_shrink_node`).
    fn mem_cgroup_shrink_node(&mut self, task: &Task, memcg: MemcgId, node: NodeId, gfp: Gfp) -> SoftReclaim {
        let gfp = reclaim_gfp(gfp);
        emit!(self, Event::Memcg(MemcgEvent::SoftReclaimBegin { memcg, gfp }));
        let mut sc = ScanControl::new(gfp, 0, MAX_NR_ZONES as u8 - 1, SWAP_CLUSTER_MAX);
        sc.target_memcg = Some(memcg);
        sc.may_writepage = self.sysctl.laptop_mode == 0;
        sc.priority = 0;
        self.shrink_lruvec(task, memcg, node, &mut sc);
        let reclaimed = sc.nr_reclaimed;
        emit!(self, Event::Memcg(MemcgEvent::SoftReclaimEnd { memcg, reclaimed }));
        SoftReclaim { scanned: sc.nr_scanned, reclaimed }
    }
}
