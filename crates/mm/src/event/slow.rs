//! Decisions between attempts: when to reclaim, compact, retry, or give up (mm/page_alloc.c).

/// One decision of the slow path. Fields are named as the kernel names them; counts are in pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "each variant explains its fields together")]
pub enum SlowEvent {
    /// Direct reclaim reported so many pages.
    Progress { pages: u64 },
}
