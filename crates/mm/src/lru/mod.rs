//! The LRU lists: where pages wait to be reclaimed (mm/swap.c, include/linux/mm_inline.h).

pub(crate) mod list;
mod lruvec;
pub mod memcg;
pub(crate) mod pagevec;
mod refault;
mod restore;
mod size;
mod stat;
mod workingset;

pub use crate::page::lru_index::{LruIndex, NR_LRU_LISTS};
pub(crate) use lruvec::Lru;
pub use lruvec::Lruvec;
pub use workingset::Shadow;

use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::{Life, LifeFlags, MemcgId};
use crate::page::memmap::MemMap;
use crate::pfn::{CpuId, Frame, NodeId, Pfn};
use crate::vmstat::{NodeItem, ZoneItem};
use list::LruList;
pub(crate) use size::ListSizes;
use size::SizeChange;

impl LruIndex {
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

/// What can be told of a page on a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LruPage {
    /// The page.
    pub pfn: Pfn,
    /// Its flags.
    pub flags: LifeFlags,
    /// Page tables that map it.
    pub mapcount: u32,
    /// Those of them in which it was accessed.
    pub young: u16,
}

impl<S: Sink> Machine<S> {
    /// The lists of a memory cgroup on a node.
    #[must_use]
    pub fn lruvec(&self, memcg: MemcgId, node: NodeId) -> Option<&Lruvec> {
        self.lru.lruvecs.get(usize::from(memcg.0) * self.lru.nodes + node.index())
    }

    /// The flags of a page with a life; `None` where no memory is.
    #[must_use]
    pub fn life_flags(&self, pfn: Pfn) -> Option<LifeFlags> {
        self.mem.frame(pfn).map(|page| self.mem.life(page).flags)
    }

    /// A counter of a memory cgroup's lists on a node, the groups below it included; up to 32 pages a CPU off.
    #[must_use]
    pub fn lruvec_stat(&self, memcg: MemcgId, node: NodeId, item: NodeItem) -> Option<u64> {
        self.lruvec(memcg, node).map(|lruvec| lruvec.stat.get(item))
    }

    /// The pages of a list, head first.
    pub fn lru_pages(&self, memcg: MemcgId, node: NodeId, lru: LruIndex) -> impl Iterator<Item = LruPage> + '_ {
        let list = self.lruvec(memcg, node).map(|lruvec| lruvec.lists[lru as usize]).unwrap_or_default();
        list.iter(&self.mem).map(|page| self.lru_page(page))
    }

    /// The same, tail first: the order in which reclaim looks at them.
    pub fn lru_pages_from_tail(
        &self,
        memcg: MemcgId,
        node: NodeId,
        lru: LruIndex,
    ) -> impl Iterator<Item = LruPage> + '_ {
        let list = self.lruvec(memcg, node).map(|lruvec| lruvec.lists[lru as usize]).unwrap_or_default();
        list.iter_from_tail(&self.mem).map(|page| self.lru_page(page))
    }

    fn lru_page(&self, page: Frame) -> LruPage {
        let &Life { flags, mapcount, young, .. } = self.mem.life(page);
        LruPage { pfn: self.mem.pfn(page), flags, mapcount, young }
    }

    /// Puts a page on the list its flags name, at the head (`add_page_to_lru_list`).
    pub(crate) fn add_page_to_lru_list(&mut self, cpu: CpuId, page: Frame) {
        let mut sizes = ListSizes::default();
        self.enlist(cpu, page, &mut sizes, LruList::push_head);
        self.count_sizes(cpu, &mut sizes);
    }

    /// Puts a page on the list its flags name, at the tail (`add_page_to_lru_list_tail`).
    pub(crate) fn add_page_to_lru_list_tail(&mut self, cpu: CpuId, page: Frame) {
        let mut sizes = ListSizes::default();
        self.enlist(cpu, page, &mut sizes, LruList::push_tail);
        self.count_sizes(cpu, &mut sizes);
    }

    /// Puts a page on the list its flags name; it is counted with others.
    #[inline]
    fn enlist(
        &mut self,
        cpu: CpuId,
        page: Frame,
        sizes: &mut ListSizes,
        push: impl FnOnce(&mut LruList, &mut MemMap, Frame),
    ) {
        let Some(zone) = self.mem.zone_of(page) else { return };
        let life = self.mem.life_mut(page);
        life.flags |= LifeFlags::LRU;
        let (memcg, lru, pages) = (life.memcg, page_lru(life), life.nr_pages() as i64);
        self.count_size(cpu, sizes, SizeChange { memcg, zone, lru, pages });
        push(&mut self.lru.lruvec_mut(memcg, zone.node()).lists[lru as usize], &mut self.mem, page);
    }

    /// Takes a page off its list (`del_page_from_lru_list`).
    pub(crate) fn del_page_from_lru_list(&mut self, cpu: CpuId, page: Frame) {
        let mut sizes = ListSizes::default();
        self.delist(cpu, page, &mut sizes);
        self.count_sizes(cpu, &mut sizes);
    }

    /// Takes a page off its list; it is counted with others.
    #[inline]
    pub(crate) fn delist(&mut self, cpu: CpuId, page: Frame, sizes: &mut ListSizes) {
        let Some(zone) = self.mem.zone_of(page) else { return };
        let life = self.mem.life_mut(page);
        life.flags -= LifeFlags::LRU;
        let (memcg, lru, pages) = (life.memcg, page_lru(life), -(life.nr_pages() as i64));
        self.count_size(cpu, sizes, SizeChange { memcg, zone, lru, pages });
        self.lru.lruvec_mut(memcg, zone.node()).lists[lru as usize].remove(&mut self.mem, page);
    }

    /// Marks a page as being on a list (`SetPageLRU`), also for the buddy allocator, to which it is movable then.
    #[inline]
    pub(crate) fn set_page_lru(&mut self, page: Frame) {
        self.mem.life_mut(page).flags |= LifeFlags::LRU;
    }

    /// Marks a page as being on no list (`ClearPageLRU`).
    #[inline]
    pub(crate) fn clear_page_lru(&mut self, page: Frame) {
        self.mem.life_mut(page).flags -= LifeFlags::LRU;
    }
}
