//! A decision as a sentence with its numbers.

mod memcg;

use crate::session::Trace;
use buddyscope_mm::Machine;
use buddyscope_mm::compact::CompactResult;
use buddyscope_mm::event::{
    CompactEvent, Event, OomEvent, ReclaimEvent, ScanBalance, ScanFlags, SlabEvent, SlowEvent, Wakeup,
};
use buddyscope_mm::pfn::{NodeId, Pfn, ZoneId};
use buddyscope_mm::reclaim::shrinker::ShrinkerId;

/// What is told.
pub(super) struct Told {
    pub(super) kind: &'static str,
    pub(super) text: String,
    pub(super) function: &'static str,
    pub(super) node: Option<u8>,
    pub(super) zone: Option<usize>,
    pub(super) pfn: Option<u64>,
}

impl Told {
    fn new(kind: &'static str, function: &'static str, text: String) -> Told {
        Told { kind, text, function, node: None, zone: None, pfn: None }
    }

    fn on(self, node: NodeId) -> Told {
        Told { node: Some(node.0), ..self }
    }

    fn at(self, zone: ZoneId) -> Told {
        Told { node: Some(zone.node().0), zone: Some(zone.index()), ..self }
    }

    fn about(self, pfn: Pfn) -> Told {
        Told { pfn: Some(pfn.0), ..self }
    }
}

/// Whether an event is a decision to be told; single pages are shown on the lanes instead.
pub(super) fn is_told(event: &Event) -> bool {
    match event {
        Event::Reclaim(event) => !matches!(
            event,
            ReclaimEvent::Isolated { .. }
                | ReclaimEvent::Referenced { .. }
                | ReclaimEvent::Decided { .. }
                | ReclaimEvent::Kept { .. }
                | ReclaimEvent::Stays { .. }
                | ReclaimEvent::Deactivated { .. }
                | ReclaimEvent::InactiveKept { .. }
                | ReclaimEvent::NodeCosts { .. }
                | ReclaimEvent::Isolate { .. }
        ),
        // kcompactd looks around every half second and mostly goes back to sleep.
        Event::Compact(event) => !matches!(event, CompactEvent::Migrate { .. } | CompactEvent::KcompactdSleep { .. }),
        Event::Slow(event) => !matches!(event, SlowEvent::Walked { .. } | SlowEvent::DrainCpu { .. }),
        Event::WakeKswapd { wakeup, .. } => *wakeup != Wakeup::AlreadyAwake,
        Event::Memcg(event) => memcg::is_told(event),
        Event::Slab(event) => matches!(event, SlabEvent::End { freed: 1.., .. }),
        Event::Oom(_) | Event::Steal { .. } | Event::Boost { .. } => true,
        Event::AllocEnd { pfn, .. } => pfn.is_none(),
        _ => false,
    }
}

/// The sentence for an event of a machine.
pub(super) fn tell(event: &Event, machine: &Machine<Trace>) -> Told {
    match *event {
        Event::Reclaim(event) => reclaim(event),
        Event::Compact(event) => compact(event),
        Event::Slow(event) => slow(event),
        Event::Oom(event) => oom(event),
        Event::Memcg(event) => memcg::tell(event, machine),
        Event::Slab(SlabEvent::Start { shrinker, node, .. }) => slab(machine, shrinker, node, "is asked".to_owned()),
        Event::Slab(SlabEvent::End { shrinker, node, freed, new, .. }) => {
            let put_off = if new > 0 { format!(", {new} put off") } else { String::new() };
            slab(machine, shrinker, node, format!("{freed} objects freed{put_off}"))
        }
        Event::WakeKswapd { node, order, highest_zoneidx, wakeup, .. } => {
            let what = match wakeup {
                Wakeup::Woken => "wakes",
                Wakeup::AlreadyAwake => "is awake already",
                Wakeup::Balanced => "sleeps on: the node is balanced",
                Wakeup::BalancedWakesKcompactd => "sleeps on: the node is balanced; kcompactd is asked",
                Wakeup::Hopeless => "is not woken: it gave up on the node",
                Wakeup::HopelessWakesKcompactd => "is not woken: it gave up on the node; kcompactd is asked",
            };
            let text = format!("kswapd{node} {what} (order {order}, zones up to {highest_zoneidx})");
            Told::new("kswapd", "wakeup_kswapd", text).on(node)
        }
        Event::Steal { zone, pfn, order, fallback_order, start, fallback, owned } => {
            let takes = if owned { "the whole block" } else { "only these pages" };
            let text = format!(
                "order {order}: {} takes an order-{fallback_order} block of {}, {takes}",
                start.name(),
                fallback.name()
            );
            Told::new("steal", "steal_suitable_fallback", text).at(zone).about(pfn)
        }
        Event::Boost { zone, boost, max } => {
            let text = format!("mixing raises the marks by {boost} pages (at most {max})");
            Told::new("marks", "boost_watermark", text).at(zone)
        }
        Event::AllocEnd { gfp, order, outcome, .. } => {
            Told::new("fail", "__alloc_pages_nodemask", format!("order {order} with {gfp}: no page ({outcome:?})"))
        }
        _ => Told::new("other", "", String::new()),
    }
}

fn slab(machine: &Machine<Trace>, shrinker: ShrinkerId, node: NodeId, what: String) -> Told {
    let name = machine.shrinker_name(shrinker).unwrap_or("a cache");
    Told::new("slab", "do_shrink_slab", format!("{name}: {what}")).on(node)
}

fn reclaim(event: ReclaimEvent) -> Told {
    use ReclaimEvent as E;
    match event {
        E::Throttled { node } => Told::new(
            "direct",
            "throttle_direct_reclaim",
            "waits for kswapd: less than half of the min marks is free".to_owned(),
        )
        .on(node),
        E::DirectBegin { order, gfp } => {
            Told::new("direct", "try_to_free_pages", format!("direct reclaim begins for order {order} with {gfp}"))
        }
        E::DirectPriority { priority, nr_reclaimed, .. } => Told::new(
            "direct",
            "do_try_to_free_pages",
            format!("priority {priority}: 1/{} of each list; {nr_reclaimed} pages so far", 1u32 << priority.max(0)),
        ),
        E::DirectEnd { reclaimed } => {
            Told::new("direct", "try_to_free_pages", format!("direct reclaim ends with {reclaimed} pages"))
        }
        E::KswapdWake { node, order, highest_zoneidx } => {
            let text = format!("takes up its work: order {order}, zones up to {highest_zoneidx}");
            Told::new("kswapd", "kswapd", text).on(node)
        }
        E::KswapdSleep { node } => {
            Told::new("kswapd", "kswapd_try_to_sleep", "sleeps: the node is balanced".to_owned()).on(node)
        }
        E::KswapdPriority { priority, order, boost, flags, .. } => {
            let why = if flags.contains(ScanFlags::BALANCED) {
                format!("balanced, but {boost} pages are wanted for raised marks")
            } else {
                "not balanced".to_owned()
            };
            Told::new("kswapd", "balance_pgdat", format!("priority {priority}, order {order}: {why}"))
        }
        E::NodeBegin { node, priority, nr_to_reclaim, flags, .. } => {
            let mut notes = Vec::new();
            if flags.contains(ScanFlags::CACHE_TRIM) {
                notes.push("enough inactive page cache, so anonymous pages are left alone");
            }
            if flags.contains(ScanFlags::FILE_IS_TINY) {
                notes.push("hardly any page cache left, so anonymous pages must go");
            }
            let notes = if notes.is_empty() { String::new() } else { format!("; {}", notes.join("; ")) };
            let text = format!("pass at priority {priority}, {nr_to_reclaim} pages wanted{notes}");
            Told::new("pass", "shrink_node", text).on(node)
        }
        E::NodeEnd { node, nr_reclaimed, nr_scanned, slab } => {
            let slab = if slab > 0 { format!(", {slab} of them slab") } else { String::new() };
            let text = format!("pass ends: {nr_scanned} looked at, {nr_reclaimed} reclaimed so far{slab}");
            Told::new("pass", "shrink_node", text).on(node)
        }
        E::ScanCount { node, balance, nr, size, .. } => {
            let how = match balance {
                ScanBalance::Equal => "both kinds by size",
                ScanBalance::Fraction => "by cost and swappiness",
                ScanBalance::Anon => "anonymous pages only",
                ScanBalance::File => "file pages only",
            };
            let text = format!(
                "{how}: anon {}/{} inactive, {}/{} active; file {}/{} inactive, {}/{} active",
                nr[0], size[0], nr[1], size[1], nr[2], size[2], nr[3], size[3]
            );
            Told::new("pass", "get_scan_count", text).on(node)
        }
        E::Pageout { pfn } => Told::new("write", "pageout", format!("page {} is being written", pfn.0)).about(pfn),
        E::InactiveScanned { node, file, priority, scanned, reclaimed, dirty, writeback, .. } => {
            let kind = if file { "file" } else { "anon" };
            let mut text = format!("inactive {kind} at priority {priority}: {scanned} looked at, {reclaimed} freed");
            if dirty + writeback > 0 {
                text += &format!(", {dirty} dirty, {writeback} being written");
            }
            Told::new("scan", "shrink_inactive_list", text).on(node)
        }
        E::ActiveScanned { node, file, taken, active, deactivated, .. } => {
            let kind = if file { "file" } else { "anon" };
            let text = format!("active {kind}: {taken} taken, {active} stay, {deactivated} become inactive");
            Told::new("scan", "shrink_active_list", text).on(node)
        }
        other => Told::new("scan", "shrink_lruvec", format!("{other:?}")),
    }
}

/// The kernel's name of a result.
fn result_name(result: CompactResult) -> &'static str {
    match result {
        CompactResult::NotSuitableZone => "not suitable: fragmentation is not the problem",
        CompactResult::Skipped => "skipped: too few free pages to move others to",
        CompactResult::Deferred => "deferred: it failed too often of late",
        CompactResult::NoSuitablePage => "no block yet",
        CompactResult::Continue => "worth a try",
        CompactResult::Complete => "complete: the whole zone was scanned in vain",
        CompactResult::PartialSkipped => "the scanners met before all was scanned",
        CompactResult::Contended => "given up: contended",
        CompactResult::Success => "success: a block is free",
    }
}

fn compact(event: CompactEvent) -> Told {
    use CompactEvent as E;
    match event {
        E::TryToCompact { order, priority, .. } => Told::new(
            "compact",
            "try_to_compact_pages",
            format!("direct compaction for order {order} at priority {priority}"),
        ),
        E::Suitable { zone, order, result } => {
            Told::new("compact", "compaction_suitable", format!("order {order}: {}", result_name(result))).at(zone)
        }
        E::Deferred { zone, order, considered, shift, .. } => {
            let text = format!("order {order} is put off: attempt {considered} of {}", 1u32 << shift.min(31));
            Told::new("compact", "compaction_deferred", text).at(zone)
        }
        E::DeferCompaction { zone, order, shift, .. } => {
            let text = format!("order {order} failed: {} attempts will be passed over", (1u32 << shift.min(31)) - 1);
            Told::new("compact", "defer_compaction", text).at(zone)
        }
        E::DeferReset { zone, order, .. } => {
            Told::new("compact", "compaction_defer_reset", format!("order {order} succeeded")).at(zone)
        }
        E::Begin { migrate, free, .. } => {
            let text = format!("scanners start at {} and {}", migrate.0, free.0);
            Told::new("compact", "compact_zone", text).about(migrate)
        }
        E::End { migrate, free, result, .. } => {
            let text = format!("scanners stop at {} and {}: {}", migrate.0, free.0, result_name(result));
            Told::new("compact", "compact_zone", text).about(migrate)
        }
        E::IsolateMigrate { start, end, scanned, taken } => {
            let text = format!("pages {}–{}: {scanned} looked at, {taken} taken to be moved", start.0, end.0);
            Told::new("compact", "isolate_migratepages", text).about(start)
        }
        E::IsolateFree { start, end, scanned, taken } => {
            let text = format!("pages {}–{}: {scanned} looked at, {taken} free ones taken", start.0, end.0);
            Told::new("compact", "isolate_freepages", text).about(start)
        }
        E::Finished { zone, result, .. } => {
            Told::new("compact", "compact_finished", result_name(result).to_owned()).at(zone)
        }
        E::KcompactdWake { node, order, .. } => {
            Told::new("compact", "kcompactd", format!("takes up its work: order {order}")).on(node)
        }
        E::WakeKcompactd { node, order, .. } => {
            Told::new("compact", "wakeup_kcompactd", format!("kcompactd wakes for order {order}")).on(node)
        }
        E::Capture { zone, pfn, order } => {
            let text = format!("a block of order {order} at {} is taken before it reaches the free lists", pfn.0);
            Told::new("compact", "compaction_capture", text).at(zone).about(pfn)
        }
        other => Told::new("compact", "compact_zone", format!("{other:?}")),
    }
}

fn slow(event: SlowEvent) -> Told {
    use SlowEvent as E;
    match event {
        E::Progress { pages } => {
            Told::new("slow", "__alloc_pages_direct_reclaim", format!("direct reclaim brought {pages} pages"))
        }
        E::ReclaimRetryZone { zone, reclaimable, available, min_wmark, no_progress_loops, wmark, .. } => {
            let verdict = if wmark { "would do" } else { "would not do" };
            let text = format!(
                "{reclaimable} reclaimable, {available} available against min {min_wmark}: {verdict} (fruitless rounds: {no_progress_loops})"
            );
            Told::new("slow", "should_reclaim_retry", text).at(zone)
        }
        E::ReclaimRetry { retry, .. } => {
            let text = if retry { "reclaim will be tried again" } else { "reclaim is not worth another round" };
            Told::new("slow", "should_reclaim_retry", text.to_owned())
        }
        E::CompactRetry { retry, result, .. } => {
            let text = if retry { "compaction will be tried again" } else { "compaction is not worth another round" };
            Told::new("slow", "should_compact_retry", format!("{text}: {}", result_name(result)))
        }
        E::CongestionWait { jiffies } => {
            Told::new("slow", "congestion_wait", format!("waits up to {} ms for I/O", jiffies * 4))
        }
        E::MayOom { order, .. } => {
            Told::new("oom", "__alloc_pages_may_oom", format!("last try above the high mark for order {order}"))
        }
        E::OomRefused { reason } => {
            Told::new("oom", "__alloc_pages_may_oom", format!("the OOM killer is not called: {reason:?}"))
        }
        E::DrainAll => Told::new("slow", "drain_all_pages", "every CPU gives its pages back".to_owned()),
        E::Unreserve { zone, pfn, .. } => Told::new(
            "slow",
            "unreserve_highatomic_pageblock",
            "a block of the high-atomic reserve is given up".to_owned(),
        )
        .at(zone)
        .about(pfn),
        E::NodeReclaimEnd { reclaimed } => Told::new(
            "direct",
            "node_reclaim",
            format!("reclaim on this node before going to another: {reclaimed} pages"),
        ),
        E::Warn { gfp, order, .. } => {
            Told::new("fail", "warn_alloc", format!("page allocation failure: order:{order}, mode:{gfp}"))
        }
        other => Told::new("slow", "__alloc_pages_slowpath", format!("{other:?}")),
    }
}

fn oom(event: OomEvent) -> Told {
    Told::new("oom", "out_of_memory", format!("{event:?}"))
}
