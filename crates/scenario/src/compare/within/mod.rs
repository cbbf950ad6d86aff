//! What holds within a recording: the model's rules asked about the kernel's own numbers.

mod deferral;
mod kswapd;
mod retry;
mod totals;

use super::check::Check;
use super::run::Run;
use super::trace::{Moment, Trace};
use buddyscope_mm::event::NullSink;
use buddyscope_mm::{Machine, ZoneNumbers};

/// All checks of a run that need no load to be repeated.
pub(super) fn checks(run: &Run) -> Vec<Check> {
    let mut checks = rules(&run.trace, &run.machine);
    checks.extend(deferral::check(run, &mut run.machine.clone()));
    checks.extend(totals::checks(run));
    checks
}

/// Rules that every trace keeps, a kernel's or the model's, of a machine that began like this one.
pub(super) fn rules(trace: &Trace, machine: &Machine<NullSink>) -> Vec<Check> {
    let mut asked = machine.clone();
    let mut checks = kswapd::checks(trace, &mut asked);
    checks.extend(retry::check(trace, &mut asked));
    checks
}

/// Gives the machine a sample's numbers.
fn set(machine: &mut Machine<NullSink>, moment: &Moment) {
    for zone in &moment.zones {
        let numbers = ZoneNumbers {
            free: zone.free,
            free_exact: zone.free_exact,
            free_cma: zone.free_cma,
            boost: zone.boost,
            highatomic: zone.highatomic,
        };
        machine.set_zone_numbers(zone.id, numbers);
    }
}
