//! Machines to begin with, each for something it shows.

use super::machine_form::{MachineForm, NodeForm};
use super::value::Value;
use serde::Serialize;

/// A machine with a name and a reason.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Preset {
    /// What forms, links and elements call it.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// What it is good for.
    pub gloss: &'static str,
    /// Its form, complete.
    pub form: MachineForm,
}

/// Name, title and gloss.
const PRESETS: [(&str, &str, &str); 8] = [
    (
        "two-node",
        "Two sockets, 8 GiB",
        "DMA and DMA32 lie on node 0 only; when a node is full, requests go to the other one.",
    ),
    ("pc", "Small PC, 1 GiB", "One node without a Normal zone: everything above 16 MiB is DMA32."),
    (
        "ring",
        "Four nodes, uneven distances",
        "Near, far and farther: each node's zonelist is in the order of its distances.",
    ),
    (
        "memoryless",
        "A node without memory",
        "Node 1 has CPUs but no memory, node 2 memory but no CPU: whose zonelist is walked?",
    ),
    (
        "movable",
        "With a Movable zone",
        "Half of each node takes only pages that can be moved: kernel requests cannot go there.",
    ),
    ("board", "Board with CMA, 512 MiB", "A contiguous area lent to movable pages: free, but not for everyone."),
    ("tiny", "64 MiB", "Marks of a few hundred pages: reserves and lists small enough to follow by eye."),
    ("giant", "64 nodes, 16 TiB", "As large as the model goes: what is never touched costs nothing."),
];

/// All presets.
#[must_use]
pub fn presets() -> Vec<Preset> {
    PRESETS.map(|(name, title, gloss)| Preset { name, title, gloss, form: form(name) }).into()
}

/// The form of the preset of that name.
pub(super) fn find(name: &str) -> Option<MachineForm> {
    names().any(|known| known == name).then(|| form(name))
}

/// Names of all presets.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    PRESETS.iter().map(|preset| preset.0)
}

/// The title of the preset of that name.
pub(super) fn title(name: &str) -> Option<&'static str> {
    PRESETS.iter().find(|preset| preset.0 == name).map(|preset| preset.1)
}

fn form(name: &str) -> MachineForm {
    match name {
        "pc" => machine(&[(1024, 2)], &[], ""),
        "ring" => {
            let distances: [[u64; 4]; 4] = [[10, 16, 22, 28], [16, 10, 28, 22], [21, 31, 10, 16], [31, 21, 16, 10]];
            machine(&[(2048, 2), (2048, 2), (1024, 2), (3072, 2)], &distances.each_ref().map(|row| &row[..]), "")
        }
        "memoryless" => {
            let distances: [[u64; 3]; 3] = [[10, 20, 30], [20, 10, 15], [30, 15, 10]];
            machine(&[(4096, 4), (0, 2), (2048, 0)], &distances.each_ref().map(|row| &row[..]), "")
        }
        "movable" => machine(&[(2048, 2), (2048, 2)], &[&[10, 20], &[20, 10]], "kernelcore=50%"),
        "board" => machine(&[(512, 4)], &[], "cma=128M transparent_hugepage=never"),
        "tiny" => machine(&[(64, 1)], &[], "transparent_hugepage=never"),
        "giant" => machine(&[(256 << 10, 4); 64], &[], ""),
        _ => machine(&[(4096, 4), (4096, 4)], &[&[10, 21], &[21, 10]], ""),
    }
}

/// Nodes as MiB and CPUs.
fn machine(nodes: &[(u64, u64)], distances: &[&[u64]], cmdline: &str) -> MachineForm {
    let node = |&(mib, cpus): &(u64, u64)| NodeForm { mib: mib.into(), cpus: cpus.into(), hotpluggable: false };
    let rows = || distances.iter().map(|row| row.iter().map(|&value| Value::from(value)).collect()).collect();
    MachineForm {
        nodes: Some(nodes.iter().map(node).collect()),
        distances: (!distances.is_empty()).then(rows),
        cmdline: Some(cmdline.to_owned()),
        ..MachineForm::default()
    }
}
