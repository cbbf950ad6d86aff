//! Getting a page of a file into memory: from the cache, from its device, from swap, or as a page of zeros
//! (`filemap_fault`, `generic_file_buffered_read`, `page_cache_ra_unbounded`, `shmem_getpage_gfp`).

use super::fault::swap::SwapFill;
use super::new_page::NewPage;
use crate::event::Sink;
use crate::gfp::Gfp;
use crate::io::Storage;
use crate::io::cache::Slot;
use crate::io::read_ahead::Window;
use crate::io::swap::SwapSlot;
use crate::machine::Machine;
use crate::page::life::LifeFlags;
use crate::pfn::Frame;
use crate::task::Task;
use crate::task::mm::FileId;
use crate::wait::{Step, Wait};

/// Flags of a request for a page that a file's mapping describes (`mapping_gfp_mask`).
pub(crate) const MAPPING_GFP: Gfp = Gfp::GFP_HIGHUSER_MOVABLE;

/// A page on its way into memory.
#[derive(Clone, Debug)]
pub(crate) struct FileFill {
    file: FileId,
    index: u32,
    /// Pages that the call still wants; `None` for a fault.
    call: Option<u32>,
    /// Pages that are to be read.
    window: Window,
    /// Pages of the window that have been seen to.
    done: u32,
    /// Pages of the window that wait to be read together.
    batch: Vec<Frame>,
    request: Option<Box<NewPage>>,
    /// The page on its way from swap.
    swap: Option<Box<SwapFill>>,
    /// Whether the page is to be read by itself: reading ahead failed for lack of memory, or did not bring it.
    alone: bool,
    /// Whether what to read for it was chosen once.
    asked: bool,
    /// Whether the device was needed.
    pub(crate) major: bool,
}

impl FileFill {
    /// For a fault at a page.
    pub(crate) fn new(file: FileId, index: u32) -> FileFill {
        FileFill {
            file,
            index,
            call: None,
            window: Window::default(),
            done: 0,
            batch: Vec::new(),
            request: None,
            swap: None,
            alone: false,
            asked: false,
            major: false,
        }
    }

    /// For a call that wants so many pages from this one on.
    pub(crate) fn of_call(file: FileId, index: u32, request: u32) -> FileFill {
        FileFill { call: Some(request), ..FileFill::new(file, index) }
    }

    /// Goes on; done with the page, which is not locked, or without if there is no memory.
    pub(crate) fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<Option<Frame>> {
        loop {
            let frame = match &mut self.request {
                Some(request) => match request.resume(machine, task) {
                    Step::Wait(wait) => return Step::Wait(wait),
                    Step::Done(frame) => frame,
                },
                None => match self.look(machine, task) {
                    Look::Page(frame) => return Step::Done(Some(frame)),
                    Look::Wait(wait) => return Step::Wait(wait),
                    Look::NoMemory => return Step::Done(None),
                    Look::Request(gfp) => match NewPage::of_file(machine, task, gfp) {
                        // Nobody else ran meanwhile, so the place is as empty as it was.
                        Ok(frame) => {
                            self.put(machine, task, frame);
                            continue;
                        }
                        Err(request) => {
                            self.request = Some(request);
                            continue;
                        }
                    },
                    Look::Again => continue,
                },
            };
            self.request = None;
            if !self.take(machine, task, frame) {
                self.submit(machine, task);
                return Step::Done(None);
            }
        }
    }

    /// Whether no page is on its way.
    pub(crate) fn is_idle(&self) -> bool {
        self.request.is_none() && self.swap.as_ref().is_none_or(|swap| swap.is_idle())
    }

    /// Reads what was prepared, as when the task does not go on.
    pub(crate) fn submit<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task) {
        self.read_batch(machine, task);
        self.window = Window::default();
    }

    fn read_batch<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task) {
        let device = machine.user.file(self.file).and_then(|file| file.device()).unwrap_or_default();
        for frame in self.batch.drain(..) {
            machine.read_page(task.cpu, frame, device);
        }
    }

    fn look<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Look {
        if self.window.pages == 0 {
            return self.look_at_page(machine, task);
        }
        let Some((mapping, gfp)) = machine.user.file(self.file).map(|file| (file.mapping, file.gfp)) else {
            return Look::Again;
        };
        while self.done < self.window.pages {
            if machine.cache_slot(mapping, self.window.start + self.done).is_page() {
                // A page in between ends the batch before it.
                self.read_batch(machine, task);
                self.done += 1;
                continue;
            }
            // Pages that are not yet read are locked, so nothing may be written for the sake of more of them
            // (`memalloc_nofs_save`).
            let ahead = (gfp | Gfp::NORETRY | Gfp::NOWARN) - Gfp::FS;
            return Look::Request(if self.alone { gfp } else { ahead });
        }
        self.submit(machine, task);
        Look::Again
    }

    /// The page itself: here, on its way, or to be fetched.
    fn look_at_page<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Look {
        if let Some(swap) = self.swap.take() {
            return self.look_in_swap(machine, task, swap);
        }
        let Some(file) = machine.user.file(self.file) else { return Look::Again };
        let (mapping, storage) = (file.mapping, file.storage);
        match machine.cache_slot(mapping, self.index) {
            Slot::Page(frame) if self.reads_on(machine, frame) => Look::Again,
            Slot::Page(frame) if machine.is_locked(frame) => Look::Wait(Wait::PageIo(frame)),
            Slot::Page(frame) => Look::Page(frame),
            Slot::Swap(slot) => self.look_in_swap(machine, task, Box::new(SwapFill::of_shmem(SwapSlot(slot)))),
            _ if storage == Storage::Shmem => Look::Request(MAPPING_GFP),
            _ => {
                self.major = true;
                self.alone |= core::mem::replace(&mut self.asked, true);
                if !self.read_ahead(machine, false) {
                    self.window = Window { start: self.index, pages: 1, marker: None };
                    self.done = 0;
                }
                Look::Again
            }
        }
    }

    /// Chooses what to read for the page, which is not there, or which is there and marked. Says whether there is anything
    /// to read.
    fn read_ahead<S: Sink>(&mut self, machine: &mut Machine<S>, marked: bool) -> bool {
        let alone = Window { start: self.index, pages: 1, marker: None };
        let Some(file) = machine.user.file(self.file) else { return false };
        let (mapping, pages, mut ahead) = (file.mapping, file.pages, file.read_ahead);
        let cached = |page| machine.cache_slot(mapping, page).is_page();
        let window = match self.call {
            _ if self.alone || !ahead.is_on() => Some(alone),
            None if !marked => Some(ahead.around(self.index)),
            None => ahead.window(self.index, ahead.most(), marked, cached),
            Some(request) => ahead.window(self.index, request, marked, cached),
        };
        let Some(mut window) = window.filter(|window| window.start < pages) else { return false };
        window.pages = window.pages.min(pages - window.start);
        (self.window, self.done) = (window, 0);
        if let Some(file) = machine.user.file_mut(self.file) {
            file.read_ahead = ahead;
        }
        true
    }

    /// Whether a page that is there asks for more to be read behind it (`page_cache_async_ra`).
    fn reads_on<S: Sink>(&mut self, machine: &mut Machine<S>, frame: Frame) -> bool {
        let life = machine.mem.life_mut(frame);
        if !life.flags.contains(LifeFlags::RECLAIM) || life.flags.contains(LifeFlags::WRITEBACK) || self.alone {
            return false;
        }
        life.flags -= LifeFlags::RECLAIM;
        self.read_ahead(machine, true)
    }

    /// A page of shared memory that is in swap, read with the slots around it (`shmem_swapin_page`).
    fn look_in_swap<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task, mut swap: Box<SwapFill>) -> Look {
        let slot = swap.slot;
        let step = swap.resume(machine, task);
        self.major |= swap.major;
        let wait = match step {
            Step::Wait(wait) => wait,
            Step::Done(None) if machine.swap.is_readable(slot) => return Look::NoMemory,
            Step::Done(Some(frame)) if machine.is_shmem_in_swap(self.file, self.index, frame, slot) => {
                if !machine.mem.life(frame).flags.contains(LifeFlags::WRITEBACK) {
                    machine.shmem_swapin(task.cpu, frame, self.file, self.index, slot);
                    return Look::Page(frame);
                }
                Wait::PageIo(frame)
            }
            // Somebody else was faster.
            Step::Done(_) => return Look::Again,
        };
        self.swap = Some(swap);
        Look::Wait(wait)
    }

    /// Puts a new page where it is wanted; false if there is none.
    fn take<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task, frame: Option<Frame>) -> bool {
        let Some(frame) = frame else {
            // Without memory to read ahead the page alone is tried, with more effort.
            let had_only_ahead = self.window.pages > 0 && !self.alone;
            self.submit(machine, task);
            let had = core::mem::replace(&mut self.alone, true);
            return had_only_ahead && !had;
        };
        let Some(file) = machine.user.file(self.file) else {
            machine.discard(task, Some(frame));
            return false;
        };
        match machine.cache_slot(file.mapping, self.next_index()) {
            Slot::Page(_) | Slot::Swap(_) => {
                machine.discard(task, Some(frame));
                self.done += u32::from(self.window.pages > 0);
            }
            _ => self.put(machine, task, frame),
        }
        true
    }

    /// The page that is wanted next.
    fn next_index(&self) -> u32 {
        if self.window.pages > 0 { self.window.start + self.done } else { self.index }
    }

    /// Puts a new page into the cache.
    fn put<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task, frame: Frame) {
        let index = self.next_index();
        let old = machine.add_to_page_cache(task.cpu, frame, self.file, index);
        machine.new_cache_page(task.cpu, frame, old, true);
        if self.window.pages > 0 {
            machine.lock_page(frame);
            self.batch.push(frame);
            self.done += 1;
        }
        if self.window.marker == Some(index) {
            machine.mem.life_mut(frame).flags |= LifeFlags::RECLAIM;
        }
    }
}

/// What to do next.
enum Look {
    Page(Frame),
    Wait(Wait),
    Request(Gfp),
    NoMemory,
    Again,
}

impl Slot {
    fn is_page(self) -> bool {
        matches!(self, Slot::Page(_))
    }
}

impl<S: Sink> Machine<S> {
    /// Whether a page is being read.
    pub(crate) fn is_locked(&self, frame: Frame) -> bool {
        self.mem.life(frame).flags.contains(LifeFlags::LOCKED)
    }

    pub(crate) fn lock_page(&mut self, frame: Frame) {
        self.mem.life_mut(frame).flags |= LifeFlags::LOCKED;
    }

    /// A page that is new in a cache goes to a list; one that was there not long ago is active at once
    /// (`add_to_page_cache_lru`).
    pub(crate) fn new_cache_page(&mut self, cpu: crate::pfn::CpuId, frame: Frame, old: Slot, counts: bool) {
        if let (Slot::Shadow(shadow), true) = (old, counts) {
            self.refault(cpu, frame, shadow);
        }
        self.lru_cache_add(cpu, frame);
    }
}
