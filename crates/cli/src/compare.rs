//! `buddyscope compare DIR…`.

use crate::folders::folders;
use buddyscope_scenario::compare::{Check, CompareError, RunReport, compare};
use buddyscope_scenario::recording::Recording;
use std::io::{self, Write};
use std::path::PathBuf;

/// Which runs to compare.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Recorded loads, or folders of them.
    #[arg(required = true)]
    dirs: Vec<PathBuf>,
}

/// Checks of all runs.
#[derive(Default)]
struct Total {
    checks: usize,
    held: usize,
    runs: usize,
    broken: usize,
}

/// Compares all runs; `false` if any check fails or any recording is broken.
pub(crate) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<bool> {
    let mut total = Total::default();
    let recordings: Vec<Recording> =
        folders(&args.dirs, "trace.txt", "recorded load")?.iter().map(|path| Recording::in_folder(path)).collect();
    for (recording, outcome) in recordings.iter().zip(compare(&recordings)) {
        total.add(recording.name(), &outcome, out)?;
    }
    writeln!(out, "compare: {}/{} checks hold in {} runs", total.held, total.checks, total.runs)?;
    Ok(total.held == total.checks && total.broken == 0)
}

impl Total {
    fn add(&mut self, name: &str, outcome: &Result<RunReport, CompareError>, out: &mut impl Write) -> io::Result<()> {
        self.runs += 1;
        match outcome {
            Ok(report) => {
                self.checks += report.checks.len();
                self.held += report.held();
                writeln!(out, "{name}: {}/{} checks hold", report.held(), report.checks.len())?;
                report.checks.iter().try_for_each(|check| print_check(check, out))
            }
            Err(error) => {
                self.broken += 1;
                writeln!(out, "{name}: cannot be compared: {error}")
            }
        }
    }
}

fn print_check(check: &Check, out: &mut impl Write) -> io::Result<()> {
    let Check { what, kind, kernel, model, holds, note } = check;
    let verdict = if *holds { "ok" } else { "DIFFERS" };
    writeln!(out, "  {kind:<6} {verdict:<7} {what}: kernel {kernel}, model {model}")?;
    match note {
        Some(note) => writeln!(out, "                 {note}"),
        None => Ok(()),
    }
}
