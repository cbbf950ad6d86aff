//! Counters of a node (`enum node_stat_item`, include/linux/mmzone.h, v5.10), in the kernel's order. Units are pages but
//! for the workingset events, which count one each.

use super::{counters, fold_delta, fold_deltas};
use crate::pfn::CpuId;

counters! {
    /// What is counted, under the name that /proc/vmstat prints.
    pub enum NodeItem {
        InactiveAnon => "nr_inactive_anon",
        ActiveAnon => "nr_active_anon",
        InactiveFile => "nr_inactive_file",
        ActiveFile => "nr_active_file",
        Unevictable => "nr_unevictable",
        SlabReclaimable => "nr_slab_reclaimable",
        SlabUnreclaimable => "nr_slab_unreclaimable",
        IsolatedAnon => "nr_isolated_anon",
        IsolatedFile => "nr_isolated_file",
        WorkingsetNodes => "workingset_nodes",
        WorkingsetRefaultAnon => "workingset_refault_anon",
        WorkingsetRefaultFile => "workingset_refault_file",
        WorkingsetActivateAnon => "workingset_activate_anon",
        WorkingsetActivateFile => "workingset_activate_file",
        WorkingsetRestoreAnon => "workingset_restore_anon",
        WorkingsetRestoreFile => "workingset_restore_file",
        WorkingsetNodereclaim => "workingset_nodereclaim",
        AnonPages => "nr_anon_pages",
        Mapped => "nr_mapped",
        FilePages => "nr_file_pages",
        Dirty => "nr_dirty",
        Writeback => "nr_writeback",
        WritebackTemp => "nr_writeback_temp",
        Shmem => "nr_shmem",
        ShmemHugepages => "nr_shmem_hugepages",
        ShmemPmdmapped => "nr_shmem_pmdmapped",
        FileHugepages => "nr_file_hugepages",
        FilePmdmapped => "nr_file_pmdmapped",
        AnonTransparentHugepages => "nr_anon_transparent_hugepages",
        VmscanWrite => "nr_vmscan_write",
        VmscanImmediateReclaim => "nr_vmscan_immediate_reclaim",
        Dirtied => "nr_dirtied",
        Written => "nr_written",
        KernelMiscReclaimable => "nr_kernel_misc_reclaimable",
        FollPinAcquired => "nr_foll_pin_acquired",
        FollPinReleased => "nr_foll_pin_released",
        KernelStack => "nr_kernel_stack",
    }
}

/// The counters of a node, with what CPUs keep to themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeStat {
    total: [i64; NodeItem::COUNT],
    /// Each CPU's part (`per_cpu_nodestat.vm_node_stat_diff`); CPUs that never kept anything have no entry.
    kept: Vec<[i16; NodeItem::COUNT]>,
    /// Largest change that a CPU keeps to itself (`per_cpu_nodestat.stat_threshold`); 0 for exact counters.
    pub threshold: u8,
}

impl Default for NodeStat {
    fn default() -> Self {
        NodeStat { total: [0; NodeItem::COUNT], kept: Vec::new(), threshold: 0 }
    }
}

impl NodeStat {
    /// The counter, never negative (`node_page_state`).
    #[inline]
    #[must_use]
    pub fn get(&self, item: NodeItem) -> u64 {
        self.total[item as usize].max(0) as u64
    }

    /// Changes the counter at once, whatever CPUs keep.
    #[inline]
    pub fn add(&mut self, item: NodeItem, delta: i64) {
        self.total[item as usize] += delta;
    }

    /// Changes the counter on a CPU, which may keep the change for a while (`__mod_node_page_state`).
    #[inline]
    pub fn modify(&mut self, cpu: CpuId, item: NodeItem, delta: i64) {
        if self.threshold == 0 {
            return self.add(item, delta);
        }
        let threshold = i64::from(self.threshold);
        let folded = fold_delta(&mut self.kept_by(cpu)[item as usize], delta, threshold);
        self.total[item as usize] += folded;
    }

    /// The same change so many times, one after the other.
    pub(crate) fn modify_times(&mut self, cpu: CpuId, item: NodeItem, delta: i64, times: u32) {
        if self.threshold == 0 {
            return self.add(item, delta * i64::from(times));
        }
        let threshold = i64::from(self.threshold);
        let folded = fold_deltas(&mut self.kept_by(cpu)[item as usize], delta, times, threshold);
        self.total[item as usize] += folded;
    }

    /// Sets what a CPU keeps of a counter.
    pub fn set_kept(&mut self, cpu: CpuId, item: NodeItem, kept: i16) {
        self.kept_by(cpu)[item as usize] = kept;
    }

    #[inline]
    fn kept_by(&mut self, cpu: CpuId) -> &mut [i16; NodeItem::COUNT] {
        if self.kept.len() <= cpu.index() {
            self.add_cpu(cpu);
        }
        &mut self.kept[cpu.index()]
    }

    #[cold]
    #[inline(never)]
    fn add_cpu(&mut self, cpu: CpuId) {
        self.kept.resize(cpu.index() + 1, [0; NodeItem::COUNT]);
    }

    /// Adds what a CPU keeps to the counters (`refresh_cpu_vm_stats`).
    pub fn fold(&mut self, cpu: CpuId) {
        let Some(kept) = self.kept.get_mut(cpu.index()) else { return };
        for (total, kept) in self.total.iter_mut().zip(kept) {
            *total += i64::from(core::mem::take(kept));
        }
    }

    /// What CPUs keep, for hashing.
    pub(crate) fn kept(&self) -> impl Iterator<Item = i64> + '_ {
        self.kept.iter().flatten().map(|&kept| i64::from(kept))
    }

    /// Sets the counter to a known value.
    pub fn set(&mut self, item: NodeItem, value: i64) {
        self.total[item as usize] = value;
    }

    /// Pages on both file lists.
    #[inline]
    #[must_use]
    pub fn file_lru(&self) -> u64 {
        self.get(NodeItem::InactiveFile) + self.get(NodeItem::ActiveFile)
    }

    /// Every counter as it is stored, in the kernel's order.
    pub fn iter(&self) -> impl Iterator<Item = (NodeItem, i64)> + '_ {
        NodeItem::ALL.into_iter().zip(self.total)
    }
}
