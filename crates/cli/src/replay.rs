//! `buddyscope replay DIR…`.

use crate::folders::folders;
use buddyscope_scenario::explain::sentence;
use buddyscope_scenario::recording::Recording;
use buddyscope_scenario::replay::{Mismatch, ReplayError, Report, replay};
use std::io::{self, Write};
use std::path::PathBuf;

/// Events of the model shown at a difference, the last ones.
const EVENTS_SHOWN: usize = 64;

/// What to replay.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Recordings, or folders of recordings.
    #[arg(required = true)]
    dirs: Vec<PathBuf>,
}

/// Operations of all recordings.
#[derive(Default)]
struct Total {
    operations: u64,
    equal: u64,
    recordings: usize,
    failed: usize,
}

/// Replays all recordings; `false` if any differs or is broken.
pub(crate) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<bool> {
    let mut total = Total::default();
    for path in folders(&args.dirs, "ops.txt", "recording")? {
        let recording = Recording::in_folder(&path);
        total.add(recording.name(), &replay(&recording), out)?;
    }
    writeln!(out, "replay: {}/{} operations match in {} recordings", total.equal, total.operations, total.recordings)?;
    Ok(total.failed == 0)
}

impl Total {
    fn add(&mut self, name: &str, outcome: &Result<Report, ReplayError>, out: &mut impl Write) -> io::Result<()> {
        self.recordings += 1;
        match outcome {
            Ok(report) => {
                self.operations += report.operations;
                self.equal += report.operations_equal;
                self.failed += usize::from(!report.is_equal());
                print_report(name, report, out)
            }
            Err(error) => {
                self.failed += 1;
                writeln!(out, "{name}: cannot be replayed: {error}")
            }
        }
    }
}

fn print_report(name: &str, report: &Report, out: &mut impl Write) -> io::Result<()> {
    let snapshots = if report.states_equal == report.states && report.is_equal() { "ok" } else { "differ" };
    writeln!(
        out,
        "{name}: {}/{} operations, {}/{} digests, snapshots {snapshots}",
        report.operations_equal, report.operations, report.digests_equal, report.digests
    )?;
    match &report.mismatch {
        Some(mismatch) => print_mismatch(mismatch, out),
        None => Ok(()),
    }
}

fn print_mismatch(mismatch: &Mismatch, out: &mut impl Write) -> io::Result<()> {
    match mismatch.line {
        0 => writeln!(out, "  at the first difference")?,
        line => writeln!(out, "  at the first difference, ops.txt line {line}")?,
    }
    writeln!(out, "    kernel: {}", mismatch.kernel)?;
    writeln!(out, "    model:  {}", mismatch.model)?;
    let hidden = mismatch.events.len().saturating_sub(EVENTS_SHOWN);
    if hidden > 0 {
        writeln!(out, "    ({hidden} events before these)")?;
    }
    for event in &mismatch.events[hidden..] {
        match sentence(event) {
            Some(sentence) => writeln!(out, "    {sentence} [{event:?}]")?,
            None => writeln!(out, "    [{event:?}]")?,
        }
    }
    Ok(())
}
