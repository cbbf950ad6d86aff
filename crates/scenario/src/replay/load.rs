//! A machine as a recorded state describes it.

use crate::recording::{NodeState, PfnRange, RecordingError, StateFile, ZoneState};
use buddyscope_mm::config::Sysctls;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::{
    CpuId, MAX_NR_ZONES, MAX_ORDER, MigrateType, NodeId, NodeMask, Order, PAGEBLOCK_NR_PAGES, Pfn, ZoneId, ZoneType,
};
use buddyscope_mm::restore::{MachineParts, RestoreError};
use buddyscope_mm::vmstat::ZoneItem;
use buddyscope_mm::zone::zonelist::{ZoneRef, Zonelist};
use buddyscope_mm::zone::{Cpu, Node, Zone, watermark::calculate_totalreserve_pages};
use buddyscope_mm::{BuddyOptions, Machine};

/// Builds the machine of a `state.txt`; `file` is the name that errors give.
///
/// # Errors
/// [`RecordingError`] if the state contradicts itself: a page on two lists, a block outside its zone, CPUs with gaps.
pub fn machine_at<S: Sink>(state: &StateFile, file: &str, sink: S) -> Result<Machine<S>, RecordingError> {
    let error = |error: RestoreError| RecordingError::in_file(file, error.to_string());
    let parts = parts(state).map_err(|problem| RecordingError::in_file(file, problem))?;
    let mut machine = Machine::new(parts, sink).map_err(error)?;
    for zone in &state.zones {
        restore_blocks(&mut machine, zone).map_err(error)?;
        restore_lists(&mut machine, zone).map_err(error)?;
        restore_counters(&mut machine, zone);
    }
    machine.restore_pages_in_use();
    for zone in &state.zones {
        zone.lru.iter().for_each(|range| machine.restore_movable(range.start, range.end, true));
        zone.movable.iter().for_each(|range| machine.restore_movable(range.start, range.end, false));
    }
    Ok(machine)
}

/// Everything but lists and counters.
fn parts(state: &StateFile) -> Result<MachineParts, String> {
    let count = state.nodes.iter().map(|node| node.id).chain(state.cpus.iter().map(|cpu| cpu.1)).max();
    let count = count.map_or(0, |last| last.index() + 1);
    let mut nodes: Vec<Node> = (0..count).map(|id| node(state, NodeId(id as u8), count)).collect();
    let mut zones: Vec<Zone> =
        (0..count as u8).flat_map(|node| ZoneType::ALL.map(|zone| Zone::empty(NodeId(node), zone))).collect();
    for recorded in &state.zones {
        let place = zones.get_mut(recorded.id.index()).ok_or("a zone's node has no NODE line")?;
        fill_zone(place, recorded);
    }
    calculate_totalreserve_pages(&zones, &mut nodes);
    Ok(MachineParts {
        nodes,
        zones,
        cpus: cpus(state)?,
        zone_ranges: zone_ranges(state),
        reserved: state.zones.iter().flat_map(|zone| &zone.reserved).map(|range| (range.start, range.end)).collect(),
        online_nodes: state.nodes.iter().map(|node| node.id).collect(),
        options: options(state),
        sysctl: sysctls(state),
        min_free_kbytes: state.constants.min_free_kbytes,
        totalreserve_pages: state.constants.totalreserve_pages,
        fault: None,
        seed: 0,
    })
}

fn options(state: &StateFile) -> BuddyOptions {
    BuddyOptions {
        group_by_mobility_disabled: state.constants.group_disabled,
        guardpage_minorder: 0,
        watermark_boost_factor: state.constants.watermark_boost_factor,
        numa_stat: true,
    }
}

fn sysctls(state: &StateFile) -> Sysctls {
    let constants = &state.constants;
    let narrow = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    let mut sysctls = Sysctls {
        watermark_scale_factor: narrow(constants.watermark_scale_factor),
        watermark_boost_factor: narrow(constants.watermark_boost_factor),
        percpu_pagelist_fraction: narrow(constants.pcp_fraction),
        zone_reclaim_mode: constants.node_reclaim,
        ..Sysctls::default()
    };
    for (ratio, &recorded) in sysctls.lowmem_reserve_ratio.iter_mut().zip(&constants.lowmem_reserve_ratio) {
        *ratio = narrow(recorded);
    }
    sysctls
}

/// CPUs must be numbered without gaps, as those of all recordings are.
fn cpus(state: &StateFile) -> Result<Vec<Cpu>, String> {
    let mut cpus: Vec<Cpu> = state.cpus.iter().map(|&(id, node)| Cpu { id, node }).collect();
    cpus.sort_by_key(|cpu| cpu.id);
    match cpus.iter().zip(0u16..).find(|(cpu, id)| cpu.id.0 != *id) {
        Some((cpu, id)) => Err(format!("CPU {} follows where CPU {id} is expected", cpu.id)),
        None => Ok(cpus),
    }
}

fn node(state: &StateFile, id: NodeId, count: usize) -> Node {
    let mut node = Node::new(id);
    // What is not told is as far away as SLIT can say.
    node.distance = (0..count).map(|to| if to == id.index() { 10 } else { 255 }).collect();
    if let Some(recorded) = state.node(id) {
        fill_node(&mut node, recorded);
    }
    node
}

fn fill_node(node: &mut Node, recorded: &NodeState) {
    node.start_pfn = recorded.start;
    node.present_pages = recorded.present;
    node.spanned_pages = recorded.spanned;
    node.nr_zones = recorded.nr_zones;
    for &(to, distance) in &recorded.distance {
        if let Some(place) = node.distance.get_mut(to.index()) {
            *place = distance;
        }
    }
    node.fallback = zonelist(&recorded.fallback);
    node.nofallback = zonelist(&recorded.nofallback);
    let wake = &recorded.wake;
    node.kswapd_order = wake.kswapd_order;
    node.kswapd_highest_zoneidx = wake.kswapd_highest_zoneidx;
    node.kswapd_asleep = wake.kswapd_asleep;
    node.kswapd_failures = recorded.kswapd_failures;
    node.kcompactd_max_order = wake.kcompactd_order;
    node.kcompactd_highest_zoneidx = wake.kcompactd_highest_zoneidx;
    node.kcompactd_asleep = wake.kcompactd_asleep;
}

fn zonelist(zones: &[ZoneId]) -> Zonelist {
    Zonelist { refs: zones.iter().map(|zone| ZoneRef::new(zone.node(), zone.zone_type())).collect() }
}

fn fill_zone(zone: &mut Zone, recorded: &ZoneState) {
    zone.start_pfn = recorded.start;
    zone.spanned_pages = recorded.spanned;
    zone.present_pages = recorded.present;
    zone.managed_pages = recorded.managed;
    zone.watermark = recorded.watermark;
    zone.watermark_boost = recorded.boost;
    zone.percpu_drift_mark = recorded.drift_mark;
    for index in 0..MAX_NR_ZONES {
        zone.lowmem_reserve[index] = recorded.reserve[index] as i64;
    }
    zone.nr_reserved_highatomic = recorded.highatomic;
    zone.nr_isolate_pageblock = recorded.isolated_blocks;
    zone.flags = recorded.flags;
}

/// Each zone's span without its holes, ascending.
fn zone_ranges(state: &StateFile) -> Vec<(Pfn, Pfn, ZoneId)> {
    let mut ranges: Vec<_> = state.zones.iter().flat_map(ranges_of).collect();
    ranges.sort_by_key(|range| range.0);
    ranges
}

fn ranges_of(zone: &ZoneState) -> Vec<(Pfn, Pfn, ZoneId)> {
    let mut ranges = Vec::new();
    let mut start = zone.start;
    let end = PfnRange { start: Pfn(zone.start.0 + zone.spanned), end: Pfn(zone.start.0 + zone.spanned) };
    for hole in zone.holes.iter().chain([&end]) {
        if start < hole.start {
            ranges.push((start, hole.start, zone.id));
        }
        start = hole.end;
    }
    ranges
}

fn restore_blocks<S: Sink>(machine: &mut Machine<S>, zone: &ZoneState) -> Result<(), RestoreError> {
    for (first, migrate_type, blocks) in zone.pageblocks.iter() {
        let Some(migrate_type) = migrate_type else { continue };
        let end = Pfn(zone.start.0 + zone.spanned);
        for pfn in (0..blocks).map(|n| Pfn(first.0 + n * PAGEBLOCK_NR_PAGES)).take_while(|&pfn| pfn < end) {
            machine.restore_pageblock(pfn, migrate_type);
        }
    }
    Ok(())
}

fn restore_lists<S: Sink>(machine: &mut Machine<S>, zone: &ZoneState) -> Result<(), RestoreError> {
    for order in (0..MAX_ORDER as u32).filter_map(Order::new) {
        for list in MigrateType::ALL {
            for &pfn in zone.free_list(usize::from(order.get()), list) {
                machine.restore_free_block(zone.id, pfn, order, list)?;
            }
        }
    }
    for pcp in &zone.pcp {
        for (list, pages) in pcp.lists.iter().enumerate() {
            for page in pages {
                machine.restore_pcp_page(zone.id, pcp.cpu, list, page.pfn, page.migrate_type)?;
            }
        }
    }
    Ok(())
}

fn restore_counters<S: Sink>(machine: &mut Machine<S>, zone: &ZoneState) {
    let cpus = machine.cpus().len();
    for pcp in zone.pcp.iter().filter(|pcp| pcp.cpu < CpuId(cpus as u16)) {
        machine.restore_pcp(zone.id, pcp.cpu, pcp.high, pcp.batch, pcp.threshold);
        machine.restore_delta(zone.id, pcp.cpu, ZoneItem::FreePages, pcp.free_delta);
        machine.restore_delta(zone.id, pcp.cpu, ZoneItem::FreeCma, pcp.free_cma_delta);
    }
    let lru = [
        ZoneItem::InactiveAnon,
        ZoneItem::ActiveAnon,
        ZoneItem::InactiveFile,
        ZoneItem::ActiveFile,
        ZoneItem::Unevictable,
    ];
    for (item, pages) in lru.into_iter().zip(zone.lru_counts) {
        machine.restore_zone_stat(zone.id, item, pages as i64);
    }
    machine.restore_zone_stat(zone.id, ZoneItem::FreePages, zone.free);
    machine.restore_zone_stat(zone.id, ZoneItem::FreeCma, zone.free_cma);
    machine.restore_numa_stat(zone.id, zone.numa);
}

/// The nodes of a state that have memory (`N_MEMORY`).
#[must_use]
pub fn memory_nodes(state: &StateFile) -> NodeMask {
    state.nodes.iter().filter(|node| node.present > 0).map(|node| node.id).collect()
}
