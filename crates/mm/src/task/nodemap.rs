//! Arithmetic on node sets that policies are bound with (include/linux/nodemask.h, lib/bitmap.c).

use crate::pfn::{NodeId, NodeMask};

/// The node of the set that follows `node`, from the lowest again after the highest (`next_node_in`). `None` stands
/// for "before the lowest", which the kernel writes as `MAX_NUMNODES - 1`. No node follows in an empty set.
#[must_use]
pub fn next_node_in(node: Option<NodeId>, mask: NodeMask) -> Option<NodeId> {
    let above = match node {
        Some(node) if node.0 < 63 => NodeMask(mask.0 & (u64::MAX << (node.0 + 1))),
        _ => NodeMask::EMPTY,
    };
    above.first().or_else(|| mask.first())
}

/// The node of this rank, counted from 0 (`bitmap_ord_to_pos`).
#[must_use]
pub fn node_of_rank(mask: NodeMask, rank: u32) -> Option<NodeId> {
    mask.iter().nth(rank as usize)
}

/// The rank of a node within the set, counted from 0 (`bitmap_pos_to_ord`).
#[must_use]
pub fn rank_of_node(mask: NodeMask, node: NodeId) -> Option<u32> {
    mask.contains(node).then(|| (mask.0 & ((1 << node.0) - 1)).count_ones())
}

/// The node that takes this node's place when the allowed set changes from `old` to `new` (`node_remap`): of the same
/// rank, counted round and round if `new` is smaller. A node outside `old` stays itself.
#[must_use]
pub fn node_remap(node: NodeId, old: NodeMask, new: NodeMask) -> NodeId {
    match rank_of_node(old, node) {
        Some(rank) if !new.is_empty() => node_of_rank(new, rank % new.weight()).unwrap_or(node),
        _ => node,
    }
}

/// The set of the nodes that take these nodes' places (`nodes_remap`).
#[must_use]
pub fn nodes_remap(nodes: NodeMask, old: NodeMask, new: NodeMask) -> NodeMask {
    nodes.iter().map(|node| node_remap(node, old, new)).collect()
}

/// Reads `nodes` as ranks within `allowed`, ranks above its size counted round and round
/// (`mpol_relative_nodemask`: `nodes_fold`, then `nodes_onto`).
#[must_use]
pub fn relative_nodes(nodes: NodeMask, allowed: NodeMask) -> NodeMask {
    let size = allowed.weight();
    if size == 0 {
        return NodeMask::EMPTY;
    }
    nodes.iter().filter_map(|node| node_of_rank(allowed, u32::from(node.0) % size)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_successor_wraps_round() {
        let mask = NodeMask(0b1010);
        assert_eq!(next_node_in(None, mask), Some(NodeId(1)));
        assert_eq!(next_node_in(Some(NodeId(1)), mask), Some(NodeId(3)));
        assert_eq!(next_node_in(Some(NodeId(3)), mask), Some(NodeId(1)));
        assert_eq!(next_node_in(Some(NodeId(15)), mask), Some(NodeId(1)));
        assert_eq!(next_node_in(Some(NodeId(63)), NodeMask(1 << 63)), Some(NodeId(63)));
        assert_eq!(next_node_in(None, NodeMask::EMPTY), None);
    }

    #[test]
    fn nodes_move_to_the_node_of_the_same_rank() {
        assert_eq!(node_remap(NodeId(2), NodeMask(0b0101), NodeMask(0b1111)), NodeId(1));
        assert_eq!(node_remap(NodeId(3), NodeMask(0b1111), NodeMask(0b0110)), NodeId(2));
        assert_eq!(node_remap(NodeId(3), NodeMask(0b0101), NodeMask(0b0110)), NodeId(3), "not in the old set");
        assert_eq!(nodes_remap(NodeMask(0b1111), NodeMask(0b1111), NodeMask(0b0100)), NodeMask(0b0100));
    }

    #[test]
    fn relative_nodes_count_within_the_allowed_set() {
        assert_eq!(relative_nodes(NodeMask(0b0101), NodeMask(0b0101)), NodeMask(0b0001));
        assert_eq!(relative_nodes(NodeMask(0b0010), NodeMask(0b0101)), NodeMask(0b0100));
        assert_eq!(relative_nodes(NodeMask(0b0010), NodeMask::EMPTY), NodeMask::EMPTY);
    }
}
