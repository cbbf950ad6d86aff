//! Counters of what happened (`enum vm_event_item`, include/linux/vm_event_item.h, v5.10), in the kernel's order.
//!
//! The kernel keeps them per CPU and only ever reads the sum, so the model keeps the sum.

use super::counters;
use crate::pfn::{MAX_NR_ZONES, ZoneType};

counters! {
    /// What is counted, under the name that /proc/vmstat prints.
    pub enum VmEvent {
        PgPgIn => "pgpgin",
        PgPgOut => "pgpgout",
        PswpIn => "pswpin",
        PswpOut => "pswpout",
        PgAllocDma => "pgalloc_dma",
        PgAllocDma32 => "pgalloc_dma32",
        PgAllocNormal => "pgalloc_normal",
        PgAllocMovable => "pgalloc_movable",
        AllocStallDma => "allocstall_dma",
        AllocStallDma32 => "allocstall_dma32",
        AllocStallNormal => "allocstall_normal",
        AllocStallMovable => "allocstall_movable",
        PgSkipDma => "pgskip_dma",
        PgSkipDma32 => "pgskip_dma32",
        PgSkipNormal => "pgskip_normal",
        PgSkipMovable => "pgskip_movable",
        PgFree => "pgfree",
        PgActivate => "pgactivate",
        PgDeactivate => "pgdeactivate",
        PgLazyFree => "pglazyfree",
        PgFault => "pgfault",
        PgMajFault => "pgmajfault",
        PgLazyFreed => "pglazyfreed",
        PgRefill => "pgrefill",
        PgReuse => "pgreuse",
        PgStealKswapd => "pgsteal_kswapd",
        PgStealDirect => "pgsteal_direct",
        PgScanKswapd => "pgscan_kswapd",
        PgScanDirect => "pgscan_direct",
        PgScanDirectThrottle => "pgscan_direct_throttle",
        PgScanAnon => "pgscan_anon",
        PgScanFile => "pgscan_file",
        PgStealAnon => "pgsteal_anon",
        PgStealFile => "pgsteal_file",
        ZoneReclaimFailed => "zone_reclaim_failed",
        PgInodeSteal => "pginodesteal",
        SlabsScanned => "slabs_scanned",
        KswapdInodeSteal => "kswapd_inodesteal",
        KswapdLowWmarkHitQuickly => "kswapd_low_wmark_hit_quickly",
        KswapdHighWmarkHitQuickly => "kswapd_high_wmark_hit_quickly",
        PageOutRun => "pageoutrun",
        PgRotated => "pgrotated",
        DropPageCache => "drop_pagecache",
        DropSlab => "drop_slab",
        OomKill => "oom_kill",
        PgMigrateSuccess => "pgmigrate_success",
        PgMigrateFail => "pgmigrate_fail",
        ThpMigrationSuccess => "thp_migration_success",
        ThpMigrationFail => "thp_migration_fail",
        ThpMigrationSplit => "thp_migration_split",
        CompactMigrateScanned => "compact_migrate_scanned",
        CompactFreeScanned => "compact_free_scanned",
        CompactIsolated => "compact_isolated",
        CompactStall => "compact_stall",
        CompactFail => "compact_fail",
        CompactSuccess => "compact_success",
        CompactDaemonWake => "compact_daemon_wake",
        CompactDaemonMigrateScanned => "compact_daemon_migrate_scanned",
        CompactDaemonFreeScanned => "compact_daemon_free_scanned",
        HtlbBuddyAllocSuccess => "htlb_buddy_alloc_success",
        HtlbBuddyAllocFail => "htlb_buddy_alloc_fail",
        UnevictablePgsCulled => "unevictable_pgs_culled",
        UnevictablePgsScanned => "unevictable_pgs_scanned",
        UnevictablePgsRescued => "unevictable_pgs_rescued",
        UnevictablePgsMlocked => "unevictable_pgs_mlocked",
        UnevictablePgsMunlocked => "unevictable_pgs_munlocked",
        UnevictablePgsCleared => "unevictable_pgs_cleared",
        UnevictablePgsStranded => "unevictable_pgs_stranded",
        ThpFaultAlloc => "thp_fault_alloc",
        ThpFaultFallback => "thp_fault_fallback",
        ThpFaultFallbackCharge => "thp_fault_fallback_charge",
        ThpCollapseAlloc => "thp_collapse_alloc",
        ThpCollapseAllocFailed => "thp_collapse_alloc_failed",
        ThpFileAlloc => "thp_file_alloc",
        ThpFileFallback => "thp_file_fallback",
        ThpFileFallbackCharge => "thp_file_fallback_charge",
        ThpFileMapped => "thp_file_mapped",
        ThpSplitPage => "thp_split_page",
        ThpSplitPageFailed => "thp_split_page_failed",
        ThpDeferredSplitPage => "thp_deferred_split_page",
        ThpSplitPmd => "thp_split_pmd",
        ThpSplitPud => "thp_split_pud",
        ThpZeroPageAlloc => "thp_zero_page_alloc",
        ThpZeroPageAllocFailed => "thp_zero_page_alloc_failed",
        ThpSwpOut => "thp_swpout",
        ThpSwpOutFallback => "thp_swpout_fallback",
        SwapRa => "swap_ra",
        SwapRaHit => "swap_ra_hit",
    }
}

impl VmEvent {
    /// `PGALLOC_*` of a zone.
    #[inline]
    #[must_use]
    pub const fn pgalloc(zone: ZoneType) -> VmEvent {
        const PGALLOC: [VmEvent; MAX_NR_ZONES] =
            [VmEvent::PgAllocDma, VmEvent::PgAllocDma32, VmEvent::PgAllocNormal, VmEvent::PgAllocMovable];
        PGALLOC[zone as usize]
    }

    /// `ALLOCSTALL_*` of a zone.
    #[must_use]
    pub const fn allocstall(zone: ZoneType) -> VmEvent {
        use VmEvent::{AllocStallDma, AllocStallDma32, AllocStallMovable, AllocStallNormal};
        [AllocStallDma, AllocStallDma32, AllocStallNormal, AllocStallMovable][zone as usize]
    }

    /// `PGSCAN_SKIP_*` of a zone.
    #[must_use]
    pub const fn pgskip(zone: ZoneType) -> VmEvent {
        [VmEvent::PgSkipDma, VmEvent::PgSkipDma32, VmEvent::PgSkipNormal, VmEvent::PgSkipMovable][zone as usize]
    }
}

/// How often each event happened since boot, or since a recording began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VmEvents([u64; VmEvent::COUNT]);

impl Default for VmEvents {
    fn default() -> Self {
        VmEvents([0; VmEvent::COUNT])
    }
}

impl VmEvents {
    /// Counts `n` more (`count_vm_events`).
    #[inline]
    pub fn add(&mut self, event: VmEvent, n: u64) {
        self.0[event as usize] += n;
    }

    /// How often it happened.
    #[inline]
    #[must_use]
    pub fn get(&self, event: VmEvent) -> u64 {
        self.0[event as usize]
    }

    /// Every counter, in the kernel's order.
    pub fn iter(&self) -> impl Iterator<Item = (VmEvent, u64)> + '_ {
        VmEvent::ALL.into_iter().zip(self.0)
    }
}
