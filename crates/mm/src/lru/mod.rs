//! The LRU lists: where pages wait to be reclaimed (mm/swap.c, include/linux/mm_inline.h).

pub(crate) mod list;
pub mod memcg;

use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::{Life, LifeFlags, MemcgId};
use crate::page::meta::Marks;
use crate::pfn::{CpuId, Frame, MAX_NR_ZONES, NodeId, Pfn};
use crate::vmstat::{NodeItem, ZoneItem};
use list::LruList;

/// Number of lists (`NR_LRU_LISTS`).
pub const NR_LRU_LISTS: usize = 5;

/// Which list (`enum lru_list`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum LruIndex {
    /// Anonymous pages, candidates for reclaim.
    InactiveAnon = 0,
    /// Anonymous pages in use.
    ActiveAnon = 1,
    /// Page cache and droppable anonymous pages, candidates for reclaim.
    InactiveFile = 2,
    /// Page cache in use.
    ActiveFile = 3,
    /// Pages that must stay.
    Unevictable = 4,
}

impl LruIndex {
    /// Every list, in the kernel's order.
    pub const ALL: [LruIndex; NR_LRU_LISTS] = [
        LruIndex::InactiveAnon,
        LruIndex::ActiveAnon,
        LruIndex::InactiveFile,
        LruIndex::ActiveFile,
        LruIndex::Unevictable,
    ];

    /// The lists that reclaim looks at (`for_each_evictable_lru`).
    pub const EVICTABLE: [LruIndex; 4] =
        [LruIndex::InactiveAnon, LruIndex::ActiveAnon, LruIndex::InactiveFile, LruIndex::ActiveFile];

    /// Whether it holds file pages (`is_file_lru`).
    #[must_use]
    pub const fn is_file(self) -> bool {
        matches!(self, LruIndex::InactiveFile | LruIndex::ActiveFile)
    }

    /// Whether it holds pages in use (`is_active_lru`).
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, LruIndex::ActiveAnon | LruIndex::ActiveFile)
    }

    /// The node counter of its pages (`NR_LRU_BASE + lru`).
    #[must_use]
    pub const fn node_item(self) -> NodeItem {
        [
            NodeItem::InactiveAnon,
            NodeItem::ActiveAnon,
            NodeItem::InactiveFile,
            NodeItem::ActiveFile,
            NodeItem::Unevictable,
        ][self as usize]
    }

    /// The zone counter of its pages (`NR_ZONE_LRU_BASE + lru`).
    #[must_use]
    pub const fn zone_item(self) -> ZoneItem {
        [
            ZoneItem::InactiveAnon,
            ZoneItem::ActiveAnon,
            ZoneItem::InactiveFile,
            ZoneItem::ActiveFile,
            ZoneItem::Unevictable,
        ][self as usize]
    }
}

/// The list that a page with such flags belongs on (`page_lru`).
pub(crate) fn page_lru(life: &Life) -> LruIndex {
    if life.flags.contains(LifeFlags::UNEVICTABLE) {
        return LruIndex::Unevictable;
    }
    match (life.is_file_lru(), life.flags.contains(LifeFlags::ACTIVE)) {
        (false, false) => LruIndex::InactiveAnon,
        (false, true) => LruIndex::ActiveAnon,
        (true, false) => LruIndex::InactiveFile,
        (true, true) => LruIndex::ActiveFile,
    }
}

/// The lists of one memory cgroup on one node (`struct lruvec`).
#[derive(Clone, Debug)]
pub struct Lruvec {
    /// Whose pages.
    pub memcg: MemcgId,
    /// On which node.
    pub node: NodeId,
    pub(crate) lists: [LruList; NR_LRU_LISTS],
    /// Pages of each list by zone (`mem_cgroup_per_node.lru_zone_size`).
    pub(crate) zone_size: [[u64; NR_LRU_LISTS]; MAX_NR_ZONES],
    /// What reclaim of anonymous pages has cost of late, in pages.
    pub anon_cost: u64,
    /// What reclaim of file pages has cost of late, in pages.
    pub file_cost: u64,
    /// Evictions and activations so far, the clock of refault distances (`nonresident_age`).
    pub nonresident_age: u64,
    /// `WORKINGSET_ACTIVATE_ANON` and `_FILE` when reclaim last looked (`refaults`).
    pub refaults: [u64; 2],
    /// `LRUVEC_CONGESTED`: kswapd met too many dirty pages of a congested device.
    pub congested: bool,
}

impl Lruvec {
    fn new(memcg: MemcgId, node: NodeId) -> Lruvec {
        Lruvec {
            memcg,
            node,
            lists: Default::default(),
            zone_size: Default::default(),
            anon_cost: 0,
            file_cost: 0,
            nonresident_age: 0,
            refaults: [0; 2],
            congested: false,
        }
    }

    /// Pages on a list in zones up to `highest` (`lruvec_lru_size`).
    #[must_use]
    pub fn size(&self, lru: LruIndex, highest: u8) -> u64 {
        self.zone_size.iter().take(usize::from(highest) + 1).map(|sizes| sizes[lru as usize]).sum()
    }
}

/// All lists of a machine: node by node for each memory cgroup.
#[derive(Clone, Debug)]
pub(crate) struct Lru {
    nodes: usize,
    lruvecs: Vec<Lruvec>,
}

impl Lru {
    pub(crate) fn new(nodes: usize) -> Lru {
        let lruvecs = (0..nodes).map(|node| Lruvec::new(MemcgId(0), NodeId(node as u8))).collect();
        Lru { nodes, lruvecs }
    }

    /// Makes room for the lists of a memory cgroup; those numbered below it get theirs too.
    pub(crate) fn add_memcg(&mut self, memcg: MemcgId) {
        while self.lruvecs.len() <= usize::from(memcg.0) * self.nodes {
            let id = MemcgId((self.lruvecs.len() / self.nodes) as u16);
            self.lruvecs.extend((0..self.nodes).map(|node| Lruvec::new(id, NodeId(node as u8))));
        }
    }

    /// The lists of a memory cgroup on a node (`mem_cgroup_lruvec`).
    pub(crate) fn lruvec(&self, memcg: MemcgId, node: NodeId) -> &Lruvec {
        &self.lruvecs[usize::from(memcg.0) * self.nodes + node.index()]
    }

    pub(crate) fn lruvec_mut(&mut self, memcg: MemcgId, node: NodeId) -> &mut Lruvec {
        &mut self.lruvecs[usize::from(memcg.0) * self.nodes + node.index()]
    }
}

impl<S: Sink> Machine<S> {
    /// The lists of a memory cgroup on a node.
    #[must_use]
    pub fn lruvec(&self, memcg: MemcgId, node: NodeId) -> Option<&Lruvec> {
        self.lru.lruvecs.get(usize::from(memcg.0) * self.lru.nodes + node.index())
    }

    /// The pages of a list, head first, each with its flags.
    pub fn lru_pages(
        &self,
        memcg: MemcgId,
        node: NodeId,
        lru: LruIndex,
    ) -> impl Iterator<Item = (Pfn, LifeFlags)> + '_ {
        let list = self.lruvec(memcg, node).map(|lruvec| lruvec.lists[lru as usize]).unwrap_or_default();
        list.iter(&self.mem).map(|page| (self.mem.pfn(page), self.mem.life(page).flags))
    }

    /// Puts a page on the list its flags name, at the head (`add_page_to_lru_list`).
    pub(crate) fn add_page_to_lru_list(&mut self, cpu: CpuId, page: Frame) {
        self.enlist(cpu, page, LruList::push_head);
    }

    /// Puts a page on the list its flags name, at the tail (`add_page_to_lru_list_tail`).
    pub(crate) fn add_page_to_lru_list_tail(&mut self, cpu: CpuId, page: Frame) {
        self.enlist(cpu, page, LruList::push_tail);
    }

    fn enlist(&mut self, cpu: CpuId, page: Frame, push: fn(&mut LruList, &mut crate::page::memmap::MemMap, Frame)) {
        let life = *self.mem.life(page);
        let lru = page_lru(&life);
        self.update_lru_size(cpu, page, &life, lru, life.nr_pages() as i64);
        self.mem.life_mut(page).flags |= LifeFlags::LRU;
        if let Some(zone) = self.mem.zone_of(page) {
            let lruvec = self.lru.lruvec_mut(life.memcg, zone.node());
            push(&mut lruvec.lists[lru as usize], &mut self.mem, page);
        }
        self.mark_on_lru(page, &life, true);
    }

    /// Takes a page off its list (`del_page_from_lru_list`).
    pub(crate) fn del_page_from_lru_list(&mut self, cpu: CpuId, page: Frame) {
        let life = *self.mem.life(page);
        let lru = page_lru(&life);
        self.update_lru_size(cpu, page, &life, lru, -(life.nr_pages() as i64));
        self.mem.life_mut(page).flags -= LifeFlags::LRU;
        if let Some(zone) = self.mem.zone_of(page) {
            let lruvec = self.lru.lruvec_mut(life.memcg, zone.node());
            lruvec.lists[lru as usize].remove(&mut self.mem, page);
        }
        self.mark_on_lru(page, &life, false);
    }

    /// Counts pages of a list (`update_lru_size`).
    fn update_lru_size(&mut self, cpu: CpuId, page: Frame, life: &Life, lru: LruIndex, pages: i64) {
        let Some(zone) = self.mem.zone_of(page) else { return };
        self.nodes[zone.node().index()].stat.add(lru.node_item(), pages);
        self.lock(zone, cpu).mod_state(lru.zone_item(), pages);
        let sizes = &mut self.lru.lruvec_mut(life.memcg, zone.node()).zone_size[zone.zone_type().index()];
        let size = &mut sizes[lru as usize];
        *size = size.saturating_add_signed(pages);
    }

    /// Keeps what the buddy allocator knows of a page in step with its list (`PageLRU`).
    fn mark_on_lru(&mut self, page: Frame, life: &Life, on: bool) {
        let (head, meta) = self.mem.block_of(page);
        for n in 0..life.nr_pages() as u32 {
            let marks = self.mem.marks(page.add(n));
            let marks = if on { marks.with(Marks::LRU) } else { marks.without(Marks::LRU) };
            self.mem.set_marks(page.add(n), marks);
        }
        if on {
            self.mem.set_meta(head, meta.order(), meta.with(crate::page::meta::Meta::MARKED));
        }
    }
}
