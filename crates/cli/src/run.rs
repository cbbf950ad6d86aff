//! `buddyscope run`: a scenario in virtual time.

use anyhow::{Context, Result};
use buddyscope_mm::event::{NullSink, Sink};
use buddyscope_mm::sched::Activity;
use buddyscope_procfs as procfs;
use buddyscope_scenario::export::{Format, Group, Stop, record, to_writer};
use buddyscope_scenario::run::{Actor, End, News, Run, wait_name};
use buddyscope_scenario::scenario::{HZ, Scenario, parse_time};
use buddyscope_scenario::session::Trace;
use clap::ValueEnum;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// Turns between two looks at the clock.
const TURNS: u64 = 1 << 20;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The scenario file (docs/scenarios.md).
    scenario: PathBuf,
    /// Stop at this time, such as 500ms, 10s, 2m.
    #[arg(long, value_parser = parse_time)]
    until: Option<u64>,
    /// What to print at the end.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "summary")]
    print: Vec<Print>,
    /// Write the whole run to a file, as FORMAT=FILE: ftrace, chrome, csv, json or report (docs/export.md).
    #[arg(long, value_name = "FORMAT=FILE", value_parser = parse_export)]
    export: Vec<Export>,
    /// Tracepoints that ftrace and chrome get, by group; all if none is named.
    #[arg(long, value_enum, value_delimiter = ',')]
    events: Vec<Events>,
    /// Time from one row of csv and json to the next.
    #[arg(long, value_parser = parse_time, default_value = "4ms")]
    every: u64,
}

/// A file to be written.
#[derive(Clone)]
struct Export {
    /// `None` is for the kernel's log.
    format: Option<Format>,
    file: PathBuf,
}

fn parse_export(text: &str) -> Result<Export, String> {
    let (name, file) = text.split_once('=').ok_or("FORMAT=FILE is expected")?;
    let format = Format::from_name(name);
    if format.is_none() && name != "report" {
        return Err(format!("`{name}` is none of ftrace, chrome, csv, json, report"));
    }
    Ok(Export { format, file: file.into() })
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Events {
    /// Page allocation.
    Kmem,
    /// Reclaim.
    Vmscan,
    /// Compaction.
    Compaction,
    /// The OOM killer.
    Oom,
    /// Waiting for writeback.
    Writeback,
    /// Pages that get to LRU lists.
    Pagemap,
}

impl Events {
    fn group(self) -> Group {
        match self {
            Events::Kmem => Group::Kmem,
            Events::Vmscan => Group::Vmscan,
            Events::Compaction => Group::Compaction,
            Events::Oom => Group::Oom,
            Events::Writeback => Group::Writeback,
            Events::Pagemap => Group::Pagemap,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Print {
    /// Time, tasks, and the counters that moved.
    Summary,
    /// /proc/vmstat events that are not 0.
    Vmstat,
    /// All of /proc/vmstat as the kernel prints it.
    ProcVmstat,
    /// A file of each node: its memory.
    Meminfo,
    /// A file of each node: whose requests it served.
    Numastat,
    /// /proc/pagetypeinfo.
    Pagetypeinfo,
    /// /proc/zoneinfo.
    Zoneinfo,
    /// /proc/buddyinfo.
    Buddyinfo,
    /// /proc/pressure/memory.
    Pressure,
    /// What the kernel logged, as dmesg shows it: failed requests, OOM kills.
    Log,
    /// The hash of the whole state.
    Hash,
}

pub(crate) fn run(args: &Args, out: &mut impl Write) -> Result<bool> {
    let path = args.scenario.display();
    let text = std::fs::read_to_string(&args.scenario).with_context(|| path.to_string())?;
    let scenario = Scenario::parse(&text).with_context(|| path.to_string())?;
    if !args.export.is_empty() {
        let run = export(args, &scenario).with_context(|| path.to_string())?;
        return tell(args, &run, &scenario, out);
    }
    let mut run = Run::start(&scenario, NullSink).with_context(|| path.to_string())?;
    let until = args.until.unwrap_or(u64::MAX);
    while run.run(until, TURNS) {}
    tell(args, &run, &scenario, out)
}

/// Runs and writes what is asked for to files.
fn export(args: &Args, scenario: &Scenario) -> Result<Run<Trace>> {
    let open = |file: &PathBuf| File::create(file).map(BufWriter::new).with_context(|| file.display().to_string());
    let mut outputs = Vec::new();
    for export in &args.export {
        if let Some(format) = export.format {
            outputs.push(to_writer(format, args.every, open(&export.file)?));
        }
    }
    let groups: Vec<Group> = args.events.iter().map(|events| events.group()).collect();
    let groups = if groups.is_empty() { &Group::ALL } else { groups.as_slice() };
    let stop = Stop { until: args.until.unwrap_or(u64::MAX), turns: u64::MAX };
    let run = record(scenario, stop, groups, &mut outputs)?;
    for export in args.export.iter().filter(|export| export.format.is_none()) {
        open(&export.file)?.write_all(run.kernel_log().as_bytes())?;
    }
    Ok(run)
}

fn tell<S: Sink>(args: &Args, run: &Run<S>, scenario: &Scenario, out: &mut impl Write) -> Result<bool> {
    for print in &args.print {
        match print {
            Print::Summary => summary(run, scenario, out)?,
            Print::Vmstat => vmstat(run, out)?,
            Print::ProcVmstat => write!(out, "{}", procfs::vmstat::of(run.machine()))?,
            Print::Meminfo => {
                for node in run.machine().online_nodes().iter() {
                    write!(out, "{}", procfs::nodes::meminfo(run.machine(), node))?;
                }
            }
            Print::Numastat => {
                for node in run.machine().online_nodes().iter() {
                    write!(out, "node{node}\n{}", procfs::vmstat::numastat(run.machine(), node))?;
                }
            }
            Print::Pagetypeinfo => write!(out, "{}", procfs::pagetypeinfo(run.machine()))?,
            Print::Zoneinfo => write!(out, "{}", procfs::zoneinfo(run.machine()))?,
            Print::Buddyinfo => write!(out, "{}", procfs::buddyinfo(run.machine()))?,
            Print::Pressure => write!(out, "{}", procfs::pressure(run.machine()))?,
            Print::Log => write!(out, "{}", run.kernel_log())?,
            Print::Hash => writeln!(out, "{:016x}", run.machine().state_hash())?,
        }
    }
    Ok(true)
}

fn summary<S: Sink>(run: &Run<S>, scenario: &Scenario, out: &mut impl Write) -> Result<()> {
    let seconds = |jiffies: u64| jiffies as f64 / HZ as f64;
    let how = match run.ended() {
        None => "goes on",
        Some(End::Finished) => "every task has ended",
        Some(End::Time) => "its time is up",
        Some(End::Stuck) => "everybody waits for what nobody will do",
        Some(End::Livelock) => "tasks go round in circles",
        Some(End::Panicked) => "the kernel panicked",
    };
    writeln!(out, "{}: {:.3} s, {how}", scenario.title, seconds(run.now()))?;
    for (jiffy, id, news) in run.news() {
        let name = match &run.contexts()[id.0 as usize].program {
            Actor::Task(task) => task.name(),
            Actor::Daemon(_) => "kernel",
        };
        match news {
            News::Mark(mark) => writeln!(out, "  {:9.3} {name}: {mark}", seconds(*jiffy))?,
            News::Failed(what) => writeln!(out, "  {:9.3} {name}: {}", seconds(*jiffy), what.text)?,
        }
    }
    for context in run.contexts() {
        let Actor::Task(task) = &context.program else { continue };
        let rss = run.machine().mm_of(task.pid()).map_or(0, |mm| mm.total_rss());
        let swapped = run.machine().mm_of(task.pid()).map_or(0, |mm| mm.swapents());
        let doing = match context.activity {
            Activity::Ended => "ended".to_owned(),
            Activity::Runnable { .. } => "runs".to_owned(),
            Activity::Waiting { wait } => format!("waits: {}", wait_name(wait)),
        };
        writeln!(out, "  task {:12} rss {rss:8} swap {swapped:8} {doing}", task.name())?;
    }
    for zone in run.machine().zones().iter().filter(|zone| zone.is_managed()) {
        let free = zone.page_state(buddyscope_mm::vmstat::ZoneItem::FreePages);
        let ([min, low, high], boost) = (zone.watermark, zone.watermark_boost);
        writeln!(out, "  {} free {free} min {min} low {low} high {high} boost {boost}", zone.id)?;
    }
    vmstat(run, out)
}

fn vmstat<S: Sink>(run: &Run<S>, out: &mut impl Write) -> Result<()> {
    for (event, count) in run.machine().vm_events().iter().filter(|&(_, count)| count != 0) {
        writeln!(out, "  {} {count}", event.name())?;
    }
    Ok(())
}
