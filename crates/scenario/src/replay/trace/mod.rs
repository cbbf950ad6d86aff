//! The decisions inside a block, line by line: what the model decided, in the words of recordings.
//!
//! Each area has its own writer, which gets every event in turn and writes the lines of its own.

pub(in crate::replay) mod compact;
mod lines;
pub(crate) mod memcg;
mod reclaim;
mod slow;

pub use lines::{Difference, event_deltas, first_difference};

use buddyscope_mm::Machine;
use buddyscope_mm::event::{Event, Sink};
use buddyscope_mm::vmstat::VmEvents;

/// Whether an event can make a line, or ends one.
pub(super) fn is_told(event: &Event) -> bool {
    match event {
        Event::AllocBegin { .. }
        | Event::AllocEnd { .. }
        | Event::Walk { .. }
        | Event::WakeKswapd { .. }
        | Event::Steal { .. }
        | Event::Free { .. }
        | Event::Slow(_)
        | Event::Reclaim(_)
        | Event::Slab(_)
        | Event::Memcg(_)
        | Event::Compact(_)
        | Event::Oom(_) => true,
        _ => compact::is_told(event) || reclaim::is_told(event),
    }
}

/// What the events of a block happened in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Around {
    /// An allocation: requests within it are reclaim's own.
    Request,
    /// A run of reclaim: all requests are its own.
    Run,
}

/// The lines of an operation's events.
pub(super) fn write<S: Sink>(machine: &Machine<S>, events: &[Event], around: Around) -> Vec<String> {
    let mut lines = Vec::new();
    let slow = match around {
        Around::Request => slow::Writer::default(),
        Around::Run => slow::Writer::for_run(),
    };
    let (mut reclaim, mut compact, mut slow) = (reclaim::Writer::default(), compact::Writer::default(), slow);
    for event in events {
        reclaim.hear(event, &mut lines);
        compact.hear(event, &mut lines);
        slow.hear(event, &mut lines);
        match event {
            Event::Memcg(event) => lines.extend(memcg::memcg_line(event)),
            Event::Slab(event) => lines.push(memcg::slab_line(machine, event)),
            _ => {}
        }
    }
    reclaim.end(&mut lines);
    lines
}

/// The `v` line: what was counted between two moments.
pub(super) fn counted(before: &VmEvents, after: &VmEvents) -> String {
    let mut line = "v".to_owned();
    for ((event, before), (_, after)) in before.iter().zip(after.iter()).filter(|(before, after)| before.1 != after.1) {
        line += &format!(" {}={}", event.name(), after.wrapping_sub(before) as i64);
    }
    line
}
