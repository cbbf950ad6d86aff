//! What files of /proc say of a machine: which zone is under which mark, what kswapd does about it, and what requests of
//! each kind would still get.

use super::lack::{Lack, ZoneFinding};
use super::{Diagnosis, Subject};
use crate::rebuild::{ProcTexts, Rebuilt, Told, ToldZone};
use crate::sentence::{Args, Sentence};
use crate::session::{AllocForm, State, Trace, Value};
use buddyscope_mm::event::Outcome;
use buddyscope_mm::pfn::{MAX_ORDER, NodeId};
use buddyscope_procfs::report::MemInfo;
use serde::Serialize;

/// Requests that are tried, by their flags.
const CLASSES: [&str; 5] = ["GFP_KERNEL", "GFP_ATOMIC", "GFP_HIGHUSER_MOVABLE", "GFP_NOWAIT", "GFP_KERNEL|GFP_DMA32"];

/// What requests of one kind would get, each alone, before anything is reclaimed. Orders are -1 for not even a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    /// Their flags.
    pub gfp: &'static str,
    /// Largest order that is served above the low marks: kswapd is left alone.
    pub at_once: i64,
    /// Largest order that is served at all: above the min mark or from what such a request may use of the reserves.
    pub at_all: i64,
}

/// Explains the state of a machine that files of /proc tell.
pub(super) fn of_proc(line: usize, texts: &ProcTexts<'_>) -> Diagnosis {
    of_told(line, Told::of_proc(texts))
}

/// Explains the state of memory by itself: as the magic SysRq key shows it, or what is left of a report.
pub(super) fn of_mem_info(line: usize, mem: &MemInfo) -> Diagnosis {
    of_told(line, Told::of_report(mem, None))
}

fn of_told(line: usize, told: Told) -> Diagnosis {
    let pages = told.zones.iter().map(|zone| zone.present).fold(0, u64::saturating_add);
    let nodes = told.nodes_with_memory();
    let args = Args::new().with("nodes", nodes.len()).with("zones", told.zones.len()).with("pages", pages);
    let mut diagnosis = Diagnosis::new(line, Subject::Machine, Sentence::new("state.title", args));
    diagnosis.zones = told.zones.iter().rev().map(zone).collect();
    diagnosis.verdict = Some(verdict(&told));
    diagnosis.notes = nodes.iter().map(|&node| kswapd(&told, node)).collect();
    match Rebuilt::new(told, Trace::default()) {
        Err(error) => diagnosis.refuse(&error),
        Ok(rebuilt) => {
            let state = State::new(rebuilt.machine);
            diagnosis.access = CLASSES.into_iter().map(|gfp| access(gfp, &state)).collect();
            diagnosis.keep(rebuilt.told, None);
        }
    }
    diagnosis
}

/// Where a zone's free pages stand among its marks.
fn zone(told: &ToldZone) -> ZoneFinding {
    let [min, low, high] = told.marks;
    let (lack, key) = match told.free {
        free if free < min => (Lack::Pages, "state.belowMin"),
        free if free < low => (Lack::Pages, "state.belowLow"),
        free if free < high => (Lack::Nothing, "state.belowHigh"),
        _ => (Lack::Nothing, "state.aboveHigh"),
    };
    let args = Args::new().zone(told.id).with("free", told.free).with("min", min).with("low", low).with("high", high);
    let sum = vec![format!("free {}  min {min}  low {low}  high {high}", told.free)];
    let largest = (0..MAX_ORDER).rev().find(|&order| told.blocks[order].iter().any(|&count| count > 0));
    let largest = largest.map_or(-1, |order| order as i64);
    let missing = high.saturating_sub(told.free);
    ZoneFinding { zone: told.id, lack, sentence: Sentence::new(key, args), sum, missing, largest }
}

fn verdict(told: &Told) -> Sentence {
    let under = |mark: usize| told.zones.iter().filter(|zone| zone.free < zone.marks[mark]).count();
    let (min, low) = (under(0), under(1));
    let args = Args::new().with("count", if min > 0 { min } else { low });
    let key = match (min, low) {
        (0, 0) => "verdict.allWell",
        (0, _) => "verdict.someLow",
        _ => "verdict.someMin",
    };
    Sentence::new(key, args)
}

/// What kswapd of a node does, as far as marks tell: it sleeps once some zone is above its high mark.
fn kswapd(told: &Told, node: NodeId) -> Sentence {
    let mut zones = told.zones.iter().filter(|zone| zone.id.node() == node);
    let hopeless = told.nodes.iter().any(|known| known.id == node && known.hopeless);
    let key = match () {
        () if hopeless => "state.kswapdGaveUp",
        () if zones.clone().all(|zone| zone.free < zone.marks[1]) => "state.kswapdWoken",
        () if zones.any(|zone| zone.free >= zone.marks[2]) => "state.kswapdSleeps",
        () => "state.kswapdWorks",
    };
    Sentence::new(key, Args::new().with("node", node.0))
}

/// Tries each order on a copy of the machine, the largest first.
fn access(gfp: &'static str, state: &State) -> Access {
    let form = |order: usize| AllocForm { gfp: gfp.into(), order: Value::from(order as u64), ..AllocForm::default() };
    let outcome = |order: usize| {
        let request = form(order).request(&state.machine).ok()?;
        let answer = state.clone().ask_once(&request);
        answer.pfn.map(|_| answer.outcome)
    };
    let mut access = Access { gfp, at_once: -1, at_all: -1 };
    for order in (0..MAX_ORDER).rev() {
        let Some(outcome) = outcome(order) else { continue };
        access.at_all = access.at_all.max(order as i64);
        if outcome == Outcome::Fast {
            access.at_once = order as i64;
            break;
        }
    }
    access
}
