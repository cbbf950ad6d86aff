//! The model beside a recorded state: digests on the way, and whole states.

use super::compare_lru::lru_differences;
use super::memcgs::memcg_differences;
use super::restore_compact::compact_differences;
use crate::recording::{Digest, PcpDigest, PfnRange, StateFile, ZoneState};

use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::{CpuId, MIGRATE_PCPTYPES, MigrateType, Order, PAGEBLOCK_NR_PAGES, Pfn, ZoneId};
use buddyscope_mm::vmstat::ZoneItem;
use buddyscope_mm::{Machine, PageFlags};
use core::fmt::Debug;

/// The hash of recordings: FNV-1a, a 64-bit word at a time.
struct Fnv(u64);

impl Fnv {
    fn new() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }

    fn word(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x100_0000_01b3);
    }

    /// What separates lists: their number with the top bit set.
    fn list(&mut self, number: u64) {
        self.word(1 << 63 | number);
    }
}

/// The digest of a zone as recordings have it; `operations` is theirs.
#[must_use]
pub fn digest<S: Sink>(machine: &Machine<S>, id: ZoneId, operations: u64, with_numa: bool) -> Digest {
    let zone = &machine.zones()[id.index()];
    let pcp = machine.cpus().iter().map(|cpu| {
        let set = machine.pcp(id, cpu.id);
        PcpDigest {
            count: set.count,
            free_delta: set.delta(ZoneItem::FreePages),
            free_cma_delta: set.delta(ZoneItem::FreeCma),
        }
    });
    Digest {
        operations,
        zone: id,
        free: machine.zone_stat(id, ZoneItem::FreePages),
        free_cma: machine.zone_stat(id, ZoneItem::FreeCma),
        boost: zone.watermark_boost,
        highatomic: zone.nr_reserved_highatomic,
        flags: zone.flags,
        pcp: pcp.collect(),
        nr_free: core::array::from_fn(|order| zone.nr_free(order)),
        hash_free: hash_free(machine, id),
        hash_pcp: hash_pcp(machine, id),
        hash_blocks: hash_blocks(machine, id),
        numa: with_numa.then(|| machine.numa_counters(id)),
    }
}

fn hash_free<S: Sink>(machine: &Machine<S>, id: ZoneId) -> u64 {
    let mut hash = Fnv::new();
    for order in orders() {
        for list in MigrateType::ALL {
            hash.list(u64::from(order.get()) * 16 + list as u64);
            machine.free_list(id, order, list).for_each(|pfn| hash.word(pfn.0));
        }
    }
    hash.0
}

fn hash_pcp<S: Sink>(machine: &Machine<S>, id: ZoneId) -> u64 {
    let mut hash = Fnv::new();
    for cpu in machine.cpus() {
        for list in 0..MIGRATE_PCPTYPES {
            hash.list(u64::from(cpu.id.0) * 16 + list as u64);
            machine.pcp_list(id, cpu.id, list).for_each(|(pfn, _)| hash.word(pfn.0));
        }
    }
    hash.0
}

fn hash_blocks<S: Sink>(machine: &Machine<S>, id: ZoneId) -> u64 {
    let mut hash = Fnv::new();
    let zone = &machine.zones()[id.index()];
    let mut pfn = zone.start_pfn.0 & !(PAGEBLOCK_NR_PAGES - 1);
    while pfn < zone.end_pfn().0 {
        hash.word(machine.pageblock_type(Pfn(pfn)).map_or(255, |migratetype| migratetype as u64));
        pfn += PAGEBLOCK_NR_PAGES;
    }
    hash.0
}

fn orders() -> impl Iterator<Item = Order> {
    (0..=u32::from(Order::MAX.get())).filter_map(Order::new)
}

/// Every difference between a machine and a recorded state, one line each.
#[must_use]
pub fn differences<S: Sink>(machine: &Machine<S>, state: &StateFile) -> Vec<String> {
    let mut found = Vec::new();
    let constants = &state.constants;
    check(&mut found, "min_free_kbytes", &constants.min_free_kbytes, &machine.min_free_kbytes());
    for node in &state.nodes {
        let what = |field: &str| format!("node {} {field}", node.id);
        match machine.nodes().get(node.id.index()) {
            Some(own) => {
                let wake = &node.wake;
                let recorded =
                    (wake.kswapd_order, wake.kswapd_highest_zoneidx, wake.kswapd_asleep, node.kswapd_failures);
                let kswapd = (own.kswapd_order, own.kswapd_highest_zoneidx, own.kswapd_asleep, own.kswapd_failures);
                check(&mut found, &what("kswapd order, zone index, asleep, failures"), &recorded, &kswapd);
                let recorded = (wake.kcompactd_order, wake.kcompactd_highest_zoneidx, wake.kcompactd_asleep);
                let kcompactd = (own.kcompactd_max_order, own.kcompactd_highest_zoneidx, own.kcompactd_asleep);
                check(&mut found, &what("kcompactd order, zone index, asleep"), &recorded, &kcompactd);
            }
            None => found.push(what("is not there")),
        }
    }
    for zone in &state.zones {
        zone_differences(machine, zone, &mut found);
    }
    found.extend(memcg_differences(machine, state));
    lru_differences(machine, state, &mut found);
    found
}

pub(super) fn check<T: PartialEq + Debug>(found: &mut Vec<String>, what: &str, kernel: &T, model: &T) {
    if kernel != model {
        found.push(format!("{what}: kernel {kernel:?}, model {model:?}"));
    }
}

fn zone_differences<S: Sink>(machine: &Machine<S>, recorded: &ZoneState, found: &mut Vec<String>) {
    let id = recorded.id;
    let Some(zone) = machine.zones().get(id.index()) else { return found.push(format!("{id} is not there")) };
    let what = |field: &str| format!("{id} {field}");
    check(found, &what("managed"), &recorded.managed, &zone.managed_pages);
    check(found, &what("watermark"), &recorded.watermark, &zone.watermark);
    check(found, &what("boost"), &recorded.boost, &zone.watermark_boost);
    check(found, &what("drift mark"), &recorded.drift_mark, &zone.percpu_drift_mark);
    check(found, &what("highatomic"), &recorded.highatomic, &zone.nr_reserved_highatomic);
    check(found, &what("flags"), &recorded.flags, &zone.flags);
    check(found, &what("isolated blocks"), &recorded.isolated_blocks, &zone.nr_isolate_pageblock);
    check(found, &what("reserve"), &recorded.reserve.map(|pages| pages as i64), &zone.lowmem_reserve);
    check(found, &what("free"), &recorded.free, &machine.zone_stat(id, ZoneItem::FreePages));
    check(found, &what("free_cma"), &recorded.free_cma, &machine.zone_stat(id, ZoneItem::FreeCma));
    check(found, &what("numa"), &recorded.numa, &machine.numa_counters(id));
    list_differences(machine, recorded, found);
    block_differences(machine, recorded, found);
    compact_differences(machine, recorded, found);
    let lru = marked_pages(machine, id, PageFlags::LRU);
    check(found, &what("LRU pages"), &listed_pages(&recorded.lru), &lru);
    let movable: Vec<Pfn> = marked_pages(machine, id, PageFlags::MOVABLE);
    check(found, &what("movable pages"), &listed_pages(&recorded.movable), &movable);
}

fn list_differences<S: Sink>(machine: &Machine<S>, recorded: &ZoneState, found: &mut Vec<String>) {
    let id = recorded.id;
    for order in orders() {
        let at = usize::from(order.get());
        let model = machine.zones()[id.index()].nr_free(at);
        check(found, &format!("{id} nr_free of order {order}"), &recorded.nr_free[at], &model);
        for list in MigrateType::ALL {
            let model: Vec<Pfn> = machine.free_list(id, order, list).collect();
            let what = format!("{id} free list of order {order} {}", list.name());
            check(found, &what, &recorded.free_list(at, list).to_vec(), &model);
        }
    }
    for pcp in &recorded.pcp {
        pcp_differences(machine, recorded, pcp.cpu, found);
    }
}

fn pcp_differences<S: Sink>(machine: &Machine<S>, recorded: &ZoneState, cpu: CpuId, found: &mut Vec<String>) {
    let id = recorded.id;
    let Some(pcp) = recorded.pcp.iter().find(|pcp| pcp.cpu == cpu) else { return };
    if cpu.index() >= machine.cpus().len() {
        return found.push(format!("cpu {cpu} is not there"));
    }
    let own = machine.pcp(id, cpu);
    let numbers = (pcp.count, pcp.high, pcp.batch, pcp.threshold);
    let what = format!("{id} cpu {cpu} count, high, batch, threshold");
    check(found, &what, &numbers, &(own.count, own.high, own.batch, own.stat_threshold));
    let deltas = (i64::from(pcp.free_delta), i64::from(pcp.free_cma_delta));
    let model = (own.delta(ZoneItem::FreePages), own.delta(ZoneItem::FreeCma));
    check(found, &format!("{id} cpu {cpu} deltas"), &deltas, &model);
    for (list, pages) in pcp.lists.iter().enumerate() {
        let kernel: Vec<(Pfn, MigrateType)> = pages.iter().map(|page| (page.pfn, page.migrate_type)).collect();
        let model: Vec<(Pfn, MigrateType)> = machine.pcp_list(id, cpu, list).collect();
        check(found, &format!("{id} cpu {cpu} list {list}"), &kernel, &model);
    }
}

fn block_differences<S: Sink>(machine: &Machine<S>, recorded: &ZoneState, found: &mut Vec<String>) {
    for (first, kernel, blocks) in recorded.pageblocks.iter() {
        for block in 0..blocks {
            let pfn = Pfn(first.0 + block * PAGEBLOCK_NR_PAGES);
            let model = machine.pageblock_type(pfn);
            if kernel.is_some() || model.is_some() {
                check(found, &format!("{} pageblock {pfn}", recorded.id), &kernel, &model);
            }
        }
    }
}

fn listed_pages(ranges: &[PfnRange]) -> Vec<Pfn> {
    ranges.iter().flat_map(|range| range.start.0..range.end.0).map(Pfn).collect()
}

/// Pages in use with a mark of their own.
fn marked_pages<S: Sink>(machine: &Machine<S>, zone: ZoneId, mark: PageFlags) -> Vec<Pfn> {
    let ranges = machine.memory_ranges().filter(|range| range.2 == zone);
    let pages = ranges.flat_map(|(start, end, _)| start.0..end.0).map(Pfn);
    pages.filter(|&pfn| machine.page_marks(pfn).intersects(mark)).collect()
}
