//! A frozen machine (`state.txt`): every zone, list and counter of one moment.

mod lines;
mod lists;
mod lruvec;
mod memcg;
mod zone;

pub use lists::{Pageblocks, PcpPage, PfnRange};
pub use lruvec::{LRU_LISTS, LruPage, LruvecCosts, LruvecState, Workingset};
pub use memcg::{MemcgState, SwapState};
pub use zone::{CompactState, PcpState, ZoneState};

use super::cursor::Cursor;
use super::error::RecordingError;
use super::ops::WakeOp;
use buddyscope_mm::pfn::{CpuId, NodeId, NodeMask, Pfn, ZoneId};
use buddyscope_mm::task::TaskFlags;
use lines::StateReader;

/// `CONST`: what holds for the whole recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Constants {
    /// Whether the recording threads are real-time tasks.
    pub realtime: bool,
    /// Online CPUs.
    pub nr_cpus: u32,
    /// Online nodes.
    pub online_nodes: u32,
    /// Whether grouping by mobility is off (`page_group_by_mobility_disabled`).
    pub group_disabled: bool,
    /// `vm.min_free_kbytes`, KiB.
    pub min_free_kbytes: u64,
    /// `vm.watermark_scale_factor`, in 1/10000 of a zone.
    pub watermark_scale_factor: u64,
    /// `vm.watermark_boost_factor`, in 1/10000 of the high mark.
    pub watermark_boost_factor: u64,
    /// `vm.zone_reclaim_mode`.
    pub node_reclaim: u32,
    /// `vm.percpu_pagelist_fraction`.
    pub pcp_fraction: u64,
    /// Pages of the machine that the allocator manages.
    pub totalram_pages: u64,
    /// `totalreserve_pages`.
    pub totalreserve_pages: u64,
    /// Ticks a second.
    pub hz: u32,
    /// Whether cpusets are in use.
    pub cpusets: bool,
    /// `vm.lowmem_reserve_ratio` by zone index.
    pub lowmem_reserve_ratio: Vec<u64>,
}

/// `NODE` and its zonelists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeState {
    /// The node.
    pub id: NodeId,
    /// Lowest page frame.
    pub start: Pfn,
    /// Pages that exist.
    pub present: u64,
    /// Pages from the first to the last.
    pub spanned: u64,
    /// `nr_zones`.
    pub nr_zones: u8,
    /// What is noted down for kswapd and kcompactd.
    pub wake: WakeOp,
    /// `kswapd_failures`.
    pub kswapd_failures: u32,
    /// Distance to other nodes.
    pub distance: Vec<(NodeId, u8)>,
    /// The zonelist of ordinary requests.
    pub fallback: Vec<ZoneId>,
    /// The zonelist of `__GFP_THISNODE` requests.
    pub nofallback: Vec<ZoneId>,
}

/// `TASK`: the recording task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskState {
    /// Whether it is a kernel thread.
    pub kthread: bool,
    /// The nodes it may use.
    pub mems_allowed: NodeMask,
    /// Its flags.
    pub flags: TaskFlags,
    /// The node that interleaving used last.
    pub il_prev: u8,
    /// Free pages of swap.
    pub swap_free: u64,
}

/// A line that a sampler put between those of the dump.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamplerLine {
    /// The line, counted from 1.
    pub line: u32,
    /// The whole line, which begins with the time.
    pub text: String,
}

/// A whole `state.txt`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateFile {
    /// Values of the whole recording.
    pub constants: Constants,
    /// Online CPUs, each with its node.
    pub cpus: Vec<(CpuId, NodeId)>,
    /// Nodes, ascending.
    pub nodes: Vec<NodeState>,
    /// Zones with memory, by node and index.
    pub zones: Vec<ZoneState>,
    /// The recording task, where it is told.
    pub task: Option<TaskState>,
    /// LRU lists by node and group, in the order of the file.
    pub lruvecs: Vec<LruvecState>,
    /// Memory cgroups other than the root, in the order of the file.
    pub memcgs: Vec<MemcgState>,
    /// All vm events with their counts, in the kernel's order; empty where they are not told.
    pub vm_events: Vec<(String, i64)>,
    /// Swap at the end, where it is told.
    pub swap: Option<SwapState>,
    /// Lines of a sampler that ran beside the dump.
    pub sampler: Vec<SamplerLine>,
}

impl StateFile {
    /// Reads a file; `file` is the name that errors give.
    ///
    /// # Errors
    /// [`RecordingError`] with line and field for anything that is not as it should be; also if the machine has no
    /// `CONST` line, no CPU, no node or no zone.
    pub fn read(bytes: &[u8], file: &str) -> Result<StateFile, RecordingError> {
        let mut reader = StateReader::default();
        let mut cursor = Cursor::new(bytes);
        let mut line = 0;
        while !cursor.rest().is_empty() {
            line += 1;
            let mut this = Cursor::new(cursor.rest_of_line());
            if let Err(expected) = reader.line(&mut this, line) {
                return Err(this.error(expected, file, line));
            }
        }
        reader.finish().map_err(|missing| RecordingError::in_file(file, format!("there is no {missing} line")))
    }

    /// The node with this id.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&NodeState> {
        self.nodes.iter().find(|node| node.id == id)
    }

    /// The zone with this id.
    #[must_use]
    pub fn zone(&self, id: ZoneId) -> Option<&ZoneState> {
        self.zones.iter().find(|zone| zone.id == id)
    }

    /// The LRU lists of a node and memory cgroup, `None` for the root.
    #[must_use]
    pub fn lruvec(&self, node: NodeId, memcg: Option<u32>) -> Option<&LruvecState> {
        self.lruvecs.iter().find(|lruvec| (lruvec.node, lruvec.memcg) == (node, memcg))
    }

    /// The count of a vm event, where it is told.
    #[must_use]
    pub fn vm_event(&self, name: &str) -> Option<i64> {
        self.vm_events.iter().find(|event| event.0 == name).map(|event| event.1)
    }
}

#[cfg(test)]
mod tests;
