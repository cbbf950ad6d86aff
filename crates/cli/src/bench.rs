//! `buddyscope bench`.

use buddyscope_bench::contender::ALL;
use buddyscope_bench::{BootFigures, Effort, Figures, MACHINES, Workload, boot, measure};
use std::io::{self, Write};
use std::time::Instant;

/// Machines that every contender works on, in frames.
const FRAMES: [u64; 2] = [1 << 20, 1 << 24];
const MIB: f64 = 1048576.0;

/// How much to measure.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Timed rounds; the best and the median are told.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Operations of each contender in a round.
    #[arg(long, default_value_t = 2_000_000)]
    operations: u64,
    /// Only machines of up to so many frames.
    #[arg(long, default_value_t = FRAMES[1])]
    max_frames: u64,
}

/// Measures and prints tables.
pub(crate) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<bool> {
    let origin = Instant::now();
    let clock = move || origin.elapsed().as_secs_f64() * 1e3;
    let effort = Effort { rounds: args.rounds.max(1), operations: args.operations.max(1) };
    for workload in Workload::ALL {
        for frames in FRAMES.into_iter().filter(|&frames| frames <= args.max_frames) {
            writeln!(out, "{}, {} frames", workload.name(), frames)?;
            print_figures(&measure(&ALL, workload, frames, effort, &clock), out)?;
        }
    }
    writeln!(out, "boot")?;
    for size in MACHINES {
        print_boot(&boot(size, effort.rounds, &clock)?, out)?;
    }
    Ok(true)
}

/// A table row for each contender, with its ratio to the first one.
fn print_figures(all: &[Figures], out: &mut impl Write) -> io::Result<()> {
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

fn print_boot(figures: &BootFigures, out: &mut impl Write) -> io::Result<()> {
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
