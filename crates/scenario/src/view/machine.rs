//! Nodes and zones with their marks and what their pages are.

use super::Sight;
use crate::pagemap::{CLASSES, Classes, Kind, PageClass};
use crate::session::Trace;
use buddyscope_mm::Machine;
use buddyscope_mm::pfn::{CpuId, MIGRATE_TYPES};
use buddyscope_mm::vmstat::{NR_NUMA_ITEMS, ZoneItem};
use buddyscope_mm::zone::{MAX_RECLAIM_RETRIES, Node, Zone};
use serde::{Serialize, Serializer};

/// The whole machine. Counts are in pages.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MachineView {
    /// A short name; empty for a machine without one.
    pub title: String,
    /// Texts tell of it; nobody booted it.
    pub rebuilt: bool,
    /// Pages that exist.
    pub total_pages: u64,
    /// The value in force, in KiB.
    pub min_free_kbytes: u64,
    /// Nodes by id, those that are not online included.
    pub nodes: Vec<NodeView>,
    /// `/proc/sys/vm` by name.
    #[serde(serialize_with = "as_object")]
    pub sysctls: Vec<(&'static str, String)>,
    /// Blocks of the list that are in use.
    pub live_allocations: usize,
    /// Rises with every change.
    pub version: u64,
}

/// One node.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeView {
    /// Its id.
    pub id: u8,
    /// Whether the kernel knows it.
    pub online: bool,
    /// Pages that exist.
    pub present: u64,
    /// Its CPUs.
    pub cpus: Vec<u16>,
    /// Distances to all nodes.
    pub distances: Vec<u8>,
    /// Whether kswapd sleeps.
    pub kswapd_asleep: bool,
    /// It has failed so often in a row that nobody wakes it any more.
    pub kswapd_gave_up: bool,
    /// Highest order it was woken for.
    pub kswapd_order: u8,
    /// Whether kcompactd sleeps.
    pub kcompactd_asleep: bool,
    /// Zones in the order a request of this node tries them.
    pub fallback: Vec<usize>,
    /// Its zones that have pages.
    pub zones: Vec<ZoneView>,
}

/// One zone.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ZoneView {
    /// Node × 4 + index.
    pub id: usize,
    /// Its node.
    pub node: u8,
    /// 0 DMA, 1 DMA32, 2 Normal, 3 Movable.
    pub index: usize,
    /// Its name.
    pub name: &'static str,
    /// First page frame.
    pub start_pfn: u64,
    /// Pages from the first to the last.
    pub spanned: u64,
    /// Pages that exist.
    pub present: u64,
    /// Pages the allocator manages.
    pub managed: u64,
    /// Free pages as the counter says.
    pub free: i64,
    /// Free pages with every CPU's delta.
    pub free_exact: i64,
    /// Free pages in contiguous areas, as the counter says.
    pub free_cma: i64,
    /// Pages on per-CPU lists.
    pub pcp_pages: u64,
    /// Marks without boost.
    pub min: u64,
    /// Marks without boost.
    pub low: u64,
    /// Marks without boost.
    pub high: u64,
    /// What fragmentation adds to each mark.
    pub boost: u64,
    /// What requests for higher zones must leave, by zone index.
    pub protection: [i64; 4],
    /// Pages in high-atomic pageblocks.
    pub highatomic: u64,
    /// Below this many free pages exact counts are asked for.
    pub drift_mark: u64,
    /// Free pages by type of their list.
    pub free_by_type: [u64; MIGRATE_TYPES],
    /// Pages in use by the type they were taken as.
    pub used_by_type: [u64; MIGRATE_TYPES],
    /// Pages the allocator never had, and those in use since before the model began.
    pub reserved_pages: u64,
    /// hit, miss, foreign, interleave, local, other.
    pub numa: [u64; NR_NUMA_ITEMS],
}

impl Sight<'_> {
    /// The whole machine.
    #[must_use]
    pub fn machine_view(&self) -> MachineView {
        let machine = self.machine;
        let present = machine.nodes().iter().map(|node| node.present_pages);
        MachineView {
            title: self.title.to_owned(),
            rebuilt: self.rebuilt,
            total_pages: present.sum(),
            min_free_kbytes: machine.min_free_kbytes(),
            nodes: machine.nodes().iter().map(|node| node_view(machine, self.classes, node)).collect(),
            sysctls: sysctls(machine),
            live_allocations: self.allocations.live(),
            version: self.version,
        }
    }
}

fn node_view(machine: &Machine<Trace>, classes: &Classes, node: &Node) -> NodeView {
    let zones = machine.zones().iter().filter(|zone| zone.id.node() == node.id && zone.is_populated());
    NodeView {
        id: node.id.0,
        online: machine.online_nodes().contains(node.id),
        present: node.present_pages,
        cpus: machine.cpus().iter().filter(|cpu| cpu.node == node.id).map(|cpu| cpu.id.0).collect(),
        distances: node.distance.clone(),
        kswapd_asleep: node.kswapd_asleep,
        kswapd_gave_up: node.kswapd_failures >= MAX_RECLAIM_RETRIES,
        kswapd_order: node.kswapd_order,
        kcompactd_asleep: node.kcompactd_asleep,
        fallback: node.fallback.refs.iter().map(|zref| zref.zone.index()).collect(),
        zones: zones.map(|zone| zone_view(machine, classes.of_zone(zone.id), zone)).collect(),
    }
}

fn zone_view(machine: &Machine<Trace>, pages: &[u64; CLASSES], zone: &Zone) -> ZoneView {
    let mut free_by_type = [0; MIGRATE_TYPES];
    let mut used_by_type = [0; MIGRATE_TYPES];
    let mut reserved_pages = 0;
    for (class, &count) in pages.iter().enumerate().filter(|&(_, &count)| count != 0) {
        let class = PageClass(class as u8);
        let (kind, migratetype, _) = class.parts();
        match kind {
            Kind::Free => free_by_type[migratetype.index()] += count,
            Kind::Reserved | Kind::Unknown => reserved_pages += count,
            Kind::Used | Kind::Allocated => used_by_type[migratetype.index()] += count,
            Kind::Pcp | Kind::Hole | Kind::Guard | Kind::Off => {}
        }
    }
    let cpus = (0..machine.cpus().len() as u16).map(CpuId);
    ZoneView {
        id: zone.id.index(),
        node: zone.id.node().0,
        index: zone.id.zone_type().index(),
        name: zone.id.zone_type().name(),
        start_pfn: zone.start_pfn.0,
        spanned: zone.spanned_pages,
        present: zone.present_pages,
        managed: zone.managed_pages,
        free: zone.page_state(ZoneItem::FreePages),
        free_exact: machine.zone_page_state_snapshot(zone, ZoneItem::FreePages),
        free_cma: zone.page_state(ZoneItem::FreeCma),
        pcp_pages: cpus.map(|cpu| u64::from(machine.pcp(zone.id, cpu).count)).sum(),
        min: zone.watermark[0],
        low: zone.watermark[1],
        high: zone.watermark[2],
        boost: zone.watermark_boost,
        protection: zone.lowmem_reserve,
        highatomic: zone.nr_reserved_highatomic,
        drift_mark: zone.percpu_drift_mark,
        free_by_type,
        used_by_type,
        reserved_pages,
        numa: machine.numa_counters(zone.id),
    }
}

/// Pairs as the fields of an object.
fn as_object<S: Serializer>(pairs: &[(&'static str, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}

/// Files of `/proc/sys/vm` as reading them would print.
fn sysctls(machine: &Machine<Trace>) -> Vec<(&'static str, String)> {
    let sysctls = machine.sysctls();
    let ratio = sysctls.lowmem_reserve_ratio.map(|ratio| ratio.to_string()).join(" ");
    [
        ("min_free_kbytes", machine.min_free_kbytes().to_string()),
        ("watermark_scale_factor", sysctls.watermark_scale_factor.to_string()),
        ("watermark_boost_factor", sysctls.watermark_boost_factor.to_string()),
        ("lowmem_reserve_ratio", ratio),
        ("percpu_pagelist_fraction", sysctls.percpu_pagelist_fraction.to_string()),
        ("zone_reclaim_mode", sysctls.zone_reclaim_mode.to_string()),
        ("min_unmapped_ratio", sysctls.min_unmapped_ratio.to_string()),
        ("min_slab_ratio", sysctls.min_slab_ratio.to_string()),
        ("dirty_ratio", sysctls.dirty_ratio.to_string()),
        ("dirty_bytes", sysctls.dirty_bytes.to_string()),
        ("numa_stat", u8::from(sysctls.numa_stat).to_string()),
        ("stat_interval", sysctls.stat_interval.to_string()),
    ]
    .into()
}
