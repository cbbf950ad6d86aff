//! Counters of a node (`enum node_stat_item`, include/linux/mmzone.h, v5.10), in the kernel's order. Units are pages but
//! for the workingset events, which count one each.

use super::counters;

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

/// The counters of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeStat([i64; NodeItem::COUNT]);

impl Default for NodeStat {
    fn default() -> Self {
        NodeStat([0; NodeItem::COUNT])
    }
}

impl NodeStat {
    /// The counter, never negative (`node_page_state`).
    #[inline]
    #[must_use]
    pub fn get(&self, item: NodeItem) -> u64 {
        self.0[item as usize].max(0) as u64
    }

    /// Changes the counter (`__mod_node_page_state`).
    #[inline]
    pub fn add(&mut self, item: NodeItem, delta: i64) {
        self.0[item as usize] += delta;
    }

    /// Sets the counter to a known value.
    pub fn set(&mut self, item: NodeItem, value: i64) {
        self.0[item as usize] = value;
    }

    /// Pages on both file lists.
    #[inline]
    #[must_use]
    pub fn file_lru(&self) -> u64 {
        self.get(NodeItem::InactiveFile) + self.get(NodeItem::ActiveFile)
    }

    /// Every counter as it is stored, in the kernel's order.
    pub fn iter(&self) -> impl Iterator<Item = (NodeItem, i64)> + '_ {
        NodeItem::ALL.into_iter().zip(self.0)
    }
}
