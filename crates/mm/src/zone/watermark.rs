//! Watermarks and reserves: how much of each zone is kept free, and for whom (mm/page_alloc.c, mm/vmstat.c).
//!
//! These functions compute and store; the checks against a mark live with the allocator. Units are pages unless a
//! name says otherwise. Per-CPU sets are in the order of the machine's table: zone index × CPUs + CPU.

use super::zonelist::Zonelist;
use super::{Node, PerCpuPages, Zone};
use crate::pfn::{
    MAX_NR_ZONES, MIGRATE_PCPTYPES, NodeId, NodeMask, PAGE_SHIFT, PAGEBLOCK_NR_PAGES, PFN_SECTION_SHIFT, ZoneType,
};

/// Index of the minimum mark in [`Zone::watermark`] (`WMARK_MIN`).
pub const WMARK_MIN: usize = 0;
/// Index of the low mark, below which kswapd is woken (`WMARK_LOW`).
pub const WMARK_LOW: usize = 1;
/// Index of the high mark, at which kswapd sleeps again (`WMARK_HIGH`).
pub const WMARK_HIGH: usize = 2;

/// `min_free_kbytes` until the kernel has computed it.
pub const INITIAL_MIN_FREE_KBYTES: u64 = 1024;
/// Bounds of the computed `min_free_kbytes` (`init_per_zone_wmark_min`).
const MIN_FREE_KBYTES_RANGE: (u64, u64) = (128, 262_144);
/// Pages below which transparent huge pages stay off at boot (`hugepage_init`): 512 MiB.
const HUGEPAGE_MIN_PAGES: u64 = 512 << (20 - PAGE_SHIFT);
/// Largest per-CPU counter delta (`calculate_normal_threshold`).
pub(crate) const MAX_STAT_THRESHOLD: u64 = 125;

const PAGE_KBYTES_SHIFT: u32 = PAGE_SHIFT - 10;

/// A zone's mark with the boost in force (`wmark_pages`).
#[inline]
#[must_use]
pub fn wmark_pages(zone: &Zone, mark: usize) -> u64 {
    zone.watermark[mark] + zone.watermark_boost
}

/// Managed pages above the high mark in the zones of a list up to `highest` (`nr_free_zone_pages`).
#[must_use]
pub fn nr_free_zone_pages(zones: &[Zone], list: &Zonelist, highest: ZoneType) -> u64 {
    let usable = list.refs.iter().filter(|r| r.zone_idx <= highest as u8).map(|r| &zones[r.zone.index()]);
    usable.map(|zone| zone.managed_pages.saturating_sub(wmark_pages(zone, WMARK_HIGH))).sum()
}

/// Managed pages above the high mark that kernel data may use, seen from a node (`nr_free_buffer_pages`).
#[must_use]
pub fn nr_free_buffer_pages(zones: &[Zone], nodes: &[Node], node: NodeId) -> u64 {
    nr_free_zone_pages(zones, &nodes[node.index()].fallback, ZoneType::Normal)
}

/// The `min_free_kbytes` the kernel chooses for so many pages: 4 × √KiB, within 128..=262144
/// (`init_per_zone_wmark_min`).
#[must_use]
pub fn default_min_free_kbytes(free_buffer_pages: u64) -> u64 {
    let lowmem_kbytes = free_buffer_pages << PAGE_KBYTES_SHIFT;
    int_sqrt(lowmem_kbytes * 16).clamp(MIN_FREE_KBYTES_RANGE.0, MIN_FREE_KBYTES_RANGE.1)
}

/// The root of a number, rounded down (`int_sqrt`).
fn int_sqrt(number: u64) -> u64 {
    let mut root = 0u64;
    for bit in (0..u32::BITS).rev() {
        let larger = root | 1 << bit;
        if larger * larger <= number {
            root = larger;
        }
    }
    root
}

/// The new `min_free_kbytes` after boot or hotplug: the kernel's choice, unless a user's value is not below it.
#[must_use]
pub fn init_min_free_kbytes(free_buffer_pages: u64, current: u64, user: Option<u32>) -> u64 {
    let lowmem_kbytes = free_buffer_pages << PAGE_KBYTES_SHIFT;
    match user {
        Some(user) if int_sqrt(lowmem_kbytes * 16) <= u64::from(user) => current,
        _ => default_min_free_kbytes(free_buffer_pages),
    }
}

/// Whether transparent huge pages may be on at boot on a machine with so many pages (`hugepage_init`).
#[must_use]
pub fn hugepages_fit(total_pages: u64) -> bool {
    total_pages >= HUGEPAGE_MIN_PAGES
}

/// `min_free_kbytes` as khugepaged wants it: room for two pageblocks of each kind in each kernel zone, but at most
/// 5 % of memory (`set_recommended_min_free_kbytes`). It only ever raises the value.
#[must_use]
pub fn recommended_min_free_kbytes(zones: &[Zone], free_buffer_pages: u64, current: u64) -> u64 {
    let kernel_zones = zones.iter().filter(|zone| zone.is_populated() && zone.id.zone_type() <= ZoneType::Normal);
    let blocks_per_zone = 2 + (MIGRATE_PCPTYPES * MIGRATE_PCPTYPES) as u64;
    let wanted = PAGEBLOCK_NR_PAGES * blocks_per_zone * kernel_zones.count() as u64;
    current.max(wanted.min(free_buffer_pages / 20) << PAGE_KBYTES_SHIFT)
}

/// Sets every zone's marks in proportion to its size, and cancels boosts (`__setup_per_zone_wmarks`). `scale_factor`
/// is `watermark_scale_factor`. The total reserve has to be computed again afterwards.
pub fn setup_per_zone_wmarks(zones: &mut [Zone], min_free_kbytes: u64, scale_factor: u32) {
    let pages_min = min_free_kbytes >> PAGE_KBYTES_SHIFT;
    let lowmem_pages: u64 = zones.iter().map(|zone| zone.managed_pages).sum();
    // do_div takes a 32-bit divisor.
    let divisor = u64::from(lowmem_pages as u32).max(1);
    for zone in zones {
        let min = pages_min * zone.managed_pages / divisor;
        let step = (min >> 2).max(mult_frac(zone.managed_pages, scale_factor.into(), 10_000));
        zone.watermark_boost = 0;
        zone.watermark = [min, min + step, min + 2 * step];
    }
}

/// A fraction of a number, without overflow on the way (`mult_frac`).
fn mult_frac(number: u64, numerator: u64, denominator: u64) -> u64 {
    number / denominator * numerator + number % denominator * numerator / denominator
}

/// Sets what requests for higher zones have to leave in lower ones (`setup_per_zone_lowmem_reserve`). `ratio` is
/// `lowmem_reserve_ratio`, 0 for no reserve. The total reserve has to be computed again afterwards.
pub fn setup_per_zone_lowmem_reserve(zones: &mut [Zone], ratio: &[u32; MAX_NR_ZONES]) {
    for node_zones in zones.chunks_exact_mut(MAX_NR_ZONES) {
        for highest in 0..MAX_NR_ZONES {
            reserve_against(node_zones, highest, ratio);
        }
    }
}

/// What requests whose highest zone is `highest` leave in each lower zone: the pages above it, divided by its ratio.
/// 5.10.35 leaves out pages of a zone that has no reserve itself.
fn reserve_against(zones: &mut [Zone], highest: usize, ratio: &[u32; MAX_NR_ZONES]) {
    zones[highest].lowmem_reserve[highest] = 0;
    let mut above = zones[highest].managed_pages;
    for lower in (0..highest).rev() {
        let zone = &mut zones[lower];
        if ratio[lower] == 0 || zone.managed_pages == 0 {
            zone.lowmem_reserve[highest] = 0;
        } else {
            zone.lowmem_reserve[highest] = (above / u64::from(ratio[lower])) as i64;
            above += zone.managed_pages;
        }
    }
}

/// Sets each online node's reserve, and returns the machine's: largest reserve and high mark of every zone
/// (`calculate_totalreserve_pages`).
pub fn calculate_totalreserve_pages(zones: &[Zone], nodes: &mut [Node]) -> u64 {
    let mut total = 0;
    for (node, node_zones) in nodes.iter_mut().zip(zones.chunks_exact(MAX_NR_ZONES)) {
        node.totalreserve_pages = node_zones.iter().map(zone_reserve).sum();
        total += node.totalreserve_pages;
    }
    total
}

fn zone_reserve(zone: &Zone) -> u64 {
    let reserves = &zone.lowmem_reserve[zone.id.zone_type().index()..];
    let largest = reserves.iter().fold(0, |max, &reserve| reserve.max(max)) as u64;
    (largest + wmark_pages(zone, WMARK_HIGH)).min(zone.managed_pages)
}

/// Pages a per-CPU set moves at once: about 1/4000 of the zone, at most 63, one less than a power of two
/// (`zone_batchsize`).
#[must_use]
pub fn zone_batchsize(managed_pages: u64) -> u32 {
    let per_mille = (managed_pages / 1024).min(256) as u32;
    let batch = (per_mille / 4).max(1);
    let batch = batch + batch / 2;
    (1 << batch.ilog2()) - 1
}

/// `high` and `batch` of a zone's per-CPU sets (`pageset_set_high_and_batch`). `fraction` is
/// `percpu_pagelist_fraction`, 0 for automatic.
#[must_use]
pub fn pageset_high_and_batch(managed_pages: u64, fraction: u32) -> (u32, u32) {
    if fraction == 0 {
        let batch = zone_batchsize(managed_pages);
        return (6 * batch, batch.max(1));
    }
    let high = (managed_pages / u64::from(fraction)) as u32;
    (high, (high / 4).clamp(1, PAGE_SHIFT * 8))
}

/// Sets `high` and `batch` of every populated zone's sets (`setup_per_cpu_pageset`, `zone_pcp_update`). Other zones
/// keep the boot pageset.
pub fn setup_pagesets(zones: &[Zone], pcp: &mut [PerCpuPages], nr_cpus: usize, fraction: u32) {
    for (zone, sets) in zones.iter().zip(pcp.chunks_exact_mut(nr_cpus)).filter(|(zone, _)| zone.is_populated()) {
        let (high, batch) = pageset_high_and_batch(zone.managed_pages, fraction);
        for set in sets {
            (set.high, set.batch) = (high, batch);
        }
    }
}

/// Position of the highest set bit, counted from 1; 0 for 0 (`fls`).
const fn fls(value: u64) -> u64 {
    (u64::BITS - value.leading_zeros()) as u64
}

/// Largest counter delta a CPU keeps while the zone has plenty: grows with CPUs and size
/// (`calculate_normal_threshold`).
#[must_use]
pub fn calculate_normal_threshold(managed_pages: u64, online_cpus: usize) -> u8 {
    // Units of 128 MiB.
    let memory = managed_pages >> PFN_SECTION_SHIFT;
    (2 * fls(online_cpus as u64) * (1 + fls(memory))).min(MAX_STAT_THRESHOLD) as u8
}

/// Largest counter delta a CPU keeps while kswapd works: all CPUs together stay within low − min
/// (`calculate_pressure_threshold`).
#[must_use]
pub fn calculate_pressure_threshold(zone: &Zone, online_cpus: usize) -> u8 {
    let distance = zone.watermark[WMARK_LOW].saturating_sub(zone.watermark[WMARK_MIN]);
    (distance / online_cpus as u64).clamp(1, MAX_STAT_THRESHOLD) as u8
}

/// Sets thresholds and drift marks of all populated zones for the first `online_cpus` CPUs
/// (`refresh_zone_stat_thresholds`).
///
/// A drift mark is only ever raised to a new value, never cleared. So the one that was computed while CPUs came up and
/// all watermarks were 0 stays where the real condition does not hold.
pub fn refresh_zone_stat_thresholds(zones: &mut [Zone], pcp: &mut [PerCpuPages], nr_cpus: usize, online_cpus: usize) {
    for (zone, sets) in zones.iter_mut().zip(pcp.chunks_exact_mut(nr_cpus)).filter(|(zone, _)| zone.is_populated()) {
        let threshold = calculate_normal_threshold(zone.managed_pages, online_cpus);
        for set in &mut sets[..online_cpus] {
            set.stat_threshold = threshold;
        }
        let max_drift = online_cpus as u64 * u64::from(threshold);
        if max_drift > zone.watermark[WMARK_LOW].wrapping_sub(zone.watermark[WMARK_MIN]) {
            zone.percpu_drift_mark = wmark_pages(zone, WMARK_HIGH) + max_drift;
        }
    }
}

/// Thresholds and drift marks as secondary CPUs come up one by one; one CPU alone changes nothing
/// (`vmstat_cpu_online`).
pub fn bring_up_cpus(zones: &mut [Zone], pcp: &mut [PerCpuPages], nr_cpus: usize) {
    for online in 2..=nr_cpus {
        refresh_zone_stat_thresholds(zones, pcp, nr_cpus, online);
    }
}

/// Sets the threshold of a node's zones that have a drift mark: `pressure` when kswapd wakes, normal when it goes to
/// sleep (`set_pgdat_percpu_threshold`).
pub fn set_pgdat_percpu_threshold(
    zones: &[Zone],
    pcp: &mut [PerCpuPages],
    nr_cpus: usize,
    node: NodeId,
    pressure: bool,
) {
    let own = zones.iter().zip(pcp.chunks_exact_mut(nr_cpus)).filter(|(zone, _)| zone.id.node() == node);
    for (zone, sets) in own.filter(|(zone, _)| zone.percpu_drift_mark != 0) {
        let threshold = if pressure {
            calculate_pressure_threshold(zone, nr_cpus)
        } else {
            calculate_normal_threshold(zone.managed_pages, nr_cpus)
        };
        for set in sets {
            set.stat_threshold = threshold;
        }
    }
}

/// Page-cache or slab pages of each online node that node reclaim leaves alone: a percentage of every zone
/// (`setup_min_unmapped_ratio`, `setup_min_slab_ratio`).
#[must_use]
pub fn node_reclaim_minimum(zones: &[Zone], online: NodeMask, percent: u32) -> Vec<u64> {
    let of_node = |zones: &[Zone]| zones.iter().map(|zone| zone.managed_pages * u64::from(percent) / 100).sum();
    let nodes = zones.chunks_exact(MAX_NR_ZONES).enumerate();
    nodes.map(|(id, zones)| if online.contains(NodeId(id as u8)) { of_node(zones) } else { 0 }).collect()
}

#[cfg(test)]
mod tests;
