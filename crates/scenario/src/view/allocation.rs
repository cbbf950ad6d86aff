//! Requests of the list.

use crate::session::{Allocation, Allocations, FieldError};
use buddyscope_mm::event::Outcome;
use serde::Serialize;

/// One request.
#[derive(Clone, Debug, Serialize)]
pub struct AllocationView {
    /// Counted from 1.
    pub id: u32,
    /// First page while the block is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pfn: Option<u64>,
    /// Its order.
    pub order: u8,
    /// Its flags as the kernel prints them.
    pub gfp: String,
    /// Its flags in hexadecimal.
    pub mask: String,
    /// The CPU that asked.
    pub cpu: u16,
    /// The zone that served it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<usize>,
    /// Whether there was a page.
    pub ok: bool,
    /// Whether it has been freed.
    pub freed: bool,
    /// Where in the kernel's course it got its page, or why it failed.
    pub outcome: &'static str,
}

/// Part of the list.
#[derive(Clone, Debug, Serialize)]
pub struct AllocationList {
    /// Requests in all.
    pub total: usize,
    /// Blocks in use.
    pub live: usize,
    /// Requests without an answer.
    pub failed: usize,
    /// Newest first.
    pub items: Vec<AllocationView>,
}

/// Short names of the ways a request can end, as keys for the page's words.
pub(crate) const fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Fast => "fast",
        Outcome::MinMark => "minMark",
        Outcome::EarlyCompaction => "earlyCompaction",
        Outcome::Retry => "retry",
        Outcome::Reclaim => "reclaim",
        Outcome::Compaction => "compaction",
        Outcome::LastTry => "lastTry",
        Outcome::NoFail => "noFail",
        Outcome::NoZone => "noZone",
        Outcome::CompactionHopeless => "compactionHopeless",
        Outcome::CannotReclaim => "cannotReclaim",
        Outcome::NeedsReclaim => "needsReclaim",
        Outcome::WouldRecurse => "wouldRecurse",
        Outcome::NoRetry => "noRetry",
        Outcome::Costly => "costly",
        Outcome::OomRefused => "oomRefused",
        Outcome::OomVictim => "oomVictim",
        Outcome::NoFailCannotReclaim => "noFailCannotReclaim",
        Outcome::Livelock => "livelock",
        Outcome::NotCharged => "notCharged",
        Outcome::Injected => "injected",
        Outcome::OrderTooLarge => "orderTooLarge",
    }
}

impl AllocationView {
    fn new(allocation: &Allocation) -> AllocationView {
        AllocationView {
            id: allocation.id,
            pfn: allocation.pfn.filter(|_| allocation.is_live()).map(|pfn| pfn.0),
            order: allocation.order.get(),
            gfp: allocation.gfp.to_string(),
            mask: format!("{:#x}", allocation.gfp.bits()),
            cpu: allocation.cpu.0,
            zone: allocation.zone.map(|zone| zone.index()),
            ok: allocation.pfn.is_some(),
            freed: allocation.freed.is_some(),
            outcome: outcome_name(allocation.outcome),
        }
    }
}

impl Allocations {
    /// The request with that id.
    ///
    /// # Errors
    /// [`FieldError`] about `id` if there is none.
    pub fn view(&self, id: u32) -> Result<AllocationView, FieldError> {
        let missing = || FieldError::new("id", format!("there is no allocation {id}"));
        self.get(id).map(AllocationView::new).ok_or_else(missing)
    }

    /// `count` requests of the list, newest first, without the `first` newest.
    #[must_use]
    pub fn list(&self, first: usize, count: usize) -> AllocationList {
        AllocationList {
            total: self.total(),
            live: self.live(),
            failed: self.failed(),
            items: self.newest_first().skip(first).take(count).map(AllocationView::new).collect(),
        }
    }
}
