//! `/proc/vmstat`: what it says, how it is printed, and how it is read (`vmstat_show`, mm/vmstat.c).

mod names;

pub use names::EVENT_NAMES;

use crate::report::LogError;
use crate::zoneinfo::NODE_ITEMS;
use buddyscope_mm::vmstat::{NR_NUMA_ITEMS, NR_ZONE_ITEMS, NumaItem, ZoneItem};
use std::collections::BTreeMap;
use std::fmt::{Display, Formatter, Result as FmtResult};
use std::str::FromStr;

/// The two limits of dirty memory.
const THRESHOLDS: [&str; 2] = ["nr_dirty_threshold", "nr_dirty_background_threshold"];
/// Kept for old programs, always 0.
const UNSTABLE: &str = "nr_unstable";

/// All of `/proc/vmstat`. Units are pages but for `nr_kernel_stack` (kB) and events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VmStat {
    /// Sums of the zones' counters, by [`ZoneItem`].
    pub zone: [u64; NR_ZONE_ITEMS],
    /// Sums of the zones' NUMA counters, by [`NumaItem`].
    pub numa: [u64; NR_NUMA_ITEMS],
    /// Sums of the nodes' counters, by [`NODE_ITEMS`].
    pub node: [u64; NODE_ITEMS.len()],
    /// Dirty pages from which writers are slowed down (`global_dirty_limits`).
    pub dirty_threshold: u64,
    /// Dirty pages from which the flusher writes (`global_dirty_limits`).
    pub dirty_background_threshold: u64,
    /// Events since boot, by [`EVENT_NAMES`].
    pub events: [u64; EVENT_NAMES.len()],
}

impl Default for VmStat {
    fn default() -> VmStat {
        VmStat {
            zone: [0; NR_ZONE_ITEMS],
            numa: [0; NR_NUMA_ITEMS],
            node: [0; NODE_ITEMS.len()],
            dirty_threshold: 0,
            dirty_background_threshold: 0,
            events: [0; EVENT_NAMES.len()],
        }
    }
}

impl VmStat {
    /// Names and values in the order of the file.
    pub fn items(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let thresholds = [self.dirty_threshold, self.dirty_background_threshold];
        let zone = ZoneItem::NAMES.into_iter().zip(self.zone);
        let numa = NumaItem::NAMES.into_iter().zip(self.numa);
        let node = NODE_ITEMS.into_iter().zip(self.node);
        let events = EVENT_NAMES.into_iter().zip(self.events);
        zone.chain(numa).chain(node).chain(THRESHOLDS.into_iter().zip(thresholds)).chain(events).chain([(UNSTABLE, 0)])
    }

    /// The value of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<u64> {
        self.items().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

impl Display for VmStat {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        self.items().try_for_each(|(name, value)| writeln!(f, "{name} {value}"))
    }
}

/// Reads the file of a 5.10 kernel in any order. Names of other configurations are passed over.
impl FromStr for VmStat {
    type Err = LogError;

    fn from_str(text: &str) -> Result<VmStat, LogError> {
        let mut values = BTreeMap::new();
        for (line, number) in text.lines().zip(1..) {
            if line.trim().is_empty() {
                continue;
            }
            let (name, value) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
            let value: u64 = value.parse().map_err(|_| LogError::new(number, name, "a number", value))?;
            if values.insert(name, value).is_some() {
                return Err(LogError::new(number, name, "each name once", line));
            }
        }
        let end = text.lines().count() + 1;
        let mut value = |name: &str| match values.remove(name) {
            Some(value) => Ok(value),
            None => Err(LogError::new(end, name, "its value before it", "the end of the text")),
        };
        let mut stat = VmStat::default();
        fill(&mut stat.zone, &ZoneItem::NAMES, &mut value)?;
        fill(&mut stat.numa, &NumaItem::NAMES, &mut value)?;
        fill(&mut stat.node, &NODE_ITEMS, &mut value)?;
        [stat.dirty_threshold, stat.dirty_background_threshold] = [value(THRESHOLDS[0])?, value(THRESHOLDS[1])?];
        fill(&mut stat.events, &EVENT_NAMES, &mut value)?;
        Ok(stat)
    }
}

fn fill(
    places: &mut [u64],
    names: &[&str],
    value: &mut impl FnMut(&str) -> Result<u64, LogError>,
) -> Result<(), LogError> {
    places.iter_mut().zip(names).try_for_each(|(place, name)| value(name).map(|value| *place = value))
}
