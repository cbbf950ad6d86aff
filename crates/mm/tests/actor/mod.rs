//! A process that tests let use memory.

use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::task::Task;
use buddyscope_mm::task::mm::VmaId;
use buddyscope_mm::task::process::Pid;
use buddyscope_mm::user::{FaultOutcome, PageFault};
use buddyscope_mm::wait::Step;

/// A process and its task.
pub(crate) struct Actor {
    pub(crate) task: Task,
    pub(crate) pid: Pid,
}

/// Touches a page; I/O takes no time on these machines, so every wait passes at once.
pub(crate) fn touch<S: Sink>(
    machine: &mut Machine<S>,
    actor: &mut Actor,
    vma: VmaId,
    page: u64,
    write: bool,
) -> FaultOutcome {
    if machine.access(actor.pid, vma, page, write) {
        return FaultOutcome::Minor;
    }
    let mut fault = PageFault::new(actor.pid, vma, page, write);
    for _ in 0..1000 {
        if let Step::Done(outcome) = fault.resume(machine, &mut actor.task) {
            return outcome;
        }
    }
    panic!("a fault that does not end");
}
