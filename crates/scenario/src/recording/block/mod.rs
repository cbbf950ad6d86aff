//! Blocks of an `ops.txt`: everything that happened inside one allocation, one run of kswapd, of direct reclaim or of
//! compaction, from its `begin` line to its `end` line.
//!
//! A block keeps its inner lines as text. What a model has to be told of them is read by [`TraceLine`], one line at a
//! time; the rest is what a model is compared with.

mod read;
mod slab;
mod trace_line;

pub(super) use read::read_block;
pub use slab::{SlabEnd, SlabScan, SlabStart};
pub use trace_line::{FreedBlock, NestedAlloc, TraceLine};

use super::error::RecordingError;
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::{CpuId, NodeId, NodeMask, Pfn};
use buddyscope_mm::task::TaskFlags;

/// A block with its first and last line read and the lines between as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block<'a> {
    /// The `begin` line, counted from 1.
    pub line: u32,
    /// What ran, and how it ended.
    pub kind: BlockKind,
    /// The lines between `begin` and `end`.
    pub(super) inner: &'a str,
    /// How many these are.
    pub(super) inner_lines: u32,
}

/// What ran in a block, and how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// `Y`: an allocation that did more than one successful first attempt; its `A` or `P` line follows.
    Alloc(AllocBlock),
    /// `K`: one balancing run of kswapd.
    Kswapd(KswapdBlock),
    /// `R`: one `try_to_free_pages`.
    Reclaim(ReclaimBlock),
    /// `C`: compaction of a whole node.
    CompactNode {
        /// The node.
        node: NodeId,
    },
    /// `T`: one `try_to_compact_pages`.
    Compact(CompactBlock),
}

/// `Y`: the allocation that the block belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocBlock {
    /// Number of the allocation.
    pub id: u32,
    /// The CPU it ran on.
    pub cpu: CpuId,
    /// What a call of `__alloc_pages_nodemask` was given; `None` if the task's policy decided it, as its `P` line tells.
    pub call: Option<AllocCall>,
    /// The request's flags.
    pub gfp: Gfp,
    /// The request's order.
    pub order: u32,
}

/// What a call of `__alloc_pages_nodemask` was given beside flags and order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocCall {
    /// The preferred node.
    pub node: NodeId,
    /// The nodemask, if one was given.
    pub nodemask: Option<NodeMask>,
    /// Flags the task had during the call.
    pub task_flags: TaskFlags,
    /// Whether `PF_KTHREAD` was off during the call: it may take pages that compaction captured, and be throttled.
    pub user: bool,
}

/// `K`: one balancing run of kswapd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KswapdBlock {
    /// The node.
    pub node: NodeId,
    /// The order it was to balance for.
    pub order: u32,
    /// The highest zone index it was to balance for.
    pub highest_zoneidx: u8,
    /// The order it returned.
    pub end_order: u32,
    /// `kswapd_failures` afterwards.
    pub failures: u32,
}

/// `R`: one `try_to_free_pages` for the ordinary zonelist of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReclaimBlock {
    /// The node.
    pub node: NodeId,
    /// The request's order.
    pub order: u32,
    /// The request's flags.
    pub gfp: Gfp,
    /// What it returned: pages reclaimed.
    pub reclaimed: u64,
}

/// `T`: one `try_to_compact_pages` for the ordinary zonelist of a node with the min watermark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompactBlock {
    /// The node.
    pub node: NodeId,
    /// The request's order.
    pub order: u32,
    /// The request's flags.
    pub gfp: Gfp,
    /// How hard it was to try: 0 asynchronous, 1 synchronous but light. Not the kernel's own numbers, which the
    /// `e try_to_compact` lines have: 2 asynchronous, 1 synchronous but light, 0 synchronous.
    pub priority: u32,
    /// `compact_result`; 8 for success.
    pub result: u32,
    /// The page that was captured, and the number of the allocation it became.
    pub captured: Option<(Pfn, u32)>,
}

impl<'a> Block<'a> {
    /// The `end` line, counted from 1.
    #[must_use]
    pub fn end_line(&self) -> u32 {
        self.line + self.inner_lines + 1
    }

    /// The lines between `begin` and `end`, each with its number counted from 1.
    pub fn lines(&self) -> impl Iterator<Item = (u32, &'a str)> + Clone + use<'a> {
        (self.line + 1..).zip(self.inner.lines())
    }

    /// The lines that a model has to be told, each with its number. `file` is the name that errors give.
    pub fn inputs<'f>(
        &self,
        file: &'f str,
    ) -> impl Iterator<Item = Result<(u32, TraceLine<'a>), RecordingError>> + use<'a, 'f> {
        self.lines().filter_map(move |(line, text)| match TraceLine::read(text, file, line) {
            Ok(TraceLine::Other(_)) => None,
            other => Some(other.map(|read| (line, read))),
        })
    }

    /// What each shrinker was asked and gave, in order. `file` is the name that errors give.
    pub fn slab_scans<'f>(
        &self,
        file: &'f str,
    ) -> impl Iterator<Item = Result<SlabScan<'a>, RecordingError>> + use<'a, 'f> {
        slab::SlabScans::new(self.lines(), file)
    }
}

#[cfg(test)]
mod tests;
