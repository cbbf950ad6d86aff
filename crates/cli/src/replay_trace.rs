//! `buddyscope replay-trace`: an ftrace text of page allocation, made again on the model.

use anyhow::{Context, anyhow};
use buddyscope_mm::Machine;
use buddyscope_procfs::trace::read_trace;
use buddyscope_scenario::recording::Recording;
use buddyscope_scenario::replay::restore_machine;
use buddyscope_scenario::run::Run;
use buddyscope_scenario::scenario::Scenario;
use buddyscope_scenario::session::Trace;
use buddyscope_scenario::trace_replay::TraceReplay;
use std::io::Write;
use std::path::PathBuf;

/// What to make again, and on which machine.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The text of `trace`, with `kmem` events; `-` for standard input.
    trace: PathBuf,
    #[command(flatten)]
    start: Start,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Where the machine comes from.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Start {
    /// A machine that has just booted: a preset, or a file with a machine form in JSON.
    #[arg(long, value_name = "PRESET|FILE")]
    machine: Option<String>,
    /// The beginning of a scenario.
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// The start of a recording.
    #[arg(long, value_name = "FOLDER")]
    recording: Option<PathBuf>,
}

impl Start {
    fn machine(&self) -> anyhow::Result<Machine<Trace>> {
        if let Some(folder) = &self.recording {
            let state = Recording::in_folder(folder).start().map_err(|error| anyhow!("{error}"))?;
            return Ok(restore_machine(&state, Trace::default())?);
        }
        if let Some(file) = &self.scenario {
            let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
            let scenario = Scenario::parse(&text).with_context(|| file.display().to_string())?;
            return Ok(Run::start(&scenario, Trace::default())?.machine().clone());
        }
        let config = crate::boot::config(self.machine.as_deref().unwrap_or_default())?;
        Machine::boot(&config, Trace::default()).map_err(|error| anyhow!("{error}"))
    }
}

/// True if the trace has requests.
pub(crate) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<bool> {
    let place = || args.trace.display().to_string();
    let text = crate::explain::read(&args.trace).with_context(place)?;
    let lines = read_trace(&String::from_utf8_lossy(&text)).with_context(place)?;
    let tally = TraceReplay::new(args.start.machine()?).run(&lines).with_context(place)?;
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&tally)?)?;
    } else {
        write!(out, "{tally}")?;
    }
    Ok(tally.requests > 0)
}
