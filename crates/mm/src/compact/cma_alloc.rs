//! Taking pages in a row from a contiguous memory area (`cma_alloc`, mm/cma.c).

use super::contig::{AllocContig, ContigError};
use crate::audit::Held;
use crate::console::Notice;
use crate::event::Sink;
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::pfn::{MigrateType, Pfn};
use crate::task::Task;
use crate::wait::{Step, Wait, finish};

/// Taking pages from the first area that has them, which can pause while others take some or pages in the way are waited
/// for. Once begun it is to be resumed until it is done, by a task that is killed, too: that one gives up and gives its
/// range back.
#[derive(Clone, Debug)]
pub struct CmaAlloc {
    pages: u64,
    align: u8,
    /// The area that is looked at, and the page in it from where on.
    area: usize,
    from: usize,
    attempt: Option<Attempt>,
    /// How the last attempt ended.
    error: ContigError,
    /// Whether a part of the area that is looked at was busy.
    busy: bool,
}

/// A range that is marked, so that nobody else is given it.
#[derive(Clone, Debug)]
struct Attempt {
    /// Its place in the area.
    at: usize,
    turn: u32,
    run: AllocContig,
}

impl CmaAlloc {
    /// Pages in a row, the first one aligned to a block of order `align`.
    #[must_use]
    pub fn new(pages: u64, align: u8) -> CmaAlloc {
        CmaAlloc { pages, align, area: 0, from: 0, attempt: None, error: ContigError::NoMemory, busy: false }
    }

    /// Notes the pages that it keeps while it is paused.
    pub fn note_held(&self, held: &mut Held) {
        if let Some(attempt) = &self.attempt {
            attempt.run.note_held(held);
        }
    }

    /// Goes on; done with the first page, or the [`ContigError`] of the last part that was tried:
    /// [`ContigError::NoMemory`] if none is large enough, or there is no area.
    pub fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<Result<Pfn, ContigError>> {
        loop {
            let Some(attempt) = &mut self.attempt else {
                match self.next_attempt(machine) {
                    Some(attempt) => self.attempt = Some(attempt),
                    None => return Step::Done(Err(self.error)),
                }
                continue;
            };
            if !machine.is_cma_turn(attempt.turn) {
                return Step::Wait(Wait::CmaTurn(attempt.turn));
            }
            let taken = match attempt.run.resume(machine, task) {
                Step::Wait(wait) => return Step::Wait(wait),
                Step::Done(taken) => taken,
            };
            let (at, start) = (attempt.at, attempt.run.start());
            self.attempt = None;
            machine.cma.turns.next();
            if let Some(area) = machine.cma.areas.get_mut(self.area) {
                area.settle(at, self.pages, taken.is_ok());
            }
            match taken {
                Ok(()) => return Step::Done(Ok(start)),
                Err(error) => self.fail(machine, at, error),
            }
        }
    }

    /// Marks the next range that is free.
    fn next_attempt<S: Sink>(&mut self, machine: &mut Machine<S>) -> Option<Attempt> {
        loop {
            let area = machine.cma.areas.get_mut(self.area)?;
            let Some(at) = area.want(self.from, self.pages, self.align) else {
                // More than the whole area has is refused without a word.
                let told = self.pages <= area.pages();
                self.leave_area(machine, if self.busy { ContigError::Busy } else { ContigError::NoMemory }, told);
                continue;
            };
            let start = Pfn(area.base().0 + at as u64);
            let end = Pfn(start.0 + self.pages);
            let run = AllocContig::new(start, end, MigrateType::Cma, Gfp::GFP_KERNEL);
            return Some(Attempt { at, turn: machine.cma.turns.line_up(), run });
        }
    }

    /// Only a part that is busy is passed over for another of the same area.
    fn fail<S: Sink>(&mut self, machine: &mut Machine<S>, at: usize, error: ContigError) {
        self.error = error;
        if error == ContigError::Busy {
            (self.from, self.busy) = (at + (1 << self.align), true);
            return;
        }
        self.leave_area(machine, error, true);
        if error == ContigError::Interrupted {
            self.area = usize::MAX;
        }
    }

    /// The area does not give the range, which is logged if it is `told`.
    fn leave_area<S: Sink>(&mut self, machine: &mut Machine<S>, error: ContigError, told: bool) {
        if told {
            machine.print(Notice::Cma { pages: self.pages, errno: error.errno() });
        }
        (self.area, self.from, self.busy) = (self.area + 1, 0, false);
    }
}

impl<S: Sink> Machine<S> {
    /// Takes pages in a row, every wait passing at once. See [`CmaAlloc`].
    ///
    /// # Errors
    /// [`ContigError`]; [`ContigError::Busy`], too, while one that pauses is at it.
    pub fn cma_alloc(&mut self, task: &mut Task, pages: u64, align: u8) -> Result<Pfn, ContigError> {
        if self.cma.turns.is_taken() {
            return Err(ContigError::Busy);
        }
        let mut run = CmaAlloc::new(pages, align);
        let done = finish(|| run.resume(self, task));
        done.unwrap_or_else(|| interrupt(task, |task| run.resume(self, task)).unwrap_or(Err(ContigError::Busy)))
    }
}

/// Ends work that would go on for ever while nobody else runs, as a signal that kills the task does.
pub(super) fn interrupt<T>(task: &Task, mut resume: impl FnMut(&mut Task) -> Step<T>) -> Option<T> {
    let mut killed = Task { killed: true, ..task.clone() };
    finish(|| resume(&mut killed))
}
