//! What reclaim asks about a group, or about the group of a page.

use super::{CgroupVersion, Counted};
use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::pfn::{CpuId, Frame};

impl<S: Sink> Machine<S> {
    /// The group above (`parent_mem_cgroup`); `None` for the root.
    pub(crate) fn memcg_parent(&self, memcg: MemcgId) -> Option<MemcgId> {
        self.memcgs.parent(memcg)
    }

    /// How willing reclaim of a group is to swap, 0..=200 (`mem_cgroup_swappiness`).
    pub(crate) fn memcg_swappiness(&self, memcg: MemcgId) -> u32 {
        let own = self.memcgs.get(memcg).filter(|_| self.memcgs.version != CgroupVersion::V2);
        own.filter(|_| memcg != MemcgId::ROOT).map_or(self.sysctl.swappiness, |group| u32::from(group.swappiness))
    }

    /// Whether a group still exists for users (`mem_cgroup_online`).
    pub(crate) fn mem_cgroup_online(&self, memcg: MemcgId) -> bool {
        self.memcgs.get(memcg).is_none_or(|group| group.online)
    }

    /// Swap slots that a group may still use (`mem_cgroup_get_nr_swap_pages`).
    pub(crate) fn mem_cgroup_nr_swap_pages(&self, memcg: MemcgId) -> i64 {
        let mut left = self.swap.free_slots();
        for group in self.swap_limited(memcg) {
            let swap = self.memcgs.counter(Counted::Swap, group);
            left = left.min(swap.max as i64 - swap.usage as i64);
        }
        left
    }

    /// Whether more than half of the swap space of a page's group is taken (`mem_cgroup_swap_full`).
    pub(crate) fn mem_cgroup_swap_full(&self, page: Frame) -> bool {
        self.swap.is_full()
            || self.swap_limited(self.mem.life(page).memcg).any(|group| {
                let swap = self.memcgs.counter(Counted::Swap, group);
                swap.usage * 2 >= swap.high || swap.usage * 2 >= swap.max
            })
    }

    /// A group and those above it whose swap is limited: none but those of version 2, and never the root.
    fn swap_limited(&self, memcg: MemcgId) -> impl Iterator<Item = MemcgId> + '_ {
        let first = Some(memcg).filter(|_| self.memcgs.version == CgroupVersion::V2);
        core::iter::successors(first, |&group| self.memcgs.parent(group)).filter(|&group| group != MemcgId::ROOT)
    }

    /// Charges what moves to another page (`mem_cgroup_migrate`); the page it leaves is uncharged when it is freed, so
    /// that nothing changes in the end. But pages of the root are never charged nor uncharged otherwise: there every
    /// move leaves a charge for good.
    pub(crate) fn mem_cgroup_migrate(&mut self, memcg: MemcgId, pages: u64) {
        if memcg == MemcgId::ROOT {
            self.memcgs.charge(Counted::Memory, memcg, pages);
        }
    }

    /// Takes a page off its group's account (`mem_cgroup_uncharge`). The root has none.
    pub(crate) fn mem_cgroup_uncharge(&mut self, cpu: CpuId, page: Frame) {
        let life = self.mem.life_mut(page);
        let (memcg, pages) = (core::mem::take(&mut life.memcg), life.nr_pages());
        if memcg != MemcgId::ROOT {
            self.memcgs.uncharge_pages(memcg, pages);
            if let Some(zone) = self.mem.zone_of(page) {
                self.memcgs.count_page_events(cpu, memcg, zone.node(), pages);
            }
        }
    }
}
