//! Digests of the model's zones, to be compared with recorded ones.

use crate::recording::{Digest, PcpDigest};
use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::{MAX_ORDER, MIGRATE_PCPTYPES, MigrateType, Order, PAGEBLOCK_NR_PAGES, Pfn, ZoneId};
use buddyscope_mm::vmstat::ZoneItem;

/// What stands for a pageblock without a memory section.
const NO_SECTION: u64 = 255;

/// The hash of recordings: FNV-1a over words of 64 bits.
struct WordHash(u64);

impl WordHash {
    fn new() -> WordHash {
        WordHash(0xcbf2_9ce4_8422_2325)
    }

    fn word(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x100_0000_01b3);
    }

    /// The word that begins a list.
    fn list(&mut self, major: u64, migrate_type: usize) {
        self.word((1 << 63) + major * 16 + migrate_type as u64);
    }
}

/// The digest of a zone of the model; `operations` and the presence of NUMA counters are taken from the recorded one.
pub(super) fn digest_like<S: Sink>(machine: &Machine<S>, recorded: &Digest) -> Digest {
    let id = recorded.zone;
    let zone = &machine.zones()[id.index()];
    let mut nr_free = [0; MAX_ORDER];
    for (order, count) in nr_free.iter_mut().enumerate() {
        *count = zone.nr_free(order);
    }
    Digest {
        operations: recorded.operations,
        zone: id,
        free: machine.zone_stat(id, ZoneItem::FreePages),
        free_cma: machine.zone_stat(id, ZoneItem::FreeCma),
        boost: zone.watermark_boost,
        highatomic: zone.nr_reserved_highatomic,
        flags: zone.flags,
        pcp: machine.cpus().iter().map(|cpu| pcp_digest(machine, id, cpu.id)).collect(),
        nr_free,
        hash_free: hash_free(machine, id),
        hash_pcp: hash_pcp(machine, id),
        hash_blocks: hash_blocks(machine, id),
        numa: recorded.numa.map(|_| machine.numa_counters(id)),
    }
}

fn pcp_digest<S: Sink>(machine: &Machine<S>, zone: ZoneId, cpu: buddyscope_mm::pfn::CpuId) -> PcpDigest {
    let pcp = machine.pcp(zone, cpu);
    let (free_delta, free_cma_delta) = (pcp.delta(ZoneItem::FreePages), pcp.delta(ZoneItem::FreeCma));
    PcpDigest { count: pcp.count, free_delta, free_cma_delta }
}

fn hash_free<S: Sink>(machine: &Machine<S>, zone: ZoneId) -> u64 {
    let mut hash = WordHash::new();
    for order in (0..MAX_ORDER as u32).filter_map(Order::new) {
        for list in MigrateType::ALL {
            hash.list(u64::from(order.get()), list.index());
            machine.free_list(zone, order, list).for_each(|pfn| hash.word(pfn.0));
        }
    }
    hash.0
}

fn hash_pcp<S: Sink>(machine: &Machine<S>, zone: ZoneId) -> u64 {
    let mut hash = WordHash::new();
    for cpu in machine.cpus() {
        for list in 0..MIGRATE_PCPTYPES {
            hash.list(u64::from(cpu.id.0), list);
            machine.pcp_list(zone, cpu.id, list).for_each(|(pfn, _)| hash.word(pfn.0));
        }
    }
    hash.0
}

fn hash_blocks<S: Sink>(machine: &Machine<S>, zone: ZoneId) -> u64 {
    let mut hash = WordHash::new();
    for (_, migrate_type) in pageblocks(machine, zone) {
        hash.word(migrate_type.map_or(NO_SECTION, |t| t.index() as u64));
    }
    hash.0
}

/// First page and type of every pageblock that a zone's span touches.
pub(super) fn pageblocks<S: Sink>(
    machine: &Machine<S>,
    zone: ZoneId,
) -> impl Iterator<Item = (Pfn, Option<MigrateType>)> {
    let zone = &machine.zones()[zone.index()];
    let first = zone.start_pfn.0 / PAGEBLOCK_NR_PAGES;
    let end = zone.end_pfn().0.div_ceil(PAGEBLOCK_NR_PAGES);
    (first..end).map(|block| Pfn(block * PAGEBLOCK_NR_PAGES)).map(|pfn| (pfn, machine.pageblock_type(pfn)))
}

/// The fields in which two digests differ, the recorded value first; empty if they are equal.
pub(super) fn differences(kernel: &Digest, model: &Digest) -> Vec<String> {
    let mut all = Vec::new();
    let mut field = |name: &str, kernel: &dyn core::fmt::Debug, model: &dyn core::fmt::Debug, equal: bool| {
        if !equal {
            all.push(format!("{name}: kernel {kernel:?}, model {model:?}"));
        }
    };
    field("free", &kernel.free, &model.free, kernel.free == model.free);
    field("cma", &kernel.free_cma, &model.free_cma, kernel.free_cma == model.free_cma);
    field("boost", &kernel.boost, &model.boost, kernel.boost == model.boost);
    field("ha", &kernel.highatomic, &model.highatomic, kernel.highatomic == model.highatomic);
    field("zf", &kernel.flags, &model.flags, kernel.flags == model.flags);
    field("pcp", &kernel.pcp, &model.pcp, kernel.pcp == model.pcp);
    field("nr", &kernel.nr_free, &model.nr_free, kernel.nr_free == model.nr_free);
    field("hf (free lists)", &kernel.hash_free, &model.hash_free, kernel.hash_free == model.hash_free);
    field("hp (per-CPU lists)", &kernel.hash_pcp, &model.hash_pcp, kernel.hash_pcp == model.hash_pcp);
    field("hb (pageblocks)", &kernel.hash_blocks, &model.hash_blocks, kernel.hash_blocks == model.hash_blocks);
    field("numa", &kernel.numa, &model.numa, kernel.numa == model.numa);
    all
}
