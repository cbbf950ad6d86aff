//! Pages and those who refer to them: page tables, the page cache, the swap cache. Everything reclaim has to ask or to
//! change there goes through this file.

use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::{Life, LifeFlags, MemcgId};
use crate::pfn::{CpuId, Frame, NodeId};
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
        let _ = target;
        let life = self.mem.life_mut(page);
        if life.mapcount == 0 {
            return MappingUse::default();
        }
        if life.flags.contains(LifeFlags::VM_LOCKED) {
            return MappingUse { referenced: 0, exec: false, locked: true };
        }
        let referenced = u32::from(core::mem::take(&mut life.young));
        MappingUse { referenced, exec: referenced > 0 && life.flags.contains(LifeFlags::EXEC), locked: false }
    }

    /// Takes a page out of all page tables (`try_to_unmap`).
    pub(crate) fn try_to_unmap(&mut self, cpu: CpuId, node: NodeId, page: Frame) -> Unmapped {
        let life = self.mem.life_mut(page);
        if life.flags.contains(LifeFlags::VM_LOCKED) {
            life.flags |= LifeFlags::MLOCKED;
            return Unmapped::Failed;
        }
        (life.mapcount, life.young) = (0, 0);
        let Life { flags, memcg, .. } = *life;
        let pages = life.nr_pages() as i64;
        let item = if flags.contains(LifeFlags::ANON) { NodeItem::AnonPages } else { NodeItem::Mapped };
        self.mod_lruvec_state(cpu, memcg, node, item, -pages);
        Unmapped::All
    }

    /// Gives an anonymous page a slot of swap and a place in the swap cache (`add_to_swap`). Says whether there was a
    /// slot.
    pub(crate) fn add_to_swap(&mut self, cpu: CpuId, node: NodeId, page: Frame) -> bool {
        if !self.swap.take(cpu, self.cpus.len() as i64) {
            return false;
        }
        let life = self.mem.life_mut(page);
        life.flags |= LifeFlags::SWAPCACHE | LifeFlags::DIRTY;
        let (memcg, pages) = (life.memcg, life.nr_pages() as i64);
        self.mod_lruvec_state(cpu, memcg, node, NodeItem::FilePages, pages);
        true
    }

    /// Moves a page of shared memory from the page cache to the swap cache (the beginning of `shmem_writepage`). Says
    /// whether there was a slot.
    pub(crate) fn shmem_to_swap(&mut self, cpu: CpuId, node: NodeId, page: Frame) -> bool {
        if !self.swap.take(cpu, self.cpus.len() as i64) {
            return false;
        }
        let life = self.mem.life_mut(page);
        life.flags |= LifeFlags::SWAPCACHE;
        let (memcg, pages) = (life.memcg, life.nr_pages() as i64);
        self.mod_lruvec_state(cpu, memcg, node, NodeItem::Shmem, -pages);
        true
    }

    /// Gives the swap slot of a page back, if nothing but the swap cache refers to it (`try_to_free_swap`).
    pub(crate) fn try_to_free_swap(&mut self, cpu: CpuId, node: NodeId, page: Frame) {
        let life = *self.mem.life(page);
        // As far as the counts tell, page tables that were unmapped still refer to the slot.
        if life.flags.contains(LifeFlags::WRITEBACK) || !life.is_mapped() {
            return;
        }
        let _ = (cpu, node);
    }

    /// Drops file-system data such as buffers from a page (`try_to_release_page`). Says whether that was possible.
    pub(crate) fn try_to_release_page(&mut self, page: Frame) -> bool {
        let life = self.mem.life_mut(page);
        if life.flags.intersects(LifeFlags::DIRTY | LifeFlags::WRITEBACK) {
            return false;
        }
        life.flags -= LifeFlags::PRIVATE;
        true
    }

    /// Takes a clean, unmapped page out of the page cache or the swap cache and leaves a shadow of it
    /// (`__remove_mapping`). Says whether nothing else refers to the page, so that it can be freed.
    pub(crate) fn remove_mapping(&mut self, cpu: CpuId, node: NodeId, page: Frame, target: Option<MemcgId>) -> bool {
        let life = *self.mem.life(page);
        if life.flags.intersects(LifeFlags::PINNED | LifeFlags::DIRTY) || life.is_mapped() {
            return false;
        }
        let workingset = life.flags.contains(LifeFlags::WORKINGSET);
        let in_swap = life.flags.contains(LifeFlags::SWAPCACHE);
        if in_swap || life.is_file_lru() {
            let shadow = self.workingset_eviction(target, node, life.nr_pages(), workingset);
            self.leave_shadow(page, shadow);
        }
        self.mod_lruvec_state(cpu, life.memcg, node, NodeItem::FilePages, -(life.nr_pages() as i64));
        if !in_swap && !life.is_file_lru() {
            self.mod_lruvec_state(cpu, life.memcg, node, NodeItem::Shmem, -(life.nr_pages() as i64));
        }
        self.mem.life_mut(page).flags -= LifeFlags::SWAPCACHE;
        true
    }

    /// Keeps what is left of a page where it was.
    fn leave_shadow(&mut self, page: Frame, shadow: crate::lru::Shadow) {
        let _ = (page, shadow);
    }
}
