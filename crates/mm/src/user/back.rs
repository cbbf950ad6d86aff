//! What a task does on its way back to user mode (`tracehook_notify_resume`): it reclaims for groups above `memory.high`,
//! and is slowed down.

use crate::event::Sink;
use crate::machine::Machine;
use crate::reclaim::memcg::OverHigh;
use crate::task::Task;
use crate::wait::Step;

/// The end of a fault or system call, once that is done but for this.
#[derive(Clone, Debug)]
pub(super) struct Back<T> {
    result: Option<T>,
    work: Option<Box<OverHigh>>,
}

impl<T> Default for Back<T> {
    fn default() -> Back<T> {
        Back { result: None, work: None }
    }
}

impl<T: Copy> Back<T> {
    /// What is left to do, if what the task came for is done; `None` if that is not.
    #[inline]
    pub(super) fn go_on<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Option<Step<T>> {
        let result = self.result?;
        Some(self.reclaim(machine, task, result))
    }

    /// What the task came for has come so far. Once it is done, what is left to do is begun.
    #[inline]
    pub(super) fn after<S: Sink>(&mut self, step: Step<T>, machine: &mut Machine<S>, task: &mut Task) -> Step<T> {
        match step {
            Step::Done(result) if task.memcg.over_high != 0 => {
                self.work = OverHigh::of(task).map(Box::new);
                self.result = Some(result);
                self.reclaim(machine, task, result)
            }
            step => step,
        }
    }

    #[cold]
    fn reclaim<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task, result: T) -> Step<T> {
        match self.work.as_mut().map(|work| work.resume(machine, task)) {
            Some(Step::Wait(wait)) => Step::Wait(wait),
            _ => {
                self.work = None;
                Step::Done(result)
            }
        }
    }
}
