//! What a whole run came to, from the texts before and after it: refaults, which node served, huge pages, ranges of a
//! CMA area, and which of the marked requests failed.

use super::check::Check;
use super::model::Outcome;
use super::run::Run;
use super::shell::Command;
use super::trace::{LoadEvent, Trace, What};
use super::volume;
use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::NodeId;
use buddyscope_mm::vmstat::{NodeItem, NumaItem};

/// Counters of nodes that tell of refaults.
const REFAULTS: [(&str, NodeItem); 2] = [
    ("anon pages that came back soon (workingset_refault_anon)", NodeItem::WorkingsetRefaultAnon),
    ("file pages that came back soon (workingset_refault_file)", NodeItem::WorkingsetRefaultFile),
];
/// Counters of nodes that tell which node served.
const SERVED: [(&str, NumaItem); 3] = [
    ("numa_hit, preferred and served", NumaItem::Hit),
    ("numa_miss, served though another was preferred", NumaItem::Miss),
    ("numa_foreign, preferred though another served", NumaItem::Foreign),
];
/// Pages from which a counter is taken for the load's own. The shell and its commands take some hundreds.
const OF_THE_LOAD: f64 = 1000.0;

/// All of these checks.
pub(super) fn checks(run: &Run, outcome: &Outcome) -> Vec<Check> {
    let mut checks = refaults(run, &outcome.machine);
    checks.extend(served(run, &outcome.machine));
    let rows = [
        ("values read back by the load", notes(&run.trace), notes(&outcome.trace)),
        ("ranges given of the CMA area", cma(&run.trace), cma(&outcome.trace)),
        ("marked requests that failed", marked(run, &run.trace), marked(run, &outcome.trace)),
    ];
    let seen = rows.into_iter().filter(|row| !row.1.is_empty() || !row.2.is_empty());
    checks.extend(seen.map(|(what, kernel, model)| Check::equal(what, kernel, model)));
    checks
}

fn refaults(run: &Run, machine: &Machine<impl Sink>) -> Vec<Check> {
    let check = |(what, item): (&str, NodeItem)| {
        let name = what.split(['(', ')']).nth(1).unwrap_or_default();
        let kernel = run.counted(name) as f64;
        let model = (sum(machine, item) - sum(&run.machine, item)) as f64;
        (kernel.max(model) >= OF_THE_LOAD).then(|| volume::check(what, kernel, model))
    };
    REFAULTS.into_iter().filter_map(check).collect()
}

fn sum(machine: &Machine<impl Sink>, item: NodeItem) -> i64 {
    machine.nodes().iter().map(|node| node.stat.get(item) as i64).sum()
}

/// Which node served, if there are several.
fn served(run: &Run, machine: &Machine<impl Sink>) -> Vec<Check> {
    let mut checks = Vec::new();
    if run.numa.len() < 2 {
        return checks;
    }
    for (node, kernel) in &run.numa {
        for (n, (what, item)) in SERVED.into_iter().enumerate() {
            let kernel = (kernel[1][n] - kernel[0][n]) as f64;
            let model = (numa(machine, *node, item) - numa(&run.machine, *node, item)) as f64;
            if kernel.max(model) >= OF_THE_LOAD {
                checks.push(volume::check(&format!("node {node}: {what}"), kernel, model));
            }
        }
    }
    checks
}

fn numa(machine: &Machine<impl Sink>, node: NodeId, item: NumaItem) -> i64 {
    let zones = machine.zones().iter().filter(|zone| zone.id.node() == node && zone.is_populated());
    zones.map(|zone| machine.numa_counters(zone.id)[item as usize] as i64).sum()
}

fn notes(trace: &Trace) -> String {
    let notes = trace.entries.iter().filter_map(|entry| match &entry.what {
        What::Note(text) => Some(text.as_str()),
        _ => None,
    });
    notes.collect::<Vec<_>>().join(", ")
}

fn cma(trace: &Trace) -> String {
    let ranges = trace.events().filter_map(|(_, _, event)| match event {
        LoadEvent::CmaAlloc { pages, pfn } => Some(match pfn.0 {
            0 => format!("{pages} refused"),
            pfn => format!("{pages} at {pfn}"),
        }),
        _ => None,
    });
    ranges.collect::<Vec<_>>().join(", ")
}

/// Of each row of requests whether one failed.
fn marked(run: &Run, trace: &Trace) -> String {
    let asked = run.steps.iter().filter_map(|step| match &step.command {
        Command::Alloc { count, .. } => Some(*count),
        _ => None,
    });
    let rows = trace.events().filter_map(|(_, _, event)| match event {
        LoadEvent::AllocBatch { gfp, order, got } => Some((*gfp, *order, *got)),
        _ => None,
    });
    let tell = |(asked, (gfp, order, got)): (u64, (buddyscope_mm::gfp::Gfp, u8, u64))| {
        let result = if got < asked { "failed" } else { "all served" };
        format!("order {order}, {:#x}: {result}", gfp.bits())
    };
    asked.zip(rows).map(tell).collect::<Vec<_>>().join("; ")
}
