//! Compaction: moving pages together so that free blocks grow (mm/compaction.c).

mod defer;
mod direct;
mod kcompactd;
mod suitable;
#[cfg(test)]
pub(crate) mod testing;

pub use crate::event::CompactResult;
pub(crate) use direct::DirectCompact;
pub use suitable::{compact_gap, extfrag_for_order, fragmentation_index};

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
