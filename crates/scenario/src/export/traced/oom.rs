//! Tracepoints of the OOM killer and of what comes before it (include/trace/events/oom.h).

use buddyscope_mm::event::{CompactResult, OomEvent as Decision, SlowEvent};
use buddyscope_mm::task::process::Pid;
use buddyscope_procfs::trace::{CompactFeedback, CompactPriority, CompactRetry, OomEvent, ReclaimRetryZone, Task};

pub(super) fn trace(event: &Decision) -> Option<OomEvent> {
    Some(match *event {
        Decision::MarkVictim { pid } => OomEvent::MarkVictim(task(pid)),
        Decision::WakeReaper { pid } => OomEvent::WakeReaper(task(pid)),
        Decision::StartReaping { pid } => OomEvent::StartTaskReaping(task(pid)),
        Decision::FinishReaping { pid } => OomEvent::FinishTaskReaping(task(pid)),
        Decision::SkipReaping { pid } => OomEvent::SkipTaskReaping(task(pid)),
        _ => return None,
    })
}

/// Whether another round could help.
pub(super) fn retry(event: &SlowEvent) -> Option<OomEvent> {
    Some(match *event {
        SlowEvent::ReclaimRetryZone { zone, order, reclaimable, available, min_wmark, no_progress_loops, wmark } => {
            OomEvent::ReclaimRetryZone(ReclaimRetryZone {
                node: zone.node(),
                zone: zone.zone_type(),
                order: order.into(),
                reclaimable,
                available,
                min_wmark,
                no_progress_loops: no_progress_loops as i32,
                wmark_check: wmark,
            })
        }
        SlowEvent::CompactRetry { order, priority, result, retries, max_retries, retry } => {
            OomEvent::CompactRetry(CompactRetry {
                order: order.into(),
                priority: match priority {
                    0 => CompactPriority::SyncFull,
                    1 => CompactPriority::SyncLight,
                    _ => CompactPriority::Async,
                },
                result: feedback(result),
                retries: retries as i32,
                max_retries: max_retries as i32,
                should_retry: retry,
            })
        }
        _ => return None,
    })
}

fn task(pid: Pid) -> Task {
    Task { pid: pid.0.cast_signed() }
}

/// `compact_result_to_feedback`.
const fn feedback(result: CompactResult) -> CompactFeedback {
    match result {
        CompactResult::Complete => CompactFeedback::Failed,
        CompactResult::Deferred | CompactResult::Contended | CompactResult::PartialSkipped => {
            CompactFeedback::Withdrawn
        }
        _ => CompactFeedback::Progress,
    }
}
