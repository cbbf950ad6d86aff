//! `buddyscope replay-trace`: an ftrace text of page allocation, made again on the model.

use crate::text::read;
use anyhow::{Context, anyhow};
use buddyscope_mm::Machine;
use buddyscope_procfs::trace::read_trace;
use buddyscope_scenario::diagnose::{Subject, diagnose};
use buddyscope_scenario::rebuild::Rebuilt;
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
    /// The machine that texts tell of: zoneinfo, best with buddyinfo and pagetypeinfo, or a failure or OOM report.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    texts: Vec<PathBuf>,
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
        if !self.texts.is_empty() {
            return rebuilt(&self.texts);
        }
        let config = crate::boot::config(self.machine.as_deref().unwrap_or_default())?;
        Machine::boot(&config, Trace::default()).map_err(|error| anyhow!("{error}"))
    }
}

/// The machine of some texts: as files of /proc tell of it, else as the first report does.
fn rebuilt(files: &[PathBuf]) -> anyhow::Result<Machine<Trace>> {
    let texts = files.iter().map(|file| read(file)).collect::<anyhow::Result<Vec<_>>>()?;
    let place = || files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(" ");
    let found = diagnose(&texts.join("\n")).with_context(place)?;
    let of_proc = found.iter().find(|it| it.subject == Subject::Machine && it.has_machine);
    let told = of_proc.or(found.iter().find(|it| it.has_machine)).and_then(|it| it.told.clone());
    let told = told.ok_or_else(|| anyhow!("no machine can be made of this")).with_context(place)?;
    Ok(Rebuilt::new(told, Trace::default()).with_context(place)?.machine)
}

/// True if the trace has requests.
pub(crate) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<bool> {
    let place = || args.trace.display().to_string();
    let lines = read_trace(&read(&args.trace)?).with_context(place)?;
    let tally = TraceReplay::new(args.start.machine()?).run(&lines).with_context(place)?;
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&tally)?)?;
    } else {
        write!(out, "{tally}")?;
    }
    Ok(tally.requests > 0)
}
