//! The machine with its daemons and the processes of the load.

use super::Outcome;
use super::admin::Admin;
use super::job::Job;
use super::observer::{Observer, end_turn};
use super::setting::Setting;
use super::shell::Shell;
use super::speed::{Speed, cpu};
use crate::compare::error::CompareError;
use crate::compare::run::Run;
use buddyscope_mm::Machine;
use buddyscope_mm::daemon::Daemon;
use buddyscope_mm::io::DeviceSpec;
use buddyscope_mm::pfn::CpuId;
use buddyscope_mm::sched::{Activity, Class, ContextId, HZ, Program, Sched, Turned};
use buddyscope_mm::task::process::Pid;
use buddyscope_mm::vmstat::{NodeItem, VmEvent};
use buddyscope_mm::wait::{Step, Wait};
use std::cell::RefCell;
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
    Daemon(Daemon, u32, Speed),
    Shell(Box<Shell>),
    /// A command in the background, which begins when the shell has come so far.
    Job(Box<Job>, Rc<RefCell<Setting>>, usize),
}

pub(super) struct World {
    machine: Machine<Observer>,
    sched: Sched<Actor>,
    shell: ContextId,
    setting: Rc<RefCell<Setting>>,
    /// The jiffy by which the load has to be over.
    until: u64,
}

impl World {
    pub(super) fn new(run: &Run, mut machine: Machine<Observer>) -> Result<World, CompareError> {
        let speed = Speed::of(run);
        let swap_device = DeviceSpec { pages_per_second: Some(speed.swap), ..DeviceSpec::default() };
        let mut setting = Setting::default();
        setting.speed = speed;
        setting.cpu = cpu(&run.trace);
        setting.disk = machine.add_device(DeviceSpec::default());
        setting.swap = (run.swap_pages, machine.add_device(swap_device));
        machine.number_processes_from(Pid(SHELL));
        let setting = Rc::new(RefCell::new(setting));
        let mut sched = Sched::new(speed.scanned_per_jiffy);
        let now = machine.jiffies();
        for (n, daemon) in Daemon::all(&machine).into_iter().enumerate() {
            sched.spawn(Actor::Daemon(daemon, DAEMONS + n as u32, speed), now);
        }
        let shell = Shell::new(run.steps.clone(), Rc::clone(&setting), Admin::new(&run.start));
        let shell = sched.spawn(Actor::Shell(Box::new(shell)), now + SETTLE);
        for (n, step) in run.steps.iter().enumerate().filter(|(_, step)| step.background) {
            let job = Job::new(&mut machine, &step.command, &mut setting.borrow_mut())?;
            sched.spawn(Actor::Job(Box::new(job), Rc::clone(&setting), n), now);
        }
        let seconds = run.trace.entries.last().map_or(0, |entry| entry.micros / 1_000_000) + 1;
        Ok(World { machine, sched, shell, setting, until: now + seconds * HZ * MAX_DURATION })
    }

    /// Runs until the shell has done everything.
    pub(super) fn run(&mut self) -> Result<(), CompareError> {
        for _ in 0..MAX_TURNS {
            if self.sched.contexts()[self.shell.0 as usize].activity == Activity::Ended {
                return self.setting.borrow_mut().problem.take().map_or(Ok(()), Err);
            }
            let turned = self.sched.turn(&mut self.machine, self.until);
            end_turn(&mut self.machine);
            if turned == Turned::Idle {
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
}

/// Lets a daemon run for a jiffy: where it offers to yield it goes on as long as its time is not over (`cond_resched`).
/// It has to wait while the swap disk has as many pages to write as it takes.
fn run_slice(machine: &mut Machine<Observer>, daemon: &mut Daemon, speed: &Speed) -> Step<()> {
    let looked_at = |machine: &Machine<Observer>| -> u64 {
        let events = [VmEvent::PgScanAnon, VmEvent::PgScanFile, VmEvent::CompactMigrateScanned];
        events.into_iter().map(|event| machine.vm_events().get(event)).sum()
    };
    let slice = speed.scanned_per_jiffy.unwrap_or(0);
    let begin = looked_at(machine);
    loop {
        if in_writeback(machine) >= speed.swap_queue {
            return Step::Wait(Wait::Sleep(1));
        }
        let step = daemon.resume(machine);
        if step != Step::Wait(Wait::Yield) || looked_at(machine) - begin >= slice {
            return step;
        }
    }
}

/// Pages being written.
pub(super) fn in_writeback(machine: &Machine<Observer>) -> u64 {
    machine.nodes().iter().map(|node| node.stat.get(NodeItem::Writeback)).sum()
}

impl Program<Observer> for Actor {
    fn resume(&mut self, machine: &mut Machine<Observer>) -> Step<()> {
        let now = machine.jiffies();
        let (cpu, pid) = match self {
            Actor::Daemon(_, number, _) => (CpuId(0), *number),
            Actor::Shell(shell) => shell.identity(),
            Actor::Job(job, ..) => job.identity(),
        };
        machine.sink_mut().begin_turn(now, cpu, pid);
        match self {
            Actor::Daemon(daemon, _, speed) => run_slice(machine, daemon, speed),
            Actor::Shell(shell) => shell.resume(machine),
            Actor::Job(job, setting, step) => {
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

    fn class(&self) -> Class {
        match self {
            Actor::Daemon(daemon, ..) => Program::<Observer>::class(daemon),
            _ => Class::Task,
        }
    }
}
