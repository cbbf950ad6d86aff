//! Decisions between attempts: when to reclaim, compact, retry, or give up (mm/page_alloc.c).

use super::CompactResult;
use crate::gfp::Gfp;
use crate::pfn::{MigrateType, NodeId, NodeMask, Pfn, ZoneId};

/// What node reclaim came to (`NODE_RECLAIM_*`, mm/internal.h).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i8)]
pub enum NodeReclaim {
    /// It did not run.
    NoScan = -2,
    /// There was nothing worth reclaiming.
    Full = -1,
    /// It got back less than the request needs.
    Some = 0,
    /// It got back enough pages.
    Success = 1,
}

/// Why the OOM killer is not called for a request that reclaim could not serve (`__alloc_pages_may_oom`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum OomRefusal {
    /// The task dumps core, which takes memory without end (`PF_DUMPCORE`).
    CoreDump,
    /// Killing does not make large blocks.
    Costly,
    /// `__GFP_RETRY_MAYFAIL`: the caller has something better to do.
    MayFail,
    /// `__GFP_THISNODE`: killing need not help that node.
    ThisNode,
    /// A request for low memory only.
    LowMemory,
    /// I/O is off while the system suspends (`pm_suspended_storage`).
    Suspended,
}

/// One decision of the slow path. Fields are named as the kernel names them; counts are in pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "each variant explains its fields together")]
pub enum SlowEvent {
    /// A walk of the zonelist ended; told of all but those of a first attempt that succeeds.
    Walked { pfn: Option<Pfn>, zone: Option<ZoneId> },
    /// The request starts over because the task's nodes changed or the nodemask does not meet them
    /// (`check_retry_cpuset`).
    CpusetRetry { nodemask_dropped: bool },
    /// Direct compaction begins; priority 2 waits for nothing, 0 scans everything.
    CompactBegin { order: u8, priority: u8 },
    /// It ended; the request got the page that it caught, or looks at the free lists next.
    CompactEnd { result: CompactResult, captured: bool },
    /// Direct reclaim reported so many pages.
    Progress { pages: u64 },
    /// Would the zone do if all that can be reclaimed were? Tracepoint `reclaim_retry_zone`.
    ReclaimRetryZone {
        zone: ZoneId,
        order: u8,
        reclaimable: u64,
        available: u64,
        min_wmark: u64,
        no_progress_loops: u32,
        wmark: bool,
    },
    /// Reclaim will be tried again, or not (`should_reclaim_retry`).
    ReclaimRetry { retry: bool, no_progress_loops: u32 },
    /// The request waits so many jiffies for I/O, or less if a device has room again (`congestion_wait`).
    CongestionWait { jiffies: u32 },
    /// Will compaction be tried again? Tracepoint `compact_retry`.
    CompactRetry { order: u8, priority: u8, result: CompactResult, retries: u32, max_retries: u32, retry: bool },
    /// A high-atomic pageblock went to another type; `reserved` is what is left, in pages.
    Unreserve { zone: ZoneId, pfn: Pfn, order: u8, migratetype: MigrateType, force: bool, moved: u32, reserved: u64 },
    /// Every CPU gives its pages back (`drain_all_pages`).
    DrainAll,
    /// A CPU that had pages gives them back.
    DrainCpu { cpu: crate::pfn::CpuId },
    /// What node reclaim came to.
    NodeReclaim { zone: ZoneId, order: u8, result: NodeReclaim },
    /// Node reclaim begins. Tracepoint `mm_vmscan_node_reclaim_begin`.
    NodeReclaimBegin { node: NodeId, order: u8, gfp: Gfp },
    /// Node reclaim ends. Tracepoint `mm_vmscan_node_reclaim_end`.
    NodeReclaimEnd { reclaimed: u64 },
    /// Reclaim failed: last try above the high mark, then perhaps the OOM killer (`__alloc_pages_may_oom`).
    MayOom { order: u8, gfp: Gfp },
    /// The OOM killer is not called.
    OomRefused { reason: OomRefusal },
    /// Somebody else is in the OOM killer; the request waits a jiffy.
    OomLockBusy,
    /// A request that must not fail tries with reserves (`__alloc_pages_cpuset_fallback`).
    NoFail { order: u8 },
    /// The failure is logged, if not too many were (`warn_alloc`).
    Warn { gfp: Gfp, order: u8, nodemask: Option<NodeMask> },
}
