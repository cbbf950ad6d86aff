//! What reclaim asks about the memory cgroup of a page or of a set of lists.

use crate::event::Sink;
use crate::lru::memcg::Counted;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::pfn::Frame;

impl<S: Sink> Machine<S> {
    /// The group above (`parent_mem_cgroup`); `None` for the root.
    pub(crate) fn memcg_parent(&self, memcg: MemcgId) -> Option<MemcgId> {
        self.memcgs.parent(memcg)
    }

    /// Whether a group still exists for users (`mem_cgroup_online`).
    pub(crate) fn mem_cgroup_online(&self, memcg: MemcgId) -> bool {
        self.memcgs.get(memcg).is_none_or(|group| group.online)
    }

    /// Swap slots a group may still use (`mem_cgroup_get_nr_swap_pages`).
    pub(crate) fn mem_cgroup_nr_swap_pages(&self, _: MemcgId) -> i64 {
        self.swap.free_slots()
    }

    /// Whether more than half of the swap space of a page's group is taken (`mem_cgroup_swap_full`).
    pub(crate) fn mem_cgroup_swap_full(&self, _: Frame) -> bool {
        self.swap.is_full()
    }

    /// Takes a page off its group's account (`mem_cgroup_uncharge`). The root has none.
    pub(crate) fn mem_cgroup_uncharge(&mut self, page: Frame) {
        let life = self.mem.life(page);
        let (memcg, pages) = (life.memcg, life.nr_pages());
        if memcg != MemcgId::ROOT {
            self.memcgs.uncharge(Counted::Memory, memcg, pages);
        }
    }
}
