//! Compaction: moving pages together so that free blocks grow (mm/compaction.c).

mod direct;

pub(crate) use direct::DirectCompact;

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

/// How hard compaction tries, hardest first (`enum compact_priority`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum CompactPriority {
    /// Scans everything (`MIN_COMPACT_PRIORITY`).
    SyncFull = 0,
    /// Waits for pages, heeds skip hints (`DEF_COMPACT_PRIORITY`).
    SyncLight = 1,
    /// Waits for nothing (`INIT_COMPACT_PRIORITY`).
    Async = 2,
}
