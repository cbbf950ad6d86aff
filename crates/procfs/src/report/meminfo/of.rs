//! What a machine would show (`show_free_areas`, mm/page_alloc.c; `show_mem`, lib/show_mem.c).

use super::{
    FreeBlocks, FreeSwap, GlobalCounters, HugePages, MemInfo, NodeCounters, Swap, SwapCache, TotalSwap, Totals,
    ZoneCounters, ZoneMem,
};
use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::{CpuId, MAX_ORDER, MigrateType, NodeId, Order, ZoneId};
use buddyscope_mm::vmstat::{NodeItem, ZoneItem};
use buddyscope_mm::zone::{MAX_RECLAIM_RETRIES, Node, Zone};

/// Small pages of a huge page (`HPAGE_PMD_NR`).
const HPAGE_PMD_NR: u64 = 512;
/// kB of a huge page.
const HPAGE_KB: u64 = 2048;

/// What a report shows that is no state of the page allocator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Pages in the swap cache.
    pub swap_cached: u64,
    /// What the swap cache has done since boot.
    pub swap_cache: SwapCache,
    /// Pages of CMA areas (`totalcma_pages`).
    pub cma: u64,
    /// Huge pages of nodes that have any: all, free, and beyond the number asked for.
    pub hugepages: Vec<(NodeId, [u32; 3])>,
}

impl MemInfo {
    /// What a report shows that is printed on a CPU.
    #[must_use]
    pub fn of<S: Sink>(machine: &Machine<S>, cpu: CpuId, surroundings: &Surroundings) -> MemInfo {
        let shown = || machine.zones().iter().filter(|zone| zone.is_populated());
        let nodes = || machine.nodes().iter().filter(|node| machine.online_nodes().contains(node.id));
        let zones: Vec<ZoneMem> = shown().map(|zone| zone_mem(machine, zone, cpu)).collect();
        let free_pcp = zones.iter().map(|zone| zone.counters.free_pcp).sum();
        let (swap_total, swap_free) = machine.swap_pages();
        MemInfo {
            global: global(machine, free_pcp),
            nodes: nodes().map(counters_of_node).collect(),
            zones,
            hugepages: nodes().filter(|node| node.present_pages > 0).map(|node| huge(node, surroundings)).collect(),
            pagecache: sum(machine, NodeItem::FilePages),
            swap: Some(Swap {
                cached: surroundings.swap_cached,
                cache: surroundings.swap_cache.clone(),
                free: FreeSwap { pages: swap_free.max(0) as u64 },
                total: TotalSwap { pages: swap_total },
            }),
            totals: Totals {
                ram: shown().map(|zone| zone.present_pages).sum(),
                highmem: 0,
                reserved: shown().map(|zone| zone.present_pages - zone.managed_pages).sum(),
                cma: Some(surroundings.cma),
                hwpoisoned: None,
            },
        }
    }
}

/// A counter of all nodes (`global_node_page_state`).
fn sum<S: Sink>(machine: &Machine<S>, item: NodeItem) -> u64 {
    machine.nodes().iter().map(|node| node.stat.get(item)).sum()
}

fn global<S: Sink>(machine: &Machine<S>, free_pcp: u64) -> GlobalCounters {
    let zones = |item: ZoneItem| machine.global_zone_stat()[item as usize].max(0) as u64;
    let nodes = |item| sum(machine, item);
    GlobalCounters {
        active_anon: nodes(NodeItem::ActiveAnon),
        inactive_anon: nodes(NodeItem::InactiveAnon),
        isolated_anon: nodes(NodeItem::IsolatedAnon),
        active_file: nodes(NodeItem::ActiveFile),
        inactive_file: nodes(NodeItem::InactiveFile),
        isolated_file: nodes(NodeItem::IsolatedFile),
        unevictable: nodes(NodeItem::Unevictable),
        dirty: nodes(NodeItem::Dirty),
        writeback: nodes(NodeItem::Writeback),
        slab_reclaimable: nodes(NodeItem::SlabReclaimable),
        slab_unreclaimable: nodes(NodeItem::SlabUnreclaimable),
        mapped: nodes(NodeItem::Mapped),
        shmem: nodes(NodeItem::Shmem),
        pagetables: zones(ZoneItem::PageTable),
        bounce: zones(ZoneItem::Bounce),
        free: zones(ZoneItem::FreePages),
        free_pcp,
        free_cma: zones(ZoneItem::FreeCma),
    }
}

fn counters_of_node(node: &Node) -> NodeCounters {
    let get = |item| node.stat.get(item);
    NodeCounters {
        node: node.id,
        active_anon: get(NodeItem::ActiveAnon),
        inactive_anon: get(NodeItem::InactiveAnon),
        active_file: get(NodeItem::ActiveFile),
        inactive_file: get(NodeItem::InactiveFile),
        unevictable: get(NodeItem::Unevictable),
        isolated_anon: get(NodeItem::IsolatedAnon),
        isolated_file: get(NodeItem::IsolatedFile),
        mapped: get(NodeItem::Mapped),
        dirty: get(NodeItem::Dirty),
        writeback: get(NodeItem::Writeback),
        shmem: get(NodeItem::Shmem),
        shmem_thp: get(NodeItem::ShmemHugepages) * HPAGE_PMD_NR,
        shmem_pmdmapped: get(NodeItem::ShmemPmdmapped) * HPAGE_PMD_NR,
        anon_thp: get(NodeItem::AnonTransparentHugepages) * HPAGE_PMD_NR,
        writeback_tmp: get(NodeItem::WritebackTemp),
        kernel_stack_kb: get(NodeItem::KernelStack),
        all_unreclaimable: node.kswapd_failures >= MAX_RECLAIM_RETRIES,
    }
}

fn zone_mem<S: Sink>(machine: &Machine<S>, zone: &Zone, cpu: CpuId) -> ZoneMem {
    let state = |item| zone.page_state(item) as u64;
    let pcp = |cpu| u64::from(machine.pcp(zone.id, cpu).count);
    let counters = ZoneCounters {
        node: zone.id.node(),
        zone: zone.id.zone_type(),
        free: state(ZoneItem::FreePages),
        min: zone.wmark_pages(0),
        low: zone.wmark_pages(1),
        high: zone.wmark_pages(2),
        reserved_highatomic: zone.nr_reserved_highatomic,
        active_anon: state(ZoneItem::ActiveAnon),
        inactive_anon: state(ZoneItem::InactiveAnon),
        active_file: state(ZoneItem::ActiveFile),
        inactive_file: state(ZoneItem::InactiveFile),
        unevictable: state(ZoneItem::Unevictable),
        writepending: state(ZoneItem::WritePending),
        present: zone.present_pages,
        managed: zone.managed_pages,
        mlocked: state(ZoneItem::Mlock),
        pagetables: state(ZoneItem::PageTable),
        bounce: state(ZoneItem::Bounce),
        free_pcp: machine.cpus().iter().map(|cpu| pcp(cpu.id)).sum(),
        local_pcp: pcp(cpu),
        free_cma: state(ZoneItem::FreeCma),
    };
    ZoneMem { counters, lowmem_reserve: zone.lowmem_reserve.to_vec(), blocks: blocks(machine, zone.id) }
}

fn blocks<S: Sink>(machine: &Machine<S>, zone: ZoneId) -> [FreeBlocks; MAX_ORDER] {
    core::array::from_fn(|order| {
        let count = machine.zones()[zone.index()].nr_free(order);
        let order = Order::new(order as u32).unwrap_or_default();
        let has = |list: MigrateType| machine.free_list(zone, order, list).next().is_some();
        FreeBlocks { count, on_list: MigrateType::ALL.map(has) }
    })
}

fn huge(node: &Node, surroundings: &Surroundings) -> HugePages {
    let known = surroundings.hugepages.iter().find(|(id, _)| *id == node.id);
    let [total, free, surplus] = known.map_or([0; 3], |known| known.1);
    HugePages { node: node.id, total, free, surplus, size_kb: HPAGE_KB }
}
