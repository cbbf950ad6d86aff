//! A run as a face shows it: where it is, what was decided, how levels moved.

mod gallery;
mod lane;
mod log;
mod samples;
mod scanners;
mod view;

pub use gallery::{ScenarioView, scenarios};
pub use lane::{LanePage, LaneView};
pub use log::{DecisionView, DecisionsView};
pub use samples::{ColumnView, SamplesView};
pub use view::{ContextView, NodeRunView, RunView};

use crate::export::{Format, Stop, to_text};
use crate::pagemap::Classes;
use crate::run::Run;
use crate::scenario::{HZ, Scenario};
use crate::session::{Allocations, FieldError, Trace};
use crate::view::Sight;
use buddyscope_mm::Machine;
use buddyscope_mm::sched::ContextId;
use lane::Verdicts;
use log::Log;
use samples::Samples;
use scanners::Scanners;

/// Milliseconds of a jiffy.
const JIFFY_MS: u64 = 1000 / HZ;
/// Turns that one step may take before it gives the page a breath.
const MAX_TURNS: u64 = 200_000;

/// Most rows of a series that is taken along, give or take one.
const MAX_EXPORTED_ROWS: u64 = 4096;

/// What a step goes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stride {
    /// The next decision.
    Decision,
    /// The end of the next context's turn.
    Context,
    /// The next jiffy.
    Jiffy,
}

impl Stride {
    /// The stride of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Stride> {
        Some(match name {
            "decision" => Stride::Decision,
            "context" => Stride::Context,
            "jiffy" => Stride::Jiffy,
            _ => return None,
        })
    }
}

/// A run that somebody watches.
pub struct Show {
    /// Its name, if it is one of the gallery.
    name: Option<&'static str>,
    scenario: Scenario,
    run: Run<Trace>,
    log: Log,
    verdicts: Verdicts,
    samples: Samples,
    scanners: Scanners,
    ran: Option<ContextId>,
    /// Turns of contexts so far.
    turns: u64,
    /// Decisions that have been shown; those of the last turn come one by one if wanted.
    shown: u64,
    version: u64,
    classes: Classes,
    nobody: Allocations,
}

impl Show {
    /// Begins a scenario file.
    ///
    /// # Errors
    /// [`FieldError`]; the field says where in the file it is, as in `line 12, task[0].do[1].rate`.
    pub fn start(text: &str) -> Result<Show, FieldError> {
        let scenario = Scenario::parse(text).map_err(|error| {
            let place = [format!("line {}", error.line), error.field].into_iter().filter(|part| !part.is_empty());
            FieldError::new(place.collect::<Vec<_>>().join(", "), error.message)
        })?;
        let mut run = Run::start(&scenario, Trace::default())?;
        run.machine_mut().sink_mut().listen(log::is_wanted);
        let samples = Samples::new(run.machine());
        Ok(Show {
            name: gallery::name_of(text),
            scenario,
            run,
            log: Log::default(),
            verdicts: Verdicts::default(),
            samples,
            scanners: Scanners::default(),
            ran: None,
            turns: 0,
            shown: 0,
            version: 0,
            classes: Classes::default(),
            nobody: Allocations::default(),
        })
    }

    /// The machine as it is now.
    #[must_use]
    pub fn machine(&self) -> &Machine<Trace> {
        self.run.machine()
    }

    /// What is to be seen of the machine.
    pub fn sight(&mut self) -> Sight<'_> {
        self.classes.update(self.run.machine(), &self.nobody);
        Sight {
            machine: self.run.machine(),
            allocations: &self.nobody,
            classes: &self.classes,
            title: &self.scenario.title,
            rebuilt: false,
            version: self.version,
        }
    }

    /// Goes `n` strides on.
    pub fn step(&mut self, stride: Stride, n: u64) {
        self.version += 1;
        for _ in 0..n {
            match stride {
                Stride::Decision => self.step_decision(),
                Stride::Context => self.step_context(),
                Stride::Jiffy => {
                    let next = self.run.now() + 1;
                    self.advance(next, MAX_TURNS);
                    self.shown = self.log.total();
                }
            }
        }
    }

    fn step_decision(&mut self) {
        let mut turns = 0;
        while self.shown >= self.log.total() && self.run.ended().is_none() && turns < MAX_TURNS {
            self.turn(u64::MAX);
            turns += 1;
        }
        self.shown = self.log.total().min(self.shown + 1);
    }

    fn step_context(&mut self) {
        let mut turns = 0;
        while self.run.ended().is_none() && turns < MAX_TURNS && !self.turn(u64::MAX) {
            turns += 1;
        }
        self.shown = self.log.total();
    }

    /// Goes on to a time, for so many turns at most.
    pub fn go_on(&mut self, until_ms: u64, turns: u64) {
        self.version += 1;
        self.advance(until_ms.div_ceil(JIFFY_MS), turns.min(MAX_TURNS));
        self.shown = self.log.total();
    }

    fn advance(&mut self, until: u64, turns: u64) {
        for _ in 0..turns {
            if self.run.ended().is_some() || self.run.now() >= until {
                break;
            }
            self.turn(until);
        }
    }

    /// One turn; says whether a context ran.
    fn turn(&mut self, until: u64) -> bool {
        let before = self.run.now();
        let ran = self.run.turn(until);
        let heard = {
            let sink = self.run.machine_mut().sink_mut();
            let heard = sink.heard();
            sink.listen(log::is_wanted);
            heard
        };
        if let Some(id) = ran {
            self.ran = Some(id);
            self.turns += 1;
            self.verdicts.note(&heard);
            self.scanners.note(self.run.now(), &heard, self.run.machine());
            self.log.note(self.run.now(), id, &heard);
        }
        if self.run.now() != before || self.samples.is_empty() {
            self.samples.note(&self.run, self.log.take_seen());
        }
        ran.is_some()
    }

    /// Where it is.
    #[must_use]
    pub fn view(&self) -> RunView {
        view::of(self)
    }

    /// Decisions from number `first` on.
    #[must_use]
    pub fn decisions(&self, first: u64, count: usize) -> DecisionsView {
        self.log.view(first, count, self.shown, self.run.machine())
    }

    /// How levels moved, from row `first` on.
    pub fn samples(&mut self, first: usize) -> SamplesView {
        self.samples.view(first)
    }

    /// The run up to now as a file for other tools: a [`Format`] by name, or `report` for the kernel's log.
    ///
    /// # Errors
    /// [`FieldError`] if there is no such format.
    pub fn export(&self, format: &str) -> Result<String, FieldError> {
        if format == "report" {
            return Ok(self.run.kernel_log());
        }
        let names = || FieldError::new("format", "ftrace, chrome, csv, json or report is expected");
        let format = Format::from_name(format).ok_or_else(names)?;
        let every = self.run.now() / MAX_EXPORTED_ROWS + 1;
        let stop = Stop { until: u64::MAX, turns: self.turns };
        to_text(&self.scenario, stop, every, format).map_err(|error| FieldError::new("run", error.to_string()))
    }

    /// The kernel's log, and files of /proc and of each node as they would read now.
    #[must_use]
    pub fn texts(&self) -> Vec<(String, String)> {
        let machine = self.run.machine();
        let mut texts = vec![
            ("dmesg".to_owned(), self.run.kernel_log()),
            ("vmstat".to_owned(), buddyscope_procfs::vmstat::of(machine).to_string()),
            ("zoneinfo".to_owned(), buddyscope_procfs::zoneinfo(machine)),
            ("buddyinfo".to_owned(), buddyscope_procfs::buddyinfo(machine)),
            ("pagetypeinfo".to_owned(), buddyscope_procfs::pagetypeinfo(machine)),
            ("pressure/memory".to_owned(), buddyscope_procfs::pressure(machine)),
        ];
        for node in machine.online_nodes().iter() {
            let (meminfo, numastat) =
                (buddyscope_procfs::nodes::meminfo(machine, node), buddyscope_procfs::vmstat::numastat(machine, node));
            texts.push((format!("node{node}/meminfo"), meminfo.to_string()));
            texts.push((format!("node{node}/numastat"), numastat.to_string()));
        }
        texts
    }
}
