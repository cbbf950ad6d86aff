//! Decisions of reclaim and of shrinkers.

use super::{StepKind, Told};
use crate::sentence::{Arg, Args};
use buddyscope_mm::event::{PageFate, ReclaimEvent, ScanBalance, ScanFlags, SlabEvent};
use buddyscope_mm::pfn::ZoneType;

/// What a decision of reclaim is; nothing for single pages, which are shown on their lists.
pub(super) fn tell(event: ReclaimEvent) -> Option<Told> {
    use ReclaimEvent as E;
    let args = Args::new();
    Some(match event {
        E::Throttled { node } => {
            Told::new("direct", "direct.throttled", "throttle_direct_reclaim", args).on(node).kind(StepKind::Fail)
        }
        E::DirectBegin { order, gfp } => {
            let args = args.with("order", order).with("gfp", gfp.to_string());
            Told::new("direct", "direct.begin", "try_to_free_pages", args)
        }
        E::DirectPriority { priority, nr_reclaimed, .. } => {
            let args = args
                .with("priority", i64::from(priority))
                .with("share", 1u64 << priority.clamp(0, 12))
                .with("reclaimed", nr_reclaimed);
            Told::new("direct", "direct.priority", "do_try_to_free_pages", args)
        }
        E::DirectEnd { reclaimed } => {
            Told::new("direct", "direct.end", "try_to_free_pages", args.with("reclaimed", reclaimed))
        }
        E::KswapdWake { node, order, highest_zoneidx } => {
            let zone = ZoneType::from_index(highest_zoneidx.into()).unwrap_or(ZoneType::Normal);
            let args = args.with("order", order).with("zone", zone.name());
            Told::new("kswapd", "kswapd.wake", "kswapd", args).on(node)
        }
        E::KswapdSleep { node } => Told::new("kswapd", "kswapd.sleep", "kswapd_try_to_sleep", args).on(node),
        E::KswapdPriority { priority, order, boost, flags, .. } => {
            let args = args.with("priority", i64::from(priority)).with("order", order);
            if flags.contains(ScanFlags::BALANCED) {
                Told::new("kswapd", "kswapd.boosted", "balance_pgdat", args.with("boost", boost))
            } else {
                Told::new("kswapd", "kswapd.priority", "balance_pgdat", args)
            }
        }
        E::NodeBegin { node, priority, nr_to_reclaim, flags, .. } => {
            let key = match flags {
                _ if flags.contains(ScanFlags::FILE_IS_TINY) => "pass.tiny",
                _ if flags.contains(ScanFlags::CACHE_TRIM) => "pass.trim",
                _ => "pass.begin",
            };
            let args = args.with("priority", i64::from(priority)).with("wanted", nr_to_reclaim);
            Told::new("pass", key, "shrink_node", args).on(node)
        }
        E::NodeEnd { node, nr_reclaimed, nr_scanned, slab } => {
            let key = if slab > 0 { "pass.endSlab" } else { "pass.end" };
            let args = args.with("scanned", nr_scanned).with("reclaimed", nr_reclaimed).with("slab", slab);
            Told::new("pass", key, "shrink_node", args).on(node)
        }
        E::ScanCount { .. } => return scan_count(event),
        E::Pageout { pfn } => Told::new("write", "scan.pageout", "pageout", args.with("pfn", pfn)).about(pfn),
        E::InactiveScanned { node, file, scanned, reclaimed, dirty, writeback, .. } => {
            let key = match (file, dirty + writeback) {
                (true, 1..) => "scan.inactiveDirty",
                (true, 0) => "scan.inactiveFile",
                _ => "scan.inactiveAnon",
            };
            let args = args
                .with("scanned", scanned)
                .with("reclaimed", reclaimed)
                .with("dirty", dirty)
                .with("writeback", writeback);
            Told::new("scan", key, "shrink_inactive_list", args).on(node)
        }
        E::ActiveScanned { node, file, taken, active, deactivated, .. } => {
            let key = if file { "scan.activeFile" } else { "scan.activeAnon" };
            let args = args.with("taken", taken).with("active", active).with("deactivated", deactivated);
            Told::new("scan", key, "shrink_active_list", args).on(node)
        }
        _ => return None,
    })
}

/// Whether [`tell`] has a sentence.
pub(super) const fn is_told(event: &ReclaimEvent) -> bool {
    use ReclaimEvent as E;
    !matches!(
        event,
        E::NodeCosts { .. }
            | E::Isolate { .. }
            | E::Isolated { .. }
            | E::Referenced { .. }
            | E::Noted { .. }
            | E::Decided { .. }
            | E::Kept { .. }
            | E::InactiveKept { .. }
            | E::Stays { .. }
            | E::Deactivated { .. }
            | E::FreeBatch { .. }
            | E::Listed { .. }
            | E::Activated { .. }
    )
}

fn scan_count(event: ReclaimEvent) -> Option<Told> {
    let ReclaimEvent::ScanCount { node, balance, swappiness, nr, size, .. } = event else { return None };
    let key = match balance {
        ScanBalance::Equal => "scan.equal",
        ScanBalance::Fraction => "scan.fraction",
        ScanBalance::Anon => "scan.anon",
        ScanBalance::File => "scan.file",
    };
    let names = [("na", "sa"), ("nA", "sA"), ("nf", "sf"), ("nF", "sF")];
    let numbers = names.into_iter().zip(nr.into_iter().zip(size));
    let args = numbers.fold(Args::new(), |args, ((nr, size), (pages, of))| args.with(nr, pages).with(size, of));
    Some(Told::new("pass", key, "get_scan_count", args.with("swappiness", swappiness)).on(node))
}

/// What a shrinker of that name did; nothing if that is nothing.
pub(super) fn slab(event: SlabEvent, cache: &str) -> Option<Told> {
    let SlabEvent::End { node, freed, new, .. } = event else { return None };
    let key = if new > 0 { "slab.deferred" } else { "slab.freed" };
    let args = Args::new().with("cache", Arg::from(cache)).with("freed", freed).with("deferred", new);
    (freed > 0).then(|| Told::new("slab", key, "do_shrink_slab", args).on(node))
}

/// What became of a page.
pub(crate) const fn fate_key(fate: PageFate) -> &'static str {
    match fate {
        PageFate::Locked => "fate.locked",
        PageFate::Unevictable => "fate.unevictable",
        PageFate::MayNotUnmap => "fate.mayNotUnmap",
        PageFate::WriteTooSlow => "fate.writeTooSlow",
        PageFate::BeingWritten => "fate.beingWritten",
        PageFate::AwaitsWrite => "fate.awaitsWrite",
        PageFate::InUse => "fate.inUse",
        PageFate::UsedOnce => "fate.usedOnce",
        PageFate::NoIo => "fate.noIo",
        PageFate::NoSwap => "fate.noSwap",
        PageFate::NotSplit => "fate.notSplit",
        PageFate::KeptWhole => "fate.keptWhole",
        PageFate::NotUnmapped => "fate.notUnmapped",
        PageFate::LeftToFlushers => "fate.leftToFlushers",
        PageFate::NotWorthWriting => "fate.notWorthWriting",
        PageFate::MayNotWrite => "fate.mayNotWrite",
        PageFate::CannotWrite => "fate.cannotWrite",
        PageFate::NowhereToWrite => "fate.nowhereToWrite",
        PageFate::Written => "fate.written",
        PageFate::BuffersInUse => "fate.buffersInUse",
        PageFate::LazyHeld => "fate.lazyHeld",
        PageFate::LazyFreed => "fate.lazyFreed",
        PageFate::Held => "fate.held",
        PageFate::Freed => "fate.freed",
    }
}
