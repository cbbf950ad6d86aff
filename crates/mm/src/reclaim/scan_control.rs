//! What one reclaim run is after and how far it has come (`struct scan_control`, mm/vmscan.c).

use super::evict::Eviction;
use super::soft_limit::SoftReclaim;
use crate::event::ScanFlags;
use crate::gfp::Gfp;
use crate::page::life::MemcgId;
use crate::pfn::{Frame, NodeMask};

/// Priority a run begins with: lists are scanned by 1/2^priority (`DEF_PRIORITY`).
pub(crate) const DEF_PRIORITY: i8 = 12;
/// Pages taken off a list at once, and what direct reclaim is after (`SWAP_CLUSTER_MAX`).
pub(crate) const SWAP_CLUSTER_MAX: u64 = 32;

/// What the last pass over a node met (`sc->nr`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct NodeScan {
    pub(crate) dirty: u64,
    pub(crate) unqueued_dirty: u64,
    pub(crate) congested: u64,
    pub(crate) writeback: u64,
    pub(crate) immediate: u64,
    pub(crate) file_taken: u64,
    pub(crate) taken: u64,
}

impl NodeScan {
    /// Adds what a scan of an inactive list met.
    pub(super) fn add(&mut self, done: &Eviction, taken: u64, file: bool) {
        self.dirty += done.dirty;
        self.congested += done.congested;
        self.unqueued_dirty += done.unqueued_dirty;
        self.writeback += done.writeback;
        self.immediate += done.immediate;
        self.taken += taken;
        self.file_taken += if file { taken } else { 0 };
    }
}

/// One run of reclaim. Counts are in pages.
#[derive(Clone, Debug)]
pub(crate) struct ScanControl {
    pub(crate) nr_to_reclaim: u64,
    pub(crate) nodemask: Option<NodeMask>,
    /// The group whose memory is to shrink; `None` for all memory.
    pub(crate) target_memcg: Option<MemcgId>,
    pub(crate) anon_cost: u64,
    pub(crate) file_cost: u64,
    /// Whether anonymous and file pages may be moved from active to inactive lists.
    pub(crate) may_deactivate: [bool; 2],
    pub(crate) force_deactivate: bool,
    pub(crate) skipped_deactivate: bool,
    pub(crate) may_writepage: bool,
    pub(crate) may_unmap: bool,
    pub(crate) may_swap: bool,
    pub(crate) memcg_low_reclaim: bool,
    pub(crate) memcg_low_skipped: bool,
    pub(crate) compaction_ready: bool,
    pub(crate) cache_trim_mode: bool,
    pub(crate) file_is_tiny: bool,
    pub(crate) order: u8,
    pub(crate) priority: i8,
    /// Highest zone index whose pages help.
    pub(crate) reclaim_idx: u8,
    pub(crate) gfp: Gfp,
    pub(crate) nr_scanned: u64,
    pub(crate) nr_reclaimed: u64,
    pub(crate) nr: NodeScan,
    /// A scan was given up because too many pages were isolated already; the task has to wait.
    pub(crate) stalled: bool,
    /// A page that is being written and is waited for, where nothing else slows down who dirties pages.
    pub(crate) awaited: Option<Frame>,
    /// Pages freed by shrinkers and not yet counted (`reclaim_state.reclaimed_slab`).
    pub(crate) reclaimed_slab: u64,
}

impl ScanControl {
    /// A run at the default priority that may unmap, write and swap.
    pub(crate) fn new(gfp: Gfp, order: u8, reclaim_idx: u8, nr_to_reclaim: u64) -> ScanControl {
        ScanControl {
            nr_to_reclaim,
            nodemask: None,
            target_memcg: None,
            anon_cost: 0,
            file_cost: 0,
            may_deactivate: [false; 2],
            force_deactivate: false,
            skipped_deactivate: false,
            may_writepage: true,
            may_unmap: true,
            may_swap: true,
            memcg_low_reclaim: false,
            memcg_low_skipped: false,
            compaction_ready: false,
            cache_trim_mode: false,
            file_is_tiny: false,
            order,
            priority: DEF_PRIORITY,
            reclaim_idx,
            gfp,
            nr_scanned: 0,
            nr_reclaimed: 0,
            nr: NodeScan::default(),
            stalled: false,
            awaited: None,
            reclaimed_slab: 0,
        }
    }

    /// Whether one group's memory is to shrink, not all (`cgroup_reclaim`).
    pub(crate) fn is_memcg_reclaim(&self) -> bool {
        self.target_memcg.is_some()
    }

    /// Counts what soft-limit reclaim scanned and got back for the run.
    pub(crate) fn add_soft(&mut self, soft: SoftReclaim) {
        self.nr_scanned += soft.scanned;
        self.nr_reclaimed += soft.reclaimed;
    }

    /// What the run may do and has decided, for events.
    pub(crate) fn flags(&self) -> ScanFlags {
        let mut flags = ScanFlags::empty();
        flags.set(ScanFlags::WRITEPAGE, self.may_writepage);
        flags.set(ScanFlags::UNMAP, self.may_unmap);
        flags.set(ScanFlags::SWAP, self.may_swap);
        flags.set(ScanFlags::DEACTIVATE_ANON, self.may_deactivate[0]);
        flags.set(ScanFlags::DEACTIVATE_FILE, self.may_deactivate[1]);
        flags.set(ScanFlags::FORCE_DEACTIVATE, self.force_deactivate);
        flags.set(ScanFlags::CACHE_TRIM, self.cache_trim_mode);
        flags.set(ScanFlags::FILE_IS_TINY, self.file_is_tiny);
        flags.set(ScanFlags::LOW_RECLAIM, self.memcg_low_reclaim);
        flags
    }
}
