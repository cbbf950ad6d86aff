//! Between attempts: reclaim, compaction, and whether another round is worth it.

use super::compact::result_phrase;
use super::{StepKind, Told};
use crate::scenario::HZ;
use crate::sentence::{Arg, Args};
use buddyscope_mm::event::{NodeReclaim, OomRefusal, SlowEvent};

/// What a decision of the slow path is; nothing for the end of each walk and the lists of each CPU.
pub(crate) fn tell(event: SlowEvent) -> Option<Told> {
    use SlowEvent as E;
    let args = Args::new();
    let told = |key, function, args| Told::new("slow", key, function, args);
    Some(match event {
        E::CpusetRetry { .. } => told("slow.cpuset", "check_retry_cpuset", args),
        E::CompactBegin { priority, .. } => {
            told("slow.compact", "__alloc_pages_direct_compact", args.with("priority", priority))
        }
        E::CompactEnd { result, .. } => {
            told("slow.compacted", "try_to_compact_pages", args.with("result", result_phrase(result)))
        }
        E::Progress { pages } => {
            let kind = if pages > 0 { StepKind::Pass } else { StepKind::Fail };
            told("slow.progress", "__perform_reclaim", args.with("pages", pages)).kind(kind)
        }
        E::ReclaimRetryZone { zone, available, no_progress_loops, wmark, .. } => {
            let (kind, key) =
                if wmark { (StepKind::Pass, "slow.prospect") } else { (StepKind::Fail, "slow.noProspect") };
            let args = args.with("available", available).with("loops", no_progress_loops);
            told(key, "should_reclaim_retry", args).at(zone).kind(kind)
        }
        E::ReclaimRetry { retry, no_progress_loops } => {
            let key = if retry { "slow.retry" } else { "slow.noRetry" };
            told(key, "should_reclaim_retry", args.with("loops", no_progress_loops))
        }
        E::CompactRetry { retry, result, .. } => {
            let key = if retry { "slow.compactRetry" } else { "slow.noCompactRetry" };
            told(key, "should_compact_retry", args.with("result", result_phrase(result)))
        }
        E::CongestionWait { jiffies } => {
            told("slow.congestion", "congestion_wait", args.with("ms", u64::from(jiffies) * 1000 / HZ))
        }
        E::DrainAll => told("slow.drain", "drain_all_pages", args),
        E::Unreserve { zone, pfn, migratetype, reserved, .. } => {
            let args = args.with("type", migratetype).with("reserved", reserved);
            told("slow.unreserve", "unreserve_highatomic_pageblock", args).at(zone).about(pfn)
        }
        E::NodeReclaimBegin { node, order, .. } => {
            told("node.begin", "__node_reclaim", args.with("order", order)).on(node)
        }
        E::NodeReclaimEnd { reclaimed } => told("node.reclaim", "__node_reclaim", args.with("pages", reclaimed)),
        E::NodeReclaim { zone, result, .. } => told(node_reclaim_key(result), "node_reclaim", args).at(zone),
        E::MayOom { .. } => told("slow.mayOom", "__alloc_pages_may_oom", args),
        E::OomRefused { reason } => {
            let args = args.with("why", Arg::Phrase(refusal(reason)));
            told("slow.oomRefused", "__alloc_pages_may_oom", args).kind(StepKind::Fail)
        }
        E::OomLockBusy => told("slow.oomBusy", "__alloc_pages_may_oom", args),
        E::NoFail { .. } => told("slow.noFail", "__alloc_pages_cpuset_fallback", args),
        E::Warn { gfp, order, .. } => {
            told("slow.warn", "warn_alloc", args.with("order", order).with("gfp", gfp.to_string())).kind(StepKind::Fail)
        }
        E::Walked { .. } | E::DrainCpu { .. } => return None,
    })
}

const fn node_reclaim_key(result: NodeReclaim) -> &'static str {
    match result {
        NodeReclaim::NoScan => "node.noScan",
        NodeReclaim::Full => "node.full",
        NodeReclaim::Some => "node.some",
        NodeReclaim::Success => "node.success",
    }
}

/// What keeps a request from the OOM killer.
const fn refusal(reason: OomRefusal) -> &'static str {
    match reason {
        OomRefusal::CoreDump => "refusal.coreDump",
        OomRefusal::Costly => "refusal.costly",
        OomRefusal::MayFail => "refusal.mayFail",
        OomRefusal::ThisNode => "refusal.thisNode",
        OomRefusal::LowMemory => "refusal.lowMemory",
        OomRefusal::Suspended => "refusal.suspended",
    }
}
