//! One pass over the lists of a group on a node (`shrink_lruvec`, mm/vmscan.c).

use super::ScanControl;
use super::scan_control::{DEF_PRIORITY, SWAP_CLUSTER_MAX};
use crate::event::Sink;
use crate::lru::LruIndex;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::pfn::NodeId;
use crate::task::{Task, TaskFlags};

const INACTIVE_ANON: usize = LruIndex::InactiveAnon as usize;
const ACTIVE_ANON: usize = LruIndex::ActiveAnon as usize;
const INACTIVE_FILE: usize = LruIndex::InactiveFile as usize;
const ACTIVE_FILE: usize = LruIndex::ActiveFile as usize;

/// A pass over the lists of one group, batch by batch (`shrink_lruvec`).
#[derive(Clone, Debug)]
pub(super) struct LruvecPass {
    lruvec: (MemcgId, NodeId),
    /// Pages of each list that are still to be scanned.
    nr: [u64; 4],
    targets: [u64; 4],
    /// Whether the plan stands as it is.
    adjusted: bool,
    reclaimed: u64,
}

impl LruvecPass {
    pub(super) fn new<S: Sink>(
        machine: &mut Machine<S>,
        task: &Task,
        lruvec: (MemcgId, NodeId),
        sc: &mut ScanControl,
    ) -> LruvecPass {
        let nr = machine.get_scan_count(lruvec.0, lruvec.1, sc);
        // Direct reclaim that has only just begun does all it planned.
        let adjusted = !sc.is_memcg_reclaim() && !task.flags.contains(TaskFlags::KSWAPD) && sc.priority == DEF_PRIORITY;
        LruvecPass { lruvec, nr, targets: nr, adjusted, reclaimed: 0 }
    }

    /// Scans a batch of each list; false once the pass is done.
    pub(super) fn go_on<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task, sc: &mut ScanControl) -> bool {
        if self.nr[INACTIVE_ANON] == 0 && self.nr[ACTIVE_FILE] == 0 && self.nr[INACTIVE_FILE] == 0 {
            return self.end(machine, task, sc);
        }
        for lru in LruIndex::EVICTABLE {
            let batch = self.nr[lru as usize].min(SWAP_CLUSTER_MAX);
            if batch != 0 {
                self.nr[lru as usize] -= batch;
                self.reclaimed += machine.shrink_list(task, self.lruvec, lru, batch, sc);
            }
        }
        if self.reclaimed >= sc.nr_to_reclaim && !self.adjusted {
            if !keep_proportion(&mut self.nr, &self.targets) {
                return self.end(machine, task, sc);
            }
            self.adjusted = true;
        }
        true
    }

    fn end<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task, sc: &mut ScanControl) -> bool {
        let (memcg, node) = self.lruvec;
        sc.nr_reclaimed += self.reclaimed;
        if machine.swap.total != 0 && machine.inactive_is_low(memcg, node, false) {
            machine.shrink_active_list(task, self.lruvec, LruIndex::ActiveAnon, SWAP_CLUSTER_MAX, sc);
        }
        false
    }
}

impl<S: Sink> Machine<S> {
    /// Scans each list for its target at one go (`shrink_lruvec`).
    pub(super) fn shrink_lruvec(&mut self, task: &Task, memcg: MemcgId, node: NodeId, sc: &mut ScanControl) {
        let mut pass = LruvecPass::new(self, task, (memcg, node), sc);
        while pass.go_on(self, task, sc) {}
    }

    /// Scans a batch of one list; returns the pages freed (`shrink_list`).
    fn shrink_list(
        &mut self,
        task: &Task,
        lruvec: (MemcgId, NodeId),
        lru: LruIndex,
        batch: u64,
        sc: &mut ScanControl,
    ) -> u64 {
        if !lru.is_active() {
            return self.shrink_inactive_list(task, lruvec, lru, batch, sc);
        }
        if sc.may_deactivate[usize::from(lru.is_file())] {
            self.shrink_active_list(task, lruvec, lru, batch, sc);
        } else {
            sc.skipped_deactivate = true;
        }
        0
    }
}

/// Enough was reclaimed: the kind of which less is left is left alone, and the other is scanned as far as that one was,
/// measured by the targets. False if one kind has nothing left to scan.
fn keep_proportion(nr: &mut [u64; 4], targets: &[u64; 4]) -> bool {
    let left_file = nr[INACTIVE_FILE] + nr[ACTIVE_FILE];
    let left_anon = nr[INACTIVE_ANON] + nr[ACTIVE_ANON];
    if left_file == 0 || left_anon == 0 {
        return false;
    }
    let file = [INACTIVE_FILE, ACTIVE_FILE];
    let anon = [INACTIVE_ANON, ACTIVE_ANON];
    let (smaller, larger, left) = if left_file > left_anon { (anon, file, left_anon) } else { (file, anon, left_file) };
    let percentage = left * 100 / (smaller.iter().map(|&lru| targets[lru]).sum::<u64>() + 1);
    for lru in smaller {
        nr[lru] = 0;
    }
    for lru in larger {
        let scanned = targets[lru] - nr[lru];
        nr[lru] = (targets[lru] * (100 - percentage) / 100).saturating_sub(scanned);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smaller_kind_is_left_alone_and_the_larger_follows_in_proportion() {
        let mut nr = [68, 0, 968, 0];
        assert!(keep_proportion(&mut nr, &[100, 0, 1000, 0]));
        // 68 of 101 were left, so a third of the file pages is enough.
        assert_eq!(nr, [0, 0, 298, 0]);
        let mut nr = [900, 40, 10, 10];
        assert!(keep_proportion(&mut nr, &[1000, 50, 99, 100]));
        assert_eq!(nr, [800, 35, 0, 0]);
    }

    #[test]
    fn when_one_kind_is_done_so_is_the_pass() {
        assert!(!keep_proportion(&mut [0, 0, 968, 0], &[32, 0, 1000, 0]));
        assert!(!keep_proportion(&mut [100, 0, 0, 0], &[132, 0, 32, 0]));
    }
}
