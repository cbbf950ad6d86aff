//! The machine that a topology folder describes.

use super::bootlog::BootLog;
use super::memblock::{Memblock, without};
use super::{Tally, Topology};
use crate::recording::{Meta, RecordingError};
use buddyscope_mm::config::{BootParams, Distances, MachineConfig, MemoryRange, Sysctls};
use buddyscope_mm::pfn::{MAX_CPUS, MAX_NUMNODES, NodeId};
use buddyscope_mm::zone::boot::{Layout, layout};
use std::collections::BTreeMap;

/// The machine from memory map, CPUs, distances and command line.
///
/// The memory map is that of the running kernel, so `mem=` and `memmap=` have been applied to it. The contiguous area
/// is left to the model, which has to find the same place for it.
pub(super) fn describe(topology: &Topology) -> Result<MachineConfig, RecordingError> {
    let meta = topology.recording.meta()?;
    let mut memblock = Memblock::read(&topology.text(super::MARKER)?, super::MARKER)?;
    if let Some(area) = topology.log.cma {
        memblock.reserved = without(&memblock.reserved, area);
    }
    let mut boot = command_line(&meta)?;
    boot.map_edits.clear();
    Ok(MachineConfig {
        memory: memblock.memory,
        reserved: memblock.reserved,
        cpus: cpus(&meta, &topology.log)?,
        distances: distances(&meta.qemu.dist, &topology.log)?,
        boot,
        sysctls: Sysctls::default(),
    })
}

fn command_line(meta: &Meta) -> Result<BootParams, RecordingError> {
    BootParams::parse(&meta.cmdline).map_err(|error| RecordingError::in_file("meta.json", error.to_string()))
}

fn cpus(meta: &Meta, log: &BootLog) -> Result<Vec<Option<NodeId>>, RecordingError> {
    let problem = |problem: String| RecordingError::in_file("meta.json", problem);
    let nodes = &meta.qemu.nodes_mb_cpus;
    if nodes.len() > MAX_NUMNODES {
        return Err(problem(format!("{} nodes; at most {MAX_NUMNODES}", nodes.len())));
    }
    let mut cpus = Vec::new();
    for (node, (_, ids)) in nodes.iter().enumerate() {
        for &id in ids {
            let id = usize::try_from(id).ok().filter(|&id| id < MAX_CPUS);
            let id = id.ok_or_else(|| problem(format!("CPU ids of node {node}: at most {MAX_CPUS} CPUs")))?;
            if id >= cpus.len() {
                cpus.resize(id + 1, None);
            }
            cpus[id] = Some(kernel_node(node, log));
        }
    }
    Ok(cpus)
}

/// The kernel's number of one of the firmware's nodes; the same where the log does not tell.
fn kernel_node(node: usize, log: &BootLog) -> NodeId {
    log.nodes.get(&node).copied().unwrap_or(NodeId(node as u8))
}

/// The kernel uses no table at all if an entry is impossible (`slit_valid`).
fn distances(pairs: &BTreeMap<String, u32>, log: &BootLog) -> Result<Distances, RecordingError> {
    let mut distances = Distances::default();
    for (pair, &distance) in pairs {
        let Some((from, to)) = pair.split_once("->").and_then(|(from, to)| Some((node(from)?, node(to)?))) else {
            return Err(RecordingError::in_file("meta.json", format!("dist: `{pair}` is no pair such as 0->1")));
        };
        let (kernel_from, kernel_to) = (kernel_node(from, log).index(), kernel_node(to, log).index());
        // The emulator takes a distance in one direction for both.
        let back = if pairs.contains_key(&format!("{to}->{from}")) {
            Ok(())
        } else {
            distances.set(kernel_to, kernel_from, distance)
        };
        if distances.set(kernel_from, kernel_to, distance).and(back).is_err() {
            return Ok(Distances::default());
        }
    }
    Ok(distances)
}

fn node(text: &str) -> Option<usize> {
    text.parse().ok().filter(|&node| node < MAX_NUMNODES)
}

/// Checks that firmware map and boot parameters give the memory that the kernel found, if the log tells the map.
pub(super) fn check_firmware_map(topology: &Topology, config: &MachineConfig, plan: &Layout, tally: &mut Tally) {
    let memory = firmware_memory(topology);
    let Ok(boot) = topology.recording.meta().map_err(|_| ()).and_then(|meta| command_line(&meta).map_err(|_| ()))
    else {
        return;
    };
    if memory.is_empty() {
        return;
    }
    let from_firmware = layout(&MachineConfig { memory, boot, ..config.clone() });
    let ranges = from_firmware.map(|plan| plan.zone_ranges).map_err(|error| error.to_string());
    tally.same("memory and zones from the firmware's map", Ok(plan.zone_ranges.clone()), ranges);
}

/// Usable ranges by node; all of them belong to node 0 where firmware tells no nodes.
fn firmware_memory(topology: &Topology) -> Vec<MemoryRange> {
    let log = &topology.log;
    let mut memory = Vec::new();
    for &usable in &log.usable {
        if log.node_ranges.is_empty() {
            memory.push(MemoryRange::new(usable.start, usable.end, NodeId(0)));
        }
        let parts = log.node_ranges.iter().map(|&(range, node)| (range.intersection(usable), node));
        let parts = parts.filter(|(part, _)| !part.is_empty());
        memory.extend(parts.map(|(part, node)| MemoryRange::new(part.start, part.end, node)));
    }
    memory
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distances_of(pairs: &[(&str, u32)]) -> Distances {
        let pairs = pairs.iter().map(|&(pair, distance)| (pair.to_owned(), distance)).collect();
        match distances(&pairs, &BootLog::default()) {
            Ok(distances) => distances,
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn one_direction_stands_for_both() {
        let table = distances_of(&[("0->1", 15), ("1->2", 30), ("2->1", 31)]);
        let get = |from, to| table.get(NodeId(from), NodeId(to));
        assert_eq!([get(0, 1), get(1, 0), get(1, 2), get(2, 1), get(0, 2)], [15, 15, 30, 31, 20]);
    }

    #[test]
    fn an_impossible_entry_voids_the_table() {
        assert_eq!(distances_of(&[("0->1", 30), ("0->0", 12)]), Distances::default());
    }
}
