//! A busy machine in virtual time: a hundred thousand page faults a second of processes that come and go and of working
//! sets, and beside them files streamed and mapped, slab, bursts from the network, and kswapd that keeps making room.
//! The same load on machines of different sizes.

use crate::measure::{Clock, Times};
use buddyscope_mm::event::{Event, NullSink, Sink};
use buddyscope_mm::pfn::PAGEBLOCK_NR_PAGES;
use buddyscope_mm::vmstat::VmEvent;
use buddyscope_scenario::run::Run;
use buddyscope_scenario::scenario::{HZ, Scenario, ScenarioError};
use buddyscope_scenario::session::FieldError;
use serde::Serialize;
use thiserror::Error;

/// The load. `NODE_MIB` and `POOL` stand for what depends on the machine's size.
const LOAD: &str = include_str!("busy.toml");

/// Nodes of the machine.
const NODES: u64 = 4;

/// Memory of all nodes together, in GiB, from a small machine to the largest.
pub const BUSY_GIB: [u64; 3] = [16, 64, 256];

/// Memory that the load goes on in, in GiB. All else belongs to a pool of huge pages.
const FREE_GIB: u64 = 4;

/// Virtual time until memory is used up and kswapd is at work, in seconds.
const WARM_UP: u64 = 20;

/// Virtual time that is measured, in seconds.
const MEASURED: u64 = 60;

/// Turns between two looks at the time.
const TURNS: u64 = 1 << 20;

/// What a busy minute took.
#[derive(Clone, Debug, Serialize)]
pub struct BusyFigures {
    /// Memory of all nodes together.
    pub gib: u64,
    /// Virtual seconds.
    pub seconds: u64,
    /// Milliseconds in the best round.
    pub best_ms: f64,
    /// The same in the median round.
    pub median_ms: f64,
    /// Page faults.
    pub faults: u64,
    /// Pages taken from the allocator.
    pub allocated: u64,
    /// Pages that kswapd looked at.
    pub scanned: u64,
    /// Pages that kswapd freed.
    pub reclaimed: u64,
    /// Pages written to swap.
    pub swapped_out: u64,
    /// Times kswapd was woken.
    pub wakeups: u64,
    /// Decisions of the model, when somebody listens.
    pub events: u64,
    /// Milliseconds while somebody listens, in one round.
    pub events_ms: f64,
    /// The state at the end: the same on every target.
    pub state_hash: String,
}

/// Why there is nothing to measure.
#[derive(Debug, Error)]
pub enum BusyFailure {
    /// The scenario cannot be read.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// There can be no such machine.
    #[error(transparent)]
    Machine(#[from] FieldError),
}

/// Counts decisions.
#[derive(Clone, Copy, Debug, Default)]
struct Count(u64);

impl Sink for Count {
    fn record(&mut self, event: Event) {
        core::hint::black_box(&event);
        self.0 += 1;
    }
}

/// Runs the load on a machine with so much memory.
///
/// # Errors
/// [`BusyFailure`] if there can be no such machine.
pub fn busy(gib: u64, rounds: usize, clock: Clock<'_>) -> Result<BusyFigures, BusyFailure> {
    let scenario = scenario(gib)?;
    let mut times = Times::default();
    let mut counters = [0; 6];
    let mut state_hash = String::new();
    for _ in 0..rounds.max(1) {
        let mut run = warmed_up(&scenario, NullSink)?;
        let before = moved(&run);
        times.add(minute(&mut run, clock));
        counters = core::array::from_fn(|n| moved(&run)[n] - before[n]);
        state_hash = format!("{:016x}", run.machine().state_hash());
    }
    let mut run = warmed_up(&scenario, Count::default())?;
    let before = run.machine().sink().0;
    let events_ms = minute(&mut run, clock);
    let events = run.machine().sink().0 - before;
    let [faults, allocated, scanned, reclaimed, swapped_out, wakeups] = counters;
    Ok(BusyFigures {
        gib,
        seconds: MEASURED,
        best_ms: times.best(),
        median_ms: times.median(),
        faults,
        allocated,
        scanned,
        reclaimed,
        swapped_out,
        wakeups,
        events,
        events_ms,
        state_hash,
    })
}

/// The load on a machine of this size. As much as is left when it has booted, but for what the load needs, goes to the pool.
fn scenario(gib: u64) -> Result<Scenario, BusyFailure> {
    let load = |pool: u64| {
        let node_mib = (gib * 1024 / NODES).to_string();
        Scenario::parse(&LOAD.replace("NODE_MIB", &node_mib).replace("POOL", &pool.to_string()))
    };
    let booted = Run::start(&load(0)?, NullSink)?;
    let pages: u64 = booted.machine().zones().iter().map(|zone| zone.managed_pages).sum();
    Ok(load((pages / PAGEBLOCK_NR_PAGES).saturating_sub(FREE_GIB * 512))?)
}

fn warmed_up<S: Sink>(scenario: &Scenario, sink: S) -> Result<Run<S>, FieldError> {
    let mut run = Run::start(scenario, sink)?;
    while run.run(WARM_UP * HZ, TURNS) {}
    Ok(run)
}

fn minute<S: Sink>(run: &mut Run<S>, clock: Clock<'_>) -> f64 {
    let start = clock();
    while run.run((WARM_UP + MEASURED) * HZ, TURNS) {}
    clock() - start
}

/// Faults, pages taken, looked at, freed and swapped out, and runs of kswapd, since the beginning.
fn moved<S: Sink>(run: &Run<S>) -> [u64; 6] {
    let get = |event| run.machine().vm_events().get(event);
    let taken = buddyscope_mm::pfn::ZoneType::ALL.into_iter().map(|zone| get(VmEvent::pgalloc(zone))).sum();
    [
        get(VmEvent::PgFault),
        taken,
        get(VmEvent::PgScanKswapd),
        get(VmEvent::PgStealKswapd),
        get(VmEvent::PswpOut),
        get(VmEvent::PageOutRun),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_is_as_large_on_every_machine() {
        for gib in BUSY_GIB {
            let mut run = Run::start(&scenario(gib).expect("a scenario"), NullSink).expect("a machine");
            run.run(2, TURNS);
            assert_eq!(run.news(), []);
        }
    }
}
