//! What is known of huge pages beyond the record of their first page (mm/huge_memory.c).

use crate::config::ThpSettings;
use crate::page::life::MemcgId;
use crate::part::Part;
use crate::pfn::{Frame, NodeId, PAGEBLOCK_NR_PAGES, Pfn};
use std::collections::{BTreeMap, VecDeque};

/// Pages of a huge page (`HPAGE_PMD_NR`).
pub(crate) const HPAGE_PMD_NR: u32 = PAGEBLOCK_NR_PAGES as u32;

/// Who maps a huge page that is not mapped as a whole only.
#[derive(Clone, Debug)]
pub(crate) struct PartMaps {
    /// Entries that map it as a whole (`compound_mapcount`).
    pub(crate) whole: u32,
    /// Small entries that map each page (`_mapcount`, without what `PageDoubleMap` adds).
    parts: Box<[u32]>,
}

impl PartMaps {
    fn new(whole: u32) -> PartMaps {
        PartMaps { whole, parts: vec![0; HPAGE_PMD_NR as usize].into() }
    }

    /// Small entries that map a page.
    pub(crate) fn of(&self, part: u32) -> u32 {
        self.parts.get(part as usize).copied().unwrap_or(0)
    }

    pub(crate) fn of_mut(&mut self, part: u32) -> &mut u32 {
        &mut self.parts[part as usize % HPAGE_PMD_NR as usize]
    }

    /// Another small entry for each page.
    pub(crate) fn add_to_each(&mut self) {
        self.parts.iter_mut().for_each(|count| *count += 1);
    }

    /// Small entries that map the page that has most of them.
    pub(crate) fn most(&self) -> u32 {
        self.parts.iter().copied().max().unwrap_or(0)
    }

    /// Pages that no small entry maps.
    pub(crate) fn unmapped(&self) -> u32 {
        self.parts.iter().filter(|&&count| count == 0).count() as u32
    }
}

/// The huge page of zeros (`huge_zero_page`).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ZeroPage {
    pub(crate) page: Option<Frame>,
    /// Address spaces that have it, and one for the shrinker (`huge_zero_refcount`).
    pub(crate) references: u32,
}

/// Huge pages of a machine.
#[derive(Clone, Debug)]
pub(crate) struct HugePages {
    pub(crate) settings: ThpSettings,
    /// Huge pages that small entries map, by their first page.
    pub(crate) maps: Part<BTreeMap<Frame, PartMaps>>,
    /// Huge pages to be split when memory is short, by group, the oldest first (`deferred_split_queue`).
    pub(crate) split_queue: Part<BTreeMap<MemcgId, VecDeque<Frame>>>,
    pub(crate) zero: ZeroPage,
    /// Pages set aside by an administrator, by node, the latest last (`hugepage_freelists`).
    pub(crate) pool: Part<BTreeMap<NodeId, Vec<Pfn>>>,
    /// The node that gives the next page to the pool, and the one that gets one back (`next_nid_to_alloc`,
    /// `next_nid_to_free`).
    pub(crate) next_pool_node: [NodeId; 2],
}

impl Default for HugePages {
    fn default() -> HugePages {
        HugePages {
            settings: ThpSettings::OFF,
            maps: Part::default(),
            split_queue: Part::default(),
            zero: ZeroPage::default(),
            pool: Part::default(),
            next_pool_node: Default::default(),
        }
    }
}

impl HugePages {
    /// Who maps a huge page that `whole` entries mapped as a whole until now.
    pub(crate) fn part_maps(&mut self, head: Frame, whole: u32) -> &mut PartMaps {
        self.maps.entry(head).or_insert_with(|| PartMaps::new(whole))
    }

    /// Takes a page off the queue to be split.
    pub(crate) fn dequeue(&mut self, memcg: MemcgId, head: Frame) {
        // Those that go mostly came first.
        if let Some(queue) = self.split_queue.get_mut(&memcg)
            && let Some(at) = queue.iter().position(|&page| page == head)
        {
            queue.remove(at);
        }
    }

    /// Everything that later faults and reclaim depend on, for hashing. Nothing where there was never a huge page.
    pub(crate) fn words(&self) -> impl Iterator<Item = u64> + '_ {
        let queued = self
            .split_queue
            .iter()
            .flat_map(|(memcg, queue)| queue.iter().map(|page| u64::from(memcg.0) << 32 | u64::from(page.0)));
        let maps = self.maps.iter().flat_map(|(head, maps)| {
            [u64::from(head.0), maps.whole.into()].into_iter().chain(maps.parts.iter().map(|&count| count.into()))
        });
        let pool = self.pool.values().flatten().map(|pfn| pfn.0);
        let zero = self.zero.page.map(|page| u64::from(page.0) << 32 | u64::from(self.zero.references));
        queued.chain(maps).chain(zero).chain(pool)
    }
}
