//! A task accesses pages: of a mapping, or of a file.

use super::pacer::{Allowance, Pacer};
use super::pattern::Walk;
use crate::scenario::Pattern;
use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::rng::Rng;
use buddyscope_mm::task::Task;
use buddyscope_mm::task::mm::{FileId, VmaId};
use buddyscope_mm::task::process::Pid;
use buddyscope_mm::user::{FaultOutcome, PageFault, ReadPage, WritePage};
use buddyscope_mm::wait::{Step, Wait};

/// Accesses after which others get their turn.
const SLICE: u32 = 256;

/// What is accessed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Access {
    Mapping { pid: Pid, vma: VmaId, write: bool },
    Read(FileId),
    Write(FileId),
}

/// An access that is under way.
#[derive(Clone, Debug)]
enum Pending {
    Fault(PageFault),
    Read(ReadPage),
    Write(WritePage),
}

/// Accesses in some order, at some pace.
#[derive(Clone, Debug)]
pub(super) struct Accesses {
    access: Access,
    walk: Walk,
    /// First page.
    skip: u64,
    pacer: Pacer,
    pending: Option<Pending>,
}

impl Accesses {
    pub(super) fn new(access: Access, pattern: Pattern, skip: u64, pages: u64, pacer: Pacer) -> Accesses {
        Accesses { access, walk: Walk::new(pattern, pages), skip, pacer, pending: None }
    }

    /// Goes on; done when everything was accessed as often as it should be, or its time is over.
    #[inline(never)]
    pub(super) fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task, rng: &mut Rng) -> Step<()> {
        let (mut left, mut operations) = (SLICE, 0);
        let mut step = self.finish(machine, task);
        loop {
            match step {
                Step::Wait(wait) => return Step::Wait(wait),
                Step::Done(FaultOutcome::Killed) => return Step::Done(()),
                Step::Done(_) => {}
            }
            if self.is_done() {
                return Step::Done(());
            }
            if operations == 0 {
                // What is due by now stays the same while nobody else runs.
                operations = match self.pacer.allowance(machine.jiffies()) {
                    Allowance::Over => return Step::Done(()),
                    Allowance::Wait(jiffies) => return Step::Wait(Wait::Sleep(jiffies)),
                    Allowance::Operations(operations) => operations,
                };
            }
            if left == 0 {
                return Step::Wait(Wait::Yield);
            }
            let done;
            (done, step) = self.go_through(machine, task, rng, operations.min(left.into()));
            (left, operations) = (left - done as u32, operations - done);
        }
    }

    /// Whether everything was accessed as often as it should be.
    fn is_done(&self) -> bool {
        self.walk.passes() >= self.pacer.passes()
    }

    /// Accesses the next pages, `due` at most, until one has to be waited for or ends the task. Says how many, and how the
    /// last one went.
    #[inline(never)]
    fn go_through<S: Sink>(
        &mut self,
        machine: &mut Machine<S>,
        task: &mut Task,
        rng: &mut Rng,
        due: u64,
    ) -> (u64, Step<FaultOutcome>) {
        let (access, passes) = (self.access, self.pacer.passes());
        let mut left = due;
        let mut step = Step::Done(FaultOutcome::Minor);
        while matches!(step, Step::Done(outcome) if outcome != FaultOutcome::Killed) {
            let Accesses { walk, skip, .. } = self;
            let mut next = || {
                if left == 0 || walk.passes() >= passes {
                    return None;
                }
                left -= 1;
                Some(*skip + walk.next(rng))
            };
            let page = match access {
                Access::Mapping { pid, vma, write } => machine.access_each(pid, vma, write, next),
                Access::Read(_) | Access::Write(_) => next(),
            };
            let Some(page) = page else { break };
            step = self.begin(machine, task, page);
        }
        self.pacer.note(due - left);
        (due - left, step)
    }

    /// Accesses a page that takes more than a moment; it stays pending while it waits.
    #[inline(never)]
    fn begin<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task, page: u64) -> Step<FaultOutcome> {
        let index = page as u32;
        match self.access {
            Access::Mapping { pid, vma, write } => {
                let mut fault = PageFault::new(pid, vma, page, write);
                let step = fault.resume(machine, task);
                self.keep(step, || Pending::Fault(fault))
            }
            Access::Read(file) => {
                let mut read = ReadPage::new(file, index);
                let step = read.resume(machine, task);
                self.keep(step, || Pending::Read(read))
            }
            Access::Write(file) => {
                let mut write = WritePage::new(file, index);
                let step = write.resume(machine, task);
                self.keep(step, || Pending::Write(write))
            }
        }
    }

    #[inline]
    fn keep(&mut self, step: Step<FaultOutcome>, pending: impl FnOnce() -> Pending) -> Step<FaultOutcome> {
        if let Step::Wait(_) = step {
            self.pending = Some(pending());
        }
        step
    }

    fn finish<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<FaultOutcome> {
        let step = match &mut self.pending {
            None => return Step::Done(FaultOutcome::Minor),
            Some(Pending::Fault(fault)) => fault.resume(machine, task),
            Some(Pending::Read(read)) => read.resume(machine, task),
            Some(Pending::Write(write)) => write.resume(machine, task),
        };
        if matches!(step, Step::Done(_)) {
            self.pending = None;
        }
        step
    }
}
