//! A decision by itself, without those around it and without a machine that knows names.

use super::marks;
use crate::sentence::{Args, fill};
use crate::tell::{fate_key, tell_alone};
use buddyscope_mm::event::{Event, ReclaimEvent};

/// What a decision is in English, if it can be told from its numbers alone.
#[must_use]
pub fn sentence(event: &Event) -> Option<String> {
    match event {
        Event::Watermark(check) => Some(marks::step(check, true).text),
        Event::Reclaim(ReclaimEvent::Decided { fate, .. }) => Some(fill(fate_key(*fate), &Args::new())),
        _ => tell_alone(event).map(|told| fill(told.key, &told.args)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use buddyscope_mm::event::PageFate;
    use buddyscope_mm::pfn::{NodeId, Pfn};

    #[test]
    fn what_numbers_alone_tell_has_a_sentence() {
        let sleep = Event::Reclaim(ReclaimEvent::KswapdSleep { node: NodeId(1) });
        assert_eq!(sentence(&sleep).as_deref(), Some("kswapd of node 1 goes to sleep."));
        let kept = Event::Reclaim(ReclaimEvent::Decided { pfn: Pfn(7), fate: PageFate::Locked });
        assert_eq!(sentence(&kept).as_deref(), Some("kept: somebody has locked it"));
        assert_eq!(sentence(&Event::Reclaim(ReclaimEvent::Stays { pfn: Pfn(7) })), None);
    }
}
