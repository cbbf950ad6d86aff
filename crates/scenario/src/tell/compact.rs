//! Decisions of compaction.

#[cfg(feature = "show")]
use super::{StepKind, Told};
use crate::sentence::Arg;
#[cfg(feature = "show")]
use crate::sentence::Args;
#[cfg(feature = "show")]
use buddyscope_mm::event::CompactEvent;
use buddyscope_mm::event::CompactResult;

/// The kernel's name of a result, and what it means.
pub(super) const fn result_phrase(result: CompactResult) -> Arg {
    Arg::Phrase(match result {
        CompactResult::NotSuitableZone => "result.notSuitable",
        CompactResult::Skipped => "result.skipped",
        CompactResult::Deferred => "result.deferred",
        CompactResult::NoSuitablePage => "result.noSuitablePage",
        CompactResult::Continue => "result.continue",
        CompactResult::Complete => "result.complete",
        CompactResult::PartialSkipped => "result.partialSkipped",
        CompactResult::Contended => "result.contended",
        CompactResult::Success => "result.success",
    })
}

#[cfg(feature = "show")]
const fn hope(result: CompactResult) -> StepKind {
    match result {
        CompactResult::Success => StepKind::Pass,
        CompactResult::NoSuitablePage | CompactResult::Continue => StepKind::Info,
        _ => StepKind::Fail,
    }
}

/// What a decision of compaction is; nothing for single pages, for sums of what was told, and for kcompactd that goes back to sleep.
#[cfg(feature = "show")]
pub(super) fn tell(event: CompactEvent) -> Option<Told> {
    use CompactEvent as E;
    let args = Args::new();
    let told = |key, function, args| Told::new("compact", key, function, args);
    Some(match event {
        E::TryToCompact { order, gfp, priority } => {
            let args = args.with("order", order).with("gfp", gfp.to_string()).with("priority", priority);
            told("compact.try", "try_to_compact_pages", args)
        }
        E::Suitable { zone, order, result } => {
            let args = args.with("order", i64::from(order)).with("result", result_phrase(result));
            told("compact.suitable", "compaction_suitable", args).at(zone).kind(hope(result))
        }
        E::Deferred { zone, order, considered, shift, .. } => {
            let args = args.with("order", order).with("considered", considered).with("limit", 1u64 << shift.min(31));
            told("compact.deferred", "compaction_deferred", args).at(zone).kind(StepKind::Fail)
        }
        E::DeferCompaction { zone, order, shift, .. } => {
            let args = args.with("order", order).with("skips", (1u64 << shift.min(31)) - 1);
            told("compact.defer", "defer_compaction", args).at(zone).kind(StepKind::Fail)
        }
        E::DeferReset { zone, order, .. } => {
            told("compact.deferReset", "compaction_defer_reset", args.with("order", order)).at(zone)
        }
        E::Begin { migrate, free, .. } => {
            told("compact.begin", "compact_zone", args.with("migrate", migrate).with("free", free)).about(migrate)
        }
        E::End { migrate, free, result, .. } => {
            let args = args.with("migrate", migrate).with("free", free).with("result", result_phrase(result));
            told("compact.end", "compact_zone", args).about(migrate).kind(hope(result))
        }
        E::IsolateMigrate { start, end, scanned, taken } => {
            let args = args.with("start", start).with("end", end).with("scanned", scanned).with("taken", taken);
            told("compact.isolate", "isolate_migratepages", args).about(start)
        }
        E::IsolateFree { start, end, scanned, taken } => {
            let args = args.with("start", start).with("end", end).with("scanned", scanned).with("taken", taken);
            told("compact.isolateFree", "isolate_freepages", args).about(start)
        }
        E::Finished { zone, result, .. } => {
            let args = args.with("result", result_phrase(result));
            told("compact.finished", "compact_finished", args).at(zone).kind(hope(result))
        }
        E::KcompactdWake { node, order, .. } => told("kcompactd.wake", "kcompactd", args.with("order", order)).on(node),
        E::WakeKcompactd { node, order, .. } => {
            told("kcompactd.woken", "wakeup_kcompactd", args.with("order", order)).on(node)
        }
        E::Capture { zone, pfn, order } => {
            let args = args.with("order", order).with("pfn", pfn);
            told("compact.capture", "compaction_capture", args).at(zone).about(pfn).kind(StepKind::Pass)
        }
        E::Migrate { .. } | E::MigratePages { .. } | E::Migrated { .. } | E::KcompactdSleep { .. } => return None,
    })
}
