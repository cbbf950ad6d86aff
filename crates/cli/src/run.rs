//! `buddyscope run`: a scenario in virtual time.

use anyhow::{Context, Result};
use buddyscope_mm::event::NullSink;
use buddyscope_mm::sched::Activity;
use buddyscope_procfs as procfs;
use buddyscope_scenario::run::{Actor, End, News, Run, wait_name};
use buddyscope_scenario::scenario::{HZ, Scenario, parse_time};
use clap::ValueEnum;
use std::io::Write;
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
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Print {
    /// Time, tasks, and the counters that moved.
    Summary,
    /// /proc/vmstat events that are not 0.
    Vmstat,
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
    let mut run = Run::start(&scenario, NullSink).with_context(|| path.to_string())?;
    let until = args.until.unwrap_or(u64::MAX);
    while run.run(until, TURNS) {}
    for print in &args.print {
        match print {
            Print::Summary => summary(&run, &scenario, out)?,
            Print::Vmstat => vmstat(&run, out)?,
            Print::Zoneinfo => write!(out, "{}", procfs::zoneinfo(run.machine()))?,
            Print::Buddyinfo => write!(out, "{}", procfs::buddyinfo(run.machine()))?,
            Print::Pressure => write!(out, "{}", procfs::pressure(run.machine()))?,
            Print::Log => write!(out, "{}", run.kernel_log())?,
            Print::Hash => writeln!(out, "{:016x}", run.machine().state_hash())?,
        }
    }
    Ok(true)
}

fn summary(run: &Run<NullSink>, scenario: &Scenario, out: &mut impl Write) -> Result<()> {
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
        writeln!(out, "  {} free {free} marks {:?} boost {}", zone.id, zone.watermark, zone.watermark_boost)?;
    }
    vmstat(run, out)
}

fn vmstat(run: &Run<NullSink>, out: &mut impl Write) -> Result<()> {
    for (event, count) in run.machine().vm_events().iter().filter(|&(_, count)| count != 0) {
        writeln!(out, "  {} {count}", event.name())?;
    }
    Ok(())
}
