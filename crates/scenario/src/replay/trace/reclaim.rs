//! Lines of reclaim.

use buddyscope_mm::event::{Event, ReclaimEvent};

/// Whether an event beside those of reclaim makes a line of it.
pub(super) fn is_told(_: &Event) -> bool {
    false
}

/// Writes the lines of reclaim.
#[derive(Default)]
pub(super) struct Writer {}

impl Writer {
    /// Takes the next event.
    pub(super) fn hear(&mut self, event: &Event, lines: &mut Vec<String>) {
        match *event {
            Event::Reclaim(ReclaimEvent::DirectBegin { order, gfp }) => {
                lines.push(format!("e direct_begin order={order} gfp={:#x}", gfp.bits()));
            }
            Event::Reclaim(ReclaimEvent::DirectEnd { reclaimed }) => {
                lines.push(format!("e direct_end reclaimed={reclaimed}"));
            }
            _ => {}
        }
    }

    /// No event follows.
    pub(super) fn end(&mut self, _: &mut Vec<String>) {}
}
