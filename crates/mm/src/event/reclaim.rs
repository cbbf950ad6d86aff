//! Decisions of reclaim (mm/vmscan.c). The tracepoints of the `vmscan` group are a subset.

use crate::gfp::Gfp;

/// One decision of reclaim. Fields are named as the kernel names them; counts are in pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "each variant explains its fields together")]
pub enum ReclaimEvent {
    /// Direct reclaim begins. Tracepoint `mm_vmscan_direct_reclaim_begin`.
    DirectBegin { order: u8, gfp: Gfp },
    /// Direct reclaim ends. Tracepoint `mm_vmscan_direct_reclaim_end`.
    DirectEnd { reclaimed: u64 },
}
