//! The part of memory cgroups, shrinkers, LRU lists and swap in a machine's hash. Sets of lists that never held a page
//! do not count, nor does the root while no other group is there and nothing was charged to it.

use super::Fnv;
use crate::RECLAIMS;
use crate::event::Sink;
use crate::lru::{LruIndex, Lruvec};
use crate::machine::Machine;
use crate::pfn::NodeId;

impl<S: Sink> Machine<S> {
    pub(super) fn hash_lists(&self, hash: &mut Fnv) {
        hash.words(self.memcgs.words());
        hash.words(self.shrinkers.words());
        if RECLAIMS {
            hash.words(self.huge.words());
        }
        for memcg in self.memcg_ids() {
            for node in 0..self.nodes.len() as u8 {
                if let Some(lruvec) = self.lruvec(memcg, NodeId(node)).filter(|lruvec| !is_blank(lruvec)) {
                    self.hash_lruvec(hash, lruvec);
                }
            }
        }
        if self.swap.total != 0 {
            hash.words([self.swap.total, self.swap.free as u64]);
        }
    }

    fn hash_lruvec(&self, hash: &mut Fnv, lruvec: &Lruvec) {
        hash.words([u64::from(lruvec.memcg.0) << 8 | u64::from(lruvec.node.0), lruvec.congested.into()]);
        hash.words([lruvec.anon_cost, lruvec.file_cost, lruvec.nonresident_age]);
        hash.words(lruvec.refaults);
        hash.words(lruvec.stat.words().map(|word| word as u64));
        for lru in LruIndex::ALL {
            hash.word(1 << 63 | lru as u64);
            for page in lruvec.lists[lru as usize].iter(&self.mem) {
                let life = self.mem.life(page);
                hash.word(self.mem.pfn(page).0 << 24 | u64::from(life.flags.bits()));
                hash.words([life.mapping.0, life.index, life.mapcount, life.young.into()].map(u64::from));
            }
        }
    }
}

fn is_blank(lruvec: &Lruvec) -> bool {
    lruvec.nonresident_age == 0
        && lruvec.lists.iter().all(|list| list.head().is_none())
        && lruvec.stat.words().all(|n| n == 0)
}

#[cfg(test)]
mod tests {
    use crate::compact::testing::{CPU, fragmented, frame, populate};
    use crate::page::life::LifeFlags;

    #[test]
    fn the_order_of_a_list_and_what_is_known_of_its_pages_count() {
        let machine = fragmented(|n| n < 4);
        let hash = machine.state_hash();
        let mut other = machine.clone();
        assert_eq!(other.state_hash(), hash);
        // The page at the tail goes to the head.
        let page = frame(&other, 3);
        other.del_page_from_lru_list(CPU, page);
        populate(&mut other, 3);
        assert_ne!(other.state_hash(), hash);
        let mut other = machine.clone();
        let page = frame(&other, 2);
        other.mem.life_mut(page).flags |= LifeFlags::REFERENCED;
        assert_ne!(other.state_hash(), hash);
    }
}
