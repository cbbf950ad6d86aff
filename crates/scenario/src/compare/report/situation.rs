//! A machine in the situation that a report describes: what was there at the start, with the report's numbers.

use crate::compare::error::CompareError;
use crate::rebuild::{Room, Untouched, node_counters, zone_counters};
use crate::recording::{PcpPage, StateFile, ZoneState};
use crate::replay::restore_machine;
use buddyscope_mm::Machine;
use buddyscope_mm::event::Event;
use buddyscope_mm::pfn::{MAX_ORDER, MIGRATE_TYPES, MigrateType, Pfn, ZoneId};
use buddyscope_mm::zone::MAX_RECLAIM_RETRIES;
use buddyscope_procfs::report::{MemInfo, ZoneMem};

/// The machine. Reports do not tell page numbers, so free blocks lie where there is room; everything else in a zone
/// is in use.
pub(super) fn machine(start: &StateFile, mem: &MemInfo) -> Result<Machine<Vec<Event>>, CompareError> {
    let mut state = start.clone();
    for zone in &mut state.zones {
        let told = mem.zones.iter().find(|told| (told.counters.node, told.counters.zone) == place(zone));
        fill(zone, told.ok_or(CompareError::Report("a zone is missing"))?)?;
    }
    for node in &mut state.nodes {
        let told = mem.nodes.iter().find(|told| told.node == node.id);
        let given_up = told.is_some_and(|told| told.all_unreclaimable);
        node.kswapd_failures = if given_up { MAX_RECLAIM_RETRIES } else { 0 };
    }
    let mut machine = restore_machine(&state, Vec::new())?;
    for ZoneMem { counters, .. } in &mem.zones {
        let zone = ZoneId::new(counters.node, counters.zone);
        zone_counters(counters)
            .into_iter()
            .for_each(|(item, value)| machine.restore_zone_stat(zone, item, value as i64));
    }
    for node in &mem.nodes {
        let counters = node_counters(node, mem).into_iter();
        counters.for_each(|(item, value)| machine.restore_node_stat(node.node, item, value as i64));
    }
    Ok(machine)
}

fn place(zone: &ZoneState) -> (buddyscope_mm::pfn::NodeId, buddyscope_mm::pfn::ZoneType) {
    (zone.id.node(), zone.id.zone_type())
}

/// Gives a zone's state the report's free blocks, per-CPU pages and numbers.
fn fill(zone: &mut ZoneState, told: &ZoneMem) -> Result<(), CompareError> {
    let counters = &told.counters;
    zone.boost = counters.min.saturating_sub(zone.watermark[0]);
    zone.highatomic = counters.reserved_highatomic;
    zone.free = counters.free as i64;
    zone.free_cma = counters.free_cma as i64;
    zone.lru.clear();
    zone.movable.clear();
    let (mut room, mut untouched) = (Room::default(), untouched(zone));
    let mut take = |order: usize| room.take(&mut untouched, order).map(|placed| placed.pfn);
    let mut lists: [[Vec<Pfn>; MIGRATE_TYPES]; MAX_ORDER] = Default::default();
    for order in (0..MAX_ORDER).rev() {
        let blocks = told.blocks[order];
        let types: Vec<MigrateType> = MigrateType::ALL.into_iter().filter(|t| blocks.on_list[t.index()]).collect();
        for n in 0..blocks.count {
            let block = take(order).ok_or(CompareError::Report("no room for its free blocks"))?;
            // A type for each letter, then the first for all that are left.
            let list = types.get(n as usize).or(types.first()).copied().unwrap_or(MigrateType::Unmovable);
            lists[order][list.index()].push(block);
        }
    }
    zone.free_lists = lists;
    let elsewhere = counters.free_pcp - counters.local_pcp.min(counters.free_pcp);
    for (n, pcp) in zone.pcp.iter_mut().enumerate() {
        (pcp.free_delta, pcp.free_cma_delta) = (0, 0);
        pcp.lists = Default::default();
        // The report tells of the CPU it was printed on, here the first, and of all others together.
        let count = [counters.local_pcp, elsewhere].get(n).copied().unwrap_or(0);
        let pages: Option<Vec<Pfn>> = (0..count).map(|_| take(0)).collect();
        let pages = pages.ok_or(CompareError::Report("no room for its per-CPU pages"))?;
        let list = MigrateType::Movable;
        pcp.lists[list.index()] = pages.into_iter().map(|pfn| PcpPage { pfn, migrate_type: list }).collect();
        pcp.count = count as u32;
    }
    if let Some(first) = zone.pcp.first_mut() {
        first.free_delta = (told.block_pages() as i64 - zone.free) as i16;
    }
    Ok(())
}

/// Page frames of a zone that exist and are not reserved.
fn untouched(zone: &ZoneState) -> Untouched {
    let mut taken: Vec<_> = zone.holes.iter().chain(&zone.reserved).map(|r| r.start.0..r.end.0).collect();
    taken.sort_by_key(|range| range.start);
    let end = zone.start.0 + zone.spanned;
    let mut pages = Vec::new();
    let mut at = zone.start.0;
    for range in taken.into_iter().chain(core::iter::once(end..end)) {
        if at < range.start {
            pages.push(at..range.start);
        }
        at = at.max(range.end);
    }
    Untouched::new(pages)
}
