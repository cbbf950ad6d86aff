//! What holds within a recording: the model's rules asked about the kernel's own numbers.

mod deferral;
mod kswapd;
mod retry;
mod totals;

use super::check::Check;
use super::run::Run;
use super::trace::Moment;
use buddyscope_mm::event::NullSink;
use buddyscope_mm::{Machine, ZoneNumbers};

/// All checks of a run that need no load to be repeated.
pub(super) fn checks(run: &Run) -> Vec<Check> {
    let mut asked = run.machine.clone();
    let mut checks = kswapd::checks(run, &mut asked);
    checks.extend(retry::check(run, &mut asked));
    checks.extend(deferral::check(run, &mut asked));
    checks.extend(totals::checks(run));
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
