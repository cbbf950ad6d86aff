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
    pub(super) fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task, rng: &mut Rng) -> Step<()> {
        let mut left = SLICE;
        loop {
            if self.pending.is_some() {
                match self.finish(machine, task) {
                    Step::Wait(wait) => return Step::Wait(wait),
                    Step::Done(FaultOutcome::Killed) => return Step::Done(()),
                    Step::Done(_) => {}
                }
            }
            if self.walk.passes() >= self.pacer.passes() {
                return Step::Done(());
            }
            let mut operations = match self.pacer.allowance(machine.jiffies()) {
                Allowance::Over => return Step::Done(()),
                Allowance::Wait(jiffies) => return Step::Wait(Wait::Sleep(jiffies)),
                Allowance::Operations(operations) => operations,
            };
            while operations > 0 && self.pending.is_none() && self.walk.passes() < self.pacer.passes() {
                if left == 0 {
                    return Step::Wait(Wait::Yield);
                }
                (left, operations) = (left - 1, operations - 1);
                self.pacer.note();
                let page = self.skip + self.walk.next(rng);
                self.begin(machine, page);
            }
        }
    }

    /// Accesses a page; what takes more than a moment stays pending.
    fn begin<S: Sink>(&mut self, machine: &mut Machine<S>, page: u64) {
        let index = page as u32;
        self.pending = match self.access {
            Access::Mapping { pid, vma, write } => {
                let mapped = machine.access(pid, vma, page, write);
                (!mapped).then(|| Pending::Fault(PageFault::new(pid, vma, page, write)))
            }
            Access::Read(file) => Some(Pending::Read(ReadPage::new(file, index))),
            Access::Write(file) => Some(Pending::Write(WritePage::new(file, index))),
        };
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
