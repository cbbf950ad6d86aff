//! Decisions of compaction (mm/compaction.c). The tracepoints of the `compaction` group are a subset.

use crate::gfp::Gfp;

/// One decision of compaction. Fields are named as the kernel names them; counts are in pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "each variant explains its fields together")]
pub enum CompactEvent {
    /// Direct compaction begins. Tracepoint `mm_compaction_try_to_compact_pages`.
    TryToCompact { order: u8, gfp: Gfp, priority: u8 },
}
