//! Tracepoints of compaction (include/trace/events/compaction.h).

use super::result_of;
use buddyscope_mm::event::{CompactEvent, CompactResult};
use buddyscope_mm::pfn::{NodeId, Pfn, ZoneId, ZoneType};
use buddyscope_procfs::trace::{
    CompactMode, CompactionEvent, CompactionRange, CompactionRun, CompactionTry, CompactionVerdict, CompactionWake,
    Deferral, MigrateMode, MigratePages, MigrateReason, Migrated, NodeOnly, RunEnd,
};

pub(super) fn trace(event: &CompactEvent) -> Option<CompactionEvent> {
    Some(match *event {
        CompactEvent::TryToCompact { order, gfp, priority } => {
            CompactionEvent::TryToCompactPages(CompactionTry { order: order.into(), gfp, priority: priority.into() })
        }
        CompactEvent::Suitable { zone, order, result } => CompactionEvent::Suitable(verdict(zone, order, result)),
        CompactEvent::Finished { zone, order, result } => CompactionEvent::Finished(verdict(zone, order, result)),
        CompactEvent::Deferred { zone, order, considered, shift, failed } => {
            CompactionEvent::Deferred(deferral(zone, order, considered, shift, failed))
        }
        CompactEvent::DeferCompaction { zone, order, considered, shift, failed } => {
            CompactionEvent::DeferCompaction(deferral(zone, order, considered, shift, failed))
        }
        CompactEvent::DeferReset { zone, order, considered, shift, failed } => {
            CompactionEvent::DeferReset(deferral(zone, order, considered, shift, failed))
        }
        CompactEvent::Begin { start, migrate, free, end, sync } => CompactionEvent::Begin(CompactionRun {
            zone_start: start.0,
            migrate_pfn: migrate.0,
            free_pfn: free.0,
            zone_end: end.0,
            mode: mode(sync),
        }),
        CompactEvent::End { start, migrate, free, end, sync, result } => CompactionEvent::End(RunEnd {
            zone_start: start.0,
            migrate_pfn: migrate.0,
            free_pfn: free.0,
            zone_end: end.0,
            mode: mode(sync),
            status: result_of(result),
        }),
        CompactEvent::IsolateMigrate { start, end, scanned, taken } => {
            CompactionEvent::IsolateMigratepages(range(start, end, scanned, taken))
        }
        CompactEvent::IsolateFree { start, end, scanned, taken } => {
            CompactionEvent::IsolateFreepages(range(start, end, scanned, taken))
        }
        CompactEvent::KcompactdWake { node, order, highest_zoneidx } => {
            CompactionEvent::KcompactdWake(wake(node, order, highest_zoneidx)?)
        }
        CompactEvent::WakeKcompactd { node, order, highest_zoneidx } => {
            CompactionEvent::WakeupKcompactd(wake(node, order, highest_zoneidx)?)
        }
        CompactEvent::KcompactdSleep { node } => CompactionEvent::KcompactdSleep(NodeOnly { nid: node }),
        CompactEvent::Migrated { moved, failed } => {
            CompactionEvent::Migratepages(Migrated { migrated: moved.into(), failed: failed.into() })
        }
        CompactEvent::MigratePages { succeeded, failed, thp, mode, contig } => {
            CompactionEvent::MigratePages(migrate_pages(succeeded, failed, thp, mode, contig))
        }
        CompactEvent::Migrate { .. } | CompactEvent::Capture { .. } => return None,
    })
}

fn migrate_pages(succeeded: u32, failed: u32, thp: [u32; 3], mode: u8, contig: bool) -> MigratePages {
    let [thp_succeeded, thp_failed, thp_split] = thp.map(u64::from);
    MigratePages {
        succeeded: succeeded.into(),
        failed: failed.into(),
        thp_succeeded,
        thp_failed,
        thp_split,
        mode: match mode {
            0 => MigrateMode::Async,
            1 => MigrateMode::SyncLight,
            _ => MigrateMode::Sync,
        },
        reason: if contig { MigrateReason::ContigRange } else { MigrateReason::Compaction },
    }
}

fn mode(sync: bool) -> CompactMode {
    if sync { CompactMode::Sync } else { CompactMode::Async }
}

fn verdict(zone: ZoneId, order: i8, result: CompactResult) -> CompactionVerdict {
    CompactionVerdict { node: zone.node(), zone: zone.zone_type(), order: order.into(), result: result_of(result) }
}

fn deferral(zone: ZoneId, order: u8, considered: u32, shift: u8, failed: u8) -> Deferral {
    Deferral {
        node: zone.node(),
        zone: zone.zone_type(),
        order: order.into(),
        order_failed: failed.into(),
        considered,
        limit: 1 << shift,
    }
}

fn range(start: Pfn, end: Pfn, scanned: u32, taken: u32) -> CompactionRange {
    CompactionRange { start_pfn: start.0, end_pfn: end.0, scanned: scanned.into(), taken: taken.into() }
}

fn wake(nid: NodeId, order: u8, highest_zoneidx: u8) -> Option<CompactionWake> {
    let highest_zone = ZoneType::from_index(highest_zoneidx.into())?;
    Some(CompactionWake { nid, order: order.into(), highest_zone })
}
