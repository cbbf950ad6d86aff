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
    /// Does what the task came for, unless that is done, and then what is left to do.
    pub(super) fn after<S: Sink>(
        &mut self,
        machine: &mut Machine<S>,
        task: &mut Task,
        call: impl FnOnce(&mut Machine<S>, &mut Task) -> Step<T>,
    ) -> Step<T> {
        let result = match self.result {
            Some(result) => result,
            None => match call(machine, task) {
                Step::Wait(wait) => return Step::Wait(wait),
                Step::Done(result) if task.memcg.over_high == 0 => return Step::Done(result),
                Step::Done(result) => {
                    self.work = OverHigh::of(task).map(Box::new);
                    self.result = Some(result);
                    result
                }
            },
        };
        match self.work.as_mut().map(|work| work.resume(machine, task)) {
            Some(Step::Wait(wait)) => Step::Wait(wait),
            _ => {
                self.work = None;
                Step::Done(result)
            }
        }
    }
}
