//! alloc_pages: from a request to a page, in the kernel's order.

mod attempt;
mod begin;
mod entry;
pub(crate) mod fast;
pub mod fault;
pub(crate) mod flags;
mod oom_gate;
pub(crate) mod policy;
pub(crate) mod retry;
pub(crate) mod slow;
pub(crate) mod wake;
mod warn;

pub use begin::Alloc;
pub use entry::Fault;

use crate::event::Outcome;
use crate::gfp::{AllocFlags, Gfp};
use crate::pfn::{MigrateType, NodeId, NodeMask, Pfn, ZoneId};

/// What a request came to. A failure is data, not an error: the events say what each zone answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answer {
    /// First page of the block.
    pub pfn: Option<Pfn>,
    /// How the request ended.
    pub outcome: Outcome,
}

/// A request that looks for a page (`struct alloc_context`, and what the kernel passes beside it).
#[derive(Clone, Copy, Debug)]
pub(crate) struct AllocContext {
    /// Flags of the request as the next walk sees them (`gfp_mask`).
    pub(crate) gfp: Gfp,
    pub(crate) order: u8,
    /// Flags of the next walk.
    pub(crate) alloc_flags: AllocFlags,
    /// Whose zonelist is walked.
    pub(crate) node: NodeId,
    /// The node's own zones only (`__GFP_THISNODE`).
    pub(crate) nofallback: bool,
    /// Nodes the walk may use.
    pub(crate) nodemask: Option<NodeMask>,
    /// Position of the first usable zone in the zonelist; its length when there is none.
    pub(crate) preferred: usize,
    /// That zone.
    pub(crate) preferred_zone: Option<ZoneId>,
    pub(crate) migratetype: MigrateType,
    pub(crate) highest_zoneidx: u8,
    /// Pass over nodes with too many dirty pages.
    pub(crate) spread_dirty: bool,
}
