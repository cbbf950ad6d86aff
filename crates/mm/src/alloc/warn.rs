//! Saying that a request failed (`warn_alloc`, mm/page_alloc.c).

use crate::alloc::AllocContext;
use crate::event::{Event, Sink, SlowEvent, emit};
use crate::gfp::Gfp;
use crate::machine::Machine;

impl<S: Sink> Machine<S> {
    /// Tells of a failure unless the request does not want that. Whoever prints it counts how often it may.
    pub(crate) fn warn_alloc(&mut self, ac: &AllocContext) {
        if !ac.gfp.contains(Gfp::NOWARN) {
            emit!(self, Event::Slow(SlowEvent::Warn { gfp: ac.gfp, order: ac.order, nodemask: ac.nodemask }));
        }
    }
}
