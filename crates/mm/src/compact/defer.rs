//! Deferral: after failures in a zone compaction is passed over for a while, twice as long each time.

use crate::event::{CompactEvent, Event, Sink, emit};
use crate::machine::Machine;
use crate::pfn::ZoneId;
use crate::zone::compact_state::CompactState;

/// At most 2 to this power attempts are passed over (`COMPACT_MAX_DEFER_SHIFT`).
const MAX_DEFER_SHIFT: u8 = 6;

impl CompactState {
    /// Whether an order has failed here; before the first success every order counts as failed.
    const fn failed(&self, order: u8) -> bool {
        order >= self.order_failed
    }
}

impl<S: Sink> Machine<S> {
    /// Notes a failure (`defer_compaction`).
    pub(crate) fn defer_compaction(&mut self, zone: ZoneId, order: u8) {
        let state = &mut self.zones[zone.index()].compact;
        state.considered = 0;
        state.order_failed = state.order_failed.min(order);
        state.defer_shift = MAX_DEFER_SHIFT.min(state.defer_shift + 1);
        emit!(
            self,
            self.deferral(zone, |considered, shift, failed| {
                CompactEvent::DeferCompaction { zone, order, considered, shift, failed }
            })
        );
    }

    /// Whether this attempt is passed over (`compaction_deferred`).
    pub(crate) fn compaction_deferred(&mut self, zone: ZoneId, order: u8) -> bool {
        let state = &mut self.zones[zone.index()].compact;
        if !state.failed(order) {
            return false;
        }
        let limit = 1u32 << state.defer_shift;
        state.considered += 1;
        if state.considered >= limit {
            state.considered = limit;
            return false;
        }
        emit!(
            self,
            self.deferral(zone, |considered, shift, failed| {
                CompactEvent::Deferred { zone, order, considered, shift, failed }
            })
        );
        true
    }

    /// Notes that a block was made, `success` if the request got it, too (`compaction_defer_reset`).
    pub(crate) fn compaction_defer_reset(&mut self, zone: ZoneId, order: u8, success: bool) {
        let state = &mut self.zones[zone.index()].compact;
        if success {
            (state.considered, state.defer_shift) = (0, 0);
        }
        if state.failed(order) {
            state.order_failed = order + 1;
        }
        emit!(
            self,
            self.deferral(zone, |considered, shift, failed| {
                CompactEvent::DeferReset { zone, order, considered, shift, failed }
            })
        );
    }

    /// Whether compaction begins anew after the longest deferral (`compaction_restarting`).
    pub(crate) fn compaction_restarting(&self, zone: ZoneId, order: i8) -> bool {
        let state = &self.zones[zone.index()].compact;
        let failed = u8::try_from(order).is_ok_and(|order| state.failed(order));
        failed && state.defer_shift == MAX_DEFER_SHIFT && state.considered >= 1 << state.defer_shift
    }

    fn deferral(&self, zone: ZoneId, event: impl FnOnce(u32, u8, u8) -> CompactEvent) -> Event {
        let state = &self.zones[zone.index()].compact;
        Event::Compact(event(state.considered, state.defer_shift, state.order_failed))
    }
}

#[cfg(test)]
mod tests {
    use crate::compact::testing::{ZONE, machine};

    #[test]
    fn each_failure_doubles_the_attempts_passed_over_up_to_64() {
        let mut machine = machine();
        for shift in [1, 2, 3, 4, 5, 6, 6] {
            machine.defer_compaction(ZONE, 9);
            let passed = (0..).take_while(|_| machine.compaction_deferred(ZONE, 9)).count();
            assert_eq!(passed, (1 << shift) - 1);
        }
        assert!(machine.compaction_restarting(ZONE, 9));
        assert!(!machine.compaction_restarting(ZONE, -1));
    }

    #[test]
    fn before_the_first_success_a_failure_defers_every_order() {
        let mut machine = machine();
        machine.defer_compaction(ZONE, 9);
        assert!(machine.compaction_deferred(ZONE, 1));
    }

    #[test]
    fn an_order_below_the_failed_ones_is_never_deferred() {
        let mut machine = machine();
        machine.compaction_defer_reset(ZONE, 9, true);
        machine.defer_compaction(ZONE, 4);
        assert!(!machine.compaction_deferred(ZONE, 3));
        assert!(machine.compaction_deferred(ZONE, 4));
        assert!(machine.zones[ZONE.index()].compact.order_failed == 4);
    }

    #[test]
    fn only_a_request_that_got_its_block_ends_the_deferral() {
        let mut machine = machine();
        machine.defer_compaction(ZONE, 4);
        machine.compaction_defer_reset(ZONE, 4, false);
        assert_eq!(machine.zones[ZONE.index()].compact.defer_shift, 1);
        assert_eq!(machine.zones[ZONE.index()].compact.order_failed, 5);
        machine.compaction_defer_reset(ZONE, 4, true);
        assert_eq!(machine.zones[ZONE.index()].compact.defer_shift, 0);
    }
}
