//! From a recorded state to a machine in that state.

use super::memcgs::restore_memcgs;
use super::restore_compact::{restore_compaction, restore_lives};
use super::restore_lru::restore_lru;
use crate::recording::{NodeState, PfnRange, StateFile, ZoneState};
use buddyscope_mm::config::Sysctls;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::{MAX_NR_ZONES, NodeId, NodeMask, Order, Pfn, ZoneId, ZoneType};
use buddyscope_mm::restore::{MachineParts, RestoreError};
use buddyscope_mm::vmstat::{NodeItem, NodeStat, ZoneItem};
use buddyscope_mm::zone::zonelist::{ZoneRef, Zonelist};
use buddyscope_mm::zone::{Cpu, Node, Zone};
use buddyscope_mm::{BuddyOptions, Machine};

/// A machine in exactly the recorded state.
///
/// # Errors
/// [`RestoreError`] if the state contradicts itself.
pub fn restore_machine<S: Sink>(state: &StateFile, sink: S) -> Result<Machine<S>, RestoreError> {
    let mut machine = Machine::new(parts(state)?, sink)?;
    restore_memcgs(&mut machine, state)?;
    for zone in &state.zones {
        restore_zone(&mut machine, zone)?;
    }
    machine.restore_pages_in_use();
    for zone in &state.zones {
        for range in &zone.lru {
            machine.restore_movable(range.start, range.end, true);
        }
        for range in &zone.movable {
            machine.restore_movable(range.start, range.end, false);
        }
        restore_compaction(&mut machine, zone)?;
        if zone.compact.is_some() && state.lruvecs.is_empty() {
            restore_lives(&mut machine, zone)?;
        }
    }
    restore_lru(&mut machine, state)?;
    Ok(machine)
}

fn parts(state: &StateFile) -> Result<MachineParts, RestoreError> {
    let constants = &state.constants;
    let count = state.nodes.last().map_or(0, |node| node.id.index() + 1);
    let nodes = (0..count).map(|id| restore_node(state, NodeId(id as u8), count)).collect();
    let mut zones: Vec<Zone> =
        (0..count).flat_map(|id| ZoneType::ALL.map(|kind| Zone::empty(NodeId(id as u8), kind))).collect();
    for recorded in &state.zones {
        let slot = zones.get_mut(recorded.id.index());
        *slot.ok_or(RestoreError::Inconsistent { what: "a zone's node has no NODE line" })? = zone_numbers(recorded);
    }
    let mut cpus: Vec<Cpu> = state.cpus.iter().map(|&(id, node)| Cpu { id, node }).collect();
    cpus.sort_by_key(|cpu| cpu.id);
    if cpus.iter().enumerate().any(|(index, cpu)| cpu.id.index() != index) {
        return Err(RestoreError::Inconsistent { what: "CPUs must be numbered from 0 without gaps" });
    }
    let mut ratios = [0; MAX_NR_ZONES];
    for (ratio, &recorded) in ratios.iter_mut().zip(&constants.lowmem_reserve_ratio) {
        *ratio = recorded as u32;
    }
    Ok(MachineParts {
        nodes,
        zones,
        cpus,
        zone_ranges: zone_ranges(state),
        reserved: state.zones.iter().flat_map(|zone| &zone.reserved).map(|r| (r.start, r.end)).collect(),
        online_nodes: state.nodes.iter().map(|node| node.id).collect::<NodeMask>(),
        options: BuddyOptions {
            group_by_mobility_disabled: constants.group_disabled,
            guardpage_minorder: 0,
            watermark_boost_factor: constants.watermark_boost_factor,
            numa_stat: true,
        },
        sysctl: Sysctls {
            watermark_scale_factor: constants.watermark_scale_factor as u32,
            watermark_boost_factor: constants.watermark_boost_factor as u32,
            lowmem_reserve_ratio: ratios,
            percpu_pagelist_fraction: constants.pcp_fraction as u32,
            zone_reclaim_mode: constants.node_reclaim,
            swappiness: state.lruvecs.first().map_or(60, |lruvec| lruvec.swappiness),
            ..Sysctls::default()
        },
        min_free_kbytes: constants.min_free_kbytes,
        totalreserve_pages: constants.totalreserve_pages,
        fault: None,
        seed: 0,
    })
}

fn restore_node(state: &StateFile, id: NodeId, count: usize) -> Node {
    let mut node = Node::new(id);
    node.distance = vec![20; count];
    let Some(recorded) = state.node(id) else { return node };
    node.start_pfn = recorded.start;
    node.present_pages = recorded.present;
    node.spanned_pages = recorded.spanned;
    node.nr_zones = recorded.nr_zones;
    for &(to, distance) in &recorded.distance {
        if let Some(slot) = node.distance.get_mut(to.index()) {
            *slot = distance;
        }
    }
    node.fallback = zonelist(&recorded.fallback);
    node.nofallback = zonelist(&recorded.nofallback);
    node.stat = lru_counts_of_node(state, recorded);
    let wake = &recorded.wake;
    node.kswapd_order = wake.kswapd_order;
    node.kswapd_highest_zoneidx = wake.kswapd_highest_zoneidx;
    node.kswapd_asleep = wake.kswapd_asleep;
    node.kswapd_failures = recorded.kswapd_failures;
    node.kcompactd_max_order = wake.kcompactd_order;
    node.kcompactd_highest_zoneidx = wake.kcompactd_highest_zoneidx;
    node.kcompactd_asleep = wake.kcompactd_asleep;
    node
}

fn zonelist(zones: &[ZoneId]) -> Zonelist {
    Zonelist { refs: zones.iter().map(|zone| ZoneRef::new(zone.node(), zone.zone_type())).collect() }
}

/// The node's LRU pages, as far as its zones' counters tell.
fn lru_counts_of_node(state: &StateFile, node: &NodeState) -> NodeStat {
    let mut stat = NodeStat::default();
    for zone in state.zones.iter().filter(|zone| zone.id.node() == node.id) {
        for (item, &pages) in NODE_LRU_ITEMS.into_iter().zip(&zone.lru_counts) {
            stat.add(item, pages as i64);
        }
    }
    stat
}

fn zone_numbers(recorded: &ZoneState) -> Zone {
    let mut zone = Zone::empty(recorded.id.node(), recorded.id.zone_type());
    zone.start_pfn = recorded.start;
    zone.spanned_pages = recorded.spanned;
    zone.present_pages = recorded.present;
    zone.managed_pages = recorded.managed;
    zone.watermark = recorded.watermark;
    zone.watermark_boost = recorded.boost;
    zone.percpu_drift_mark = recorded.drift_mark;
    zone.lowmem_reserve = recorded.reserve.map(|pages| pages as i64);
    zone.nr_reserved_highatomic = recorded.highatomic;
    zone.nr_isolate_pageblock = recorded.isolated_blocks;
    zone.flags = recorded.flags;
    zone
}

/// Existing memory: each zone's span without what is not its own.
fn zone_ranges(state: &StateFile) -> Vec<(Pfn, Pfn, ZoneId)> {
    let mut ranges = Vec::new();
    for zone in &state.zones {
        let mut at = zone.start;
        let end = PfnRange { start: Pfn(zone.start.0 + zone.spanned), end: Pfn(zone.start.0 + zone.spanned) };
        for hole in zone.holes.iter().chain([&end]) {
            if at < hole.start {
                ranges.push((at, hole.start, zone.id));
            }
            at = at.max(hole.end);
        }
    }
    ranges.sort_unstable();
    ranges
}

/// The node's counters that sum up those of a `LRUSTAT` line.
const NODE_LRU_ITEMS: [NodeItem; 5] =
    [NodeItem::InactiveAnon, NodeItem::ActiveAnon, NodeItem::InactiveFile, NodeItem::ActiveFile, NodeItem::Unevictable];

/// The counters of a `LRUSTAT` line, in its order.
const LRU_ITEMS: [ZoneItem; 5] =
    [ZoneItem::InactiveAnon, ZoneItem::ActiveAnon, ZoneItem::InactiveFile, ZoneItem::ActiveFile, ZoneItem::Unevictable];

fn restore_zone<S: Sink>(machine: &mut Machine<S>, zone: &ZoneState) -> Result<(), RestoreError> {
    machine.restore_zone_stat(zone.id, ZoneItem::FreePages, zone.free);
    machine.restore_zone_stat(zone.id, ZoneItem::FreeCma, zone.free_cma);
    for (item, &pages) in LRU_ITEMS.into_iter().zip(&zone.lru_counts) {
        machine.restore_zone_stat(zone.id, item, pages as i64);
    }
    machine.restore_numa_stat(zone.id, zone.numa);
    for (first, migratetype, blocks) in zone.pageblocks.iter() {
        let Some(migratetype) = migratetype else { continue };
        for block in 0..blocks {
            machine.restore_pageblock(Pfn(first.0 + block * 512), migratetype);
        }
    }
    for (order, lists) in (0..).zip(&zone.free_lists) {
        let order = Order::new(order).unwrap_or_default();
        for (list, pages) in buddyscope_mm::pfn::MigrateType::ALL.into_iter().zip(lists) {
            for &pfn in pages {
                machine.restore_free_block(zone.id, pfn, order, list)?;
            }
        }
    }
    for pcp in &zone.pcp {
        machine.restore_pcp(zone.id, pcp.cpu, pcp.high, pcp.batch, pcp.threshold)?;
        machine.restore_delta(zone.id, pcp.cpu, ZoneItem::FreePages, pcp.free_delta)?;
        machine.restore_delta(zone.id, pcp.cpu, ZoneItem::FreeCma, pcp.free_cma_delta)?;
        for (list, pages) in pcp.lists.iter().enumerate() {
            for page in pages {
                machine.restore_pcp_page(zone.id, pcp.cpu, list, page.pfn, page.migrate_type)?;
            }
        }
    }
    Ok(())
}
