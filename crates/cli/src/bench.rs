//! `buddyscope bench [RECORDING…]`.

use anyhow::Context;
use buddyscope_bench::contender::ALL;
use buddyscope_bench::{
    BUSY_GIB, BootFigures, BusyFigures, Clock, Effort, Figures, MACHINES, ReplayFigures, Workload, boot, busy, measure,
    replay,
};
use buddyscope_scenario::recording::{Recording, find_recordings};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Instant;

/// Machines that every contender works on, in frames.
const FRAMES: [u64; 2] = [1 << 20, 1 << 24];
/// A busy minute is long enough for a few rounds to do.
const BUSY_ROUNDS: usize = 3;
const MIB: f64 = 1048576.0;

/// How much to measure.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Timed rounds; the best and the median are told.
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// Operations of each contender in a round.
    #[arg(long, default_value_t = 1_000_000)]
    operations: u64,
    /// Only machines of up to so many frames.
    #[arg(long, default_value_t = FRAMES[1])]
    max_frames: u64,
    /// Only this part.
    #[arg(long, value_enum)]
    only: Option<Part>,
    /// Print JSON instead of tables.
    #[arg(long)]
    json: bool,
    /// Recordings, or folders of recordings, to measure the replay with.
    recordings: Vec<PathBuf>,
}

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// The model beside other allocators.
    Workloads,
    /// Machines that boot.
    Boots,
    /// A busy minute of machines with much memory.
    Busy,
    /// Recordings.
    Replays,
}

impl Args {
    fn wants(&self, part: Part) -> bool {
        self.only.is_none_or(|only| only == part)
    }
}

/// Measures and prints tables, or JSON at the end.
pub(crate) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<bool> {
    let origin = Instant::now();
    let clock = move || origin.elapsed().as_secs_f64() * 1e3;
    let rounds = args.rounds.max(1);
    let mut nowhere = io::sink();
    let tables: &mut dyn Write = if args.json { &mut nowhere } else { &mut *out };
    let (mut figures, mut boots, mut minutes, mut replays) = (vec![], vec![], vec![], vec![]);
    if args.wants(Part::Workloads) {
        figures = bench_workloads(args, &clock, tables)?;
    }
    if args.wants(Part::Boots) {
        boots = bench_boots(rounds, &clock, tables)?;
    }
    if args.wants(Part::Busy) {
        minutes = bench_busy(rounds, &clock, tables)?;
    }
    if args.wants(Part::Replays) {
        replays = bench_replays(args, rounds, &clock, tables)?;
    }
    if args.json {
        let all: Value = json!({ "figures": figures, "boots": boots, "busy": minutes, "replays": replays });
        writeln!(out, "{all}")?;
    }
    Ok(true)
}

fn bench_workloads(args: &Args, clock: Clock<'_>, out: &mut dyn Write) -> anyhow::Result<Vec<Figures>> {
    let effort = Effort { rounds: args.rounds.max(1), operations: args.operations.max(1) };
    let mut all = Vec::new();
    for workload in Workload::ALL {
        for frames in FRAMES.into_iter().filter(|&frames| frames <= args.max_frames) {
            let figures = measure(&ALL, workload, frames, effort, clock);
            writeln!(out, "{}, {frames} frames", workload.name())?;
            print_figures(&figures, out)?;
            all.extend(figures);
        }
    }
    Ok(all)
}

fn bench_boots(rounds: usize, clock: Clock<'_>, out: &mut dyn Write) -> anyhow::Result<Vec<BootFigures>> {
    writeln!(out, "boot")?;
    let mut all = Vec::new();
    for size in MACHINES {
        let figures = boot(size, rounds, clock)?;
        print_boot(&figures, out)?;
        all.push(figures);
    }
    Ok(all)
}

fn bench_busy(rounds: usize, clock: Clock<'_>, out: &mut dyn Write) -> anyhow::Result<Vec<BusyFigures>> {
    writeln!(out, "a busy minute")?;
    let mut all = Vec::new();
    for gib in BUSY_GIB {
        let figures = busy(gib, rounds.min(BUSY_ROUNDS), clock)?;
        print_busy(&figures, out)?;
        all.push(figures);
    }
    Ok(all)
}

fn bench_replays(
    args: &Args,
    rounds: usize,
    clock: Clock<'_>,
    out: &mut dyn Write,
) -> anyhow::Result<Vec<ReplayFigures>> {
    let mut all = Vec::new();
    for dir in &args.recordings {
        for path in find_recordings(dir).with_context(|| format!("{}", dir.display()))? {
            let recording = Recording::in_folder(&path);
            all.push(replay(&recording, rounds, clock).with_context(|| format!("{}", path.display()))?);
        }
    }
    if !all.is_empty() {
        let operations: u64 = all.iter().map(|figures| figures.operations).sum();
        let best_ms: f64 = all.iter().map(|figures| figures.best_ms).sum();
        writeln!(out, "replay")?;
        writeln!(out, "  {operations} operations of {} recordings in {best_ms:.1} ms at best", all.len())?;
        writeln!(out, "  a million operations in {:.3} s", best_ms * 1e3 / operations as f64)?;
    }
    Ok(all)
}

/// A table row for each contender, with its ratio to the first one.
fn print_figures(all: &[Figures], out: &mut dyn Write) -> io::Result<()> {
    let reference = all.first().map_or(f64::NAN, |figures| figures.best_ns);
    for figures in all {
        let bytes = figures.bytes_per_frame.map_or_else(|| "-".to_owned(), |bytes| format!("{bytes:.2}"));
        writeln!(
            out,
            "  {:26} {:8.1} ns best {:8.1} ns median {:6.2}x {:>8} bytes/page {:9} refused",
            figures.name,
            figures.best_ns,
            figures.median_ns,
            figures.best_ns / reference,
            bytes,
            figures.failures
        )?;
    }
    Ok(())
}

fn print_boot(figures: &BootFigures, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "  {:6} GiB {:3} nodes {:9.2} ms best {:9.2} ms median {:8.2} MiB of page state",
        figures.machine.bytes >> 30,
        figures.machine.nodes,
        figures.best_ms,
        figures.median_ms,
        figures.page_state_bytes as f64 / MIB
    )
}

fn print_busy(figures: &BusyFigures, out: &mut dyn Write) -> io::Result<()> {
    let BusyFigures { gib, best_ms, median_ms, faults, reclaimed, events, events_ms, state_hash, .. } = figures;
    let each = best_ms * 1e6 / *faults as f64;
    writeln!(out, "  {gib:6} GiB {best_ms:9.1} ms best {median_ms:9.1} ms median {each:7.1} ns a fault")?;
    writeln!(
        out,
        "    {faults} faults, {reclaimed} pages reclaimed, {events} events in {events_ms:.1} ms, state {state_hash}"
    )
}
