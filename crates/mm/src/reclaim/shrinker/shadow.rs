//! Nodes of page caches in which only remains of evicted pages are left (`shadow_nodes`, mm/workingset.c).

use super::{Freeable, Objects, ShrinkControl, Shrinker, ShrinkerFlags, ShrinkerId};
use crate::event::Sink;
use crate::io::cache::NodeChange;
use crate::lru::LruIndex;
use crate::machine::Machine;
use crate::page::life::{MappingId, MemcgId};
use crate::part::Part;
use crate::pfn::{MAX_NR_ZONES, NodeId};
use crate::vmstat::NodeItem;
use std::collections::BTreeMap;

/// A node of a page cache: of which address space, and which part of it.
type Place = (MappingId, u32);

/// The nodes, in the order in which they came to hold remains only. A node belongs to the node of memory of the page
/// that left last.
#[derive(Clone, Debug, Default)]
pub(crate) struct ShadowNodes {
    order: Part<BTreeMap<(NodeId, u64), Place>>,
    places: Part<BTreeMap<Place, (NodeId, u64)>>,
    counts: Part<BTreeMap<NodeId, u64>>,
    next: u64,
}

impl ShadowNodes {
    /// Takes note of a change; returns the node of memory whose count changes, and by how much.
    pub(crate) fn change(&mut self, place: Place, on: NodeId, change: NodeChange) -> Option<(NodeId, i64)> {
        match change {
            NodeChange::None => None,
            NodeChange::OnlyShadows => {
                let key = (on, self.next);
                self.next += 1;
                self.order.insert(key, place);
                self.places.insert(place, key);
                *self.counts.entry(on).or_insert(0) += 1;
                Some((on, 1))
            }
            NodeChange::NoLonger => {
                let key = self.places.remove(&place)?;
                self.order.remove(&key);
                *self.counts.entry(key.0).or_insert(1) -= 1;
                Some((key.0, -1))
            }
        }
    }

    fn count(&self, node: NodeId) -> u64 {
        self.counts.get(&node).copied().unwrap_or(0)
    }

    fn of(&self, node: NodeId) -> impl Iterator<Item = Place> + '_ {
        self.order.range((node, 0)..=(node, u64::MAX)).map(|entry| *entry.1)
    }
}

impl<S: Sink> Machine<S> {
    /// Registers the shrinker of such nodes (`workingset_init`). Making one again costs nothing.
    pub fn register_shadow_shrinker(&mut self) -> ShrinkerId {
        let flags = ShrinkerFlags::NUMA_AWARE | ShrinkerFlags::MEMCG_AWARE;
        self.register_shrinker(Shrinker::new("scan_shadow_nodes", flags, 0, 0, Objects::ShadowNodes))
    }

    /// How many are more than an eighth of what the lists could hold (`count_shadow_nodes`). All of them belong to the
    /// root here.
    pub(super) fn count_shadow_nodes(&self, sc: ShrinkControl) -> Freeable {
        let nodes = if sc.memcg == MemcgId::ROOT { self.shadow_nodes.count(sc.node) } else { 0 };
        if nodes == 0 {
            return Freeable::Empty;
        }
        let lruvec = self.lru.lruvec(sc.memcg, sc.node);
        let listed: u64 = LruIndex::ALL.map(|lru| lruvec.size(lru, MAX_NR_ZONES as u8 - 1)).iter().sum();
        let stat = &self.nodes[sc.node.index()].stat;
        let slabs = stat.get(NodeItem::SlabReclaimable) + stat.get(NodeItem::SlabUnreclaimable);
        Freeable::Objects(nodes.saturating_sub((listed + slabs) >> 3))
    }

    /// Drops up to `n` of them, the oldest first (`scan_shadow_nodes`). Returns how many.
    pub(super) fn scan_shadow_nodes(&mut self, sc: ShrinkControl, n: u64) -> u64 {
        let oldest: Vec<Place> = self.shadow_nodes.of(sc.node).take(n as usize).collect();
        for &place in &oldest {
            if let Some(mapping) = self.user.mappings.get_mut(place.0) {
                mapping.cache.drop_shadow_node(place.1);
            }
            self.shadow_nodes.change(place, sc.node, NodeChange::NoLonger);
            let stat = &mut self.nodes[sc.node.index()].stat;
            stat.add(NodeItem::WorkingsetNodes, -1);
            stat.add(NodeItem::WorkingsetNodereclaim, 1);
        }
        oldest.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_counted_where_its_last_page_was_and_leaves_from_there() {
        let mut nodes = ShadowNodes::default();
        let place = |index| (MappingId(1), index);
        assert_eq!(nodes.change(place(7), NodeId(1), NodeChange::OnlyShadows), Some((NodeId(1), 1)));
        assert_eq!(nodes.change(place(3), NodeId(1), NodeChange::OnlyShadows), Some((NodeId(1), 1)));
        assert_eq!(nodes.of(NodeId(1)).collect::<Vec<_>>(), [place(7), place(3)]);
        assert_eq!(nodes.change(place(7), NodeId(0), NodeChange::NoLonger), Some((NodeId(1), -1)));
        assert_eq!((nodes.count(NodeId(0)), nodes.count(NodeId(1))), (0, 1));
        assert_eq!(nodes.change(place(7), NodeId(0), NodeChange::NoLonger), None);
    }
}
