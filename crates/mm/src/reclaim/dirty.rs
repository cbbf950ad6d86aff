//! Dirty spreading: a `__GFP_WRITE` request avoids nodes that hold too many dirty pages (mm/page-writeback.c).

use crate::event::Sink;
use crate::machine::Machine;
use crate::pfn::{MAX_NR_ZONES, NodeId, PAGE_SHIFT};
use crate::task::Task;
use crate::vmstat::{NodeItem, NodeStat, ZoneItem};

impl<S: Sink> Machine<S> {
    /// Whether a node's dirty pages are within its share (`node_dirty_ok`).
    pub(crate) fn node_dirty_ok(&self, task: &Task, node: NodeId) -> bool {
        let stat = &self.nodes[node.index()].stat;
        stat.get(NodeItem::Dirty) + stat.get(NodeItem::Writeback) <= self.node_dirty_limit(task, node)
    }

    /// Dirty pages a node may hold (`node_dirty_limit`).
    fn node_dirty_limit(&self, task: &Task, node: NodeId) -> u64 {
        let memory = self.node_dirtyable_memory(node);
        let limit = match self.sysctl.dirty_bytes {
            0 => u64::from(self.sysctl.dirty_ratio) * memory / 100,
            // The product may wrap, as in the kernel.
            bytes => bytes.div_ceil(1 << PAGE_SHIFT).wrapping_mul(memory) / self.global_dirtyable_memory(),
        };
        if task.realtime { limit + limit / 4 } else { limit }
    }

    /// Pages of a node that could become page cache (`node_dirtyable_memory`).
    fn node_dirtyable_memory(&self, id: NodeId) -> u64 {
        let node = &self.nodes[id.index()];
        let zones = &self.zones[id.index() * MAX_NR_ZONES..][..MAX_NR_ZONES];
        let free: u64 =
            zones.iter().filter(|zone| zone.is_populated()).map(|z| z.page_state(ZoneItem::FreePages) as u64).sum();
        free.saturating_sub(node.totalreserve_pages) + node.stat.file_lru()
    }

    /// Pages of the machine that could become page cache, never 0 (`global_dirtyable_memory`).
    pub(crate) fn global_dirtyable_memory(&self) -> u64 {
        let free = self.global.vm_zone_stat[ZoneItem::FreePages as usize].max(0) as u64;
        let file: u64 = self.nodes.iter().map(|node| node.stat.file_lru()).sum();
        free.saturating_sub(self.totalreserve_pages) + file + 1
    }

    /// Sets the page-cache counters of a node that dirty limits read.
    pub fn set_node_stat(&mut self, node: NodeId, stat: NodeStat) {
        if let Some(node) = self.nodes.get_mut(node.index()) {
            node.stat = stat;
        }
    }
}
