//! Swap of a group (`mem_cgroup_try_charge_swap`, `mem_cgroup_swapout`, mm/memcontrol.c).

use super::{CgroupVersion, Counted, Memcgs, MemoryEvent};
use crate::page::life::MemcgId;

impl Memcgs {
    /// Charges a slot that pages of a group are to go to; `slot` says whether there was one. False if the group may have
    /// no more. Version 2 alone counts swap by itself (`mem_cgroup_try_charge_swap`).
    pub(crate) fn try_charge_swap(&mut self, memcg: MemcgId, pages: u64, slot: bool) -> bool {
        if self.version != CgroupVersion::V2 || memcg == MemcgId::ROOT {
            return true;
        }
        if !slot {
            self.count_event(memcg, MemoryEvent::SwapFail);
            return true;
        }
        if self.try_charge_counter(Counted::Swap, memcg, pages).is_ok() {
            return true;
        }
        self.count_event(memcg, MemoryEvent::SwapMax);
        self.count_event(memcg, MemoryEvent::SwapFail);
        false
    }

    /// Whether swap is an account of its own.
    pub(crate) fn counts_swap_apart(&self) -> bool {
        self.version == CgroupVersion::V2
    }

    /// Whom slots for pages of a group are charged to: the group, or if it was removed and has none left the first above
    /// that has (`mem_cgroup_id_get_online`).
    pub(crate) fn swap_owner_of(&self, memcg: MemcgId) -> MemcgId {
        let known =
            |&id: &MemcgId| self.get(id).is_some_and(|group| group.online) || self.counter(Counted::Swap, id).usage > 0;
        core::iter::successors(Some(memcg), |&id| self.parent(id)).find(known).unwrap_or_default()
    }

    /// Moves what a removed group has of memory and swap together to the one that its slots are charged to (end of
    /// `mem_cgroup_swapout`).
    pub(crate) fn move_swap(&mut self, from: MemcgId, to: MemcgId, pages: u64) {
        if from != to {
            if to != MemcgId::ROOT {
                self.charge(Counted::MemorySwap, to, pages);
            }
            self.uncharge(Counted::MemorySwap, from, pages);
        }
    }

    /// Takes pages in swap off a group's account (`mem_cgroup_uncharge_swap`).
    pub(crate) fn uncharge_swap(&mut self, memcg: MemcgId, pages: u64) {
        if memcg != MemcgId::ROOT {
            let together = self.counts_swap_with_memory();
            self.uncharge(if together { Counted::MemorySwap } else { Counted::Swap }, memcg, pages);
        }
    }

    /// Pages of a group have gone to swap: where memory and swap are counted together, they stay on that account and
    /// leave that of memory. Says whether that was so, and nothing of them is left to uncharge (`mem_cgroup_swapout`).
    pub(crate) fn swapout(&mut self, memcg: MemcgId, pages: u64) -> bool {
        let moved = self.counts_swap_with_memory() && memcg != MemcgId::ROOT;
        if moved {
            self.uncharge(Counted::Memory, memcg, pages);
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(version: CgroupVersion) -> Memcgs {
        let mut groups = Memcgs::new(version);
        assert!(groups.insert(MemcgId(1), MemcgId(0), "/a"));
        groups
    }

    fn usage(groups: &Memcgs, kind: Counted) -> u64 {
        groups.counter(kind, MemcgId(1)).usage
    }

    #[test]
    fn swap_max_refuses_and_counts_both_events() {
        let mut groups = group(CgroupVersion::V2);
        if let Some(group) = groups.get_mut(MemcgId(1)) {
            group.counters[Counted::Swap as usize].max = 1;
        }
        assert!(groups.try_charge_swap(MemcgId(1), 1, true) && !groups.try_charge_swap(MemcgId(1), 1, true));
        let events = [MemoryEvent::SwapMax, MemoryEvent::SwapFail].map(|event| groups.events_of(MemcgId(1), event));
        assert_eq!((usage(&groups, Counted::Swap), events), (1, [1, 1]));
    }

    #[test]
    fn no_free_slot_is_a_failure_of_its_own() {
        let mut groups = group(CgroupVersion::V2);
        assert!(groups.try_charge_swap(MemcgId(1), 1, false));
        assert_eq!(groups.events_of(MemcgId(1), MemoryEvent::SwapFail), 1);
    }

    #[test]
    fn version_1_keeps_swapped_pages_on_the_common_account() {
        let mut groups = group(CgroupVersion::V1 { use_hierarchy: true });
        for kind in [Counted::Memory, Counted::MemorySwap] {
            groups.charge(kind, MemcgId(1), 10);
        }
        assert!(groups.swapout(MemcgId(1), 4));
        assert_eq!((usage(&groups, Counted::Memory), usage(&groups, Counted::MemorySwap)), (6, 10));
        groups.uncharge_swap(MemcgId(1), 4);
        assert_eq!(usage(&groups, Counted::MemorySwap), 6);
    }
}
