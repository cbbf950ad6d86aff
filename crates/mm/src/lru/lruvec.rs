//! The lists of one memory cgroup on one node, and all such sets of a machine.

use super::list::LruList;
use super::pagevec::Batches;
use super::stat::LruvecStat;
use crate::page::life::MemcgId;
use crate::page::lru_index::{LruIndex, NR_LRU_LISTS};
use crate::pfn::{Frame, MAX_NR_ZONES, NodeId};

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
    /// Counters of this group and those below it.
    pub(crate) stat: LruvecStat,
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
            stat: LruvecStat::default(),
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
#[derive(Clone, Debug, Default)]
pub(crate) struct Lru {
    pub(super) nodes: usize,
    pub(super) lruvecs: Vec<Lruvec>,
    /// Pages on their way to and between the lists.
    pub(crate) batches: Batches,
    /// Room for the pages that are freed together; empty between two times.
    pub(crate) gone: Vec<Frame>,
}

impl Lru {
    pub(crate) fn new(nodes: usize) -> Lru {
        let lruvecs = (0..nodes).map(|node| Lruvec::new(MemcgId(0), NodeId(node as u8))).collect();
        Lru { nodes, lruvecs, batches: Batches::default(), gone: Vec::new() }
    }

    /// Makes room for the lists of a memory cgroup; those numbered below it get theirs too.
    pub(crate) fn add_memcg(&mut self, memcg: MemcgId) {
        while self.lruvecs.len() <= usize::from(memcg.0) * self.nodes {
            let id = MemcgId((self.lruvecs.len() / self.nodes) as u16);
            self.lruvecs.extend((0..self.nodes).map(|node| Lruvec::new(id, NodeId(node as u8))));
        }
    }

    /// Every set of lists.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Lruvec> + '_ {
        self.lruvecs.iter()
    }

    /// Begins the lists of a group anew whose number is given to another.
    pub(crate) fn reset_memcg(&mut self, memcg: MemcgId) {
        for node in 0..self.nodes {
            if let Some(lruvec) = self.lruvecs.get_mut(usize::from(memcg.0) * self.nodes + node) {
                *lruvec = Lruvec::new(memcg, NodeId(node as u8));
            }
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
