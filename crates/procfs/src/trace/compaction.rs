//! Events of compaction and migration (include/trace/events/compaction.h, migrate.h).

use super::codec::{Hex, TraceGfp, ZoneColumn};
use super::{CompactMode, CompactResult, MigrateMode, MigrateReason, NodeOnly, events};
use crate::line::codec::Number;
use crate::line::places::Node;
use crate::line::{Named, line};
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::{NodeId, ZoneType};

line! {
    /// A range was scanned.
    pub struct CompactionRange {
        /// First page frame.
        "range=(" start_pfn: u64 = Hex,
        /// Page frame after the last.
        " ~ " end_pfn: u64 = Hex,
        /// Pages looked at.
        ") nr_scanned=" scanned: u64 = Number,
        /// Pages taken.
        " nr_taken=" taken: u64 = Number,
    }
    ""
}

line! {
    /// Pages were migrated (`compact_zone`).
    pub struct Migrated {
        /// Pages.
        "nr_migrated=" migrated: u64 = Number,
        /// Pages that could not be.
        " nr_failed=" failed: u64 = Number,
    }
    ""
}

line! {
    /// A run over a zone starts (`compact_zone`).
    pub struct CompactionRun {
        /// The zone's first page frame.
        "zone_start=" zone_start: u64 = Hex,
        /// Where the migrate scanner is.
        " migrate_pfn=" migrate_pfn: u64 = Hex,
        /// Where the free scanner is.
        " free_pfn=" free_pfn: u64 = Hex,
        /// Page frame after the zone's last.
        " zone_end=" zone_end: u64 = Hex,
        /// Whether it waits.
        ", mode=" mode: CompactMode = Named,
    }
    ""
}

line! {
    /// A run over a zone is done (`compact_zone`).
    pub struct RunEnd {
        /// The zone's first page frame.
        "zone_start=" zone_start: u64 = Hex,
        /// Where the migrate scanner is.
        " migrate_pfn=" migrate_pfn: u64 = Hex,
        /// Where the free scanner is.
        " free_pfn=" free_pfn: u64 = Hex,
        /// Page frame after the zone's last.
        " zone_end=" zone_end: u64 = Hex,
        /// Whether it waits.
        ", mode=" mode: CompactMode = Named,
        /// How it ended.
        " status=" status: CompactResult = Named,
    }
    ""
}

line! {
    /// A request starts to compact (`try_to_compact_pages`).
    pub struct CompactionTry {
        /// Order of the wanted block.
        "order=" order: i32 = Number,
        /// Flags.
        " gfp_mask=" gfp: Gfp = TraceGfp,
        /// `enum compact_priority` as a number.
        " priority=" priority: i32 = Number,
    }
    ""
}

line! {
    /// Whether a zone's run is finished or may start.
    pub struct CompactionVerdict {
        /// The node.
        "node=" node: NodeId = Node,
        /// The zone.
        " zone=" zone: ZoneType = ZoneColumn,
        /// Order of the wanted block, -1 for the whole zone.
        " order=" order: i32 = Number,
        /// The verdict.
        " ret=" result: CompactResult = Named,
    }
    ""
}

line! {
    /// A zone's runs are put off, or no longer (`defer_compaction`).
    pub struct Deferral {
        /// The node.
        "node=" node: NodeId = Node,
        /// The zone.
        " zone=" zone: ZoneType = ZoneColumn,
        /// Order of the wanted block.
        " order=" order: i32 = Number,
        /// Lowest order that failed (`compact_order_failed`).
        " order_failed=" order_failed: i32 = Number,
        /// Tries since the last failure (`compact_considered`).
        " consider=" considered: u32 = Number,
        /// Tries to put off (1 << `compact_defer_shift`).
        " limit=" limit: u64 = Number,
    }
    ""
}

line! {
    /// kcompactd is woken, or wakes up.
    pub struct CompactionWake {
        /// The node.
        "nid=" nid: NodeId = Node,
        /// Order of the block it is to make.
        " order=" order: i32 = Number,
        /// Highest zone that counts.
        " classzone_idx=" highest_zone: ZoneType = ZoneColumn,
    }
    ""
}

line! {
    /// Pages were migrated (`migrate_pages`).
    pub struct MigratePages {
        /// Pages.
        "nr_succeeded=" succeeded: u64 = Number,
        /// Pages that could not be.
        " nr_failed=" failed: u64 = Number,
        /// Transparent huge pages.
        " nr_thp_succeeded=" thp_succeeded: u64 = Number,
        /// Transparent huge pages that could not be.
        " nr_thp_failed=" thp_failed: u64 = Number,
        /// Transparent huge pages that were split.
        " nr_thp_split=" thp_split: u64 = Number,
        /// Whether it waits.
        " mode=" mode: MigrateMode = Named,
        /// What for.
        " reason=" reason: MigrateReason = Named,
    }
    ""
}

events! {
    /// An event of compaction or migration.
    pub enum CompactionEvent {
        /// The migrate scanner took pages.
        IsolateMigratepages(CompactionRange) = "mm_compaction_isolate_migratepages",
        /// The free scanner took pages.
        IsolateFreepages(CompactionRange) = "mm_compaction_isolate_freepages",
        /// Pages were migrated.
        Migratepages(Migrated) = "mm_compaction_migratepages",
        /// A run over a zone starts.
        Begin(CompactionRun) = "mm_compaction_begin",
        /// It is done.
        End(RunEnd) = "mm_compaction_end",
        /// A request starts to compact.
        TryToCompactPages(CompactionTry) = "mm_compaction_try_to_compact_pages",
        /// Whether a run is finished.
        Finished(CompactionVerdict) = "mm_compaction_finished",
        /// Whether a run may start.
        Suitable(CompactionVerdict) = "mm_compaction_suitable",
        /// A run was put off.
        Deferred(Deferral) = "mm_compaction_deferred",
        /// The next runs are put off.
        DeferCompaction(Deferral) = "mm_compaction_defer_compaction",
        /// Runs are no longer put off.
        DeferReset(Deferral) = "mm_compaction_defer_reset",
        /// kcompactd goes to sleep.
        KcompactdSleep(NodeOnly) = "mm_compaction_kcompactd_sleep",
        /// A request or kswapd wakes kcompactd.
        WakeupKcompactd(CompactionWake) = "mm_compaction_wakeup_kcompactd",
        /// kcompactd wakes up.
        KcompactdWake(CompactionWake) = "mm_compaction_kcompactd_wake",
        /// Pages were migrated.
        MigratePages(MigratePages) = "mm_migrate_pages",
    }
}
