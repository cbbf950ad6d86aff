//! `buddyscope boot FILE|PRESET --print …`.

use anyhow::{Context, anyhow};
use buddyscope_mm::Machine;
use buddyscope_mm::config::MachineConfig;
use buddyscope_mm::event::NullSink;
use buddyscope_procfs::nodes::{Distances, Hardware, cpulist, meminfo};
use buddyscope_procfs::vmstat::{self, numastat};
use buddyscope_procfs::{buddyinfo, pagetypeinfo, zoneinfo, zonelists};
use buddyscope_scenario::session::MachineForm;
use clap::ValueEnum;
use std::fs;
use std::io::Write;
use std::path::Path;

/// What to boot and what to print.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A file with a machine form in JSON, or the name of a preset.
    machine: String,
    /// What to print of the booted machine.
    #[arg(long, value_enum, default_value = "zoneinfo")]
    print: View,
}

/// A text about a machine.
#[derive(Clone, Copy, ValueEnum)]
enum View {
    /// As /proc/zoneinfo.
    Zoneinfo,
    /// As /proc/buddyinfo.
    Buddyinfo,
    /// As /proc/pagetypeinfo.
    Pagetypeinfo,
    /// As /proc/vmstat.
    Vmstat,
    /// As numactl --hardware.
    Numactl,
    /// Files of every node in /sys/devices/system/node, as `tail -n +1` shows them.
    Nodes,
    /// The zonelists of every node.
    Zonelists,
    /// Nodes, zones and CPUs as JSON.
    Json,
}

/// Boots and prints.
pub(crate) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<bool> {
    let machine = boot(&args.machine)?;
    let text = match args.print {
        View::Zoneinfo => zoneinfo(&machine),
        View::Buddyinfo => buddyinfo(&machine),
        View::Pagetypeinfo => pagetypeinfo(&machine),
        View::Vmstat => vmstat::of(&machine).to_string(),
        View::Numactl => Hardware::of(&machine).to_string(),
        View::Nodes => nodes(&machine),
        View::Zonelists => zonelists(&machine),
        View::Json => format!("{:#}\n", crate::boot_json::describe(&machine)),
    };
    out.write_all(text.as_bytes())?;
    Ok(true)
}

fn nodes(machine: &Machine<NullSink>) -> String {
    let mut text = String::new();
    for node in machine.online_nodes().iter() {
        let files = [
            ("cpulist", cpulist(machine, node).to_string()),
            ("distance", Distances::of(machine, node).to_string()),
            ("meminfo", meminfo(machine, node).to_string()),
            ("numastat", numastat(machine, node).to_string()),
        ];
        for (name, file) in files {
            text += &format!("==> /sys/devices/system/node/node{node}/{name} <==\n{file}\n");
        }
    }
    text
}

fn boot(machine: &str) -> anyhow::Result<Machine<NullSink>> {
    Machine::boot(&config(machine)?, NullSink).map_err(|error| anyhow!("{error}"))
}

/// A machine as its form says.
pub(crate) fn config(machine: &str) -> anyhow::Result<MachineConfig> {
    form(machine)?.resolve().and_then(|form| form.config()).map_err(|error| anyhow!("{error}"))
}

/// A form from a file if there is one of that name, else the preset.
fn form(machine: &str) -> anyhow::Result<MachineForm> {
    if !Path::new(machine).is_file() {
        return Ok(MachineForm::preset(machine));
    }
    let text = fs::read_to_string(machine).with_context(|| machine.to_owned())?;
    serde_json::from_str(&text).with_context(|| machine.to_owned())
}
