//! The distance table between nodes (ACPI SLIT).

use super::ConfigError;
use crate::pfn::{MAX_NUMNODES, NodeId};

/// Distance of a node to itself (`LOCAL_DISTANCE`, include/linux/topology.h, v5.10).
const LOCAL_DISTANCE: u8 = 10;
/// Distance between nodes that nothing is known about (`REMOTE_DISTANCE`).
const REMOTE_DISTANCE: u8 = 20;

/// Distances from node to node, not necessarily symmetric; 10 is local, unset pairs are 20 apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distances {
    /// Rows and columns of `table`.
    nodes: usize,
    /// Row by row: the distance from row to column.
    table: Vec<u8>,
}

impl Distances {
    /// The table with every pair of different nodes the same distance apart.
    ///
    /// # Errors
    ///
    /// If there are more than 64 nodes or `remote` is not in 11..=255.
    pub fn uniform(nodes: usize, remote: u32) -> Result<Distances, ConfigError> {
        let mut distances = Distances::default();
        for from in 0..nodes {
            for to in (0..nodes).filter(|&to| to != from) {
                distances.set(from, to, remote)?;
            }
        }
        Ok(distances)
    }

    /// The distance from one node to another (`node_distance`).
    #[must_use]
    pub fn get(&self, from: NodeId, to: NodeId) -> u8 {
        let (from, to) = (from.index(), to.index());
        if from < self.nodes && to < self.nodes {
            self.table[from * self.nodes + to]
        } else {
            default_distance(from, to)
        }
    }

    /// Sets the distance from one node to another; the opposite direction stays as it is.
    ///
    /// # Errors
    ///
    /// If a node is not in 0..64, a node is not 10 from itself, or other nodes are not 11..=255 apart: the kernel
    /// ignores a table with such an entry (`slit_valid`).
    pub fn set(&mut self, from: usize, to: usize, distance: u32) -> Result<(), ConfigError> {
        let field = || format!("distance {from}->{to}");
        if from.max(to) >= MAX_NUMNODES {
            return Err(ConfigError::out_of_range(field(), distance, "nodes 0..64"));
        }
        let allowed = if from == to { 10..=10 } else { 11..=255 };
        match u8::try_from(distance) {
            Ok(value) if allowed.contains(&distance) => {
                self.grow(from.max(to) + 1);
                self.table[from * self.nodes + to] = value;
                Ok(())
            }
            _ => Err(ConfigError::out_of_range(field(), distance, if from == to { "10" } else { "11..=255" })),
        }
    }

    fn grow(&mut self, nodes: usize) {
        if nodes <= self.nodes {
            return;
        }
        let mut table = Vec::with_capacity(nodes * nodes);
        for from in 0..nodes {
            for to in 0..nodes {
                table.push(self.get(NodeId(from as u8), NodeId(to as u8)));
            }
        }
        (self.nodes, self.table) = (nodes, table);
    }
}

fn default_distance(from: usize, to: usize) -> u8 {
    if from == to { LOCAL_DISTANCE } else { REMOTE_DISTANCE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unset_pairs_have_the_default() {
        let mut distances = Distances::default();
        assert_eq!(distances.get(NodeId(3), NodeId(3)), 10);
        assert_eq!(distances.get(NodeId(3), NodeId(0)), 20);
        distances.set(0, 2, 31).expect("valid");
        assert_eq!(distances.get(NodeId(0), NodeId(2)), 31);
        assert_eq!(distances.get(NodeId(2), NodeId(0)), 20);
        assert_eq!(distances.get(NodeId(1), NodeId(1)), 10);
    }

    #[test]
    fn impossible_distances_are_refused() {
        let mut distances = Distances::default();
        for (from, to, value) in [(0, 0, 11), (0, 1, 10), (0, 1, 256), (64, 0, 20)] {
            assert!(distances.set(from, to, value).is_err(), "{from}->{to} = {value}");
        }
        assert_eq!(distances, Distances::default());
    }
}
