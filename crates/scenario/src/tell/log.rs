//! Which decisions the log of a run tells.

use super::{Told, compact, daemon, huge, memcg, oom, reclaim, slow};
use crate::session::Trace;
use buddyscope_mm::Machine;
use buddyscope_mm::event::{CompactEvent, Event, SlabEvent, SlowEvent, Wakeup};

/// Whether an event is a decision to be told; single pages are shown on the lanes instead.
pub(crate) fn is_told(event: &Event) -> bool {
    match event {
        Event::Reclaim(event) => reclaim::is_told(event),
        // kcompactd looks around every half second and mostly goes back to sleep.
        Event::Compact(event) => !matches!(
            event,
            CompactEvent::Migrate { .. }
                | CompactEvent::MigratePages { .. }
                | CompactEvent::Migrated { .. }
                | CompactEvent::KcompactdSleep { .. }
        ),
        Event::Slow(event) => !matches!(event, SlowEvent::Walked { .. } | SlowEvent::DrainCpu { .. }),
        Event::WakeKswapd { wakeup, .. } => *wakeup != Wakeup::AlreadyAwake,
        Event::Memcg(event) => memcg::is_told(event),
        Event::Slab(event) => matches!(event, SlabEvent::End { freed: 1.., .. }),
        Event::Huge(_) | Event::Oom(_) | Event::Steal { .. } | Event::Boost { .. } => true,
        Event::AllocEnd { pfn, .. } => pfn.is_none(),
        _ => false,
    }
}

/// What to say of an event of a machine, if it is told.
pub(crate) fn tell(event: &Event, machine: &Machine<Trace>) -> Option<Told> {
    match *event {
        Event::Oom(event) => Some(oom::tell(event, machine)),
        Event::Memcg(event) => Some(memcg::tell(event, machine)),
        Event::Slab(event) => {
            let (SlabEvent::Start { shrinker, .. } | SlabEvent::End { shrinker, .. }) = event;
            reclaim::slab(event, machine.shrinker_name(shrinker).unwrap_or("slab"))
        }
        _ => tell_alone(event),
    }
}

/// What to say of an event in which nobody has a name that its machine alone knows.
pub(crate) fn tell_alone(event: &Event) -> Option<Told> {
    match *event {
        Event::Reclaim(event) => reclaim::tell(event),
        Event::Compact(event) => compact::tell(event),
        Event::Slow(event) => slow::tell(event),
        Event::Huge(event) => Some(huge::tell(event)),
        _ => daemon::tell(event),
    }
}
