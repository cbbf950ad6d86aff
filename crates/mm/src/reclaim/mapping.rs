//! Pages and those who refer to them: page tables, the page cache, the swap cache. Everything reclaim has to ask or to
//! change there goes through this file. Of pages of a recorded machine only the number of page tables is known, of
//! others every page table.

use crate::event::Sink;
use crate::io::cache::Slot;
use crate::io::swap::SwapSlot;
use crate::machine::Machine;
use crate::page::life::{Life, LifeFlags, MemcgId};
use crate::pfn::{CpuId, Frame, NodeId};
use crate::task::Task;
use crate::task::mm::VmFlags;
use crate::vmstat::NodeItem;

/// What the mappings of a page say about its use (`page_referenced`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MappingUse {
    /// Mappings through which it was accessed.
    pub(crate) referenced: u32,
    /// Whether one of those maps program text (`VM_EXEC`).
    pub(crate) exec: bool,
    /// Whether some mapping is locked (`VM_LOCKED`).
    pub(crate) locked: bool,
}

/// What try_to_unmap came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unmapped {
    /// No page table maps the page any more.
    All,
    /// Some page table still maps it.
    Failed,
}

impl<S: Sink> Machine<S> {
    /// Counts the mappings through which a page was accessed, and forgets the accesses (`page_referenced`).
    pub(crate) fn page_referenced(&mut self, page: Frame, target: Option<MemcgId>) -> MappingUse {
        let life = *self.mem.life(page);
        if life.mapcount == 0 {
            return MappingUse::default();
        }
        if self.has_places(&life) {
            let using = self.vmas_that_used(page, target);
            let has = |flag| using.flags.contains(flag);
            return MappingUse { referenced: using.referenced, exec: has(VmFlags::EXEC), locked: has(VmFlags::LOCKED) };
        }
        let life = self.mem.life_mut(page);
        if life.flags.contains(LifeFlags::VM_LOCKED) {
            return MappingUse { referenced: 0, exec: false, locked: true };
        }
        let referenced = u32::from(core::mem::take(&mut life.young));
        MappingUse { referenced, exec: referenced > 0 && life.flags.contains(LifeFlags::EXEC), locked: false }
    }

    /// Takes a page out of all page tables (`try_to_unmap`).
    pub(crate) fn try_to_unmap(&mut self, cpu: CpuId, node: NodeId, page: Frame) -> Unmapped {
        let life = *self.mem.life(page);
        if self.has_places(&life) {
            return if self.unmap_places(cpu, page) { Unmapped::All } else { Unmapped::Failed };
        }
        if life.flags.contains(LifeFlags::VM_LOCKED) {
            self.mem.life_mut(page).flags |= LifeFlags::MLOCKED;
            return Unmapped::Failed;
        }
        let Life { flags, memcg, mapcount, private, .. } = life;
        let life = self.mem.life_mut(page);
        (life.mapcount, life.young) = (0, 0);
        if flags.contains(LifeFlags::ANON | LifeFlags::SWAPCACHE) {
            (0..mapcount).for_each(|_| self.swap.duplicate(SwapSlot(private)));
        }
        let pages = self.mem.life(page).nr_pages() as i64;
        let item = if flags.contains(LifeFlags::ANON) { NodeItem::AnonPages } else { NodeItem::Mapped };
        self.mod_lruvec_state(cpu, memcg, node, item, -pages);
        Unmapped::All
    }

    /// Gives an anonymous page a slot of swap and a place in the swap cache (`add_to_swap`). Says whether there was a
    /// slot.
    pub(crate) fn add_to_swap(&mut self, task: &Task, page: Frame) -> bool {
        self.make_room_in_swap_cache(task, page) && self.give_swap_slot(task.cpu, page)
    }

    /// Asks for the slabs that the swap cache needs to take a page in (`xas_nomem`). Says whether it got what it needs.
    pub(super) fn make_room_in_swap_cache(&mut self, task: &Task, page: Frame) -> bool {
        let mut enough = true;
        for request in self.reclaim_script.requests(page.0) {
            let mut task = task.clone();
            task.flags = request.task_flags;
            let answer =
                self.alloc_pages_nodemask(&mut task, request.gfp, request.order, request.node, request.nodemask);
            enough = answer.pfn.is_some();
        }
        enough
    }

    /// Takes a clean, unmapped page out of the page cache or the swap cache and leaves a shadow of it
    /// (`__remove_mapping`). Says whether nothing else refers to the page, so that it can be freed.
    pub(crate) fn remove_mapping(&mut self, cpu: CpuId, node: NodeId, page: Frame, target: Option<MemcgId>) -> bool {
        let life = *self.mem.life(page);
        if life.flags.intersects(LifeFlags::PINNED | LifeFlags::DIRTY | LifeFlags::BATCHED) || life.is_mapped() {
            return false;
        }
        let workingset = life.flags.contains(LifeFlags::WORKINGSET);
        let in_swap = life.flags.contains(LifeFlags::SWAPCACHE);
        if in_swap {
            self.mem_cgroup_swapout(cpu, page);
        }
        let left = if in_swap || life.is_file_lru() {
            Slot::Shadow(self.workingset_eviction(target, node, life.nr_pages(), workingset).pack())
        } else {
            Slot::Empty
        };
        if in_swap {
            let slot = self.remove_from_swap_cache(cpu, page, left);
            self.let_go_of_slot(cpu, slot);
        } else {
            self.delete_from_page_cache(cpu, page, left);
        }
        true
    }

    /// Takes a page that is on no list out of its file and off its group's account, without a shadow
    /// (`invalidate_mapping_pages`).
    pub(super) fn drop_file_page(&mut self, cpu: CpuId, page: Frame) {
        self.delete_from_page_cache(cpu, page, Slot::Empty);
        self.mem_cgroup_uncharge(cpu, page);
        *self.mem.life_mut(page) = Life::NONE;
    }
}
