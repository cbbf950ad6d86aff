//! `/proc/vmstat` (`vmstat_show`, mm/vmstat.c).

mod names;
mod of;

pub use names::EVENT_NAMES;
pub use of::{numastat, of};

use crate::counters::Counters;
use crate::zoneinfo::NODE_ITEMS;
use buddyscope_mm::vmstat::{NumaItem, ZoneItem};

/// The two limits of dirty memory (`global_dirty_limits`).
const THRESHOLDS: [&str; 2] = ["nr_dirty_threshold", "nr_dirty_background_threshold"];
/// Kept for old programs, always 0.
const UNSTABLE: &str = "nr_unstable";

/// All of `/proc/vmstat`: sums of the zones' and nodes' counters, and events since boot. Units are pages but for
/// `nr_kernel_stack` (kB) and events.
pub type VmStat = Counters;

/// The names that 5.10 prints, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    let counters = ZoneItem::NAMES.into_iter().chain(NumaItem::NAMES).chain(NODE_ITEMS);
    counters.chain(THRESHOLDS).chain(EVENT_NAMES).chain([UNSTABLE])
}

/// The file as 5.10 prints it, of the values that a function gives.
#[must_use]
pub fn vmstat(value: impl Fn(&str) -> u64) -> VmStat {
    Counters::new(names().map(|name| (name.to_owned(), value(name))).collect())
}
