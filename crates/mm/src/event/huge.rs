//! Decisions about huge pages (mm/huge_memory.c). Linux 5.10 has no tracepoints for them.

use crate::pfn::Pfn;

/// What came of splitting a huge page (`split_huge_page_to_list`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum SplitResult {
    /// It is 512 small pages now.
    Split,
    /// It is being written, which does not count as a failure. Pages go to swap in parts: the model itself writes none
    /// as a whole.
    BeingWritten,
    /// Nobody maps it, so that it cannot be told any more where its parts belong.
    Unmapped,
    /// Others than its mappings refer to it (`can_split_huge_page`).
    Held,
}

/// One decision about huge pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "each variant explains its fields together")]
pub enum HugeEvent {
    /// A huge page was split, or could not be; entries that mapped it or a part of it (`total_mapcount`), and parts that
    /// none of them mapped.
    SplitPage { pfn: Pfn, result: SplitResult, mapcount: u32, unmapped: u32 },
    /// An entry of the middle level became 512 small ones; the page stays as it is, and so many entries still map it as
    /// a whole. `None` is the page of zeros (`__split_huge_pmd`).
    SplitPmd { pfn: Option<Pfn>, compound_mapcount: u32 },
}
