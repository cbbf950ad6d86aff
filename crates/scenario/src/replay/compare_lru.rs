//! LRU lists, their costs and counters, and swap beside those of a recorded state.

use super::compare::check;
use super::restore_lru::{group, model_page, workingset_counters};
use crate::recording::{LruvecState, StateFile};
use buddyscope_mm::event::Sink;
use buddyscope_mm::lru::{LruIndex, LruPage};
use buddyscope_mm::vmstat::{NodeItem, ZoneItem};
use buddyscope_mm::{LifeFlags, Machine};
use buddyscope_procfs::zoneinfo::ZoneInfo;

/// What recordings know of a page.
const TOLD: LifeFlags = LifeFlags::from_bits_truncate(0x7fff);
/// Pages of a size that a CPU may keep to itself.
const KEPT_BY_A_CPU: u64 = 32;
/// What the first recordings know of one.
const FIRST_TOLD: LifeFlags = LifeFlags::from_bits_truncate(0x7f);

/// Adds every difference to those found.
pub(super) fn lru_differences<S: Sink>(machine: &Machine<S>, state: &StateFile, found: &mut Vec<String>) {
    for lruvec in &state.lruvecs {
        lruvec_differences(machine, state, lruvec, found);
    }
    if !state.lruvecs.is_empty() {
        zone_differences(machine, state, found);
    }
    if let Some(swap) = state.swap {
        check(found, "free swap", &(swap.free as i64), &machine.swap_pages().1);
    }
}

fn lruvec_differences<S: Sink>(
    machine: &Machine<S>,
    state: &StateFile,
    recorded: &LruvecState,
    found: &mut Vec<String>,
) {
    let (memcg, node) = (group(recorded.memcg), recorded.node);
    let what = |field: &str| format!("node {node} group {} {field}", memcg.0);
    let Some(own) = machine.lruvec(memcg, node) else { return found.push(what("is not there")) };
    let costs = &recorded.costs;
    let kernel = (costs.anon_cost, costs.file_cost, costs.nonresident_age, costs.refaults);
    let model = (own.anon_cost, own.file_cost, own.nonresident_age, own.refaults);
    check(found, &what("costs, age, refaults"), &kernel, &model);
    let counter = |item| machine.lruvec_stat(memcg, node, item).unwrap_or_default();
    let sizes = LruIndex::ALL.map(|lru| counter(lru.node_item()));
    // Of several CPUs it is not told which kept what at the start.
    let cpus = u64::from(state.constants.nr_cpus);
    let slack = if cpus == 1 { 0 } else { 2 * KEPT_BY_A_CPU * cpus };
    if recorded.sizes.iter().zip(&sizes).any(|(kernel, model)| kernel.abs_diff(*model) > slack) {
        check(found, &what("sizes"), &recorded.sizes, &sizes);
    }
    for (item, value) in workingset_counters(recorded) {
        check(found, &what(item.name()), &value, &counter(item));
    }
    let told = if state.task.is_some() { TOLD } else { FIRST_TOLD };
    for (lru, pages) in LruIndex::ALL.into_iter().zip(&recorded.lists) {
        let kernel = pages.iter().map(|page| model_page(page, lru));
        let model = machine.lru_pages(memcg, node, lru);
        list_differences(&what(&format!("list {}", lru as u8)), told, kernel, model, found);
    }
    let stat = &machine.nodes()[node.index()].stat;
    for (item, kernel) in [(NodeItem::Mapped, recorded.mapped), (NodeItem::Shmem, recorded.shmem)] {
        // What CPUs kept at the start is not told, and they may keep as much at the end.
        let model = stat.get(item);
        let cpus = u64::from(state.constants.nr_cpus);
        if kernel.abs_diff(model) > 2 * cpus * u64::from(stat.threshold) {
            check(found, &what(item.name()), &kernel, &model);
        }
    }
}

/// The first page that differs, and how many there are.
fn list_differences(
    what: &str,
    told: LifeFlags,
    kernel: impl Iterator<Item = LruPage>,
    model: impl Iterator<Item = LruPage>,
    found: &mut Vec<String>,
) {
    let known = |page: LruPage| (page.pfn, page.flags & told, page.mapcount, page.young);
    let (kernel, model): (Vec<_>, Vec<_>) = (kernel.map(known).collect(), model.map(known).collect());
    check(found, &format!("{what} pages"), &kernel.len(), &model.len());
    if let Some((kernel, model)) = kernel.iter().zip(&model).find(|(kernel, model)| kernel != model) {
        check(found, what, kernel, model);
    }
}

fn zone_differences<S: Sink>(machine: &Machine<S>, state: &StateFile, found: &mut Vec<String>) {
    for zone in &state.zones {
        let items = [
            ZoneItem::InactiveAnon,
            ZoneItem::ActiveAnon,
            ZoneItem::InactiveFile,
            ZoneItem::ActiveFile,
            ZoneItem::Unevictable,
        ];
        let own = &machine.zones()[zone.id.index()];
        let model = items.map(|item| machine.zone_page_state_snapshot(own, item));
        check(found, &format!("{} LRU pages", zone.id), &zone.lru_counts.map(|pages| pages as i64), &model);
    }
}

/// Counters of LRU pages beside the kernel's own text, which has them without what CPUs keep. Where there are several
/// CPUs, recordings do not tell which of them kept what at the start.
pub(super) fn counter_differences<S: Sink>(
    machine: &Machine<S>,
    state: &StateFile,
    text: &ZoneInfo,
    found: &mut Vec<String>,
) {
    if state.lruvecs.is_empty() || state.constants.nr_cpus != 1 {
        return;
    }
    for zone in &text.zones {
        if let Some(details) = &zone.details {
            let items = LruIndex::ALL.map(LruIndex::zone_item);
            let kernel = items.map(|item| details.stats[item as usize] as i64);
            let model = items.map(|item| machine.zone_stat(zone.id, item).max(0));
            check(found, &format!("{} LRU counters", zone.id), &kernel, &model);
        }
        if let Some(values) = &zone.node_stats {
            let items = LruIndex::ALL.map(LruIndex::node_item);
            let kernel = items.map(|item| values[item as usize]);
            let model = items.map(|item| machine.nodes()[zone.id.node().index()].stat.get(item));
            check(found, &format!("node {} LRU counters", zone.id.node()), &kernel, &model);
        }
    }
}
