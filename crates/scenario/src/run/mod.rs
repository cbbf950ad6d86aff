//! Running a scenario in virtual time: its tasks and the kernel's daemons take turns on one machine.

mod access;
mod actor;
mod admin;

mod build;
mod burst;
mod pacer;
mod pattern;
mod slab;
mod task;

pub use actor::{Actor, wait_name};
pub use task::{News, UserTask};

use crate::scenario::{HZ, PolicySpec, Scenario, TaskSpec};
use crate::session::FieldError;
use buddyscope_mm::Machine;
use buddyscope_mm::daemon::Daemon;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::{CpuId, NodeMask};
use buddyscope_mm::rng::Rng;
use buddyscope_mm::sched::{ContextId, FIRST_JIFFY, Sched, Turned};
use buddyscope_mm::task::Task;
use buddyscope_mm::task::cpuset::{CpusetError, CpusetId};
use buddyscope_mm::task::mempolicy::{Mempolicy, PolicyFlags};
use build::World;
use std::sync::Arc;

/// Marks and failures that are remembered.
const MAX_NEWS: usize = 20_000;

/// A scenario that is running.
#[derive(Clone)]
pub struct Run<S> {
    machine: Machine<S>,
    sched: Sched<Actor>,
    /// The jiffy after which it ends.
    until: u64,
    /// The daemons are the first contexts, the tasks follow.
    daemons: usize,
    ended: Option<End>,
    news: Vec<(u64, ContextId, News)>,
}

/// Why a run is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Every task has ended.
    Finished,
    /// Its time is up.
    Time,
    /// Everybody waits for what nobody will do.
    Stuck,
    /// Tasks go round in circles and nothing changes any more.
    Livelock,
    /// The machine panicked.
    Panicked,
}

impl<S: Sink> Run<S> {
    /// The beginning of a scenario.
    ///
    /// # Errors
    /// [`FieldError`] naming the field that is wrong.
    pub fn start(scenario: &Scenario, sink: S) -> Result<Run<S>, FieldError> {
        let (mut machine, world) = build::build(scenario, sink)?;
        let cost = scenario.hardware.cost;
        machine.set_log_writer(buddyscope_procfs::report::print);
        let mut run = Run {
            sched: Sched::new(cost.scanned_per_jiffy),
            machine,
            until: FIRST_JIFFY + scenario.until.unwrap_or(u64::MAX - FIRST_JIFFY),
            daemons: 0,
            ended: None,
            news: Vec::new(),
        };
        for daemon in Daemon::all(&run.machine) {
            run.sched.spawn::<S>(Actor::Daemon(daemon), FIRST_JIFFY);
            run.daemons += 1;
        }
        let world = Arc::new(world);
        let mut seeds = Rng::new(scenario.seed);
        for (n, spec) in scenario.tasks.iter().enumerate() {
            let rng = Rng::new(seeds.next_u64());
            run.spawn(n, spec, &world, rng, cost.touched_per_jiffy)?;
        }
        Ok(run)
    }

    fn spawn(
        &mut self,
        n: usize,
        spec: &TaskSpec,
        world: &Arc<World>,
        rng: Rng,
        unpaced: u64,
    ) -> Result<(), FieldError> {
        let wrong = |field: &str, message: String| FieldError::new(format!("task[{n}].{field}"), message);
        let cpus = self.machine.cpus().len();
        if usize::from(spec.cpu) >= cpus {
            return Err(wrong("cpu", format!("{} given; the machine has {cpus} CPUs", spec.cpu)));
        }
        let memory = self.machine.memory_nodes();
        if spec.mems.is_some_and(|mems| !mems.intersects(memory)) {
            return Err(wrong("mems", "no node of these has memory".to_owned()));
        }
        let mut task = Task::new(CpuId(spec.cpu));
        task.realtime = spec.realtime;
        task.mems_allowed = memory;
        if let Some(mems) = spec.mems {
            self.confine(&spec.name, mems & memory, &mut task).map_err(|error| wrong("mems", error.to_string()))?;
        }
        if let Some(PolicySpec { mode, nodes }) = spec.policy {
            let policy = Mempolicy::new(mode, PolicyFlags::empty(), nodes, task.mems_allowed, memory);
            task.set_policy(policy.map_err(|error| wrong("policy", error.to_string()))?);
        }
        let actor = UserTask::new(&mut self.machine, spec, task, world, rng, unpaced);
        self.sched.spawn::<S>(Actor::Task(Box::new(actor)), FIRST_JIFFY + spec.start);
        Ok(())
    }

    /// Puts a task into a cpuset of its own.
    fn confine(&mut self, name: &str, mems: NodeMask, task: &mut Task) -> Result<(), CpusetError> {
        let cpusets = self.machine.cpusets_mut();
        let cpuset = cpusets.create(CpusetId::ROOT, name)?;
        cpusets.set_mems(cpuset, mems, [])?;
        cpusets.attach(cpuset, task)
    }

    /// The machine as it is now.
    #[must_use]
    pub fn machine(&self) -> &Machine<S> {
        &self.machine
    }

    /// The machine, to be configured or to have its sink emptied.
    pub fn machine_mut(&mut self) -> &mut Machine<S> {
        &mut self.machine
    }

    /// Everyone who runs or has run, by [`ContextId`].
    #[must_use]
    pub fn contexts(&self) -> &[buddyscope_mm::sched::Context<Actor>] {
        self.sched.contexts()
    }

    /// Jiffies since the beginning.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.machine.jiffies() - FIRST_JIFFY
    }

    /// Why it is over, once it is.
    #[must_use]
    pub fn ended(&self) -> Option<End> {
        self.ended
    }

    /// Marks and failures of tasks, the last ten thousand or so: when, whose, what.
    #[must_use]
    pub fn news(&self) -> &[(u64, ContextId, News)] {
        &self.news
    }

    /// What the kernel logged so far, as `dmesg` shows it; its clock is that of the run.
    #[must_use]
    pub fn kernel_log(&self) -> String {
        let mut text = String::new();
        for entry in self.machine.log() {
            let micros = (entry.jiffies - FIRST_JIFFY) * (1_000_000 / HZ);
            let time = format!("[{:>5}.{:06}]", micros / 1_000_000, micros % 1_000_000);
            entry.text.lines().for_each(|line| text.push_str(&format!("{time} {line}\n")));
        }
        text
    }

    /// Gives one context its turn, if it has one before jiffy `until` of the run. Tells which; `None` if none has, or
    /// only a transfer ended.
    pub fn turn(&mut self, until: u64) -> Option<ContextId> {
        let until = self.until.min(until.saturating_add(FIRST_JIFFY));
        match self.sched.turn(&mut self.machine, until) {
            Turned::Ran(id) => {
                self.after(id);
                Some(id)
            }
            Turned::Io => None,
            Turned::Idle => {
                self.end_if_over();
                None
            }
            Turned::Livelock => {
                self.ended = Some(End::Livelock);
                None
            }
        }
    }

    /// Runs up to a jiffy of the run, or `turns` turns, whichever comes first. Tells whether there is more to do before.
    pub fn run(&mut self, until: u64, turns: u64) -> bool {
        for _ in 0..turns {
            if self.ended.is_some() || self.now() >= until {
                return false;
            }
            let before = self.machine.jiffies();
            if self.turn(until).is_none() && self.machine.jiffies() == before && self.now() >= until {
                return false;
            }
        }
        self.ended.is_none() && self.now() < until
    }

    /// What a task left behind in its turn: children, news.
    fn after(&mut self, id: ContextId) {
        let now = self.now();
        let (mut children, mut news) = (Vec::new(), Vec::new());
        if let Some(Actor::Task(task)) = self.sched.program_mut(id) {
            core::mem::swap(&mut children, &mut task.children);
            core::mem::swap(&mut news, &mut task.news);
        }
        self.news.extend(news.into_iter().map(|news| (now, id, news)));
        if self.news.len() > MAX_NEWS {
            self.news.drain(..MAX_NEWS / 2);
        }
        for child in children {
            self.sched.spawn::<S>(Actor::Task(Box::new(child)), self.machine.jiffies());
        }
        if self.sched.contexts().len() > self.daemons && self.sched.alive() == self.daemons {
            self.ended = Some(End::Finished);
        }
    }

    fn end_if_over(&mut self) {
        if self.machine.jiffies() >= self.until {
            self.ended = Some(End::Time);
        } else if self.sched.next_turn().is_none() {
            self.ended = Some(End::Stuck);
        }
    }
}
