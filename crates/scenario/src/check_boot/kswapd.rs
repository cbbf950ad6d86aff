//! Counter thresholds that kswapd has changed by the time they were printed.

use buddyscope_mm::Machine;
use buddyscope_mm::event::NullSink;
use buddyscope_mm::zone::Zone;
use buddyscope_mm::zone::watermark::{calculate_normal_threshold, calculate_pressure_threshold};

/// What kswapd of a zone's node may have been doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kswapd {
    /// It sleeps, and may have been awake before.
    Asleep,
    /// Nothing is known.
    Unknown,
}

/// The model's threshold to compare with the kernel's.
///
/// Going to sleep, kswapd computes the normal threshold again, from the zone's size of that moment; waking, it sets
/// the one for pressure. Neither moment is in the recording, so where boot's value is not the kernel's, the value
/// stands that the zone would have after such a moment, if that is the kernel's.
pub(super) fn threshold(kernel: u64, boot: u64, zone: &Zone, machine: &Machine<NullSink>, kswapd: Kswapd) -> u64 {
    // Zones without a drift mark are left alone (`set_pgdat_percpu_threshold`).
    if kernel == boot || zone.percpu_drift_mark == 0 {
        return boot;
    }
    let cpus = machine.cpus().len();
    let normal = u64::from(calculate_normal_threshold(zone.managed_pages, cpus));
    let pressure = u64::from(calculate_pressure_threshold(zone, cpus));
    if kernel == normal || (kswapd == Kswapd::Unknown && kernel == pressure) { kernel } else { boot }
}
