//! Putting the lists into a known state.

use super::{LruIndex, LruPage, page_lru};
use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::{LifeFlags, MappingId, MemcgId};
use crate::pfn::{CpuId, NodeId};
use crate::restore::RestoreError;
use crate::vmstat::{NodeItem, NodeStat};

impl<S: Sink> Machine<S> {
    /// Puts a page at the tail of a list. The exact sizes of lists follow, counters stay as they are.
    ///
    /// # Errors
    /// [`RestoreError`] if the page cannot be there.
    pub fn restore_lru_page(
        &mut self,
        memcg: MemcgId,
        node: NodeId,
        lru: LruIndex,
        page: LruPage,
    ) -> Result<(), RestoreError> {
        let gone = RestoreError::Inconsistent { what: "a page on an LRU list is not of that node" };
        let frame = self.mem.frame(page.pfn).filter(|&frame| self.mem.exists(frame)).ok_or(gone)?;
        let zone = self.mem.zone_of(frame).filter(|zone| zone.node() == node).ok_or(gone)?;
        if self.mem.life(frame).flags.contains(LifeFlags::LRU) {
            return Err(RestoreError::ListedTwice { pfn: page.pfn });
        }
        self.lru.add_memcg(memcg);
        let life = self.mem.life_mut(frame);
        life.flags = page.flags;
        life.flags.set(LifeFlags::ACTIVE, lru.is_active());
        // Why a page cannot be evicted is not told: it stays so.
        life.flags.set(LifeFlags::UNEVICTABLE | LifeFlags::MLOCKED, lru == LruIndex::Unevictable);
        (life.mapcount, life.young, life.memcg) = (page.mapcount, page.young, memcg);
        if !life.flags.contains(LifeFlags::ANON) {
            life.mapping = MappingId::UNKNOWN;
        }
        let life = *life;
        if page_lru(&life) != lru {
            return Err(RestoreError::Inconsistent { what: "a page's flags do not fit its LRU list" });
        }
        self.set_page_lru(frame);
        let lruvec = self.lru.lruvec_mut(memcg, node);
        lruvec.lists[lru as usize].push_tail(&mut self.mem, frame);
        lruvec.zone_size[zone.zone_type().index()][lru as usize] += life.nr_pages();
        Ok(())
    }

    /// Sets costs, clock and refault marks of a set of lists.
    pub fn restore_lruvec(
        &mut self,
        memcg: MemcgId,
        node: NodeId,
        costs: [u64; 2],
        nonresident_age: u64,
        refaults: [u64; 2],
        congested: bool,
    ) {
        self.lru.add_memcg(memcg);
        let lruvec = self.lru.lruvec_mut(memcg, node);
        [lruvec.anon_cost, lruvec.file_cost] = costs;
        (lruvec.nonresident_age, lruvec.refaults, lruvec.congested) = (nonresident_age, refaults, congested);
    }

    /// Sets a counter of a set of lists, the groups below it included, and what a CPU keeps of the group's own.
    pub fn restore_lruvec_stat(
        &mut self,
        memcg: MemcgId,
        node: NodeId,
        item: NodeItem,
        total: u64,
        cpu: CpuId,
        kept: i8,
    ) {
        self.lru.add_memcg(memcg);
        self.lru.lruvec_mut(memcg, node).stat.set(item, total as i64, cpu, kept);
    }

    /// Sets a node's counter.
    pub fn restore_node_stat(&mut self, node: NodeId, item: NodeItem, value: i64) {
        self.nodes[node.index()].stat.set(item, value);
    }

    /// A node's counters, to be set.
    pub fn restore_node_counters(&mut self, node: NodeId) -> &mut NodeStat {
        &mut self.nodes[node.index()].stat
    }

    /// The pages of a list by its exact size, zone by zone.
    #[must_use]
    pub fn lru_zone_sizes(&self, memcg: MemcgId, node: NodeId, lru: LruIndex) -> Option<[u64; 4]> {
        self.lruvec(memcg, node).map(|lruvec| lruvec.zone_size.map(|sizes| sizes[lru as usize]))
    }
}
