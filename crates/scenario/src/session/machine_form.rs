//! The form that describes a machine: nodes, distances, command line, or the name of a preset.

use super::error::FieldError;
use super::presets;
use super::value::Value;
use buddyscope_mm::config::{BootParams, Distances, MachineConfig, PcNode, PcSpec};
use buddyscope_mm::pfn::{MAX_CPUS, MAX_NUMNODES};
use serde::{Deserialize, Serialize};

const MIB: u64 = 1 << 20;
/// Most memory a machine may have, 16 TiB.
const MAX_MIB: u64 = 16 << 20;
/// Where RAM is split below 4 GiB if nothing is said, in MiB.
const LOW_MIB: u64 = 3072;

/// A machine to boot. What is left out comes from the preset, if one is named.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MachineForm {
    /// Name of a preset.
    pub preset: Option<String>,
    /// The nodes.
    pub nodes: Option<Vec<NodeForm>>,
    /// SLIT matrix, from row to column; 10 is local.
    pub distances: Option<Vec<Vec<Value>>>,
    /// Where RAM is split below 4 GiB, in MiB.
    pub low_mib: Value,
    /// Kernel command line.
    pub cmdline: Option<String>,
    /// Seed of everything random.
    pub seed: Value,
}

/// One node of the form.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NodeForm {
    /// Memory in MiB; 0 for a node without.
    pub mib: Value,
    /// CPUs; 0 for a node without.
    pub cpus: Value,
    /// Whether its memory can be unplugged.
    pub hotpluggable: bool,
}

impl MachineForm {
    /// The form of a preset.
    #[must_use]
    pub fn preset(name: &str) -> MachineForm {
        MachineForm { preset: Some(name.to_owned()), ..MachineForm::default() }
    }

    /// The form with everything filled in from its preset.
    ///
    /// # Errors
    /// [`FieldError`] about `preset` if there is none of that name.
    pub fn resolve(&self) -> Result<MachineForm, FieldError> {
        let Some(name) = &self.preset else { return Ok(self.clone()) };
        let Some(preset) = presets::find(name) else {
            let known: Vec<&str> = presets::names().collect();
            return Err(FieldError::new(
                "preset",
                format!("no preset is named `{name}`; there are {}", known.join(", ")),
            ));
        };
        let mut form = self.clone();
        // Distances of a preset fit its own nodes only.
        if form.nodes.is_none() {
            form.distances = form.distances.or(preset.distances);
        }
        form.nodes = form.nodes.or(preset.nodes);
        form.cmdline = form.cmdline.or(preset.cmdline);
        form.low_mib = if form.low_mib.is_missing() { preset.low_mib } else { form.low_mib };
        Ok(form)
    }

    /// The machine that a resolved form describes.
    ///
    /// # Errors
    /// [`FieldError`] for the first field that is out of range.
    pub fn config(&self) -> Result<MachineConfig, FieldError> {
        let nodes = self.pc_nodes()?;
        let distances = self.slit(nodes.len())?;
        let low = self.low_mib.or(LOW_MIB, "lowMib", 2..=4096)?;
        self.seed.or(0, "seed", 0..=super::MAX_SEED)?;
        let spec = PcSpec { nodes, distances, max_ram_below_4g: low * MIB };
        let mut config = MachineConfig::pc(&spec).map_err(|error| FieldError::of_machine(&error))?;
        let cmdline = self.cmdline.as_deref().unwrap_or_default();
        config.boot = BootParams::parse(cmdline).map_err(|error| FieldError::new("cmdline", error.to_string()))?;
        Ok(config)
    }

    fn pc_nodes(&self) -> Result<Vec<PcNode>, FieldError> {
        let nodes = self.nodes.as_deref().unwrap_or_default();
        if nodes.is_empty() || nodes.len() > MAX_NUMNODES {
            let message = format!("{} nodes given; 1 to {MAX_NUMNODES} are possible", nodes.len());
            return Err(FieldError::new("nodes", message));
        }
        let read = |(i, node): (usize, &NodeForm)| {
            Ok(PcNode {
                bytes: node.mib.get(&format!("nodes[{i}].mib"), 0..=MAX_MIB)? * MIB,
                cpus: node.cpus.get(&format!("nodes[{i}].cpus"), 0..=MAX_CPUS as u64)? as u32,
                hotpluggable: node.hotpluggable,
            })
        };
        let nodes: Vec<PcNode> = nodes.iter().enumerate().map(read).collect::<Result<_, FieldError>>()?;
        let mib: u64 = nodes.iter().map(|node| node.bytes / MIB).sum();
        let cpus: u64 = nodes.iter().map(|node| u64::from(node.cpus)).sum();
        if mib == 0 || mib > MAX_MIB {
            return Err(FieldError::new(
                "nodes",
                format!("{mib} MiB in all; 1 to {MAX_MIB} MiB (16 TiB) are possible"),
            ));
        }
        if cpus == 0 || cpus > MAX_CPUS as u64 {
            return Err(FieldError::new("nodes", format!("{cpus} CPUs in all; 1 to {MAX_CPUS} are possible")));
        }
        Ok(nodes)
    }

    fn slit(&self, nodes: usize) -> Result<Distances, FieldError> {
        let mut distances = Distances::default();
        let Some(rows) = &self.distances else { return Ok(distances) };
        if rows.len() != nodes {
            return Err(FieldError::new("distances", format!("{} rows for {nodes} nodes", rows.len())));
        }
        for (from, row) in rows.iter().enumerate() {
            if row.len() != nodes {
                let message = format!("{} distances for {nodes} nodes", row.len());
                return Err(FieldError::new(format!("distances[{from}]"), message));
            }
            for (to, value) in row.iter().enumerate() {
                let field = format!("distances[{from}][{to}]");
                let allowed = if from == to { 10..=10 } else { 11..=255 };
                let distance = value.get(&field, allowed)? as u32;
                distances.set(from, to, distance).map_err(|error| FieldError::new(field, error.to_string()))?;
            }
        }
        Ok(distances)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(mib: u64, cpus: u64) -> NodeForm {
        NodeForm { mib: mib.into(), cpus: cpus.into(), hotpluggable: false }
    }

    fn refused(form: &MachineForm) -> FieldError {
        form.resolve().and_then(|form| form.config()).expect_err("refused")
    }

    #[test]
    fn bad_fields_are_named() {
        let with = |nodes: Vec<NodeForm>| MachineForm { nodes: Some(nodes), ..MachineForm::default() };
        assert_eq!(refused(&with(vec![])).field, "nodes");
        assert_eq!(refused(&with(vec![node(0, 1)])).field, "nodes");
        assert_eq!(refused(&with(vec![node(64, 0)])).field, "nodes");
        assert_eq!(refused(&with(vec![node(64, 1), node(64, 5000)])).field, "nodes[1].cpus");
        assert_eq!(refused(&with(vec![node(64, 1), node(MAX_MIB + 1, 1)])).field, "nodes[1].mib");
        assert_eq!(refused(&MachineForm::preset("nonesuch")).field, "preset");
        let mut form = MachineForm::preset("two-node");
        form.cmdline = Some("mem=lots".into());
        assert_eq!(refused(&form).field, "cmdline");
        form.distances = Some(vec![vec![Value::from(10)], vec![]]);
        assert_eq!(refused(&form).field, "distances[0]");
        let row = |a, b| vec![Value::from(a), Value::from(b)];
        form.distances = Some(vec![row(10, 21), row(21, 11)]);
        assert_eq!(refused(&form).field, "distances[1][1]");
    }

    #[test]
    fn fields_that_are_given_override_the_preset() {
        let mut form = MachineForm::preset("two-node");
        form.nodes = Some(vec![node(256, 1)]);
        let config = form.resolve().and_then(|form| form.config()).expect("valid");
        assert_eq!((config.memory_bytes() >> 20, config.cpus.len()), (255, 1));
    }
}
