//! /proc/zoneinfo after each written sysctl (`var/<sysctl>_<value>.zoneinfo.txt`).

use super::{Tally, Topology, zoneinfo};
use crate::recording::RecordingError;
use buddyscope_mm::Machine;
use buddyscope_mm::config::Sysctl;
use buddyscope_mm::event::NullSink;
use std::io::ErrorKind;

/// The sysctls in the order they were written; after its values each was given its default again.
const SYSCTLS: [&str; 6] = [
    "min_free_kbytes",
    "watermark_scale_factor",
    "lowmem_reserve_ratio",
    "percpu_pagelist_fraction",
    "watermark_boost_factor",
    "zone_reclaim_mode",
];
/// The file that was written when all had their defaults again.
const RESTORED: &str = "restored";
const SUFFIX: &str = ".zoneinfo.txt";

/// Writes each value to the model's sysctl too, and compares.
pub(super) fn check(
    topology: &Topology,
    machine: &mut Machine<NullSink>,
    tally: &mut Tally,
) -> Result<(), RecordingError> {
    let names = variants(topology)?;
    for sysctl in SYSCTLS {
        let default = current(machine, sysctl);
        let mut written = false;
        for (name, value) in names.iter().filter_map(|name| Some((name, value_of(name, sysctl)?))) {
            write(machine, name, sysctl, &value)?;
            zoneinfo::check(topology, &file(name), machine, tally)?;
            written = true;
        }
        if written {
            write(machine, sysctl, sysctl, &default)?;
        }
    }
    let unknown = names.iter().find(|name| *name != RESTORED && SYSCTLS.iter().all(|s| value_of(name, s).is_none()));
    if let Some(name) = unknown {
        return Err(RecordingError::in_file(&file(name), "no variant of a sysctl that the model has"));
    }
    if names.iter().any(|name| name == RESTORED) {
        zoneinfo::check(topology, &file(RESTORED), machine, tally)?;
    }
    Ok(())
}

fn file(name: &str) -> String {
    format!("var/{name}{SUFFIX}")
}

/// Names of the variants, without folder and endings, sorted.
fn variants(topology: &Topology) -> Result<Vec<String>, RecordingError> {
    let problem = |error: std::io::Error| RecordingError::in_file("var", error.to_string());
    let entries = match std::fs::read_dir(topology.path.join("var")) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(problem)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(problem)?.file_name().to_string_lossy().into_owned();
        // Packed files have an ending more.
        names.extend(name.split_once(SUFFIX).map(|(name, _)| name.to_owned()));
    }
    names.sort();
    names.dedup();
    Ok(names)
}

/// The value in a variant's name: what follows the sysctl's, with blanks between several numbers.
fn value_of(name: &str, sysctl: &str) -> Option<String> {
    Some(name.strip_prefix(sysctl)?.strip_prefix('_')?.replace('_', " "))
}

fn write(machine: &mut Machine<NullSink>, name: &str, sysctl: &str, value: &str) -> Result<(), RecordingError> {
    let written = Sysctl::parse(sysctl, value).and_then(|change| machine.write_sysctl(change));
    written.map_err(|error| RecordingError::in_file(&file(name), error.to_string()))
}

/// The value in force, as its file would show it.
fn current(machine: &Machine<NullSink>, sysctl: &str) -> String {
    let sysctls = machine.sysctls();
    match sysctl {
        "min_free_kbytes" => machine.min_free_kbytes().to_string(),
        "watermark_scale_factor" => sysctls.watermark_scale_factor.to_string(),
        "lowmem_reserve_ratio" => sysctls.lowmem_reserve_ratio.map(|ratio| ratio.to_string()).join(" "),
        "percpu_pagelist_fraction" => sysctls.percpu_pagelist_fraction.to_string(),
        "watermark_boost_factor" => sysctls.watermark_boost_factor.to_string(),
        _ => sysctls.zone_reclaim_mode.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_in_names() {
        assert_eq!(value_of("min_free_kbytes_100", "min_free_kbytes").as_deref(), Some("100"));
        assert_eq!(value_of("lowmem_reserve_ratio_1_0_2_0", "lowmem_reserve_ratio").as_deref(), Some("1 0 2 0"));
        assert_eq!(value_of("restored", "min_free_kbytes"), None);
    }
}
