//! What only a recorded kernel knew: buffers of its file systems, nodes of its swap cache. A replay tells it beforehand.

use crate::event::Sink;
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::page::life::LifeFlags;
use crate::part::Part;
use crate::pfn::{NodeId, NodeMask, Order, Pfn};
use crate::task::TaskFlags;
use std::collections::{BTreeMap, VecDeque};

/// What came of asking to drop a page's buffers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BufferRelease {
    /// They were in use.
    pub refused: bool,
    /// Pages of slabs that the dropped buffer heads left empty.
    pub freed: Vec<Pfn>,
}

/// A request that the swap cache makes for a slab of its nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlabRequest {
    /// The preferred node.
    pub node: NodeId,
    /// The nodemask, if there is one.
    pub nodemask: Option<NodeMask>,
    /// The request's flags.
    pub gfp: Gfp,
    /// Its order.
    pub order: Order,
    /// The task's flags meanwhile.
    pub task_flags: TaskFlags,
}

/// What the next steps come to, by frame.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReclaimScript {
    releases: Part<BTreeMap<u32, VecDeque<BufferRelease>>>,
    requests: Part<BTreeMap<u32, VecDeque<SlabRequest>>>,
}

impl ReclaimScript {
    pub(super) fn release(&mut self, page: u32) -> BufferRelease {
        self.releases.get_mut(&page).and_then(VecDeque::pop_front).unwrap_or_default()
    }

    pub(super) fn requests(&mut self, page: u32) -> VecDeque<SlabRequest> {
        self.requests.remove(&page).unwrap_or_default()
    }
}

impl<S: Sink> Machine<S> {
    /// Says what the next attempt to drop a page's buffers will come to.
    pub fn script_buffer_release(&mut self, pfn: Pfn, release: BufferRelease) {
        if let Some(page) = self.mem.frame(pfn) {
            self.reclaim_script.releases.entry(page.0).or_default().push_back(release);
        }
    }

    /// Says that the buffers of a dirty page are clean.
    pub fn set_buffers_clean(&mut self, pfn: Pfn) {
        if let Some(page) = self.mem.frame(pfn).filter(|&page| self.mem.exists(page)) {
            self.mem.life_mut(page).flags |= LifeFlags::CLEAN_BUFFERS;
        }
    }

    /// Says what the swap cache will ask for when it takes a page in.
    pub fn script_swap_cache_request(&mut self, pfn: Pfn, request: SlabRequest) {
        if let Some(page) = self.mem.frame(pfn) {
            self.reclaim_script.requests.entry(page.0).or_default().push_back(request);
        }
    }

    /// Forgets everything that was said and has not come to pass.
    pub fn clear_reclaim_script(&mut self) {
        self.reclaim_script = Default::default();
    }
}
