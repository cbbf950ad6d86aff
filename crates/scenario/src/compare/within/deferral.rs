//! How compaction is put off (`defer_compaction`, `compaction_deferred`, `compaction_defer_reset`).

use crate::compare::check::{Check, Tally};
use crate::compare::run::Run;
use crate::compare::trace::LoadEvent;
use buddyscope_mm::Machine;
use buddyscope_mm::event::NullSink;
use buddyscope_mm::pfn::ZoneId;
use buddyscope_mm::zone::compact_state::CompactState;
use std::collections::BTreeSet;

/// What a deferral event says.
struct Deferral {
    zone: ZoneId,
    order: u8,
    considered: u32,
    shift: u8,
    failed: u8,
}

/// Each deferral event after a zone's first follows from the one before it.
pub(super) fn check(run: &Run, machine: &mut Machine<NullSink>) -> Option<Check> {
    let mut tally = Tally::default();
    let mut known = BTreeSet::new();
    for (_, _, event) in run.trace.events() {
        let Some((deferral, step)) = Deferral::of(event) else { continue };
        if known.insert(deferral.zone) {
            deferral.set(machine);
            continue;
        }
        let asked = step(machine, deferral.zone, deferral.order);
        let state = machine.zones()[deferral.zone.index()].compact;
        let model = (state.considered, state.defer_shift, state.order_failed);
        let kernel = (deferral.considered, deferral.shift, deferral.failed);
        tally.add(asked && model == kernel, || format!("{event:?}: {model:?}"));
        deferral.set(machine);
    }
    tally.check("compaction put off: attempts passed over, how many will be, and the order that failed")
}

/// What the model does at an event; false if it would not have told of it.
type Step = fn(&mut Machine<NullSink>, ZoneId, u8) -> bool;

impl Deferral {
    fn of(event: &LoadEvent) -> Option<(Deferral, Step)> {
        let deferral = |zone, order, considered, shift, failed| {
            let narrow = |number: i64| u8::try_from(number).unwrap_or_default();
            Deferral { zone, order: narrow(order), considered, shift: narrow(i64::from(shift)), failed: narrow(failed) }
        };
        let step: Step = match event {
            LoadEvent::CompactDeferred { .. } => Machine::passes_over_compaction,
            LoadEvent::CompactDefer { .. } => Machine::note_compaction_failure,
            _ => Machine::note_compaction_success,
        };
        match *event {
            LoadEvent::CompactDeferred { zone, order, considered, shift, failed }
            | LoadEvent::CompactDefer { zone, order, considered, shift, failed }
            | LoadEvent::CompactDeferReset { zone, order, considered, shift, failed } => {
                Some((deferral(zone, order, considered, shift, failed), step))
            }
            _ => None,
        }
    }

    fn set(&self, machine: &mut Machine<NullSink>) {
        let state = CompactState {
            considered: self.considered,
            defer_shift: self.shift,
            order_failed: self.failed,
            ..CompactState::default()
        };
        machine.set_compact_state(self.zone, state);
    }
}
