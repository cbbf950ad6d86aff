//! Running a scenario again for those who want to write down what happens.

use super::Output;
use super::batch::{FreeBatch, OnCpu};
use super::traced::{Tracer, flags, is_traced};
use super::waits::Waits;
use super::who::Who;
use crate::run::Run;
use crate::scenario::{HZ, Scenario};
use crate::session::{FieldError, Trace};
use buddyscope_mm::event::{Event, ReclaimEvent};
use buddyscope_mm::sched::ContextId;
use buddyscope_procfs::trace::{TraceEvent, TraceLine};
use std::io;
use thiserror::Error;

/// Microseconds of a jiffy.
const JIFFY_US: u64 = 1_000_000 / HZ;

/// Why there is nothing to take along.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The scenario cannot be begun.
    #[error(transparent)]
    Scenario(#[from] FieldError),
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// Where the run ends at the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Jiffy of the run.
    pub until: u64,
    /// Turns of contexts.
    pub turns: u64,
}

/// A group of tracepoints: a folder of `events/` in tracefs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Page allocation.
    Kmem,
    /// Reclaim.
    Vmscan,
    /// Compaction.
    Compaction,
    /// The OOM killer, and whether to try again before it.
    Oom,
    /// Waiting for writeback.
    Writeback,
    /// Pages that get to LRU lists.
    Pagemap,
}

impl Group {
    /// All of them.
    pub const ALL: [Group; 6] =
        [Group::Kmem, Group::Vmscan, Group::Compaction, Group::Oom, Group::Writeback, Group::Pagemap];

    fn of(event: &TraceEvent) -> Option<Group> {
        Some(match event {
            TraceEvent::Kmem(_) => Group::Kmem,
            TraceEvent::Vmscan(_) => Group::Vmscan,
            TraceEvent::Compaction(_) => Group::Compaction,
            TraceEvent::Oom(_) => Group::Oom,
            TraceEvent::Writeback(_) => Group::Writeback,
            TraceEvent::Pagemap(_) => Group::Pagemap,
            TraceEvent::Isolation(_) => return None,
        })
    }
}

/// Runs a scenario up to some point and hands what happens to the outputs, tracepoints of the groups only.
///
/// # Errors
/// [`ExportError`].
pub fn record(
    scenario: &Scenario,
    stop: Stop,
    groups: &[Group],
    outputs: &mut [Box<dyn Output + '_>],
) -> Result<Run<Trace>, ExportError> {
    let mut run = Run::start(scenario, Trace::default())?;
    run.machine_mut().sink_mut().set_on(false);
    let wants_lines = outputs.iter().any(|output| output.wants_lines());
    let mut recorder =
        Recorder { tracer: Tracer::default(), clock: Clock::default(), waits: Waits::default(), groups, outputs };
    recorder.moment(&run)?;
    let mut turns = 0;
    while run.ended().is_none() && run.now() < stop.until && turns < stop.turns {
        let before = run.now();
        if wants_lines {
            run.machine_mut().sink_mut().listen(is_traced);
        }
        let ran = run.turn(stop.until);
        turns += u64::from(ran.is_some());
        let heard = run.machine_mut().sink_mut().heard();
        recorder.lines(&run, ran, &heard)?;
        if run.now() != before {
            recorder.moment(&run)?;
        }
    }
    recorder.end(&run)?;
    Ok(run)
}

struct Recorder<'a, 'b> {
    tracer: Tracer,
    clock: Clock,
    waits: Waits,
    groups: &'a [Group],
    outputs: &'a mut [Box<dyn Output + 'b>],
}

impl Recorder<'_, '_> {
    fn lines(&mut self, run: &Run<Trace>, ran: Option<ContextId>, heard: &[Event]) -> io::Result<()> {
        let waited = ran.and_then(|id| self.waits.end(id, run.now()));
        if let Some((id, context)) = ran.and_then(|id| Some((id, run.contexts().get(id.0 as usize)?))) {
            self.waits.note(id, context.activity, run.now());
        }
        if heard.is_empty() && waited.is_none() {
            return Ok(());
        }
        let context = ran.and_then(|id| Some((run.contexts().get(id.0 as usize)?, id)));
        let who = context.map_or_else(Who::idle, |(context, id)| Who::of(context, id, run.machine()));
        let mut batch = FreeBatch::default();
        let mut traced: Vec<OnCpu> = waited.map(|event| (who.cpu, event)).into_iter().collect();
        for event in heard {
            if let Event::Reclaim(ReclaimEvent::FreeBatch { pages }) = *event {
                batch.begin(pages);
            }
            let cpu = cpu_of(event).unwrap_or(who.cpu);
            let event = self.tracer.trace(ran, event, run.machine());
            traced.extend(event.into_iter().flat_map(|event| batch.pass((cpu, event))));
        }
        traced.append(&mut batch.end());
        for (cpu, event) in traced {
            if !Group::of(&event).is_some_and(|group| self.groups.contains(&group)) {
                continue;
            }
            let line = TraceLine {
                comm: who.comm.clone(),
                pid: who.pid,
                cpu,
                flags: flags(&event, ran.is_none()).to_owned(),
                micros: self.clock.next(run.now()),
                event,
            };
            self.outputs.iter_mut().try_for_each(|output| output.line(&line))?;
        }
        Ok(())
    }

    fn moment(&mut self, run: &Run<Trace>) -> io::Result<()> {
        self.outputs.iter_mut().try_for_each(|output| output.moment(run.now(), run.machine()))
    }

    fn end(&mut self, run: &Run<Trace>) -> io::Result<()> {
        self.outputs.iter_mut().try_for_each(|output| output.end(run.machine()))
    }
}

/// The CPU of what is done with a CPU's own pages: when all are drained, each CPU does so itself.
fn cpu_of(event: &Event) -> Option<u32> {
    match event {
        Event::Free { cpu, .. } | Event::PcpDrain { cpu, .. } => Some(cpu.0.into()),
        _ => None,
    }
}

/// The time of tracepoints. Work takes no time within a jiffy; each tracepoint comes a microsecond after the one before
/// it, as long as the jiffy has room, so that tools that sort by time keep their order.
#[derive(Clone, Copy, Debug, Default)]
struct Clock {
    jiffy: u64,
    micros: u64,
}

impl Clock {
    fn next(&mut self, jiffy: u64) -> u64 {
        if jiffy != self.jiffy {
            *self = Clock { jiffy, micros: 0 };
        }
        let time = jiffy * JIFFY_US + self.micros;
        self.micros = (self.micros + 1).min(JIFFY_US - 1);
        time
    }
}
