//! A trace of page allocation, made again on a machine that could have it.

use super::{Diagnosis, Subject};
use crate::sentence::{Args, Sentence};
use crate::session::{MachineForm, NodeForm, Trace, Value};
use crate::trace_replay::{Tally, TraceReplay};
use buddyscope_mm::Machine;
use buddyscope_procfs::trace::{KmemEvent, TraceEvent, TraceLine};

/// Highest page frame of a machine that is made for a trace: 1 TiB.
const MAX_PFN: u64 = 1 << 28;
/// Most CPUs of such a machine.
const MAX_CPUS: u32 = 1024;
/// MiB below the hole that a PC has under 4 GiB, and the hole's.
const LOW_MIB: u64 = 3072;
const HOLE_MIB: u64 = 1024;
/// Its memory is a multiple of so many MiB.
const STEP_MIB: u64 = 128;

/// What becomes of the requests of a trace; `None` if it has none.
pub(super) fn of_trace(lines: &[(usize, TraceLine)]) -> Option<Diagnosis> {
    let (first, _) = lines.iter().find(|(_, line)| pfn_of(line).is_some())?;
    let mut diagnosis = Diagnosis::new(*first, Subject::Trace, Sentence::new("trace.title", Args::new()));
    let Some((mib, cpus)) = hardware(lines) else {
        diagnosis.notes.push(Sentence::new("trace.noMachine", Args::new()));
        return Some(diagnosis);
    };
    let Some(tally) = again(lines, mib, cpus) else {
        diagnosis.notes.push(Sentence::new("trace.noMachine", Args::new()));
        return Some(diagnosis);
    };
    let args = Args::new().with("requests", tally.requests).with("frees", tally.frees);
    diagnosis.title = Sentence::new("trace.counts", args);
    diagnosis.notes = notes(&tally);
    let args = Args::new().with("mib", mib).with("cpus", u64::from(cpus));
    diagnosis.assumptions.push(Sentence::new("assume.booted", args));
    Some(diagnosis)
}

fn again(lines: &[(usize, TraceLine)], mib: u64, cpus: u32) -> Option<Tally> {
    let node = NodeForm { mib: Value::Number(mib as f64), cpus: Value::Number(f64::from(cpus)), ..NodeForm::default() };
    let form = MachineForm { nodes: Some(vec![node]), ..MachineForm::default() };
    let machine = Machine::boot(&form.config().ok()?, Trace::default()).ok()?;
    TraceReplay::new(machine).run(lines).ok()
}

fn notes(tally: &Tally) -> Vec<Sentence> {
    let requests = tally.requests;
    let mut notes = Vec::new();
    let args = Args::new().with("zones", tally.same_zone).with("pages", tally.same_pfn).with("requests", requests);
    notes.push(Sentence::new("trace.served", args));
    if let Some(parting) = &tally.first_zone {
        let args = Args::new().with("line", parting.line as u64).with("trace", parting.trace.clone());
        notes.push(Sentence::new("trace.parts", args.with("model", parting.model.clone())));
    }
    let [trace, model] = tally.stolen;
    notes.push(Sentence::new("trace.stolen", Args::new().with("trace", trace).with("model", model)));
    if tally.frees_unknown > 0 {
        notes.push(Sentence::new("trace.unknown", Args::new().with("frees", tally.frees_unknown)));
    }
    notes
}

/// MiB and CPUs of a machine that has every page and CPU of the trace.
fn hardware(lines: &[(usize, TraceLine)]) -> Option<(u64, u32)> {
    let top = lines.iter().filter_map(|(_, line)| pfn_of(line)).max().filter(|&pfn| pfn < MAX_PFN)?;
    let cpu = lines.iter().filter(|(_, line)| pfn_of(line).is_some()).map(|(_, line)| line.cpu).max()?;
    let end = (top >> 8) + 1;
    let mib = if end > LOW_MIB { end.saturating_sub(HOLE_MIB).max(LOW_MIB) } else { end };
    (cpu < MAX_CPUS).then_some((mib.next_multiple_of(STEP_MIB), cpu + 1))
}

fn pfn_of(line: &TraceLine) -> Option<u64> {
    match &line.event {
        TraceEvent::Kmem(KmemEvent::PageAlloc(request)) => Some(request.pfn),
        TraceEvent::Kmem(KmemEvent::Freed(block)) => Some(block.pfn),
        _ => None,
    }
}
