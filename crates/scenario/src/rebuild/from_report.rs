//! What a failure or OOM report tells of its machine.

use super::told::{BlockCounts, Told, ToldNode, ToldPcp, ToldZone};
use crate::sentence::Args;
use buddyscope_mm::config::Sysctls;
use buddyscope_mm::pfn::{CpuId, MAX_NR_ZONES, MAX_ORDER, MigrateType, ZoneId, ZoneType};
use buddyscope_mm::vmstat::{NodeItem, ZoneItem};
use buddyscope_procfs::report::{Caller, FreeBlocks, MemInfo, NodeCounters, ZoneCounters, ZoneMem};

impl Told {
    /// What the memory part of a report tells; `caller` is who asked.
    #[must_use]
    pub fn of_report(mem: &MemInfo, caller: Option<&Caller>) -> Told {
        let mut told = Told { zones: mem.zones.iter().map(|told| zone(told, mem)).collect(), ..Told::default() };
        told.zones.sort_by_key(|zone| zone.id);
        told.zones.dedup_by_key(|zone| zone.id);
        told.nodes = mem.nodes.iter().map(|told| node(told, mem)).collect();
        told.assume("assume.places", Args::new());
        if mem.zones.iter().any(has_mixed_orders) {
            told.assume("assume.types", Args::new());
        }
        told.assume_cpus(caller);
        for zone in &mem.zones {
            let elsewhere = zone.counters.free_pcp.saturating_sub(zone.counters.local_pcp);
            told.set_pcp(zone, elsewhere);
        }
        if mem.nodes.len() > 1 {
            told.assume("assume.distances", Args::new());
            told.assume("assume.slabs", Args::new());
        }
        told.guess_sysctls();
        told
    }

    /// CPUs up to the one that reported, dealt out to the nodes in equal shares.
    fn assume_cpus(&mut self, caller: Option<&Caller>) {
        let asked = caller.map_or(0, |caller| caller.cpu.min(1023) as u16);
        // One more than the reporting CPU, so that others can have per-CPU pages, too.
        let count = usize::from(asked) + 2;
        self.cpus = (0..).map(CpuId).zip(self.deal_out(count)).collect();
        let node = self.cpus[usize::from(asked)].1;
        self.assume("assume.cpus", Args::new().with("cpu", asked).with("cpus", count).with("node", node.0));
    }

    /// The reporting CPU's pages are told, and those of all others together.
    fn set_pcp(&mut self, told: &ZoneMem, elsewhere: u64) {
        let [.., (local, _), (other, _)] = self.cpus[..] else { return };
        let id = ZoneId::new(told.counters.node, told.counters.zone);
        if let Some(zone) = self.zones.iter_mut().find(|zone| zone.id == id) {
            let set = |cpu, count| ToldPcp { cpu, count, limits: None };
            // More than a zone has is no count of its pages.
            let counts = [told.counters.local_pcp, elsewhere].map(|count| count.min(zone.managed));
            zone.pcp = vec![set(local, counts[0]), set(other, counts[1])];
        }
    }

    /// `min_free_kbytes` and `watermark_scale_factor` that lead to the marks, as near as their rounding allows.
    pub(super) fn guess_sysctls(&mut self) {
        let min = self.zones.iter().map(|zone| zone.marks[0]).fold(0, u64::saturating_add);
        self.min_free_kbytes = min.saturating_mul(4);
        self.sysctls = Sysctls::default();
        let largest = self.zones.iter().max_by_key(|zone| zone.managed);
        if let Some(zone) = largest.filter(|zone| zone.managed > 0) {
            let step = zone.marks[1].saturating_sub(zone.marks[0]);
            // The step is a quarter of the min mark or a share of the zone, whichever is larger.
            if step > zone.marks[0] / 4 {
                let factor = step.saturating_mul(10_000).div_ceil(zone.managed).clamp(1, 1000);
                self.sysctls.watermark_scale_factor = factor as u32;
            }
        }
        let factor = self.sysctls.watermark_scale_factor;
        self.assume("assume.sysctls", Args::new().with("kbytes", self.min_free_kbytes).with("factor", factor));
    }
}

fn zone(told: &ZoneMem, mem: &MemInfo) -> ToldZone {
    let counters = &told.counters;
    ToldZone {
        id: ZoneId::new(counters.node, counters.zone),
        span: None,
        present: counters.present.max(counters.managed),
        // Kernels before 3.8 tell one number.
        managed: if counters.managed == 0 { counters.present } else { counters.managed },
        marks: [counters.min, counters.low, counters.high],
        reserve: reserve(&told.lowmem_reserve, mem),
        highatomic: counters.reserved_highatomic,
        free: counters.free,
        free_cma: counters.free_cma,
        blocks: by_type(&told.blocks, counters.free_cma),
        pcp: Vec::new(),
        counters: zone_counters(counters),
    }
}

/// A reserve by the highest zone of the request. Kernels that were built without some zone tell fewer: the last is that
/// of Movable, the first that of DMA where the machine has such a zone.
fn reserve(told: &[i64], mem: &MemInfo) -> [i64; MAX_NR_ZONES] {
    let mut reserve = [0; MAX_NR_ZONES];
    let missing = MAX_NR_ZONES.saturating_sub(told.len());
    let has_dma = mem.zones.iter().any(|zone| zone.counters.zone == ZoneType::Dma);
    for (at, &pages) in told.iter().enumerate() {
        let slot = if at == 0 && has_dma { 0 } else { at + missing };
        reserve.iter_mut().skip(slot).take(1).for_each(|slot| *slot = pages);
    }
    reserve
}

/// Whether the letters leave open how many blocks of an order are of which type.
fn has_mixed_orders(zone: &ZoneMem) -> bool {
    zone.blocks.iter().any(|blocks| blocks.on_list.iter().filter(|on_list| **on_list).count() > 1)
}

/// Free blocks by type: one for each letter, those of contiguous areas up to the pages these have, the rest movable if
/// movable blocks are among them, or of the first type that is.
fn by_type(told: &[FreeBlocks; MAX_ORDER], free_cma: u64) -> BlockCounts {
    let mut counts = BlockCounts::default();
    let mut cma_left = free_cma;
    for order in (0..MAX_ORDER).rev() {
        let blocks = told[order];
        let types: Vec<MigrateType> = MigrateType::ALL.into_iter().filter(|t| blocks.on_list[t.index()]).collect();
        let mut left = blocks.count;
        for list in &types {
            let one = left.min(1);
            counts[order][list.index()] += one;
            left -= one;
        }
        if types.contains(&MigrateType::Cma) {
            cma_left = cma_left.saturating_sub(counts[order][MigrateType::Cma.index()] << order);
            let more = left.min(cma_left >> order);
            counts[order][MigrateType::Cma.index()] += more;
            cma_left -= more << order;
            left -= more;
        }
        let movable = MigrateType::Movable;
        let rest = if types.is_empty() || types.contains(&movable) { movable } else { types[0] };
        counts[order][rest.index()] += left;
    }
    counts
}

/// A zone's counters but for those of free pages.
pub(crate) fn zone_counters(told: &ZoneCounters) -> Vec<(ZoneItem, u64)> {
    vec![
        (ZoneItem::InactiveAnon, told.inactive_anon),
        (ZoneItem::ActiveAnon, told.active_anon),
        (ZoneItem::InactiveFile, told.inactive_file),
        (ZoneItem::ActiveFile, told.active_file),
        (ZoneItem::Unevictable, told.unevictable),
        (ZoneItem::WritePending, told.writepending),
        (ZoneItem::Mlock, told.mlocked),
        (ZoneItem::PageTable, told.pagetables),
        (ZoneItem::Bounce, told.bounce),
    ]
}

fn node(told: &NodeCounters, mem: &MemInfo) -> ToldNode {
    ToldNode { id: told.node, hopeless: told.all_unreclaimable, counters: node_counters(told, mem) }
}

/// A node's counters. Slab pages and the page cache are told of the whole machine alone; the first node gets them.
pub(crate) fn node_counters(told: &NodeCounters, mem: &MemInfo) -> Vec<(NodeItem, u64)> {
    let first = mem.nodes.first().is_some_and(|node| node.node == told.node);
    let global = |value| if first { value } else { 0 };
    vec![
        (NodeItem::InactiveAnon, told.inactive_anon),
        (NodeItem::ActiveAnon, told.active_anon),
        (NodeItem::InactiveFile, told.inactive_file),
        (NodeItem::ActiveFile, told.active_file),
        (NodeItem::Unevictable, told.unevictable),
        (NodeItem::IsolatedAnon, told.isolated_anon),
        (NodeItem::IsolatedFile, told.isolated_file),
        (NodeItem::Mapped, told.mapped),
        (NodeItem::Dirty, told.dirty),
        (NodeItem::Writeback, told.writeback),
        (NodeItem::Shmem, told.shmem),
        (NodeItem::KernelStack, told.kernel_stack_kb),
        (NodeItem::SlabReclaimable, global(mem.global.slab_reclaimable)),
        (NodeItem::SlabUnreclaimable, global(mem.global.slab_unreclaimable)),
        (NodeItem::FilePages, global(mem.pagecache)),
    ]
}
