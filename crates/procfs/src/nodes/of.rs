//! Nodes of a machine.

use super::{Distances, Hardware, HardwareNode, IdList};
use crate::shape::Shape;
use crate::zones_of;
use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::{NodeId, PAGE_SHIFT};
use buddyscope_mm::vmstat::ZoneItem;

/// A node's `cpulist`.
#[must_use]
pub fn cpulist<S: Sink>(machine: &Machine<S>, node: NodeId) -> IdList {
    cpus(machine, node).collect()
}

/// A node's CPUs, ascending.
fn cpus<S: Sink>(machine: &Machine<S>, node: NodeId) -> impl Iterator<Item = u32> {
    machine.cpus().iter().filter(move |cpu| cpu.node == node).map(|cpu| u32::from(cpu.id.0))
}

impl Distances {
    /// A node's distances to all online nodes.
    #[must_use]
    pub fn of<S: Sink>(machine: &Machine<S>, node: NodeId) -> Distances {
        let distance = machine.nodes().get(node.index()).map_or(&[][..], |node| &node.distance);
        let to = machine.online_nodes().iter().filter_map(|node| distance.get(node.index()).map(|&far| far.into()));
        Distances { to: to.collect(), shape: Shape::default() }
    }
}

impl Hardware {
    /// The nodes of a machine, as numactl shows them.
    #[must_use]
    pub fn of<S: Sink>(machine: &Machine<S>) -> Hardware {
        let online: Vec<NodeId> = machine.online_nodes().iter().collect();
        let megabytes = |pages: u64| Some((pages << PAGE_SHIFT) >> 20);
        let nodes = online.iter().map(|&node| {
            let zones = zones_of(machine, node);
            let free = zones.iter().map(|zone| zone.page_state(ZoneItem::FreePages).max(0) as u64).sum();
            HardwareNode {
                id: node.0.into(),
                cpus: cpus(machine, node).collect(),
                size_mb: megabytes(zones.iter().map(|zone| zone.managed_pages).sum()),
                free_mb: megabytes(free),
            }
        });
        Hardware {
            available: online.len() as u32,
            ids: online.iter().map(|node| node.0.into()).collect(),
            nodes: nodes.collect(),
            columns: online.iter().map(|node| node.0.into()).collect(),
            distances: online.iter().map(|&node| (node.0.into(), Distances::of(machine, node).to)).collect(),
            shape: Shape::default(),
        }
    }
}
