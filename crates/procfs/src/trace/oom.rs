//! Events of the OOM killer and of what comes before it (include/trace/events/oom.h).

use super::codec::{Bit, ZoneColumn};
use super::{CompactFeedback, CompactPriority, events};
use crate::line::codec::{Number, Text};
use crate::line::places::Node;
use crate::line::{Named, line};
use buddyscope_mm::pfn::{NodeId, ZoneType};

line! {
    /// A task.
    pub struct Task {
        /// Its process id.
        "pid=" pid: i32 = Number,
    }
    ""
}

line! {
    /// A task's `oom_score_adj` is changed.
    pub struct ScoreAdjUpdate {
        /// Its process id.
        "pid=" pid: i32 = Number,
        /// Its name.
        " comm=" comm: String = Text,
        /// The new value.
        " oom_score_adj=" oom_score_adj: i16 = Number,
    }
    ""
}

line! {
    /// Whether reclaim of a zone could help a request (`should_reclaim_retry`).
    pub struct ReclaimRetryZone {
        /// The node.
        "node=" node: NodeId = Node,
        /// The zone.
        " zone=" zone: ZoneType = ZoneColumn,
        /// Order of the request.
        " order=" order: i32 = Number,
        /// Pages that could be reclaimed.
        " reclaimable=" reclaimable: u64 = Number,
        /// Those and free pages.
        " available=" available: u64 = Number,
        /// Min mark.
        " min_wmark=" min_wmark: u64 = Number,
        /// Tries without progress.
        " no_progress_loops=" no_progress_loops: i32 = Number,
        /// Whether the zone would pass then.
        " wmark_check=" wmark_check: bool = Bit,
    }
    ""
}

line! {
    /// Whether compaction could help a request (`should_compact_retry`).
    pub struct CompactRetry {
        /// Order of the request.
        "order=" order: i32 = Number,
        /// How hard it tried.
        " priority=" priority: CompactPriority = Named,
        /// How it ended.
        " compaction_result=" result: CompactFeedback = Named,
        /// Tries so far.
        " retries=" retries: i32 = Number,
        /// Tries there may be.
        " max_retries=" max_retries: i32 = Number,
        /// Whether there will be another.
        " should_retry=" should_retry: bool = Bit,
    }
    ""
}

events! {
    /// An event of the OOM killer or the slow path before it.
    pub enum OomEvent {
        /// A task's `oom_score_adj` is changed.
        ScoreAdjUpdate(ScoreAdjUpdate) = "oom_score_adj_update",
        /// Whether reclaim could help.
        ReclaimRetryZone(ReclaimRetryZone) = "reclaim_retry_zone",
        /// A task is chosen.
        MarkVictim(Task) = "mark_victim",
        /// It is handed to the reaper.
        WakeReaper(Task) = "wake_reaper",
        /// The reaper starts.
        StartTaskReaping(Task) = "start_task_reaping",
        /// It is done.
        FinishTaskReaping(Task) = "finish_task_reaping",
        /// It cannot, or need not.
        SkipTaskReaping(Task) = "skip_task_reaping",
        /// Whether compaction could help.
        CompactRetry(CompactRetry) = "compact_retry",
    }
}
