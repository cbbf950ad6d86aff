//! The machine after boot (`start/`), and what does not change from `init/` on.

use super::Tally;
use super::kswapd::{Kswapd, threshold};
use crate::recording::{Constants, StateFile, ZoneState};
use buddyscope_mm::Machine;
use buddyscope_mm::event::NullSink;
use buddyscope_mm::pfn::ZoneId;
use buddyscope_mm::zone::zonelist::Zonelist;

/// Compares marks, reserves and per-CPU limits, with reserves as they are after a read of their sysctl.
pub(super) fn check(start: &StateFile, machine: &Machine<NullSink>, tally: &mut Tally) {
    check_topology("start", start, machine, tally);
    check_constants(&start.constants, machine, tally);
    for zone in &start.zones {
        check_zone(zone, machine, tally);
    }
}

fn check_constants(kernel: &Constants, machine: &Machine<NullSink>, tally: &mut Tally) {
    let sysctls = machine.sysctls();
    let ratios: Vec<u64> = sysctls.lowmem_reserve_ratio.iter().map(|&ratio| u64::from(ratio)).collect();
    tally.same("CPUs", kernel.nr_cpus as usize, machine.cpus().len());
    tally.same("min_free_kbytes", kernel.min_free_kbytes, machine.min_free_kbytes());
    tally.same("totalreserve", kernel.totalreserve_pages, machine.totalreserve_pages());
    tally.same("watermark_scale_factor", kernel.watermark_scale_factor, sysctls.watermark_scale_factor.into());
    tally.same("watermark_boost_factor", kernel.watermark_boost_factor, sysctls.watermark_boost_factor.into());
    tally.same("percpu_pagelist_fraction", kernel.pcp_fraction, sysctls.percpu_pagelist_fraction.into());
    tally.same("zone_reclaim_mode", kernel.node_reclaim, sysctls.zone_reclaim_mode);
    tally.same("lowmem_reserve_ratio", &kernel.lowmem_reserve_ratio, &ratios);
}

fn check_zone(kernel: &ZoneState, machine: &Machine<NullSink>, tally: &mut Tally) {
    let id = kernel.id;
    // A zone the model does not have has been counted as a difference already.
    let Some(zone) = machine.zones().get(id.index()) else { return };
    tally.same(format_args!("start {id} managed"), kernel.managed, zone.managed_pages);
    for (mark, name) in ["min", "low", "high"].into_iter().enumerate() {
        tally.same(format_args!("start {id} {name}"), kernel.watermark[mark], zone.watermark[mark]);
    }
    tally.same(format_args!("start {id} boost"), kernel.boost, zone.watermark_boost);
    tally.same(format_args!("start {id} drift mark"), kernel.drift_mark, zone.percpu_drift_mark);
    for (highest, &reserve) in kernel.reserve.iter().enumerate() {
        let what = format_args!("start {id} reserve against zone {highest}").to_string();
        tally.same(what, reserve, zone.lowmem_reserve[highest] as u64);
    }
    for set in kernel.pcp.iter().filter(|set| set.cpu.index() < machine.cpus().len()) {
        let model = machine.pcp(id, set.cpu);
        let what = |limit| format!("start {id} cpu {} {limit}", set.cpu);
        tally.same(what("high"), set.high, model.high);
        tally.same(what("batch"), set.batch, model.batch);
        let (kernel, boot) = (u64::from(set.threshold), u64::from(model.stat_threshold));
        tally.same(what("threshold"), kernel, threshold(kernel, boot, zone, machine, Kswapd::Asleep));
    }
}

/// Compares CPUs, nodes, distances, zonelists and spans.
pub(super) fn check_topology(when: &str, kernel: &StateFile, machine: &Machine<NullSink>, tally: &mut Tally) {
    let group_disabled = machine.options().group_by_mobility_disabled;
    tally.same(format_args!("{when} online nodes"), kernel.constants.online_nodes, machine.online_nodes().weight());
    tally.same(format_args!("{when} grouping off"), kernel.constants.group_disabled, group_disabled);
    for &(cpu, node) in &kernel.cpus {
        tally.same(format_args!("{when} node of cpu {cpu}"), Some(node), machine.node_of_cpu(cpu));
    }
    check_nodes(when, kernel, machine, tally);
    let populated = machine.zones().iter().filter(|zone| zone.is_populated()).map(|zone| zone.id);
    let kernel_zones: Vec<ZoneId> = kernel.zones.iter().map(|zone| zone.id).collect();
    tally.same(format_args!("{when} populated zones"), kernel_zones, populated.collect());
    for zone in &kernel.zones {
        let Some(model) = machine.zones().get(zone.id.index()) else { continue };
        let id = zone.id;
        tally.same(format_args!("{when} {id} start"), zone.start, model.start_pfn);
        tally.same(format_args!("{when} {id} spanned"), zone.spanned, model.spanned_pages);
        tally.same(format_args!("{when} {id} present"), zone.present, model.present_pages);
    }
}

fn check_nodes(when: &str, kernel: &StateFile, machine: &Machine<NullSink>, tally: &mut Tally) {
    for node in &kernel.nodes {
        let id = node.id;
        let Some(model) = machine.nodes().get(id.index()) else {
            tally.same(format_args!("{when} node {id}"), "online", "not there");
            continue;
        };
        tally.same(format_args!("{when} node {id} start"), node.start, model.start_pfn);
        tally.same(format_args!("{when} node {id} present"), node.present, model.present_pages);
        tally.same(format_args!("{when} node {id} spanned"), node.spanned, model.spanned_pages);
        tally.same(format_args!("{when} node {id} nr_zones"), node.nr_zones, model.nr_zones);
        tally.same(format_args!("{when} node {id} fallback list"), &node.fallback, &zones_of(&model.fallback));
        tally.same(format_args!("{when} node {id} thisnode list"), &node.nofallback, &zones_of(&model.nofallback));
        for &(to, distance) in &node.distance {
            let what = format_args!("{when} distance {id}->{to}").to_string();
            tally.same(what, Some(distance), model.distance.get(to.index()).copied());
        }
    }
}

fn zones_of(list: &Zonelist) -> Vec<ZoneId> {
    list.refs.iter().map(|entry| entry.zone).collect()
}
