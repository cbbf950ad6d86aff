//! The machine right after boot memory was handed to the buddy allocator (`init/`).

use super::start::check_topology;
use super::{Tally, Topology};
use crate::recording::{StateFile, ZoneState};
use buddyscope_mm::Machine;
use buddyscope_mm::event::NullSink;
use buddyscope_mm::pfn::{MAX_ORDER, MigrateType, Order, PAGEBLOCK_NR_PAGES, Pfn, ZoneId};
use buddyscope_mm::vmstat::ZoneItem;
use buddyscope_mm::zone::boot::Layout;

/// Compares what the kernel logged about its plan.
pub(super) fn check_plan(topology: &Topology, plan: &Layout, tally: &mut Tally) {
    let log = &topology.log;
    if let Some(total_pages) = log.total_pages {
        tally.same("estimated pages of all zones", total_pages, plan.vm_total_pages);
    }
    if let Some(grouping) = log.grouping {
        tally.same("grouping by mobility", grouping, !plan.page_group_by_mobility_disabled);
    }
    if let Some(zone) = &log.policy_zone {
        tally.same("policy zone", zone.as_str(), plan.policy_zone.name());
    }
    if let Some(area) = log.cma {
        let pages = area.pages_inside().map(|(start, end)| (start, end.0 - start.0));
        tally.same("contiguous area", pages, plan.cma.first().copied());
    }
}

/// Compares every list and count.
pub(super) fn check(init: &StateFile, machine: &Machine<NullSink>, tally: &mut Tally) {
    check_topology("init", init, machine, tally);
    let managed = machine.zones().iter().map(|zone| zone.managed_pages).sum();
    tally.same("init totalram", init.constants.totalram_pages, managed);
    for zone in &init.zones {
        check_zone(zone, machine, tally);
    }
}

fn check_zone(kernel: &ZoneState, machine: &Machine<NullSink>, tally: &mut Tally) {
    let id = kernel.id;
    // A zone the model does not have has been counted as a difference already.
    let Some(zone) = machine.zones().get(id.index()) else { return };
    tally.same(format_args!("init {id} managed"), kernel.managed, zone.managed_pages);
    tally.same(format_args!("init {id} free"), kernel.free, zone.page_state(ZoneItem::FreePages));
    for order in (0..MAX_ORDER as u32).filter_map(Order::new) {
        let at = usize::from(order.get());
        tally.same(format_args!("init {id} order {order} blocks"), kernel.nr_free[at], zone.nr_free(at));
        for migratetype in MigrateType::ALL {
            let list = &kernel.free_lists[at][migratetype.index()];
            let model: Vec<Pfn> = machine.free_list(id, order, migratetype).collect();
            let what = format_args!("init {id} order {order} {} list", migratetype.name()).to_string();
            tally.same(what, list, &model);
        }
    }
    check_pageblocks(kernel, machine, tally);
    // The kernel also calls page records reserved that no page belongs to; those are not compared.
    let kernel_reserved = kernel.reserved.iter().map(|range| (range.start, range.end));
    let reserved = within_zone(kernel_reserved, id, machine);
    tally.same(format_args!("init {id} reserved"), reserved, within_zone(machine.reserved_ranges(), id, machine));
}

/// Compares block types run by run.
fn check_pageblocks(kernel: &ZoneState, machine: &Machine<NullSink>, tally: &mut Tally) {
    let mut differing = Vec::new();
    for (first, migratetype, blocks) in kernel.pageblocks.iter() {
        let block_pfns = (0..blocks).map(|block| Pfn(first.0 + block * PAGEBLOCK_NR_PAGES));
        differing.extend(block_pfns.filter(|&pfn| machine.pageblock_type(pfn) != migratetype));
    }
    tally.same(format_args!("init {} pageblocks of another type", kernel.id), Vec::<Pfn>::new(), differing);
}

/// The parts of ascending ranges in which pages of the zone exist, joined where they touch.
pub(super) fn within_zone(
    ranges: impl Iterator<Item = (Pfn, Pfn)>,
    zone: ZoneId,
    machine: &Machine<NullSink>,
) -> Vec<(Pfn, Pfn)> {
    let memory = machine.memory_ranges().filter(|range| range.2 == zone).map(|(start, end, _)| (start, end));
    let memory: Vec<(Pfn, Pfn)> = memory.collect();
    let mut parts: Vec<(Pfn, Pfn)> = Vec::new();
    for (start, end) in ranges {
        let first = memory.partition_point(|own| own.1 <= start);
        for own in memory[first..].iter().take_while(|own| own.0 < end) {
            let part = (start.max(own.0), end.min(own.1));
            match parts.last_mut() {
                Some(last) if last.1 == part.0 => last.1 = part.1,
                _ => parts.push(part),
            }
        }
    }
    parts
}
