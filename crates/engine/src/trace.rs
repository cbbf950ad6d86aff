//! The sink: a ring of events that can be switched off for bulk work.

use crate::ear::Ear;
use buddyscope_mm::event::{Event, RingSink, Sink};

/// Events kept: enough for several thousand requests.
const CAPACITY: usize = 1 << 14;

/// A ring of the newest events.
#[derive(Clone, Debug)]
pub struct Trace {
    ring: RingSink,
    on: bool,
    /// Events that were not recorded, so that whoever follows the ring knows it missed some.
    missed: u64,
    /// What somebody wants to hear in full, and what he heard so far.
    ear: Ear,
}

impl Default for Trace {
    fn default() -> Self {
        Trace { ring: RingSink::new(CAPACITY), on: true, missed: 0, ear: Ear::default() }
    }
}

impl Trace {
    /// Switches recording on or off. Switching it off forgets what is in the ring.
    pub fn set_on(&mut self, on: bool) {
        self.on = on;
        self.missed += u64::from(!on) * (CAPACITY as u64 + 1);
    }

    /// Keeps every event that is wanted until [`Trace::heard`], beside the ring.
    pub fn listen(&mut self, wanted: fn(&Event) -> bool) {
        self.ear.listen(wanted);
    }

    /// What was wanted since [`Trace::listen`]; nothing is kept from now on.
    pub fn heard(&mut self) -> Vec<Event> {
        self.ear.heard()
    }

    /// The number the next event will have.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.ring.written() + self.missed
    }

    /// The events from number `from` up to `to`, oldest first; `None` if some of them are gone.
    #[must_use]
    pub fn between(&self, from: u64, to: u64) -> Option<Vec<Event>> {
        let first = from.checked_sub(self.missed).filter(|&first| first >= self.ring.oldest())?;
        Some(self.ring.since(first).take((to - from) as usize).copied().collect())
    }

    /// The events from number `from` on; `None` if some of them are gone.
    pub fn since(&self, from: u64) -> Option<impl Iterator<Item = &Event>> {
        let first = from.checked_sub(self.missed).filter(|&first| first >= self.ring.oldest())?;
        Some(self.ring.since(first))
    }
}

impl Sink for Trace {
    #[inline(always)]
    fn record(&mut self, event: Event) {
        if self.on {
            self.ring.record(event);
        }
        self.ear.hear(&event);
    }
}
