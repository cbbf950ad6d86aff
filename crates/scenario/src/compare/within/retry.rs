//! Whether another round of reclaim could let a request through (`should_reclaim_retry`).

use crate::compare::check::{Check, Tally};
use crate::compare::trace::{LoadEvent, Trace};
use buddyscope_mm::event::NullSink;
use buddyscope_mm::gfp::{AllocFlags, Gfp, gfp_zone};
use buddyscope_mm::{Machine, ZoneNumbers};
use std::collections::BTreeMap;

/// The verdict on each zone from the pages that the kernel says would be available, at the mark that it says it used.
pub(super) fn check(trace: &Trace, machine: &mut Machine<NullSink>) -> Option<Check> {
    let mut tally = Tally::default();
    let mut requests: BTreeMap<u32, Gfp> = BTreeMap::new();
    for (_, pid, event) in trace.events() {
        match *event {
            LoadEvent::DirectBegin { gfp, .. } => {
                requests.insert(pid, gfp);
            }
            LoadEvent::ReclaimRetry { zone, order: 0, available, min, ok, .. } => {
                let Some(&gfp) = requests.get(&pid) else { continue };
                let raw = machine.zones()[zone.index()].watermark[0];
                machine.set_zone_numbers(zone, ZoneNumbers { boost: min.saturating_sub(raw), ..Default::default() });
                let highest = gfp_zone(gfp) as u8;
                let check = machine.check_mark_with(zone, 0, highest, AllocFlags::WMARK_MIN, available as i64);
                let agrees = check.verdict.passed() == ok && check.mark as u64 == min;
                tally.add(agrees, || format!("{event:?}: {check:?}"));
            }
            _ => {}
        }
    }
    tally.check("reclaim worth another round: the mark, and whether a zone would pass")
}
