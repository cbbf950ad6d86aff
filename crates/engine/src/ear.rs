//! Hearing in full what happens in a while.

use buddyscope_mm::event::Event;

/// Keeps the events somebody wants between two moments.
#[derive(Clone, Debug, Default)]
pub struct Ear {
    wanted: Option<fn(&Event) -> bool>,
    events: Vec<Event>,
}

impl Ear {
    /// Keeps every event that is wanted from now on.
    pub fn listen(&mut self, wanted: fn(&Event) -> bool) {
        *self = Ear { wanted: Some(wanted), events: Vec::new() };
    }

    /// What was wanted since; nothing is kept from now on.
    pub fn heard(&mut self) -> Vec<Event> {
        core::mem::take(self).events
    }

    /// Takes an event.
    #[inline]
    pub fn hear(&mut self, event: &Event) {
        if self.wanted.is_some_and(|wanted| wanted(event)) {
            self.events.push(*event);
        }
    }
}
