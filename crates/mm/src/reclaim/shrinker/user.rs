//! A cache that a user describes.

use super::{Freeable, Objects, Shrinker, ShrinkerFlags, ShrinkerId};
use crate::event::Sink;
use crate::machine::Machine;
use crate::pfn::{NodeId, Order, Pfn};
use std::collections::VecDeque;

/// Objects packed into slabs; those freed are the oldest.
#[derive(Clone, Debug, Default)]
pub struct UserCache {
    /// Objects by node.
    pub objects: Vec<u64>,
    /// Objects of a slab.
    pub per_slab: u64,
    /// Order of a slab.
    pub slab_order: u8,
    /// The slabs of each node, those to be freed first at the end.
    pub slabs: Vec<VecDeque<Pfn>>,
    /// Objects freed so far.
    pub freed: u64,
}

impl UserCache {
    pub(super) fn count(&self, node: NodeId) -> Freeable {
        Freeable::Objects(self.objects.get(node.index()).copied().unwrap_or(0))
    }

    /// Frees up to `n` objects; returns how many, and the slabs that became empty.
    pub(super) fn take(&mut self, node: NodeId, n: u64) -> (u64, Vec<Pfn>) {
        let Some(objects) = self.objects.get_mut(node.index()) else { return (0, Vec::new()) };
        let freed = n.min(*objects);
        *objects -= freed;
        self.freed += freed;
        let needed = objects.div_ceil(self.per_slab.max(1)) as usize;
        let slabs = self.slabs.get_mut(node.index());
        (freed, slabs.map(|slabs| slabs.split_off(needed.min(slabs.len())).into()).unwrap_or_default())
    }

    /// The order of its slabs.
    pub(super) fn order(&self) -> Order {
        Order::new(self.slab_order.into()).unwrap_or_default()
    }
}

impl<S: Sink> Machine<S> {
    /// Registers a shrinker over a cache that a user describes (`register_shrinker`). `batch` 0 stands for 128.
    pub fn register_user_shrinker(&mut self, name: &str, seeks: u32, batch: u64, cache: UserCache) -> ShrinkerId {
        let objects = Objects::User(cache);
        self.register_shrinker(Shrinker::new(name, ShrinkerFlags::NUMA_AWARE, seeks, batch, objects))
    }

    /// Puts a slab that a user allocated into his cache; it has no objects yet. Tells the node it lies on.
    pub fn add_slab(&mut self, id: ShrinkerId, pfn: Pfn) -> Option<NodeId> {
        let node = self.page_zone(pfn)?.id.node();
        self.user_cache(id)?.slabs.get_mut(node.index())?.push_front(pfn);
        Some(node)
    }

    /// Makes objects in the slabs of a user's cache on a node.
    pub fn add_objects(&mut self, id: ShrinkerId, node: NodeId, objects: u64) {
        if let Some(count) = self.user_cache(id).and_then(|cache| cache.objects.get_mut(node.index())) {
            *count += objects;
        }
    }
}
