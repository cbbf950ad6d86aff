//! Why: one sentence a step, with the numbers in it and the kernel function it happened in.
//!
//! Explanations are made from the events of one request or free. Where the events are gone, the session's log is run
//! again to the same point, which gives the same events.

#[cfg(feature = "show")]
mod alone;
mod free;
mod marks;
mod remedy;
mod step;
mod take;
mod walk;

pub use crate::sentence::{Arg, Args, Sentence, fill, templates};
pub use crate::tell::StepKind;
#[cfg(feature = "show")]
pub use alone::sentence;
#[cfg(feature = "reader")]
pub(crate) use marks::step as mark_step;
#[cfg(feature = "reader")]
pub(crate) use remedy::{Ahead, Change, attempt_all, families};
pub use step::{Remedy, Why, WhyStep};

use crate::session::{Command, FieldError, Session};
use buddyscope_mm::event::Event;

impl Session {
    /// Explains what became of a request, and if it failed, what would have helped.
    ///
    /// # Errors
    /// [`FieldError`] about `id` if there is no such request.
    pub fn why(&mut self, id: u32) -> Result<Why, FieldError> {
        let missing = || FieldError::new("id", format!("there is no allocation {id}"));
        let allocation = *self.allocations().get(id).ok_or_else(missing)?;
        let (from, to) = allocation.events;
        let events = match self.machine().sink().between(from, to) {
            Some(events) => events,
            None => self.events_of_request(allocation.command, allocation.nth)?,
        };
        let remedies = match (allocation.pfn, self.log().get(allocation.command as usize).cloned()) {
            (None, Some(Command::Allocate { form })) => {
                remedy::remedies(&form, &mut self.past(allocation.command, allocation.nth)?)
            }
            _ => Vec::new(),
        };
        Ok(explain(id, &events, self.has_cma(), remedies))
    }

    /// Explains how a block went back.
    ///
    /// # Errors
    /// [`FieldError`] about `id` if there is no such request, or its block has not been freed.
    pub fn why_free(&mut self, id: u32) -> Result<Why, FieldError> {
        let missing = || FieldError::new("id", format!("allocation {id} has not been freed"));
        let (command, (from, to)) = self.allocations().get(id).and_then(|it| it.freed).ok_or_else(missing)?;
        let after = self.past(command + 1, 0)?;
        let events = match self.machine().sink().between(from, to) {
            Some(events) => events,
            None => self.events_of_command(command)?,
        };
        let (steps, answer) = free::tell(&events, &after.machine);
        let answer = answer.unwrap_or_else(|| Sentence::new("answer.freed", Args::new()));
        Ok(Why::new(id, true, answer, steps, Vec::new()))
    }
}

/// An explanation of a request from its events. `has_cma`: the machine has contiguous areas.
#[must_use]
pub fn explain(id: u32, events: &[Event], has_cma: bool, remedies: Vec<Remedy>) -> Why {
    let (steps, answer) = walk::tell(events, has_cma);
    let ok = events.iter().any(|event| matches!(event, Event::AllocEnd { pfn: Some(_), .. }));
    let answer = answer.unwrap_or_else(|| Sentence::new("answer.noZone", Args::new()));
    Why::new(id, ok, answer, steps, remedies)
}
