//! Hearing what the model decides in one operation, to compare it with what was recorded inside.

use buddyscope_engine::{Ear, Trace};
use buddyscope_mm::event::{Event, NullSink, Sink};

/// A sink that can keep all events of an operation.
pub trait Listen: Sink + Clone {
    /// Whether it really can.
    const CAN: bool;
    /// Keeps every event that is wanted from now on.
    fn listen(&mut self, wanted: fn(&Event) -> bool);
    /// What was wanted since; nothing is kept from now on.
    fn heard(&mut self) -> Vec<Event>;
}

/// Hears nothing, as befits recordings that tell operations alone.
impl Listen for NullSink {
    const CAN: bool = false;
    fn listen(&mut self, _: fn(&Event) -> bool) {}
    fn heard(&mut self) -> Vec<Event> {
        Vec::new()
    }
}

impl Listen for Trace {
    const CAN: bool = true;
    fn listen(&mut self, wanted: fn(&Event) -> bool) {
        Trace::listen(self, wanted);
    }
    fn heard(&mut self) -> Vec<Event> {
        Trace::heard(self)
    }
}

/// Listens and hands everything on.
#[derive(Clone, Debug, Default)]
pub struct Listener<S> {
    /// Where the events go.
    pub inner: S,
    ear: Ear,
}

impl<S> Listener<S> {
    /// A listener before another sink.
    pub fn new(inner: S) -> Listener<S> {
        Listener { inner, ear: Ear::default() }
    }
}

impl<S: Sink> Sink for Listener<S> {
    fn record(&mut self, event: Event) {
        self.ear.hear(&event);
        self.inner.record(event);
    }
}

impl<S: Sink + Clone> Listen for Listener<S> {
    const CAN: bool = true;
    fn listen(&mut self, wanted: fn(&Event) -> bool) {
        self.ear.listen(wanted);
    }
    fn heard(&mut self) -> Vec<Event> {
        self.ear.heard()
    }
}
