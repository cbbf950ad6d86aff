//! How far the kernel itself differs from run to run of one load.

use super::run::Run;
use super::shell::{Command, Step};
use super::window::Window;
use crate::recording::QemuMachine;
use std::collections::BTreeMap;

/// A stretch of a load that other runs may share.
struct Stretch {
    /// The machine; without distances if no page came from another node.
    machine: QemuMachine,
    cmdline: String,
    /// What was done up to its end.
    steps: Vec<Step>,
    window: Window,
}

/// The stretches of all runs.
pub(super) struct Spread {
    stretches: Vec<Stretch>,
}

impl Spread {
    pub(super) fn of<'a>(runs: impl Iterator<Item = &'a Run>) -> Spread {
        let stretches = runs.flat_map(|run| {
            run.windows().into_iter().map(|window| Stretch {
                machine: machine(run),
                cmdline: run.meta.cmdline.clone(),
                steps: steps(run, &window),
                window,
            })
        });
        Spread { stretches: stretches.collect() }
    }

    /// Of each number of a run's stretch: the smallest and largest of all runs of the same load, if there are several.
    pub(super) fn ranges(&self, run: &Run, window: &Window) -> BTreeMap<String, (f64, f64)> {
        let (own, machine) = (steps(run, window), machine(run));
        let same = |other: &&Stretch| {
            (&other.machine, &other.cmdline, &other.window.name) == (&machine, &run.meta.cmdline, &window.name)
                && other.steps == own
        };
        let group: Vec<&Window> = self.stretches.iter().filter(same).map(|stretch| &stretch.window).collect();
        let mut ranges = BTreeMap::new();
        if group.len() < 2 {
            return ranges;
        }
        for name in group.iter().flat_map(|window| window.values.keys()) {
            let values = group.iter().map(|window| window.value(name));
            let range = values.fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
            ranges.insert(name.clone(), range);
        }
        ranges
    }
}

/// The machine. How far apart its nodes are makes no difference as long as each request gets a page of the node it prefers.
fn machine(run: &Run) -> QemuMachine {
    let mut machine = run.meta.qemu.clone();
    if run.counted("numa_miss") == 0 {
        machine.dist.clear();
    }
    machine
}

/// The steps up to a stretch's end. How much anonymous memory is to be spared makes no difference as long as none was
/// scanned.
fn steps(run: &Run, window: &Window) -> Vec<Step> {
    let end = window.name.rsplit_once(" to ").map_or("", |(_, end)| end);
    let count = run.labels().into_iter().find(|label| label.0 == end).map_or(0, |label| label.1);
    let scanned =
        ["inactive anon pages scanned", "active anon pages scanned"].iter().any(|name| window.value(name) > 0.0);
    let matters =
        |step: &&Step| scanned || !matches!(&step.command, Command::Sysctl { name, .. } if name == "swappiness");
    run.steps[..count].iter().filter(matters).cloned().collect()
}
