//! The order in which nodes and zones are tried (`build_all_zonelists`, mm/page_alloc.c).

use super::boot::Layout;
use super::zonelist::{ZoneRef, Zonelist};
use super::{Node, Zone};
use crate::pfn::{MIGRATE_TYPES, NodeId, NodeMask, PAGEBLOCK_NR_PAGES, ZoneId, ZoneType};

/// Builds both lists of every online node, and what follows from them.
///
/// At boot no CPU is in its node's mask yet, so the penalty for nodes with CPUs is always 0 and not modeled.
pub(super) fn build_all_zonelists(layout: &mut Layout) {
    let states = layout.states;
    build_node_zonelists(&mut layout.nodes, &layout.zones, states.memory, states.online);
    layout.policy_zone = policy_zone(layout);
    layout.vm_total_pages = total_pages(layout);
    layout.page_group_by_mobility_disabled = layout.vm_total_pages < PAGEBLOCK_NR_PAGES * MIGRATE_TYPES as u64;
}

/// Builds both lists of every online node from the nodes' distances, which must name every node
/// (`__build_all_zonelists`).
pub fn build_node_zonelists(nodes: &mut [Node], zones: &[Zone], with_memory: NodeMask, online: NodeMask) {
    let mut order = NodeOrder { with_memory, online: online.weight(), node_load: vec![0; nodes.len()] };
    for id in online.iter() {
        let nearest = order.for_node(nodes, id);
        let node = &mut nodes[id.index()];
        node.fallback = zonelist(zones, nearest);
        node.nofallback = zonelist(zones, [id]);
    }
}

/// Finds each node's order of nodes; what it remembers spreads the load over nodes of the same distance.
struct NodeOrder {
    with_memory: NodeMask,
    /// Online nodes (`nr_online_nodes`).
    online: u32,
    /// How late a node should be taken among equals (`node_load`).
    node_load: Vec<u32>,
}

impl NodeOrder {
    /// All nodes with memory, nearest first; the node itself leads even without memory (`build_zonelists`).
    fn for_node(&mut self, nodes: &[Node], local: NodeId) -> Vec<NodeId> {
        let distance = &nodes[local.index()].distance;
        let mut order = vec![local];
        let mut used = NodeMask::of(local);
        let mut load = self.online;
        let mut last_distance = distance[local.index()];
        loop {
            load = load.saturating_sub(1);
            let Some(next) = self.find_next_best_node(distance, local, used) else { return order };
            if distance[next.index()] != last_distance {
                self.node_load[next.index()] = load;
            }
            last_distance = distance[next.index()];
            used = used | NodeMask::of(next);
            order.push(next);
        }
    }

    /// The nearest node not used yet; one after `local` is nearer than one before it, then the load decides.
    fn find_next_best_node(&self, distance: &[u8], local: NodeId, used: NodeMask) -> Option<NodeId> {
        let candidates = self.with_memory.iter().filter(|&n| !used.contains(n));
        candidates.min_by_key(|&n| {
            let penalty = u32::from(n < local);
            (u32::from(distance[n.index()]) + penalty, self.node_load[n.index()])
        })
    }
}

/// The zones of the nodes in that order, highest zone first (`build_zonerefs_node`).
fn zonelist(zones: &[Zone], nodes: impl IntoIterator<Item = NodeId>) -> Zonelist {
    let mut refs = Vec::new();
    for node in nodes {
        let managed = |zone: &ZoneType| zones[ZoneId::new(node, *zone).index()].is_managed();
        refs.extend(ZoneType::ALL.into_iter().rev().filter(managed).map(|zone| ZoneRef::new(node, zone)));
    }
    Zonelist { refs }
}

/// The highest zone below Movable in any list (`check_highest_zone`).
fn policy_zone(layout: &Layout) -> ZoneType {
    let refs = layout.nodes.iter().flat_map(|node| &node.fallback.refs);
    let types = refs.map(|r| r.zone.zone_type()).filter(|&zone| zone != ZoneType::Movable);
    types.max().unwrap_or(ZoneType::Dma)
}

/// Pages in all zones that the first CPU's node can reach; high marks are still 0 (`nr_free_zone_pages`).
fn total_pages(layout: &Layout) -> u64 {
    let Some(cpu) = layout.cpus.first() else { return 0 };
    let list = &layout.nodes[cpu.node.index()].fallback;
    list.refs.iter().map(|r| layout.zones[r.zone.index()].managed_pages).sum()
}
