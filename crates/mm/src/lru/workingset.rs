//! What became of pages that left: the clock of evictions, and the cost of getting pages back (mm/workingset.c,
//! mm/swap.c).

use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::page::lru_index::LruIndex;
use crate::pfn::NodeId;
use crate::vmstat::NodeItem;

/// What is left of an evicted page, to tell a refault by (`pack_shadow`, `unpack_shadow`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shadow {
    /// The group whose reclaim evicted it.
    pub memcg: MemcgId,
    /// The node it was on.
    pub node: NodeId,
    /// The clock of that group's lists at the time.
    pub eviction: u64,
    /// Whether it was part of the working set (`PageWorkingset`).
    pub workingset: bool,
}

impl<S: Sink> Machine<S> {
    /// Lets the clocks of a set of lists and of those above it go on (`workingset_age_nonresident`).
    pub(crate) fn workingset_age_nonresident(&mut self, memcg: MemcgId, node: NodeId, pages: u64) {
        let mut group = Some(memcg);
        while let Some(memcg) = group {
            self.lru.lruvec_mut(memcg, node).nonresident_age += pages;
            group = self.memcg_parent(memcg);
        }
    }

    /// Notes an eviction on the clock of the group that reclaims, and makes the page's shadow (`workingset_eviction`).
    pub(crate) fn workingset_eviction(
        &mut self,
        target: Option<MemcgId>,
        node: NodeId,
        pages: u64,
        workingset: bool,
    ) -> Shadow {
        let memcg = target.unwrap_or_default();
        self.workingset_age_nonresident(memcg, node, pages);
        Shadow { memcg, node, eviction: self.lru.lruvec(memcg, node).nonresident_age, workingset }
    }

    /// Notes what reclaim of a kind of pages has cost, here and in the groups above; old costs fade (`lru_note_cost`).
    pub(crate) fn lru_note_cost(&mut self, memcg: MemcgId, node: NodeId, file: bool, pages: u64) {
        let mut group = Some(memcg);
        while let Some(memcg) = group {
            let lruvec = self.lru.lruvec_mut(memcg, node);
            *(if file { &mut lruvec.file_cost } else { &mut lruvec.anon_cost }) += pages;
            let size: u64 = LruIndex::EVICTABLE.iter().map(|lru| lruvec.stat.get(lru.node_item())).sum();
            if lruvec.file_cost + lruvec.anon_cost > size / 4 {
                lruvec.file_cost /= 2;
                lruvec.anon_cost /= 2;
            }
            group = self.memcg_parent(memcg);
        }
    }

    /// Remembers how many refaults were activated so far (`snapshot_refaults`).
    pub(crate) fn snapshot_refaults(&mut self, target: Option<MemcgId>, node: NodeId) {
        let memcg = target.unwrap_or_default();
        let items = [NodeItem::WorkingsetActivateAnon, NodeItem::WorkingsetActivateFile];
        let refaults = items.map(|item| self.lruvec_page_state(memcg, node, item));
        self.lru.lruvec_mut(memcg, node).refaults = refaults;
    }
}
