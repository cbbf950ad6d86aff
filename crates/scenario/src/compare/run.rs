//! A recorded run: its files read, and the machine as it was before.

use super::error::CompareError;
use super::shell::{self, Command, Step};
use super::trace::Trace;
use super::window::{Window, windows};
use crate::recording::{Meta, Recording, StateFile};
use crate::replay::restore_machine;
use buddyscope_mm::Machine;
use buddyscope_mm::event::NullSink;
use buddyscope_mm::pfn::NodeId;
use buddyscope_procfs::report::{Logged, read_log};
use buddyscope_procfs::vmstat::VmStat;
use std::collections::BTreeMap;

/// The kernel's own trace.
const FTRACE: &str = "ftrace.txt";

/// All that is known about a run of the kernel.
pub(super) struct Run {
    pub(super) name: String,
    pub(super) meta: Meta,
    /// The commands that made the load.
    pub(super) steps: Vec<Step>,
    /// The machine before the load, as recorded and as restored.
    pub(super) start: StateFile,
    pub(super) machine: Machine<NullSink>,
    pub(super) trace: Trace,
    /// Whether the trace covers all from the first to the second /proc/vmstat; the kernel's own ends with the load.
    pub(super) whole_trace: bool,
    /// Pages of the swap disk.
    pub(super) swap_pages: u32,
    /// /proc/vmstat before and after.
    pub(super) vmstat: [VmStat; 2],
    /// `numa_hit`, `numa_miss` and `numa_foreign` of each node with memory, before and after.
    pub(super) numa: BTreeMap<NodeId, [[i64; 3]; 2]>,
    /// Messages about memory in the kernel's log, and the log.
    pub(super) messages: Vec<Logged>,
    pub(super) log: String,
}

impl Run {
    pub(super) fn read(recording: &Recording) -> Result<Run, CompareError> {
        let start = recording.start()?;
        let log = text(recording, "dmesg_end.txt")?;
        let meta = recording.meta()?;
        let machine = restore_machine(&start, NullSink)?;
        Ok(Run {
            name: recording.name().to_owned(),
            steps: shell::read(meta.shell.iter().map(String::as_str))?,
            meta,
            numa: numa(recording, &machine)?,
            machine,
            start,
            trace: trace(recording)?,
            whole_trace: recording.file(FTRACE)?.is_none(),
            swap_pages: swap_pages(&text(recording, "proc_end/meminfo.txt")?),
            vmstat: [vmstat(recording, "proc/vmstat.txt")?, vmstat(recording, "proc_end/vmstat.txt")?],
            messages: read_log(&log).map_err(|error| CompareError::text("dmesg_end.txt", error))?,
            log,
        })
    }

    /// The labels that the load's commands set one after the other, with the number of steps up to each.
    pub(super) fn labels(&self) -> Vec<(String, usize)> {
        let label = |(n, step): (usize, &Step)| match &step.command {
            Command::Mark(name) => Some((name.clone(), n + 1)),
            _ => None,
        };
        self.steps.iter().enumerate().filter_map(label).collect()
    }

    /// What happened between those labels.
    pub(super) fn windows(&self) -> Vec<Window> {
        let names: Vec<String> = self.labels().into_iter().map(|label| label.0).collect();
        windows(&self.trace, &names)
    }

    /// By how much a counter of /proc/vmstat rose; 0 for one that is not known.
    pub(super) fn counted(&self, name: &str) -> i64 {
        let value = |stat: &VmStat| stat.get(name).unwrap_or(0) as i64;
        value(&self.vmstat[1]) - value(&self.vmstat[0])
    }
}

/// The recorder's own trace, or the kernel's where that was used in its place.
fn trace(recording: &Recording) -> Result<Trace, CompareError> {
    if recording.file(FTRACE)?.is_none() {
        return Ok(Trace::read(&recording.required("trace.txt")?, "trace.txt")?);
    }
    Trace::of_ftrace(&text(recording, FTRACE)?).map_err(|error| CompareError::text(FTRACE, error))
}

/// `SwapTotal` of /proc/meminfo, in pages; 0 if there is none.
fn swap_pages(meminfo: &str) -> u32 {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("SwapTotal:"));
    let kb = line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|kb| kb.parse::<u32>().ok());
    kb.unwrap_or(0) / 4
}

/// What each node with memory served, before and after; nothing where that was not recorded.
fn numa(recording: &Recording, machine: &Machine<NullSink>) -> Result<BTreeMap<NodeId, [[i64; 3]; 2]>, CompareError> {
    let mut nodes = BTreeMap::new();
    for node in machine.memory_nodes().iter() {
        let files = ["sys", "sys_end"].map(|folder| format!("{folder}/node{node}/numastat"));
        if recording.file(&files[0])?.is_none() {
            return Ok(BTreeMap::new());
        }
        nodes.insert(node, [counters(&text(recording, &files[0])?), counters(&text(recording, &files[1])?)]);
    }
    Ok(nodes)
}

/// The first three counters of a node's numastat.
fn counters(numastat: &str) -> [i64; 3] {
    let value = |name: &str| {
        let line = numastat.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        line.unwrap_or(0)
    };
    ["numa_hit ", "numa_miss ", "numa_foreign "].map(value)
}

fn text(recording: &Recording, file: &str) -> Result<String, CompareError> {
    Ok(String::from_utf8_lossy(&recording.required(file)?).into_owned())
}

fn vmstat(recording: &Recording, file: &str) -> Result<VmStat, CompareError> {
    text(recording, file)?.parse().map_err(|error| CompareError::text(file, error))
}
