//! What a compaction keeps in mind while it runs (`struct compact_control`).

use super::CompactPriority;
use super::suitable::WHOLE_ZONE;
use crate::audit::Held;
use crate::gfp::{AllocFlags, Gfp};
use crate::pfn::{Frame, MigrateType, Pfn, ZoneId};

/// How long migration may wait (`enum migrate_mode`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum MigrateMode {
    /// For nothing.
    Async,
    /// For locks, not for I/O.
    SyncLight,
    /// For everything.
    Sync,
}

/// A compaction: what is wanted, and how far the scanners are.
#[derive(Clone, Debug)]
pub(crate) struct CompactControl {
    /// The zone.
    pub(crate) zone: ZoneId,
    /// Order of the wanted block; −1 for as much as can be done.
    pub(crate) order: i8,
    pub(crate) gfp: Gfp,
    /// What the wanted block is for.
    pub(crate) migratetype: MigrateType,
    pub(crate) mode: MigrateMode,
    pub(crate) alloc_flags: AllocFlags,
    pub(crate) highest_zoneidx: u8,
    /// A request compacts for itself (`direct_compaction`).
    pub(crate) direct: bool,
    /// The run covers the zone from its start (`whole_zone`).
    pub(crate) whole_zone: bool,
    pub(crate) ignore_skip_hint: bool,
    /// Skip hints and cached positions stay as they are (`no_set_skip_hint`).
    pub(crate) no_set_skip_hint: bool,
    /// Any pageblock may receive pages (`ignore_block_suitable`).
    pub(crate) ignore_block_suitable: bool,
    /// kcompactd works ahead of requests (`proactive_compaction`).
    pub(crate) proactive: bool,
    /// A range is to be emptied, compound pages included (`alloc_contig`).
    pub(crate) alloc_contig: bool,
    /// A signal ended the scan (`contended`).
    pub(crate) contended: bool,
    /// The task is to die (`fatal_signal_pending`).
    pub(crate) signal: bool,
    /// This pageblock is scanned a second time and then to its end (`rescan`).
    pub(crate) rescan: bool,
    /// Where the migrate scanner is (`migrate_pfn`).
    pub(crate) migrate_pfn: Pfn,
    /// Where the free scanner is (`free_pfn`).
    pub(crate) free_pfn: Pfn,
    /// The lowest free block that a search of the free lists met (`fast_start_pfn`).
    pub(crate) fast_start: FastStart,
    /// The order in which free blocks are looked for next (`search_order`).
    pub(crate) search_order: i8,
    /// Fruitless searches of the free lists in a row (`fast_search_fail`).
    pub(crate) fast_search_fail: u16,
    /// Single free pages to move others to, the next one last (`freepages`).
    pub(crate) freepages: Vec<Frame>,
    /// Pages to be moved, in order of isolation; migration begins with the last (`migratepages`).
    pub(crate) migratepages: Vec<Frame>,
    /// Their number in single pages (`nr_migratepages`).
    pub(crate) nr_migratepages: u64,
    /// Pages that the migrate scanner looked at in this zone (`total_migrate_scanned`).
    pub(crate) migrate_scanned: u64,
    /// Pages that the free scanner looked at in this zone (`total_free_scanned`).
    pub(crate) free_scanned: u64,
}

/// The fallback that searches of the free lists leave for a linear scan (`fast_start_pfn`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FastStart {
    /// No search has met a free block yet.
    Unset,
    /// The lowest one met.
    At(Pfn),
    /// It was used, and no other is noted.
    Used,
}

impl CompactControl {
    fn new(order: i8, gfp: Gfp, mode: MigrateMode) -> CompactControl {
        CompactControl {
            zone: ZoneId(0),
            order,
            gfp,
            migratetype: MigrateType::Unmovable,
            mode,
            alloc_flags: AllocFlags::empty(),
            highest_zoneidx: 0,
            direct: false,
            whole_zone: false,
            ignore_skip_hint: false,
            no_set_skip_hint: false,
            ignore_block_suitable: false,
            proactive: false,
            alloc_contig: false,
            contended: false,
            signal: false,
            rescan: false,
            migrate_pfn: Pfn(0),
            free_pfn: Pfn(0),
            fast_start: FastStart::Unset,
            search_order: 0,
            fast_search_fail: 0,
            freepages: Vec::new(),
            migratepages: Vec::new(),
            nr_migratepages: 0,
            migrate_scanned: 0,
            free_scanned: 0,
        }
    }

    /// A request compacts one zone for itself (`compact_zone_order`).
    pub(crate) fn direct(
        zone: ZoneId,
        order: u8,
        gfp: Gfp,
        priority: CompactPriority,
        alloc_flags: AllocFlags,
        highest_zoneidx: u8,
    ) -> CompactControl {
        let mode = if priority == CompactPriority::Async { MigrateMode::Async } else { MigrateMode::SyncLight };
        let full = priority == CompactPriority::SyncFull;
        CompactControl {
            zone,
            search_order: order as i8,
            alloc_flags,
            highest_zoneidx,
            direct: true,
            whole_zone: full,
            ignore_skip_hint: full,
            ignore_block_suitable: full,
            ..CompactControl::new(order as i8, gfp, mode)
        }
    }

    /// Everything is compacted because a user asked for it (`compact_node`).
    pub(crate) fn whole_node() -> CompactControl {
        CompactControl {
            whole_zone: true,
            ignore_skip_hint: true,
            ..CompactControl::new(WHOLE_ZONE, Gfp::GFP_KERNEL, MigrateMode::Sync)
        }
    }

    /// kcompactd works ahead of requests (`proactive_compact_node`).
    pub(crate) fn proactive() -> CompactControl {
        CompactControl { proactive: true, mode: MigrateMode::SyncLight, ..CompactControl::whole_node() }
    }

    /// kcompactd was woken for an order (`kcompactd_do_work`). What one zone leaves here the next one finds: once a
    /// run was a whole one, so are the following.
    pub(crate) fn kcompactd(order: u8, highest_zoneidx: u8) -> CompactControl {
        CompactControl {
            search_order: order as i8,
            highest_zoneidx,
            ..CompactControl::new(order as i8, Gfp::GFP_KERNEL, MigrateMode::SyncLight)
        }
    }

    /// A range of a zone is to be emptied (`alloc_contig_range`).
    pub(crate) fn contig(zone: ZoneId, gfp: Gfp) -> CompactControl {
        CompactControl {
            zone,
            ignore_skip_hint: true,
            no_set_skip_hint: true,
            alloc_contig: true,
            ..CompactControl::new(WHOLE_ZONE, gfp, MigrateMode::Sync)
        }
    }

    /// Notes the pages that it keeps between two stretches of work.
    pub(crate) fn note_held(&self, held: &mut Held) {
        held.add_free(&self.freepages);
        held.add_isolated(&self.migratepages);
    }

    /// Whether this is a request that must not wait (direct compaction with `MIGRATE_ASYNC`).
    pub(crate) fn is_direct_async(&self) -> bool {
        self.direct && self.mode == MigrateMode::Async
    }

    /// Whether the free scanner is in or below the migrate scanner's pageblock (`compact_scanners_met`).
    pub(crate) fn scanners_met(&self) -> bool {
        block_number(self.free_pfn) <= block_number(self.migrate_pfn)
    }

    /// Entries of the free lists that a search may look at (`freelist_scan_limit`).
    pub(crate) fn freelist_scan_limit(&self) -> u32 {
        32u32.checked_shr(self.fast_search_fail.into()).unwrap_or(0) + 1
    }
}

fn block_number(pfn: Pfn) -> u64 {
    pfn.0 >> crate::pfn::PAGEBLOCK_ORDER
}
