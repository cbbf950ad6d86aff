//! Compaction: moving pages together so that free blocks grow (mm/compaction.c).

mod cma;
mod cma_alloc;
mod contig;
mod control;
mod defer;
mod direct;
mod elsewhere;
mod empty_range;
mod find;
mod finished;
mod free_block;
mod free_scan;
mod free_search;
mod hints;
mod isolate;
mod kcompactd;
mod migrate;
mod node;
mod remap;
mod reset;
mod restore;
mod score;
mod suitable;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod zone;

pub use crate::event::CompactResult;
pub(crate) use cma::Cma;
pub use cma::CmaArea;
pub use cma_alloc::CmaAlloc;
pub use contig::{AllocContig, ContigError};
pub(crate) use direct::DirectCompact;
pub(crate) use kcompactd::KcompactdWork;
pub use node::{CompactMemory, CompactNode};
pub use score::{fragmentation_score_wmark, fragmentation_score_zone};
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
