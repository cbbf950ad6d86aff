//! Reading a file (`generic_file_buffered_read`).

use super::back::Back;
use super::fault::FaultOutcome;
use super::file_fill::FileFill;
use crate::event::Sink;
use crate::io::Storage;
use crate::io::cache::Slot;
use crate::machine::Machine;
use crate::task::Task;
use crate::task::mm::FileId;
use crate::wait::{Step, Wait};

/// A page that a task reads.
#[derive(Clone, Debug)]
pub struct ReadPage {
    file: FileId,
    index: u32,
    /// Pages that the call still wants, this one included.
    request: u32,
    fill: Option<FileFill>,
    back: Back<FaultOutcome>,
}

impl ReadPage {
    /// Reads a page of a file.
    #[must_use]
    pub fn new(file: FileId, index: u32) -> ReadPage {
        ReadPage::of_call(file, index, 1)
    }

    /// Reads a page of a file in a call that wants so many pages from this one on (`read`).
    #[must_use]
    pub fn of_call(file: FileId, index: u32, request: u32) -> ReadPage {
        ReadPage { file, index, request: request.max(1), fill: None, back: Back::default() }
    }

    /// Goes on; done with how it ended.
    pub fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<FaultOutcome> {
        if let Some(step) = self.back.go_on(machine, task) {
            return step;
        }
        let step = self.call(machine, task);
        self.back.after(step, machine, task)
    }

    fn call<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<FaultOutcome> {
        // A page that is on its way is waited for, so that it can be given back.
        let idle = self.fill.as_ref().is_none_or(|fill| fill.is_idle());
        if let Some(outcome) = self.without_page(machine, task).filter(|_| idle) {
            if let Some(fill) = &mut self.fill {
                fill.submit(machine, task);
            }
            return Step::Done(outcome);
        }
        let (file, index, request) = (self.file, self.index, self.request);
        let fill = self.fill.get_or_insert_with(|| FileFill::of_call(file, index, request));
        match fill.resume(machine, task) {
            Step::Wait(wait) => Step::Wait(wait),
            Step::Done(Some(frame)) => {
                machine.mark_page_accessed(task.cpu, frame);
                if let Some(file) = machine.user.file_mut(file).filter(|_| request == 1) {
                    file.read_ahead.previous = index;
                }
                let major = fill.major;
                Step::Done(if major { FaultOutcome::Major } else { FaultOutcome::Minor })
            }
            Step::Done(None) => {
                // The call fails for lack of memory (ENOMEM); a reader that goes on tries again.
                self.fill = None;
                Step::Wait(Wait::Yield)
            }
        }
    }

    /// How it ends where no page is needed: a hole in shared memory reads as zeros and stays a hole.
    fn without_page<S: Sink>(&self, machine: &Machine<S>, task: &Task) -> Option<FaultOutcome> {
        if machine.is_killed(task) {
            return Some(FaultOutcome::Killed);
        }
        let Some(file) = machine.user.file(self.file).filter(|file| self.index < file.pages) else {
            return Some(FaultOutcome::BusError);
        };
        let hole = file.storage == Storage::Shmem && machine.cache_slot(file.mapping, self.index) == Slot::Empty;
        hole.then_some(FaultOutcome::Minor)
    }
}
