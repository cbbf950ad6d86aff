//! Decisions of reclaim (mm/vmscan.c). The tracepoints of the `vmscan` group are a subset.

use crate::gfp::Gfp;
use crate::page::life::MemcgId;
use crate::page::lru_index::LruIndex;
use crate::pfn::{NodeId, Pfn};

bitflags::bitflags! {
    /// What tracepoints of the lists show of a page (`trace_pagemap_flags`).
    #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
    pub struct ShownPage: u8 {
        /// It is mapped.
        const MAPPED = 1;
        /// It is anonymous, not of a file.
        const ANON = 2;
        /// It is in the swap cache.
        const SWAPCACHE = 8;
        /// It goes to swap if anywhere.
        const SWAPBACKED = 16;
        /// The file system keeps data with it.
        const BUFFERS = 64;
    }
}

bitflags::bitflags! {
    /// What a reclaim run may do and what it has decided for a node.
    #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
    pub struct ScanFlags: u16 {
        /// Pages may be written (`may_writepage`).
        const WRITEPAGE = 1;
        /// Mapped pages may be unmapped (`may_unmap`).
        const UNMAP = 2;
        /// Anonymous pages may be swapped (`may_swap`).
        const SWAP = 4;
        /// Anonymous pages may move from active to inactive (`DEACTIVATE_ANON`).
        const DEACTIVATE_ANON = 8;
        /// File pages may move from active to inactive (`DEACTIVATE_FILE`).
        const DEACTIVATE_FILE = 16;
        /// Both may, whatever the sizes (`force_deactivate`).
        const FORCE_DEACTIVATE = 32;
        /// There is enough inactive page cache to leave anonymous pages alone (`cache_trim_mode`).
        const CACHE_TRIM = 64;
        /// So little page cache is left that anonymous pages must go (`file_is_tiny`).
        const FILE_IS_TINY = 128;
        /// Protected groups are reclaimed too (`memcg_low_reclaim`).
        const LOW_RECLAIM = 256;
        /// The node is balanced (`pgdat_balanced`).
        const BALANCED = 512;
    }
}

/// How pressure is divided between anonymous and file pages (`enum scan_balance`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum ScanBalance {
    /// Both lists by size.
    Equal = 0,
    /// By cost and swappiness.
    Fraction = 1,
    /// Anonymous pages only.
    Anon = 2,
    /// File pages only.
    File = 3,
}

/// What is done with an inactive page, as far as its references decide (`enum page_references`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum References {
    /// It may go.
    Reclaim = 0,
    /// It may go if it need not be written.
    ReclaimClean = 1,
    /// It stays where it is.
    Keep = 2,
    /// It moves to the active list.
    Activate = 3,
}

/// What becomes of a page that reclaim looks at. The number is the row of the decision table that says so
/// (`shrink_page_list`, in the order of its checks).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PageFate {
    /// 1: kept, somebody has locked it.
    Locked,
    /// 3: goes to the unevictable pages; a mapping is locked into memory.
    Unevictable,
    /// 4: kept, it is mapped and nothing may be unmapped.
    MayNotUnmap,
    /// 8: activated; it came round while being written, as most do: the device is too slow.
    WriteTooSlow,
    /// 9: activated, out of the way until it is written.
    BeingWritten,
    /// 10: kept; reclaim of a version 1 group waits for its write.
    AwaitsWrite,
    /// 11: activated, it is in use.
    InUse,
    /// 12: kept, it was accessed once since the last look.
    UsedOnce,
    /// 13: kept, anonymous memory cannot leave without I/O.
    NoIo,
    /// 14: activated, there is no room in swap.
    NoSwap,
    /// 14: activated, a huge page of anonymous memory that cannot be split.
    NotSplit,
    /// 15: kept, a huge page that cannot be split.
    KeptWhole,
    /// 17: activated, not everybody who maps it let it go.
    NotUnmapped,
    /// 18: activated; a dirty page of a file is written by flushers.
    LeftToFlushers,
    /// 19: kept, it was used and writing it is not worth it.
    NotWorthWriting,
    /// 19: kept; the request may not write, or not enter file systems.
    MayNotWrite,
    /// 20: kept, it cannot be written now.
    CannotWrite,
    /// 20: activated, there is nowhere to write it to.
    NowhereToWrite,
    /// 20: kept, it is on its way to the device.
    Written,
    /// 21: activated, its buffers are in use.
    BuffersInUse,
    /// 22: kept; it could be dropped, but somebody holds it or has written to it.
    LazyHeld,
    /// 22: freed without I/O (`MADV_FREE`).
    LazyFreed,
    /// 23: kept, somebody holds a reference.
    Held,
    /// 23: freed.
    Freed,
}

impl PageFate {
    /// All of them, by row.
    pub const ALL: [PageFate; 24] = {
        use PageFate as F;
        [
            F::Locked,
            F::Unevictable,
            F::MayNotUnmap,
            F::WriteTooSlow,
            F::BeingWritten,
            F::AwaitsWrite,
            F::InUse,
            F::UsedOnce,
            F::NoIo,
            F::NoSwap,
            F::NotSplit,
            F::KeptWhole,
            F::NotUnmapped,
            F::LeftToFlushers,
            F::NotWorthWriting,
            F::MayNotWrite,
            F::CannotWrite,
            F::NowhereToWrite,
            F::Written,
            F::BuffersInUse,
            F::LazyHeld,
            F::LazyFreed,
            F::Held,
            F::Freed,
        ]
    };

    /// Whether it goes to the active list, or the unevictable one.
    #[must_use]
    pub const fn activates(self) -> bool {
        use PageFate as F;
        matches!(
            self,
            F::Unevictable
                | F::WriteTooSlow
                | F::BeingWritten
                | F::InUse
                | F::NoSwap
                | F::NotSplit
                | F::NotUnmapped
                | F::LeftToFlushers
                | F::NowhereToWrite
                | F::BuffersInUse
        )
    }

    /// Whether it is freed.
    #[must_use]
    pub const fn frees(self) -> bool {
        matches!(self, PageFate::LazyFreed | PageFate::Freed)
    }
}

/// What reclaim notes of a page on the way to its fate, in the order of its checks. The number is the row of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum PageNote {
    /// 5: it is in the swap cache, so that it may be written although file systems may not be entered.
    MayEnterSwap,
    /// 6: a page of a file that is dirty, and nobody writes it yet (`nr_dirty`, `nr_unqueued_dirty`).
    Dirty,
    /// 6: a page of a file that is being written (`nr_dirty`).
    Writing,
    /// 7: its device is congested, or it came round before it was written (`nr_congested`).
    Congested,
    /// 16: of a huge page that was split the first part alone was looked at (`nr_scanned`).
    FirstPart,
}

/// One decision of reclaim. Fields are named as the kernel names them; counts are in pages. Pairs and lists are of
/// anonymous and file pages, inactive before active.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "each variant explains its fields together")]
pub enum ReclaimEvent {
    /// A request waits until kswapd has made room (`throttle_direct_reclaim`).
    Throttled { node: NodeId },
    /// Direct reclaim begins. Tracepoint `mm_vmscan_direct_reclaim_begin`.
    DirectBegin { order: u8, gfp: Gfp },
    /// Direct reclaim begins a pass over its zones.
    DirectPriority { priority: i8, order: u8, flags: ScanFlags, nr_reclaimed: u64 },
    /// Direct reclaim ends. Tracepoint `mm_vmscan_direct_reclaim_end`.
    DirectEnd { reclaimed: u64 },
    /// kswapd takes up what it was asked for. Tracepoint `mm_vmscan_kswapd_wake`.
    KswapdWake { node: NodeId, order: u8, highest_zoneidx: u8 },
    /// kswapd sleeps until it is woken. Tracepoint `mm_vmscan_kswapd_sleep`.
    KswapdSleep { node: NodeId },
    /// kswapd begins a pass over its node; `boost` is what it still reclaims for marks that fragmentation raised, and
    /// `pgdat_flags` are those of [`Node::flags`](crate::zone::Node::flags).
    KswapdPriority { priority: i8, order: u8, flags: ScanFlags, boost: u64, pgdat_flags: u8 },
    /// A pass over a node begins (`shrink_node`).
    NodeBegin {
        node: NodeId,
        priority: i8,
        highest_zoneidx: u8,
        order: u8,
        flags: ScanFlags,
        nr_to_reclaim: u64,
        nr_reclaimed: u64,
        nr_scanned: u64,
    },
    /// What that pass goes by: costs of both kinds, activations of refaults, those counted when reclaim last looked.
    NodeCosts { cost: [u64; 2], activations: [u64; 2], refaults: [u64; 2], nonresident_age: u64 },
    /// A pass over a node ended; the run's pages so far, and those that shrinkers freed in this pass.
    NodeEnd { node: NodeId, nr_reclaimed: u64, nr_scanned: u64, slab: u64 },
    /// How much of each list is to be scanned (`get_scan_count`).
    ScanCount {
        node: NodeId,
        priority: i8,
        swappiness: u8,
        balance: ScanBalance,
        memcg: MemcgId,
        fraction: [u32; 2],
        size: [u32; 4],
        nr: [u32; 4],
        protection: u32,
        memcg_size: u32,
    },
    /// Pages were taken off a list. Tracepoint `mm_vmscan_lru_isolate`.
    Isolate {
        highest_zoneidx: u8,
        order: u8,
        lru: LruIndex,
        mode: u8,
        requested: u32,
        scanned: u32,
        skipped: u32,
        taken: u32,
    },
    /// One of the pages that the isolation before took, in order.
    Isolated { pfn: Pfn },
    /// References kept or activated a page (`page_check_references`).
    Referenced { pfn: Pfn, references: References },
    /// Something about a page that decides or counts, but does not end the look at it.
    Noted { pfn: Pfn, note: PageNote },
    /// What becomes of an inactive page, and why. But for locked ones it counts as scanned.
    Decided { pfn: Pfn, fate: PageFate },
    /// A page is being written. Tracepoint `mm_vmscan_writepage`.
    Pageout { pfn: Pfn },
    /// An inactive page that was not freed, on its way back to the head of its list, or to the active one.
    Kept { pfn: Pfn, active: bool },
    /// An inactive list was scanned. The rest of tracepoint `mm_vmscan_lru_shrink_inactive` follows in
    /// [`ReclaimEvent::InactiveKept`].
    InactiveScanned {
        node: NodeId,
        file: bool,
        priority: i8,
        scanned: u32,
        reclaimed: u32,
        dirty: u32,
        writeback: u32,
        congested: u32,
        immediate: u32,
    },
    /// Why pages of that scan stayed: activated anonymous and file pages, referenced ones, those that could not be
    /// unmapped.
    InactiveKept { activated: [u32; 2], ref_keep: u32, unmap_fail: u32 },
    /// So many single pages are freed together: the next ones. Each is a tracepoint `mm_page_free_batched`.
    FreeBatch { pages: u32 },
    /// A page got to the list that its batch was for. Tracepoint `mm_lru_insertion`.
    Listed { pfn: Pfn, lru: LruIndex, shown: ShownPage },
    /// A page of an inactive list became active. Tracepoint `mm_lru_activate`.
    Activated { pfn: Pfn },
    /// An active page that stays active.
    Stays { pfn: Pfn },
    /// An active page on its way to the inactive list.
    Deactivated { pfn: Pfn },
    /// An active list was scanned. Tracepoint `mm_vmscan_lru_shrink_active`.
    ActiveScanned { node: NodeId, file: bool, priority: i8, taken: u32, active: u32, deactivated: u32, referenced: u32 },
}
