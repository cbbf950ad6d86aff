//! The machine as it was: the log run again up to some point.

use super::Session;
use super::alloc_form::Request;
use super::command::Command;
use super::error::FieldError;
use super::state::{State, ask};
use buddyscope_mm::Answer;
use buddyscope_mm::event::Event;

/// Largest page state, in bytes, of which a copy is kept at once after a life.
const EAGER_BYTES: usize = 64 << 20;

/// A state to start running from, kept so that a long life need not be lived again each time.
pub(super) struct Anchor {
    /// Commands that have been run.
    at: usize,
    state: State,
}

impl Session {
    /// The state before request `nth` of the command at position `command`.
    ///
    /// # Errors
    /// [`FieldError`] only if a command that ran before is refused now, which would be a defect.
    pub(crate) fn past(&mut self, command: u32, nth: u32) -> Result<State, FieldError> {
        let command = (command as usize).min(self.log.len());
        let mut state = self.anchor(command)?;
        let from = self.anchor.as_ref().map_or(0, |anchor| anchor.at);
        for (at, earlier) in self.log.iter().enumerate().take(command).skip(from) {
            state.run(earlier, at as u32)?;
        }
        if let (Some(Command::Allocate { form }), 1..) = (self.log.get(command), nth) {
            let request = form.request(&state.machine)?;
            for earlier in 0..nth {
                state.allocate(&request, &form.policy, (command as u32, earlier));
            }
        }
        Ok(state)
    }

    /// Keeps a copy of the present state, unless it is large: then it is made when it is first needed.
    pub(super) fn drop_anchor(&mut self) {
        if self.machine().page_state_bytes() <= EAGER_BYTES {
            self.anchor = Some(Anchor { at: self.log.len(), state: self.state.clone() });
        }
    }

    /// A copy of the state after the last life that comes before the command.
    fn anchor(&mut self, command: usize) -> Result<State, FieldError> {
        let at = self.log[..command]
            .iter()
            .rposition(|earlier| matches!(earlier, Command::Age { .. }))
            .map_or(0, |at| at + 1);
        if let Some(anchor) = self.anchor.as_ref().filter(|anchor| anchor.at == at) {
            return Ok(anchor.state.clone());
        }
        let (from, mut state) = match self.anchor.take() {
            Some(earlier) if earlier.at < at => (earlier.at, earlier.state),
            _ => (0, self.origin.start()?),
        };
        for (position, earlier) in self.log.iter().enumerate().take(at).skip(from) {
            state.run(earlier, position as u32)?;
        }
        self.anchor = Some(Anchor { at, state: state.clone() });
        Ok(state)
    }

    /// The events of a request that ran before.
    ///
    /// # Errors
    /// As [`Session::past`].
    pub(crate) fn events_of_request(&mut self, command: u32, nth: u32) -> Result<Vec<Event>, FieldError> {
        let mut state = self.past(command, nth)?;
        let from = state.machine.sink().now();
        if let Some(Command::Allocate { form }) = self.log.get(command as usize) {
            let request = form.request(&state.machine)?;
            state.allocate(&request, &form.policy, (command, nth));
        }
        Ok(events_since(&state, from))
    }

    /// The events of a command that ran before.
    ///
    /// # Errors
    /// As [`Session::past`].
    pub(crate) fn events_of_command(&mut self, command: u32) -> Result<Vec<Event>, FieldError> {
        let mut state = self.past(command, 0)?;
        let from = state.machine.sink().now();
        if let Some(again) = self.log.get(command as usize) {
            state.run(again, command)?;
        }
        Ok(events_since(&state, from))
    }
}

fn events_since(state: &State, from: u64) -> Vec<Event> {
    state.machine.sink().since(from).map(|events| events.copied().collect()).unwrap_or_default()
}

impl State {
    /// Forgets who holds what, which no request depends on: copies get smaller.
    pub(crate) fn forget_owners(&mut self) {
        self.allocations = Default::default();
        self.background = Vec::new();
    }

    /// Makes one request without noting it. Where an interleave policy goes on does not matter to it.
    pub(crate) fn ask_once(&mut self, request: &Request) -> Answer {
        ask(&mut self.machine, request, "", &mut self.interleaved)
    }
}
