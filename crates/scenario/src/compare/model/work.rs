//! One access to a page.

use super::observer::Observer;
use buddyscope_mm::Machine;
use buddyscope_mm::task::Task;
use buddyscope_mm::task::mm::{FileId, VmaId};
use buddyscope_mm::task::process::Pid;
use buddyscope_mm::user::{FaultOutcome, PageFault, ReadPage, WritePage};
use buddyscope_mm::wait::{Step, Wait};

/// An access under way.
pub(super) enum Access {
    Touch { pid: Pid, vma: VmaId, page: u64, write: bool, fault: Option<Box<PageFault>> },
    Read(Box<ReadPage>),
    Write(Box<WritePage>),
}

/// What an access came to.
pub(super) enum AccessOutcome {
    /// It is done; whether there was anything to do, or the first half of a page's two accesses.
    Done {
        work: bool,
    },
    Wait(Wait),
    /// The process has to end.
    Killed,
}

impl Access {
    pub(super) fn touch(pid: Pid, vma: VmaId, page: u64, write: bool) -> Access {
        Access::Touch { pid, vma, page, write, fault: None }
    }

    /// Reads a page in a call that wants so many pages from it on.
    pub(super) fn read(file: FileId, page: u32, request: u32) -> Access {
        Access::Read(Box::new(ReadPage::of_call(file, page, request)))
    }

    pub(super) fn write(file: FileId, page: u32) -> Access {
        Access::Write(Box::new(WritePage::new(file, page)))
    }

    pub(super) fn resume(&mut self, machine: &mut Machine<Observer>, task: &mut Task) -> AccessOutcome {
        let mut work = true;
        let step = match self {
            Access::Read(read) => read.resume(machine, task),
            Access::Write(write) => write.resume(machine, task),
            Access::Touch { pid, vma, page, write, fault } => {
                if fault.is_none() && machine.access(*pid, *vma, *page, *write) {
                    return AccessOutcome::Done { work: false };
                }
                work = *write;
                let new = || Box::new(PageFault::new(*pid, *vma, *page, *write));
                fault.get_or_insert_with(new).resume(machine, task)
            }
        };
        match step {
            Step::Wait(wait) => AccessOutcome::Wait(wait),
            Step::Done(FaultOutcome::Killed) => AccessOutcome::Killed,
            Step::Done(_) => AccessOutcome::Done { work },
        }
    }
}
