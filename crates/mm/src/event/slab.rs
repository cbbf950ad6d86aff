//! Decisions of slab shrinkers (mm/vmscan.c).

use crate::pfn::NodeId;
use crate::reclaim::shrinker::ShrinkerId;

/// One decision of a shrinker. Fields are named as the kernel names them; counts are objects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "each variant explains its fields together")]
pub enum SlabEvent {
    /// A shrinker begins: what was put off before, what it could free, what this call adds, what it will scan.
    /// Tracepoint `mm_shrink_slab_start`.
    Start {
        shrinker: ShrinkerId,
        node: NodeId,
        deferred: i64,
        freeable: u64,
        delta: u64,
        total_scan: i64,
        priority: i8,
    },
    /// It ends: what it freed, what was put off before and is now, what it did not get to. Tracepoint
    /// `mm_shrink_slab_end`.
    End { shrinker: ShrinkerId, node: NodeId, freed: u64, deferred: i64, new: i64, total_scan: i64 },
}
