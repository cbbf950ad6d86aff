//! What a zone remembers of its compactions (`struct zone`, include/linux/mmzone.h).

use crate::pfn::{Frame, Pfn};

/// Where the scanners go on, and whether compaction pays. All zero at boot.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct CompactState {
    /// Where the free scanner goes on (`compact_cached_free_pfn`).
    pub cached_free_pfn: Pfn,
    /// Where the migrate scanner goes on: asynchronous runs, synchronous runs (`compact_cached_migrate_pfn`).
    pub cached_migrate_pfn: [Pfn; 2],
    /// The first page worth scanning when hints were last reset (`compact_init_migrate_pfn`).
    pub init_migrate_pfn: Pfn,
    /// The last page worth taking when hints were last reset (`compact_init_free_pfn`).
    pub init_free_pfn: Pfn,
    /// Attempts since the last failure (`compact_considered`).
    pub considered: u32,
    /// An attempt is worth making after 2 to this power were passed over (`compact_defer_shift`).
    pub defer_shift: u8,
    /// The smallest order that failed (`compact_order_failed`).
    pub order_failed: u8,
    /// Whether skip hints are to be reset (`compact_blockskip_flush`).
    pub blockskip_flush: bool,
}

/// A block that a request's compaction waits for (`struct capture_control`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Capture {
    /// The order it must have.
    pub(crate) order: u8,
    /// The block, once there was one.
    pub(crate) page: Option<Frame>,
}
