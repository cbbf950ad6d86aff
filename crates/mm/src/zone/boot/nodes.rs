//! Which nodes come online, and with which CPUs (arch/x86/mm/numa.c).

use super::memory::{Memory, node_span};
use super::{BootWarning, NodeStates};
use crate::config::{Distances, MachineConfig};
use crate::pfn::{CpuId, NodeId, NodeMask};
use crate::zone::{Cpu, Node};

/// A node must span at least this much to be taken for one (`NODE_MIN_SIZE`, arch/x86/include/asm/numa.h, v5.10).
const NODE_MIN_SIZE: u64 = 4 << 20;

/// Brings nodes online: those with enough memory first, then those that only have CPUs.
pub(super) fn bring_up(
    config: &MachineConfig,
    memory: &mut Memory,
    warnings: &mut Vec<BootWarning>,
) -> (Vec<Node>, NodeStates, Vec<Cpu>) {
    let registered = register_memory_nodes(memory);
    let firmware: Vec<Option<NodeId>> = config.cpus.iter().map(|node| node.filter(|_| memory.numa)).collect();
    let cpus = assign_cpus(&firmware, registered);
    let online = registered | firmware.iter().flatten().copied().collect();
    drop_offline_memory(memory, online, warnings);
    let count = if memory.numa { config.node_count() } else { 1 };
    let distances = if memory.numa { config.distances.clone() } else { Distances::default() };
    let states =
        NodeStates { online, memory: registered, cpu: cpus.iter().map(|c| c.node).collect(), ..NodeStates::default() };
    (empty_nodes(count, &distances), states, cpus)
}

/// Nodes whose memory spans enough (`numa_register_memblks`).
fn register_memory_nodes(memory: &Memory) -> NodeMask {
    let nodes: NodeMask = memory.blocks.iter().map(|b| b.1).collect();
    nodes.iter().filter(|&node| node_span(&memory.blocks, node) >= NODE_MIN_SIZE).collect()
}

/// Gives every CPU a node: its own, or nodes with memory in turn (`numa_init_array`, `init_cpu_to_node`).
fn assign_cpus(firmware: &[Option<NodeId>], registered: NodeMask) -> Vec<Cpu> {
    let turn: Vec<NodeId> = registered.iter().collect();
    let mut turns = turn.iter().copied().cycle();
    let mut cpus = Vec::with_capacity(firmware.len());
    for (id, &own) in firmware.iter().enumerate() {
        // A CPU of a node without memory takes a turn as well, before it gets its own node back.
        let given = if own.is_some_and(|node| registered.contains(node)) { None } else { turns.next() };
        let node = own.or(given).unwrap_or_default();
        cpus.push(Cpu { id: CpuId(id as u16), node });
    }
    cpus
}

/// Forgets memory of nodes that stay offline.
fn drop_offline_memory(memory: &mut Memory, online: NodeMask, warnings: &mut Vec<BootWarning>) {
    let with_memory: NodeMask = memory.regions.iter().map(|r| r.node).collect();
    warnings.extend(with_memory.iter().filter(|&n| !online.contains(n)).map(BootWarning::NodeTooSmall));
    memory.regions.retain(|r| online.contains(r.node));
}

fn empty_nodes(count: usize, distances: &Distances) -> Vec<Node> {
    let ids = || (0..count).map(|id| NodeId(id as u8));
    ids()
        .map(|id| {
            let mut node = Node::new(id);
            node.distance = ids().map(|to| distances.get(id, to)).collect();
            node
        })
        .collect()
}
