//! Memory cgroups and slab shrinkers, as recordings print them.

use buddyscope_mm::event::{MemcgEvent, SlabEvent};
use buddyscope_mm::{Machine, MemcgId};

/// The number that recordings give a group: the root is 1 there.
pub(crate) fn memcg_number(memcg: MemcgId) -> u16 {
    if memcg == MemcgId::ROOT { 1 } else { memcg.0 }
}

/// The line of a decision about a group; `None` for those that recordings do not tell.
pub(crate) fn memcg_line(event: &MemcgEvent) -> Option<String> {
    let MemcgEvent::Considered { memcg, usage, emin, elow, below_min, below_low, low_reclaim } = *event else {
        return None;
    };
    let flags = [below_min, below_low, low_reclaim].map(u8::from);
    Some(format!(
        "e memcg id={} usage={usage} emin={emin} elow={elow} below_min={} below_low={} low_reclaim={}",
        memcg_number(memcg),
        flags[0],
        flags[1],
        flags[2]
    ))
}

/// The line of a shrinker's decision.
pub(crate) fn slab_line<S: buddyscope_mm::event::Sink>(machine: &Machine<S>, event: &SlabEvent) -> String {
    match *event {
        SlabEvent::Start { shrinker, node, deferred, freeable, delta, total_scan, priority } => format!(
            "e shrink_slab_start {} nid={} nr_to_scan={deferred} cache={freeable} delta={delta} \
             total_scan={total_scan} prio={priority}",
            machine.shrinker_name(shrinker).unwrap_or_default(),
            node.0
        ),
        SlabEvent::End { shrinker, node, freed, deferred, new, total_scan } => format!(
            "e shrink_slab_end {} nid={} ret={freed} unused={deferred} new={new} total_scan={total_scan}",
            machine.shrinker_name(shrinker).unwrap_or_default(),
            node.0
        ),
    }
}
