//! A page that was evicted is back: how long it was away tells whether it belongs to the working set
//! (`workingset_refault`, mm/workingset.c).

use super::Shadow;
use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::{LifeFlags, MemcgId};
use crate::pfn::{CpuId, Frame, NodeId};
use crate::vmstat::NodeItem;

const NODE_BITS: u32 = 6;
const MEMCG_BITS: u32 = 16;
/// Bits of a shadow that do not hold the clock (`EVICTION_SHIFT` without the bit that marks a shadow).
const EVICTION_SHIFT: u32 = 1 + NODE_BITS + MEMCG_BITS;
/// The clock goes round after so many evictions (`EVICTION_MASK`).
const EVICTION_MASK: u64 = (1 << (63 - EVICTION_SHIFT)) - 1;

impl Shadow {
    /// As one word (`pack_shadow`).
    pub(crate) const fn pack(self) -> u64 {
        let word = (self.eviction & EVICTION_MASK) << MEMCG_BITS | self.memcg.0 as u64;
        (word << NODE_BITS | self.node.0 as u64) << 1 | self.workingset as u64
    }

    /// From a word (`unpack_shadow`).
    pub(crate) const fn unpack(word: u64) -> Shadow {
        Shadow {
            workingset: word & 1 != 0,
            node: NodeId((word >> 1) as u8 & ((1 << NODE_BITS) - 1)),
            memcg: MemcgId((word >> (1 + NODE_BITS)) as u16),
            eviction: word >> EVICTION_SHIFT,
        }
    }
}

impl<S: Sink> Machine<S> {
    /// Judges a page that came back over its shadow (`workingset_refault`).
    pub(crate) fn workingset_refault(&mut self, cpu: CpuId, page: Frame, shadow: Shadow) {
        // A group that is gone tells nothing.
        if shadow.memcg != MemcgId::ROOT && self.memcgs.get(shadow.memcg).is_none() {
            return;
        }
        let Some(node) = self.mem.zone_of(page).map(|zone| zone.node()) else { return };
        let life = *self.mem.life(page);
        let file = life.is_file_lru();
        let [refault, activate, restore] = if file {
            [NodeItem::WorkingsetRefaultFile, NodeItem::WorkingsetActivateFile, NodeItem::WorkingsetRestoreFile]
        } else {
            [NodeItem::WorkingsetRefaultAnon, NodeItem::WorkingsetActivateAnon, NodeItem::WorkingsetRestoreAnon]
        };
        let now = self.lru.lruvec(shadow.memcg, shadow.node).nonresident_age;
        let distance = now.wrapping_sub(shadow.eviction) & EVICTION_MASK;
        self.mod_lruvec_state(cpu, life.memcg, node, refault, 1);
        if distance > self.workingset_size(shadow, life.memcg, file) {
            return;
        }
        self.mem.life_mut(page).flags |= LifeFlags::ACTIVE;
        self.workingset_age_nonresident(life.memcg, node, life.nr_pages());
        self.mod_lruvec_state(cpu, life.memcg, node, activate, 1);
        if shadow.workingset {
            self.mem.life_mut(page).flags |= LifeFlags::WORKINGSET;
            self.lru_note_cost(life.memcg, node, file, life.nr_pages());
            self.mod_lruvec_state(cpu, life.memcg, node, restore, 1);
        }
    }

    /// Pages that the page would have had to compete with to stay.
    fn workingset_size(&self, shadow: Shadow, memcg: MemcgId, file: bool) -> u64 {
        let state = |item| self.lruvec_page_state(shadow.memcg, shadow.node, item);
        let mut size = state(NodeItem::ActiveFile);
        if !file {
            size += state(NodeItem::InactiveFile);
        }
        if self.mem_cgroup_nr_swap_pages(memcg) > 0 {
            size += state(NodeItem::ActiveAnon);
            if file {
                size += state(NodeItem::InactiveAnon);
            }
        }
        size
    }

    /// A page was found to be used: the clock goes on (`workingset_activation`).
    pub(crate) fn workingset_activation(&mut self, page: Frame) {
        let life = *self.mem.life(page);
        if let Some(zone) = self.mem.zone_of(page) {
            self.workingset_age_nonresident(life.memcg, zone.node(), life.nr_pages());
        }
    }

    /// The same for a shadow as a file keeps it.
    pub(crate) fn refault(&mut self, cpu: CpuId, page: Frame, shadow: u64) {
        self.workingset_refault(cpu, page, Shadow::unpack(shadow));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shadow_survives_packing() {
        let shadow = Shadow { memcg: MemcgId(513), node: NodeId(63), eviction: 0xff_1234_5678, workingset: true };
        assert_eq!(Shadow::unpack(shadow.pack()), shadow);
        assert!(shadow.pack() >> 63 == 0);
    }
}
