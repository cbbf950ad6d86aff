//! Everyone who runs: the kernel's daemons and the scenario's tasks.

use super::task::UserTask;
use buddyscope_mm::Machine;
use buddyscope_mm::daemon::Daemon;
use buddyscope_mm::event::Sink;
use buddyscope_mm::sched::{Class, Program};
use buddyscope_mm::wait::{Step, Wait};

/// A context's program.
#[derive(Clone, Debug)]
pub enum Actor {
    /// The kernel's.
    Daemon(Daemon),
    /// The scenario's.
    Task(Box<UserTask>),
}

impl<S: Sink> Program<S> for Actor {
    fn resume(&mut self, machine: &mut Machine<S>) -> Step<()> {
        match self {
            Actor::Daemon(daemon) => daemon.resume(machine),
            Actor::Task(task) => task.resume(machine),
        }
    }

    fn is_killed(&self, machine: &Machine<S>) -> bool {
        matches!(self, Actor::Task(task) if machine.is_killed(&task.task))
    }

    fn class(&self) -> Class {
        match self {
            Actor::Daemon(daemon) => Program::<S>::class(daemon),
            Actor::Task(_) => Class::Task,
        }
    }
}

/// What somebody waits for, in a word.
#[must_use]
pub const fn wait_name(wait: Wait) -> &'static str {
    match wait {
        Wait::Yield => "turn",
        Wait::Sleep(_) => "sleep",
        Wait::Congestion(_) | Wait::IfCongested(_) => "congestion",
        Wait::Throttle { .. } => "throttled",
        Wait::PageIo(_) => "I/O",
        Wait::CmaTurn(_) => "mutex",
        Wait::Kswapd { .. } | Wait::Kcompactd { .. } | Wait::Flusher { .. } | Wait::OomReaper | Wait::MemcgWork => {
            "idle"
        }
    }
}
