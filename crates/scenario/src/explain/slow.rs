//! Between attempts: reclaim, compaction, and whether another round is worth it.

use super::sentence::Args;
use super::step::{StepKind, WhyStep};
use buddyscope_mm::event::{CompactResult, OomRefusal, SlowEvent};

/// The step a decision of the slow path makes, if it is worth telling.
pub(super) fn step(event: SlowEvent) -> Option<WhyStep> {
    if !cfg!(feature = "reclaim") {
        return None;
    }
    let args = Args::new();
    let (kind, key, function, args) = match event {
        SlowEvent::CpusetRetry { .. } => (StepKind::Info, "slow.cpuset", "check_retry_cpuset", args),
        SlowEvent::CompactBegin { priority, .. } => {
            (StepKind::Info, "slow.compact", "__alloc_pages_direct_compact", args.with("priority", priority))
        }
        SlowEvent::CompactEnd { result, .. } => {
            (StepKind::Info, "slow.compacted", "try_to_compact_pages", args.with("result", result_name(result)))
        }
        SlowEvent::Progress { pages } => {
            let kind = if pages > 0 { StepKind::Pass } else { StepKind::Fail };
            (kind, "slow.progress", "__perform_reclaim", args.with("pages", pages))
        }
        SlowEvent::ReclaimRetryZone { zone, available, no_progress_loops, wmark, .. } => {
            let (kind, key) =
                if wmark { (StepKind::Pass, "slow.prospect") } else { (StepKind::Fail, "slow.noProspect") };
            let args = args.zone(zone).with("available", available).with("loops", no_progress_loops);
            return Some(WhyStep::new(kind, key, "should_reclaim_retry", args).at(zone));
        }
        SlowEvent::CongestionWait { jiffies } => {
            (StepKind::Info, "slow.congestion", "congestion_wait", args.with("jiffies", jiffies))
        }
        SlowEvent::CompactRetry { retry: true, .. } => {
            (StepKind::Info, "slow.compactRetry", "should_compact_retry", args)
        }
        SlowEvent::CompactRetry { .. } => (StepKind::Info, "slow.noCompactRetry", "should_compact_retry", args),
        SlowEvent::DrainAll => (StepKind::Info, "slow.drain", "drain_all_pages", args),
        SlowEvent::Unreserve { zone, migratetype, reserved, .. } => {
            let args = args.zone(zone).with("type", migratetype).with("reserved", reserved);
            return Some(
                WhyStep::new(StepKind::Info, "slow.unreserve", "unreserve_highatomic_pageblock", args).at(zone),
            );
        }
        SlowEvent::NodeReclaimEnd { reclaimed } => {
            (StepKind::Info, "node.reclaim", "node_reclaim", args.with("pages", reclaimed))
        }
        SlowEvent::MayOom { .. } => (StepKind::Info, "slow.mayOom", "__alloc_pages_may_oom", args),
        SlowEvent::OomRefused { reason } => {
            (StepKind::Fail, "slow.oomRefused", "__alloc_pages_may_oom", args.with("why", refusal(reason)))
        }
        SlowEvent::OomLockBusy => (StepKind::Info, "slow.oomBusy", "__alloc_pages_may_oom", args),
        SlowEvent::NoFail { .. } => (StepKind::Info, "slow.noFail", "__alloc_pages_cpuset_fallback", args),
        _ => return None,
    };
    Some(WhyStep::new(kind, key, function, args))
}

/// The kernel's name of a result.
const fn result_name(result: CompactResult) -> &'static str {
    match result {
        CompactResult::NotSuitableZone => "COMPACT_NOT_SUITABLE_ZONE",
        CompactResult::Skipped => "COMPACT_SKIPPED",
        CompactResult::Deferred => "COMPACT_DEFERRED",
        CompactResult::NoSuitablePage => "COMPACT_NO_SUITABLE_PAGE",
        CompactResult::Continue => "COMPACT_CONTINUE",
        CompactResult::Complete => "COMPACT_COMPLETE",
        CompactResult::PartialSkipped => "COMPACT_PARTIAL_SKIPPED",
        CompactResult::Contended => "COMPACT_CONTENDED",
        CompactResult::Success => "COMPACT_SUCCESS",
    }
}

/// The flag or limit that keeps a request from the OOM killer.
const fn refusal(reason: OomRefusal) -> &'static str {
    match reason {
        OomRefusal::CoreDump => "PF_DUMPCORE",
        OomRefusal::Costly => "order > 3",
        OomRefusal::MayFail => "__GFP_RETRY_MAYFAIL",
        OomRefusal::ThisNode => "__GFP_THISNODE",
        OomRefusal::LowMemory => "highest zone < Normal",
        OomRefusal::Suspended => "pm_suspended_storage",
    }
}
