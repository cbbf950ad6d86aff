//! Writing a file (`generic_perform_write`, `pagecache_get_page`).

use super::back::Back;
use super::fault::FaultOutcome;
use super::file_fill::{FileFill, MAPPING_GFP};
use super::new_page::NewPage;
use crate::event::Sink;
use crate::gfp::Gfp;
use crate::io::Storage;
use crate::io::cache::Slot;
use crate::machine::Machine;
use crate::pfn::Frame;
use crate::task::Task;
use crate::task::mm::FileId;
use crate::wait::{Step, Wait};

/// A page that a task writes as a whole.
#[derive(Clone, Debug)]
pub struct WritePage {
    file: FileId,
    index: u32,
    request: Option<Box<NewPage>>,
    fill: Option<Box<FileFill>>,
    /// Whether all is done but a pause for the pages that are dirty.
    written: bool,
    back: Back<FaultOutcome>,
}

impl WritePage {
    /// Writes a page of a file; the file grows if the page lies behind its end.
    #[must_use]
    pub fn new(file: FileId, index: u32) -> WritePage {
        WritePage { file, index, request: None, fill: None, written: false, back: Back::default() }
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
        loop {
            // A page that is on its way is waited for, so that it can be given back.
            let idle = self.request.is_none() && self.fill.as_ref().is_none_or(|fill| fill.is_idle());
            if idle && machine.is_killed(task) {
                return Step::Done(FaultOutcome::Killed);
            }
            if self.written {
                return Step::Done(FaultOutcome::Minor);
            }
            if let Some(request) = &mut self.request {
                match request.resume(machine, task) {
                    Step::Wait(wait) => return Step::Wait(wait),
                    Step::Done(None) => {
                        self.request = None;
                        return Step::Wait(Wait::Yield);
                    }
                    Step::Done(Some(frame)) => {
                        self.request = None;
                        self.take(machine, task, frame);
                        continue;
                    }
                }
            }
            if let Some(step) = self.look(machine, task) {
                return step;
            }
        }
    }

    fn look<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Option<Step<FaultOutcome>> {
        let (file, index) = (self.file, self.index);
        let Some(found) = machine.user.file_mut(file) else { return Some(Step::Done(FaultOutcome::BusError)) };
        found.pages = found.pages.max(index.saturating_add(1));
        let (mapping, storage) = (found.mapping, found.storage);
        match machine.cache_slot(mapping, index) {
            Slot::Page(frame) if machine.is_locked(frame) => return Some(Step::Wait(Wait::PageIo(frame))),
            Slot::Page(frame) => {
                machine.set_page_dirty(task.cpu, frame);
                self.written = true;
                let pause = match storage {
                    Storage::Disk(device) => machine.balance_dirty_pages(task.pid, device),
                    Storage::Shmem => None,
                };
                return Some(pause.map_or(Step::Done(FaultOutcome::Minor), |jiffies| Step::Wait(Wait::Sleep(jiffies))));
            }
            Slot::Swap(_) => {
                let fill = self.fill.get_or_insert_with(|| Box::new(FileFill::new(file, index)));
                return match fill.resume(machine, task) {
                    Step::Wait(wait) => Some(Step::Wait(wait)),
                    Step::Done(Some(_)) => None,
                    Step::Done(None) => Some(Step::Wait(Wait::Yield)),
                };
            }
            Slot::Empty | Slot::Shadow(_) => {}
        }
        let write = if storage == Storage::Shmem { Gfp::empty() } else { Gfp::WRITE };
        match NewPage::of_file(machine, task, MAPPING_GFP | write) {
            Ok(frame) => self.take(machine, task, frame),
            Err(request) => self.request = Some(request),
        }
        None
    }

    /// Puts the new page into the cache. A page that is written tells nothing about the working set.
    fn take<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task, frame: Frame) {
        let Some(mapping) = machine.user.file(self.file).map(|file| file.mapping) else {
            return machine.discard(task, Some(frame));
        };
        match machine.cache_slot(mapping, self.index) {
            Slot::Page(_) | Slot::Swap(_) => machine.discard(task, Some(frame)),
            old => {
                machine.add_to_page_cache(task.cpu, frame, self.file, self.index);
                machine.new_cache_page(task.cpu, frame, old, false);
            }
        }
    }
}
