//! Counters of a set of lists. Each CPU keeps up to 32 of a change to itself, and what it passes on reaches the group
//! and all groups above it at once (`__mod_memcg_lruvec_state`, mm/memcontrol.c). Sizes that reclaim reads here are
//! therefore a little off, as they are in the kernel.

use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::pfn::{CpuId, NodeId};
use crate::vmstat::NodeItem;

/// Largest change that a CPU keeps to itself (`MEMCG_CHARGE_BATCH`, include/linux/memcontrol.h).
const MEMCG_CHARGE_BATCH: i64 = 32;

/// Counters that are kept for each set of lists.
const ITEMS: [NodeItem; NR_ITEMS] = [
    NodeItem::InactiveAnon,
    NodeItem::ActiveAnon,
    NodeItem::InactiveFile,
    NodeItem::ActiveFile,
    NodeItem::Unevictable,
    NodeItem::WorkingsetRefaultAnon,
    NodeItem::WorkingsetRefaultFile,
    NodeItem::WorkingsetActivateAnon,
    NodeItem::WorkingsetActivateFile,
    NodeItem::WorkingsetRestoreAnon,
    NodeItem::WorkingsetRestoreFile,
    NodeItem::WorkingsetNodereclaim,
    NodeItem::AnonPages,
    NodeItem::AnonTransparentHugepages,
    NodeItem::FilePages,
    NodeItem::Shmem,
    NodeItem::Mapped,
    NodeItem::Dirty,
    NodeItem::Writeback,
];
const NR_ITEMS: usize = 19;

/// The counters of one set of lists.
#[derive(Clone, Debug, Default)]
pub(crate) struct LruvecStat {
    /// What CPUs passed on, here and below (`lruvec_stat`).
    total: [i64; NR_ITEMS],
    /// What each CPU keeps (`lruvec_stat_cpu`); CPUs that never kept anything have no entry.
    kept: Vec<[i8; NR_ITEMS]>,
}

/// Where a counter is among those; [`NR_ITEMS`] for one that is not.
const PLACES: [u8; NodeItem::COUNT] = {
    let mut places = [NR_ITEMS as u8; NodeItem::COUNT];
    let mut at = 0;
    while at < NR_ITEMS {
        places[ITEMS[at] as usize] = at as u8;
        at += 1;
    }
    places
};

#[inline]
fn place(item: NodeItem) -> Option<usize> {
    let at = usize::from(PLACES[item as usize]);
    (at < NR_ITEMS).then_some(at)
}

impl LruvecStat {
    /// The counter, never negative (`lruvec_page_state`).
    pub(crate) fn get(&self, item: NodeItem) -> u64 {
        place(item).map_or(0, |at| self.total[at].max(0) as u64)
    }

    /// Sets a counter and what a CPU keeps of it.
    pub(crate) fn set(&mut self, item: NodeItem, total: i64, cpu: CpuId, kept: i8) {
        if let Some(at) = place(item) {
            self.total[at] = total;
            self.kept_by(cpu)[at] = kept;
        }
    }

    /// What CPUs keep of each counter.
    pub(crate) fn kept(&self) -> impl Iterator<Item = (NodeItem, i64)> + '_ {
        self.kept.iter().flat_map(|kept| ITEMS.into_iter().zip(kept.iter().map(|&kept| i64::from(kept))))
    }

    /// What CPUs passed on of each counter.
    pub(crate) fn totals(&self) -> impl Iterator<Item = (NodeItem, i64)> + '_ {
        ITEMS.into_iter().zip(self.total)
    }

    /// Every counter and what CPUs keep, for hashing and comparing.
    pub(crate) fn words(&self) -> impl Iterator<Item = i64> + '_ {
        self.total.iter().copied().chain(self.kept.iter().flatten().map(|&kept| i64::from(kept)))
    }

    #[inline]
    fn kept_by(&mut self, cpu: CpuId) -> &mut [i8; NR_ITEMS] {
        if self.kept.len() <= cpu.index() {
            self.add_cpu(cpu);
        }
        &mut self.kept[cpu.index()]
    }

    #[cold]
    #[inline(never)]
    fn add_cpu(&mut self, cpu: CpuId) {
        self.kept.resize(cpu.index() + 1, [0; NR_ITEMS]);
    }

    /// Takes a change; returns what has to be passed on.
    #[inline]
    fn change(&mut self, at: usize, delta: i64, cpu: CpuId) -> i64 {
        let kept = &mut self.kept_by(cpu)[at];
        let sum = i64::from(*kept) + delta;
        if sum.abs() > MEMCG_CHARGE_BATCH {
            *kept = 0;
            sum
        } else {
            *kept = sum as i8;
            0
        }
    }

    /// The same change so many times, one after the other.
    fn change_times(&mut self, at: usize, delta: i64, times: u32, cpu: CpuId) -> i64 {
        let kept = &mut self.kept_by(cpu)[at];
        let sum = i64::from(*kept) + delta * i64::from(times);
        if sum.abs() <= MEMCG_CHARGE_BATCH {
            // As it goes one way only, it was never above.
            *kept = sum as i8;
            return 0;
        }
        (0..times).map(|_| self.change(at, delta, cpu)).sum()
    }
}

impl<S: Sink> Machine<S> {
    /// Changes a counter of a node and of a set of lists on it (`__mod_lruvec_state`).
    #[inline(always)]
    pub(crate) fn mod_lruvec_state(&mut self, cpu: CpuId, memcg: MemcgId, node: NodeId, item: NodeItem, delta: i64) {
        self.nodes[node.index()].stat.modify(cpu, item, delta);
        let Some(at) = place(item) else { return };
        let passed_on = self.lru.lruvec_mut(memcg, node).stat.change(at, delta, cpu);
        if passed_on != 0 {
            self.pass_on(memcg, node, at, passed_on);
        }
    }

    /// The same change so many times, one after the other.
    pub(crate) fn mod_lruvec_state_times(
        &mut self,
        cpu: CpuId,
        memcg: MemcgId,
        node: NodeId,
        item: NodeItem,
        delta: i64,
        times: u32,
    ) {
        self.nodes[node.index()].stat.modify_times(cpu, item, delta, times);
        let Some(at) = place(item) else { return };
        let passed_on = self.lru.lruvec_mut(memcg, node).stat.change_times(at, delta, times, cpu);
        if passed_on != 0 {
            self.pass_on(memcg, node, at, passed_on);
        }
    }

    /// A change reaches a group and all above it.
    #[cold]
    #[inline(never)]
    fn pass_on(&mut self, memcg: MemcgId, node: NodeId, at: usize, delta: i64) {
        let mut group = Some(memcg);
        while let Some(memcg) = group {
            self.lru.lruvec_mut(memcg, node).stat.total[at] += delta;
            group = self.memcg_parent(memcg);
        }
    }

    /// The counter of a group and those below it on a node (`lruvec_page_state`).
    pub(crate) fn lruvec_page_state(&self, memcg: MemcgId, node: NodeId, item: NodeItem) -> u64 {
        self.lru.lruvec(memcg, node).stat.get(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cpu_keeps_up_to_32_and_passes_all_on_at_33() {
        let mut stat = LruvecStat::default();
        assert_eq!((0..32).map(|_| stat.change(0, 1, CpuId(1))).sum::<i64>(), 0);
        assert_eq!(stat.change(0, 1, CpuId(1)), 33);
        assert_eq!(stat.change(0, -32, CpuId(1)), 0);
        assert_eq!(stat.change(0, -1, CpuId(0)), 0);
        assert_eq!(stat.change(0, -1, CpuId(1)), -33);
    }

    #[test]
    fn a_change_made_many_times_at_once_is_that_change_made_many_times() {
        let (mut at_once, mut one_by_one) = (LruvecStat::default(), LruvecStat::default());
        for (delta, times) in [(1, 20), (1, 20), (-1, 90), (1, 0), (-3, 15), (1, 33)] {
            let passed_on: i64 = (0..times).map(|_| one_by_one.change(2, delta, CpuId(0))).sum();
            assert_eq!(at_once.change_times(2, delta, times, CpuId(0)), passed_on);
            assert_eq!(at_once.kept, one_by_one.kept);
        }
    }
}
