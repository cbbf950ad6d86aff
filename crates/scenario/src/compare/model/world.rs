//! The machine with its daemons and the processes of the load.

use super::Outcome;
use super::admin::Admin;
use super::cfs::{Cfs, State, TICK};
use super::first_run::first_runs;
use super::job::Job;
use super::observer::{Observer, end_turn};
use super::pace::Paces;
use super::setting::Setting;
use super::shell::Shell;
use super::speed::{Speed, cpu};
use crate::compare::error::CompareError;
use crate::compare::run::Run;
use buddyscope_mm::Machine;
use buddyscope_mm::daemon::Daemon;
use buddyscope_mm::io::DeviceSpec;
use buddyscope_mm::pfn::{CpuId, NodeId};
use buddyscope_mm::sched::Program;
use buddyscope_mm::task::process::Pid;
use buddyscope_mm::vmstat::NodeItem;
use buddyscope_mm::wait::{Step, Wait};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Jiffies for the daemons to fall asleep before the load begins.
const SETTLE: u64 = 100;
/// Turns after which a run has to be stuck.
const MAX_TURNS: u64 = 5_000_000;
/// Times as long as the recorded run after which a run has to be stuck.
const MAX_DURATION: u64 = 10;
/// Process id of the shell: it is the first process.
const SHELL: u32 = 1;

/// Process ids of daemons, from here on.
const DAEMONS: u32 = 1_000_000;

/// Somebody who takes turns.
enum Actor {
    /// One of the kernel's own, with its process id.
    Daemon(Daemon, u32),
    Shell(Box<Shell>),
    /// A command in the background, which begins when the shell has come so far.
    Job(Box<Job>, usize),
}

pub(super) struct World {
    machine: Machine<Observer>,
    cfs: Cfs,
    actors: Vec<Actor>,
    shell: usize,
    setting: Rc<RefCell<Setting>>,
    /// What the first run of kswapd on each node takes besides looking at pages, in microseconds.
    first_runs: BTreeMap<NodeId, u64>,
    /// The time by which the load has to be over, in microseconds.
    until: u64,
}

impl World {
    pub(super) fn new(run: &Run, mut machine: Machine<Observer>) -> Result<World, CompareError> {
        let speed = Speed::of(run);
        let swap_device = DeviceSpec { pages_per_second: Some(speed.swap), ..DeviceSpec::default() };
        let mut setting = Setting::default();
        setting.speed = speed;
        setting.paces = Paces::of(run);
        setting.cpu = cpu(&run.trace);
        setting.disk = machine.add_device(DeviceSpec::default());
        setting.swap = (run.swap_pages, machine.add_device(swap_device));
        machine.number_processes_from(Pid(SHELL));
        let setting = Rc::new(RefCell::new(setting));
        let now = machine.jiffies() * TICK;
        let first_runs = first_runs(&run.trace, &speed, machine.cpus().len());
        let (mut cfs, mut actors) = (Cfs::new(machine.cpus().len(), now), Vec::new());
        for (n, daemon) in Daemon::all(&machine).into_iter().enumerate() {
            cfs.spawn(cpu_of(&machine, &daemon).index(), now);
            actors.push(Actor::Daemon(daemon, DAEMONS + n as u32));
        }
        let shell = Shell::new(run.steps.clone(), Rc::clone(&setting), Admin::new(&mut machine, &run.start));
        let place = setting.borrow().cpu.index();
        let shell_id = cfs.spawn(place, now + SETTLE * TICK);
        actors.push(Actor::Shell(Box::new(shell)));
        for (n, step) in run.steps.iter().enumerate().filter(|(_, step)| step.background) {
            let job = Job::new(&mut machine, &step.command, &mut setting.borrow_mut())?;
            cfs.spawn(job.identity().0.index(), now);
            actors.push(Actor::Job(Box::new(job), n));
        }
        let micros = run.trace.entries.last().map_or(0, |entry| entry.micros) + 1_000_000;
        Ok(World { machine, cfs, actors, shell: shell_id, setting, first_runs, until: now + micros * MAX_DURATION })
    }

    /// Runs until the shell has done everything.
    pub(super) fn run(&mut self) -> Result<(), CompareError> {
        for _ in 0..MAX_TURNS {
            if self.cfs.state(self.shell) == State::Ended {
                return self.setting.borrow_mut().problem.take().map_or(Ok(()), Err);
            }
            if !self.turn() {
                break;
            }
        }
        Err(CompareError::NotModeled("the load comes to no end".to_owned()))
    }

    pub(super) fn finish(self) -> Outcome {
        let mut machine = self.machine;
        let trace = core::mem::take(machine.sink_mut()).into_trace();
        Outcome { trace, machine }
    }

    /// What comes next: a transfer ends, a timeout runs out, or somebody runs. False if there is nothing, or it is late.
    fn turn(&mut self) -> bool {
        let io = self.machine.next_io().map(|jiffy| (jiffy * TICK, 0, 0));
        let timeout = self.cfs.next_timeout().map(|(at, id)| (at, 1, id));
        let runs = self.cfs.next_cpu().map(|(at, cpu)| (at, 2, cpu));
        let Some((at, kind, which)) = [io, timeout, runs].into_iter().flatten().min() else { return false };
        self.machine.run_io_until(at / TICK);
        match kind {
            0 => {}
            1 => self.cfs.wake(which, at),
            _ => self.let_run(which),
        }
        self.wake(at);
        at <= self.until
    }

    /// Wakes those whose wait is over.
    fn wake(&mut self, at: u64) {
        let over: Vec<usize> =
            self.cfs.waiting().filter(|(_, wait)| self.machine.wait_is_over(*wait)).map(|(id, _)| id).collect();
        for id in over {
            self.cfs.wake(id, at);
        }
    }

    /// Lets whose turn it is on a CPU run for a moment.
    fn let_run(&mut self, cpu: usize) {
        let Some(id) = self.cfs.choose(cpu) else { return };
        let now = self.cfs.now(cpu);
        let speed = self.setting.borrow().speed;
        let actor = &mut self.actors[id];
        if !actor.settle(id, &mut self.cfs) {
            return;
        }
        let (on, pid) = actor.identity(&self.machine);
        self.machine.sink_mut().begin_turn(now, on, pid);
        // Others always may want the CPU; whether they get it is decided afterwards.
        self.machine.set_need_resched(true);
        let before = speed.time_of_looks(&self.machine);
        let step = actor.resume(&mut self.machine, &self.setting);
        let mut time = actor.take_time() + speed.time_of_looks(&self.machine) - before;
        if let Some(node) = self.machine.sink_mut().kswapd_woke.take() {
            time += self.first_runs.remove(&node).unwrap_or(0);
        }
        end_turn(&mut self.machine);
        self.cfs.account(cpu, time);
        let now = self.cfs.now(cpu);
        match step {
            Step::Done(()) => self.cfs.leave(cpu, State::Ended),
            Step::Wait(Wait::Yield) => {}
            Step::Wait(wait) => {
                let until = wait.timeout().map(|jiffies| (now / TICK + u64::from(jiffies)) * TICK);
                self.cfs.leave(cpu, State::Waiting(wait, until));
            }
        }
    }
}

/// The CPU on which a daemon runs.
fn cpu_of(machine: &Machine<Observer>, daemon: &Daemon) -> CpuId {
    if let Daemon::Vmstat(worker) = daemon {
        return worker.cpu();
    }
    let cpu = machine.cpus().iter().find(|cpu| Some(cpu.node) == daemon.node());
    cpu.map_or(CpuId(0), |cpu| cpu.id)
}

/// Pages being written.
pub(super) fn in_writeback(machine: &Machine<Observer>) -> u64 {
    machine.nodes().iter().map(|node| node.stat.get(NodeItem::Writeback)).sum()
}

impl Actor {
    /// Brings its command and the scheduler to the same CPU; false if it has to wait for its turn on another one.
    fn settle(&mut self, id: usize, cfs: &mut Cfs) -> bool {
        let Some(job) = self.job() else { return true };
        let (bound, on) = (job.bound_to(), cfs.cpu_of(id));
        cfs.bind(id, bound.is_some());
        match bound {
            Some(cpu) if cpu.index() != on => {
                cfs.move_current(id, cpu.index());
                false
            }
            Some(_) => true,
            None => {
                job.run_on(CpuId(on as u16));
                true
            }
        }
    }

    fn job(&mut self) -> Option<&mut Job> {
        match self {
            Actor::Daemon(..) => None,
            Actor::Shell(shell) => shell.job(),
            Actor::Job(job, _) => Some(job),
        }
    }

    /// The CPU it runs on and its process id.
    fn identity(&self, machine: &Machine<Observer>) -> (CpuId, u32) {
        match self {
            Actor::Daemon(daemon, number) => (cpu_of(machine, daemon), *number),
            Actor::Shell(shell) => shell.identity(),
            Actor::Job(job, _) => job.identity(),
        }
    }

    fn resume(&mut self, machine: &mut Machine<Observer>, setting: &RefCell<Setting>) -> Step<()> {
        match self {
            // It has to wait while the swap disk has as many pages to write as it takes.
            Actor::Daemon(..) if in_writeback(machine) >= setting.borrow().speed.swap_queue => {
                Step::Wait(Wait::Sleep(1))
            }
            Actor::Daemon(daemon, _) => daemon.resume(machine),
            Actor::Shell(shell) => shell.resume(machine),
            Actor::Job(job, step) => {
                if setting.borrow().at <= *step {
                    return Step::Wait(Wait::Sleep(1));
                }
                let done = job.resume(machine);
                if done == Step::Done(()) {
                    setting.borrow_mut().running -= 1;
                }
                done
            }
        }
    }

    /// Microseconds that it has worked since it was last asked, not counting what looking at pages took.
    fn take_time(&mut self) -> u64 {
        match self {
            Actor::Daemon(..) => 0,
            Actor::Shell(shell) => shell.take_time(),
            Actor::Job(job, _) => job.take_time(),
        }
    }
}
