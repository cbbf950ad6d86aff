//! Counters against the events that they count.

use crate::compare::check::Check;
use crate::compare::run::Run;
use crate::compare::trace::{LoadEvent, Trace};
use std::collections::BTreeSet;

/// Events added up as the kernel's counters do.
#[derive(Default)]
struct Sums {
    scanned: u64,
    scanned_by_kswapd: u64,
    reclaimed: u64,
    refilled: u64,
    stalls: u64,
    kswapd_runs: u64,
    killed: u64,
    compactions: u64,
    kcompactd_wakes: u64,
    slab_scanned: i64,
}

/// The counters of /proc/vmstat that equal a sum of events, and that sum. Nothing that counts may have happened
/// outside the trace.
pub(super) fn checks(run: &Run) -> Vec<Check> {
    if run.trace.events().next().is_none() {
        return Vec::new();
    }
    let sums = Sums::of(&run.trace);
    let stalls =
        ["dma", "dma32", "normal", "movable"].iter().map(|zone| run.counted(&format!("allocstall_{zone}"))).sum();
    // Reclaim within a memory cgroup scans, but neither as kswapd nor as a direct reclaimer.
    let all = run.counted("pgscan_anon") + run.counted("pgscan_file");
    let table: [(&str, i64, i64); 10] = [
        ("pgscan_anon + pgscan_file = pages scanned", all, sums.scanned as i64),
        ("pgscan_kswapd = pages kswapd scanned", run.counted("pgscan_kswapd"), sums.scanned_by_kswapd as i64),
        (
            "pgsteal_anon + pgsteal_file = pages reclaimed",
            run.counted("pgsteal_anon") + run.counted("pgsteal_file"),
            sums.reclaimed as i64,
        ),
        ("pgrefill = active pages scanned", run.counted("pgrefill"), sums.refilled as i64),
        ("allocstall_* = direct reclaims", stalls, sums.stalls as i64),
        ("pageoutrun = kswapd runs", run.counted("pageoutrun"), sums.kswapd_runs as i64),
        ("oom_kill = victims", run.counted("oom_kill"), sums.killed as i64),
        ("compact_stall = direct compactions", run.counted("compact_stall"), sums.compactions as i64),
        ("compact_daemon_wake = kcompactd runs", run.counted("compact_daemon_wake"), sums.kcompactd_wakes as i64),
        ("slabs_scanned = objects shrinkers scanned", run.counted("slabs_scanned"), sums.slab_scanned),
    ];
    // kcompactd goes on after a load, when the kernel's own trace has ended.
    let seen = table.into_iter().filter(|row| (row.1, row.2) != (0, 0));
    let seen = seen.filter(|row| run.whole_trace || !row.0.starts_with("compact_daemon"));
    seen.map(|(what, counter, sum)| Check::equal(what, counter, sum)).collect()
}

impl Sums {
    fn of(trace: &Trace) -> Sums {
        let kswapd =
            |(_, pid, event): (u64, u32, &LoadEvent)| matches!(event, LoadEvent::KswapdWake { .. }).then_some(pid);
        let daemons: BTreeSet<u32> = trace.events().filter_map(kswapd).collect();
        let mut sums = Sums::default();
        for (_, pid, event) in trace.events() {
            match event {
                LoadEvent::Isolate { scanned, list: 0 | 2, .. } => {
                    sums.scanned += scanned;
                    sums.scanned_by_kswapd += if daemons.contains(&pid) { *scanned } else { 0 };
                }
                LoadEvent::Isolate { scanned, .. } => sums.refilled += scanned,
                LoadEvent::ShrinkInactive { reclaimed, .. } => sums.reclaimed += reclaimed,
                LoadEvent::DirectBegin { .. } => sums.stalls += 1,
                LoadEvent::KswapdWake { .. } => sums.kswapd_runs += 1,
                LoadEvent::MarkVictim { .. } => sums.killed += 1,
                LoadEvent::CompactTry { .. } => sums.compactions += 1,
                LoadEvent::KcompactdWake { .. } => sums.kcompactd_wakes += 1,
                LoadEvent::SlabStart(start) => sums.slab_scanned += start.total_scan,
                LoadEvent::SlabEnd(end) => sums.slab_scanned -= end.total_left,
                _ => {}
            }
        }
        sums
    }
}
