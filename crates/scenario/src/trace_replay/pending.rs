//! What a CPU's trace has said since its last request or free.

use buddyscope_mm::pfn::ZoneId;

/// What a CPU did on the way to its next request.
#[derive(Clone, Debug, Default)]
pub(super) struct Pending {
    /// Blocks that left the free lists, and those of them that were stolen from another type.
    pub(super) taken: u64,
    pub(super) stolen: u64,
    /// Whether its last line was of a free, so that a drain belongs to that.
    after_free: bool,
    /// The zone of the drain that is under way on its own.
    draining: Option<ZoneId>,
}

impl Pending {
    /// A request has come: what was counted belongs to it.
    pub(super) fn take(&mut self) -> (u64, u64) {
        let Pending { taken, stolen, .. } = core::mem::take(self);
        (taken, stolen)
    }

    pub(super) fn freed(&mut self) {
        (self.after_free, self.draining) = (true, None);
    }

    /// A page left the per-CPU list of a zone. True if this begins a drain that no free explains.
    pub(super) fn drained(&mut self, zone: ZoneId) -> bool {
        if self.after_free || self.draining == Some(zone) {
            return false;
        }
        self.draining = Some(zone);
        true
    }
}
