//! /proc/vmstat and a node's numastat of a machine.

use super::{THRESHOLDS, VmStat, vmstat};
use crate::counters::Counters;
use crate::zones_of;
use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::NodeId;
use buddyscope_mm::vmstat::{NR_NUMA_ITEMS, NodeItem, NumaItem, ZoneItem};
use std::collections::BTreeMap;

/// What a node's numastat calls its counters (`node_read_numastat`, drivers/base/node.c), in the order of
/// [`NumaItem`].
const NUMASTAT: [&str; NR_NUMA_ITEMS] =
    ["numa_hit", "numa_miss", "numa_foreign", "interleave_hit", "local_node", "other_node"];

/// /proc/vmstat. What the model does not count is 0.
#[must_use]
pub fn of<S: Sink>(machine: &Machine<S>) -> VmStat {
    let limits = machine.dirty_limits();
    let mut values: BTreeMap<&str, u64> = BTreeMap::new();
    for zone in machine.zones() {
        for (name, item) in ZoneItem::NAMES.into_iter().zip(ZoneItem::ALL) {
            *values.entry(name).or_default() += zone.page_state(item).max(0) as u64;
        }
        for (name, count) in NumaItem::NAMES.into_iter().zip(machine.numa_counters(zone.id)) {
            *values.entry(name).or_default() += count;
        }
    }
    for node in machine.nodes() {
        NodeItem::ALL.into_iter().for_each(|item| *values.entry(item.name()).or_default() += node.stat.get(item));
    }
    values.extend(THRESHOLDS.into_iter().zip([limits.limit, limits.background]));
    values.extend(machine.vm_events().iter().map(|(event, count)| (event.name(), count)));
    vmstat(|name| values.get(name).copied().unwrap_or(0))
}

/// A node's numastat.
#[must_use]
pub fn numastat<S: Sink>(machine: &Machine<S>, node: NodeId) -> Counters {
    let mut sums = [0; NR_NUMA_ITEMS];
    for zone in zones_of(machine, node) {
        for (sum, count) in sums.iter_mut().zip(machine.numa_counters(zone.id)) {
            *sum += count;
        }
    }
    Counters::new(NUMASTAT.into_iter().map(str::to_owned).zip(sums).collect())
}
