//! What files of /proc tell of their machine.

use super::told::{BlockCounts, Told, ToldNode, ToldPcp, ToldZone};
use crate::sentence::Args;
use buddyscope_mm::pfn::{
    CpuId, MAX_CPUS, MAX_NR_ZONES, MAX_ORDER, MigrateType, NodeId, PAGEBLOCK_NR_PAGES, Pfn, ZoneId,
};
use buddyscope_mm::vmstat::{NodeItem, ZoneItem};
use buddyscope_procfs::document::{Content, Document};
use buddyscope_procfs::nodes::Hardware;
use buddyscope_procfs::zoneinfo::{ZoneDetails, ZoneInfo, ZoneRecord};
use buddyscope_procfs::{BuddyInfo, PageTypeInfo, Sysctls};

/// The files that a machine can be made of.
#[derive(Clone, Copy, Debug)]
pub struct ProcTexts<'a> {
    /// Sizes, marks, per-CPU sets and counters.
    pub zoneinfo: &'a ZoneInfo,
    /// Free blocks by order.
    pub buddyinfo: Option<&'a BuddyInfo>,
    /// Free blocks by order and type.
    pub pagetypeinfo: Option<&'a PageTypeInfo>,
    /// CPUs and distances.
    pub hardware: Option<&'a Hardware>,
    /// Settings.
    pub sysctls: Option<&'a Sysctls>,
}

impl<'a> ProcTexts<'a> {
    /// The first of each kind in a text; `None` without zoneinfo.
    #[must_use]
    pub fn of(document: &'a Document) -> Option<ProcTexts<'a>> {
        let contents = || document.parts.iter().map(|part| &part.content);
        Some(ProcTexts {
            zoneinfo: contents().find_map(|it| if let Content::ZoneInfo(it) = it { Some(it) } else { None })?,
            buddyinfo: contents().find_map(|it| if let Content::BuddyInfo(it) = it { Some(it) } else { None }),
            pagetypeinfo: contents().find_map(|it| if let Content::PageTypeInfo(it) = it { Some(it) } else { None }),
            hardware: contents().find_map(|it| if let Content::Hardware(it) = it { Some(it) } else { None }),
            sysctls: contents().find_map(|it| if let Content::Sysctl(it) = it { Some(it) } else { None }),
        })
    }
}

impl Told {
    /// What files of /proc tell.
    #[must_use]
    pub fn of_proc(texts: &ProcTexts<'_>) -> Told {
        let populated = || {
            let zones = texts.zoneinfo.zones.iter().filter(|zone| zone.present > 0);
            zones.filter_map(|zone| Some((zone, zone.details.as_ref()?)))
        };
        let mut told = Told {
            zones: populated().map(|(record, details)| zone(record, details, texts)).collect(),
            ..Told::default()
        };
        told.zones.sort_by_key(|zone| zone.id);
        told.zones.dedup_by_key(|zone| zone.id);
        told.nodes = nodes(texts.zoneinfo);
        told.assume("assume.places", Args::new());
        match (texts.pagetypeinfo, texts.buddyinfo) {
            (Some(_), _) => {}
            (None, Some(_)) => told.assume("assume.noTypes", Args::new()),
            (None, None) => told.assume("assume.noBlocks", Args::new()),
        }
        told.tell_cpus(
            populated().flat_map(|(_, details)| &details.pagesets).map(|set| set.cpu.0).max(),
            texts.hardware,
        );
        told.tell_distances(texts.hardware);
        told.guess_sysctls();
        if let Some(sysctls) = texts.sysctls {
            told.tell_sysctls(sysctls);
        }
        told
    }

    /// CPUs up to the highest that has a set, each on the node that is told or in equal shares.
    fn tell_cpus(&mut self, highest: Option<u16>, hardware: Option<&Hardware>) {
        let count = usize::from(highest.unwrap_or(0)).min(MAX_CPUS - 1) + 1;
        let told = |cpu: usize| {
            let node = hardware?.nodes.iter().find(|node| node.cpus.contains(&(cpu as u32)))?;
            u8::try_from(node.id).ok().filter(|&node| node < 64).map(NodeId)
        };
        let guesses = self.deal_out(count).into_iter().enumerate();
        self.cpus = guesses.map(|(cpu, guess)| (CpuId(cpu as u16), told(cpu).unwrap_or(guess))).collect();
        if self.nodes_with_memory().len() > 1 && (0..count).any(|cpu| told(cpu).is_none()) {
            self.assume("assume.cpuNodes", Args::new().with("cpus", count));
        }
    }

    fn tell_distances(&mut self, hardware: Option<&Hardware>) {
        let last = self.zones.last().map_or(0, |zone| zone.id.node().index());
        if last == 0 {
            return;
        }
        let distance = |from: usize, to: usize| {
            let hardware = hardware?;
            let column = hardware.columns.iter().position(|&node| node as usize == to)?;
            let (_, row) = hardware.distances.iter().find(|(node, _)| *node as usize == from)?;
            row.get(column).and_then(|&distance| u8::try_from(distance).ok()).filter(|&distance| distance >= 10)
        };
        let row = |from: usize| (0..=last).map(|to| distance(from, to)).collect::<Option<Vec<u8>>>();
        self.distances = (0..=last).map(row).collect();
        if self.distances.is_none() {
            self.assume("assume.distances", Args::new());
        }
    }

    /// Settings as they are told, instead of guessed ones.
    fn tell_sysctls(&mut self, sysctls: &Sysctls) {
        let number = |name| sysctls.numbers(name)?.first().copied();
        let Some(kbytes) = number("min_free_kbytes").and_then(|kbytes| u64::try_from(kbytes).ok()) else { return };
        self.min_free_kbytes = kbytes;
        for name in ["watermark_scale_factor", "watermark_boost_factor", "lowmem_reserve_ratio", "zone_reclaim_mode"] {
            let text = sysctls.get(name).unwrap_or_default();
            // What 5.10 would refuse stays as it is at boot.
            if let Ok(change) = buddyscope_mm::config::Sysctl::parse(name, text) {
                let _ = self.sysctls.apply(change);
            }
        }
        self.assumptions.retain(|assumption| assumption.key != "assume.sysctls");
    }
}

fn zone(record: &ZoneRecord, details: &ZoneDetails, texts: &ProcTexts<'_>) -> ToldZone {
    let mut reserve = [0; MAX_NR_ZONES];
    reserve.iter_mut().zip(&record.protection).for_each(|(slot, &pages)| *slot = pages);
    let kept = |blocks: u64| blocks.saturating_mul(PAGEBLOCK_NR_PAGES).min(record.managed);
    let highatomic = texts.pagetypeinfo.and_then(|types| types.blocks(record.id, MigrateType::HighAtomic));
    let set = |set: &buddyscope_procfs::zoneinfo::PageSet| ToldPcp {
        cpu: set.cpu,
        count: set.count.min(record.managed),
        limits: u32::try_from(set.high).ok().zip(u32::try_from(set.batch).ok()).filter(|limits| limits.1 > 0),
    };
    // The others follow from the free lists.
    let is_own = |(item, _): &(ZoneItem, u64)| !matches!(item, ZoneItem::FreePages | ZoneItem::FreeCma);
    let counters = ZoneItem::ALL.into_iter().zip(details.stats).filter(is_own);
    ToldZone {
        id: record.id,
        span: Some((Pfn(details.start_pfn), record.spanned)),
        present: record.present.max(record.managed),
        managed: record.managed,
        marks: record.marks,
        reserve,
        highatomic: highatomic.map_or(0, kept),
        free: record.free,
        free_cma: details.stats[ZoneItem::FreeCma as usize],
        blocks: blocks(record, texts),
        pcp: details.pagesets.iter().map(set).collect(),
        counters: counters.collect(),
    }
}

/// Free blocks as far as they are told: by type, by order, or their pages alone.
fn blocks(record: &ZoneRecord, texts: &ProcTexts<'_>) -> BlockCounts {
    let mut counts = BlockCounts::default();
    if let Some(types) = texts.pagetypeinfo.filter(|types| knows(types, record.id)) {
        for list in MigrateType::ALL {
            let lengths = types.free(record.id, list).unwrap_or_default();
            for (order, length) in lengths.iter().take(MAX_ORDER).enumerate() {
                counts[order][list.index()] = length.count;
            }
        }
        return counts;
    }
    let movable = MigrateType::Movable.index();
    match texts.buddyinfo.and_then(|blocks| blocks.free(record.id)) {
        Some(free) => {
            counts.iter_mut().zip(free).for_each(|(counts, &count)| counts[movable] = count);
        }
        None => {
            let mut left = record.free;
            for (order, counts) in counts.iter_mut().enumerate().rev() {
                counts[movable] = left >> order;
                left -= counts[movable] << order;
            }
        }
    }
    counts
}

fn knows(types: &PageTypeInfo, zone: ZoneId) -> bool {
    types.free(zone, MigrateType::Unmovable).is_some()
}

fn nodes(zoneinfo: &ZoneInfo) -> Vec<ToldNode> {
    let mut nodes: Vec<ToldNode> = Vec::new();
    for zone in &zoneinfo.zones {
        let id = zone.id.node();
        let hopeless = zone.details.as_ref().is_some_and(|details| details.node_unreclaimable);
        match nodes.iter_mut().find(|node| node.id == id) {
            Some(node) => node.hopeless |= hopeless,
            None => nodes.push(ToldNode { id, hopeless, counters: Vec::new() }),
        }
        if let (Some(stats), Some(node)) = (&zone.node_stats, nodes.iter_mut().find(|node| node.id == id)) {
            node.counters = NodeItem::ALL.into_iter().zip(*stats).collect();
        }
    }
    nodes.sort_by_key(|node| node.id);
    nodes
}
