//! Decisions of compaction (mm/compaction.c). The tracepoints of the `compaction` group are a subset.

use crate::gfp::Gfp;
use crate::pfn::{NodeId, Pfn, ZoneId};

/// What came of compaction, from least to most (`enum compact_result`). Several zones' results combine to the largest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum CompactResult {
    /// Fragmentation is not the problem; a result of tracing only.
    NotSuitableZone = 0,
    /// Too few free pages to move others to.
    Skipped = 1,
    /// Failed too often of late.
    Deferred = 2,
    /// No block is large enough yet; a result of tracing only.
    NoSuitablePage = 3,
    /// Worth going on.
    Continue = 4,
    /// The whole zone was scanned and no block became free.
    Complete = 5,
    /// The scanners met, but part of the zone was not scanned.
    PartialSkipped = 6,
    /// Given up because of contention or a signal.
    Contended = 7,
    /// A block became free.
    Success = 8,
}

/// One decision of compaction. Fields are named as the kernel names them; counts are in pages. An order of −1 stands
/// for all of a zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "each variant explains its fields together")]
pub enum CompactEvent {
    /// Direct compaction begins. Tracepoint `mm_compaction_try_to_compact_pages`.
    TryToCompact { order: u8, gfp: Gfp, priority: u8 },
    /// Whether a zone is worth compacting. Tracepoint `mm_compaction_suitable`.
    Suitable { zone: ZoneId, order: i8, result: CompactResult },
    /// An attempt is passed over; the zone's deferral as it is now. Tracepoint `mm_compaction_deferred`.
    Deferred { zone: ZoneId, order: u8, considered: u32, shift: u8, failed: u8 },
    /// A failure will defer attempts. Tracepoint `mm_compaction_defer_compaction`.
    DeferCompaction { zone: ZoneId, order: u8, considered: u32, shift: u8, failed: u8 },
    /// A success was noted. Tracepoint `mm_compaction_defer_reset`.
    DeferReset { zone: ZoneId, order: u8, considered: u32, shift: u8, failed: u8 },
    /// Compaction of a zone begins; the zone's bounds and where the scanners are. Tracepoint `mm_compaction_begin`.
    Begin { start: Pfn, migrate: Pfn, free: Pfn, end: Pfn, sync: bool },
    /// Whether compaction of a zone goes on. Tracepoint `mm_compaction_finished`.
    Finished { zone: ZoneId, order: i8, result: CompactResult },
    /// The migrate scanner looked through a range. Tracepoint `mm_compaction_isolate_migratepages`.
    IsolateMigrate { start: Pfn, end: Pfn, scanned: u32, taken: u32 },
    /// The free scanner looked through a range. Tracepoint `mm_compaction_isolate_freepages`.
    IsolateFree { start: Pfn, end: Pfn, scanned: u32, taken: u32 },
    /// A page moved.
    Migrate { old: Pfn, new: Pfn },
    /// A call of `migrate_pages` is done: pages that were moved and that were not, huge pages that were moved, not moved
    /// and split; how long it may have waited (`enum migrate_mode`), and whether a range was to be emptied. Tracepoint
    /// `mm_migrate_pages`.
    MigratePages { succeeded: u32, failed: u32, thp: [u32; 3], mode: u8, contig: bool },
    /// What that came to for a run over a zone. Tracepoint `mm_compaction_migratepages`.
    Migrated { moved: u32, failed: u32 },
    /// A block of the wanted order was taken before it reached the free lists (`compaction_capture`).
    Capture { zone: ZoneId, pfn: Pfn, order: u8 },
    /// Compaction of a zone ends. Tracepoint `mm_compaction_end`.
    End { start: Pfn, migrate: Pfn, free: Pfn, end: Pfn, sync: bool, result: CompactResult },
    /// kcompactd begins to work. Tracepoint `mm_compaction_kcompactd_wake`.
    KcompactdWake { node: NodeId, order: u8, highest_zoneidx: u8 },
    /// kcompactd goes to sleep. Tracepoint `mm_compaction_kcompactd_sleep`.
    KcompactdSleep { node: NodeId },
    /// kcompactd is woken. Tracepoint `mm_compaction_wakeup_kcompactd`.
    WakeKcompactd { node: NodeId, order: u8, highest_zoneidx: u8 },
}
