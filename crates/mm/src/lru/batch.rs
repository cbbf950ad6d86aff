//! Pages on their way to and between the lists, until batches are kept.

use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::LifeFlags;
use crate::pfn::{CpuId, Frame};

impl<S: Sink> Machine<S> {
    pub(crate) fn lru_add_drain(&mut self, _: CpuId) {}

    pub(crate) fn lru_cache_add(&mut self, cpu: CpuId, frame: Frame) {
        self.putback_lru_page(cpu, frame);
    }

    pub(crate) fn putback_lru_page(&mut self, cpu: CpuId, frame: Frame) {
        let flags = &mut self.mem.life_mut(frame).flags;
        let locked = flags.contains(LifeFlags::MLOCKED);
        flags.set(LifeFlags::UNEVICTABLE, locked);
        if locked {
            *flags -= LifeFlags::ACTIVE;
        }
        self.add_page_to_lru_list(cpu, frame);
    }

    pub(crate) fn mark_page_accessed(&mut self, _: CpuId, frame: Frame) {
        self.mem.life_mut(frame).flags |= LifeFlags::REFERENCED;
    }

    pub(crate) fn rotate_reclaimable_page(&mut self, _: CpuId, _: Frame) {}

    pub(crate) fn deactivate_page(&mut self, _: CpuId, _: Frame) {}

    pub(crate) fn mark_page_lazyfree(&mut self, cpu: CpuId, frame: Frame) {
        if self.mem.life(frame).flags.contains(LifeFlags::LRU) {
            self.del_page_from_lru_list(cpu, frame);
            self.mem.life_mut(frame).flags -= LifeFlags::ACTIVE | LifeFlags::REFERENCED | LifeFlags::SWAPBACKED;
            self.add_page_to_lru_list(cpu, frame);
        }
    }

    pub(crate) fn refault(&mut self, _: CpuId, _: Frame, _: u64) {}

    pub(crate) fn is_below(&self, memcg: crate::page::life::MemcgId, target: crate::page::life::MemcgId) -> bool {
        target.0 == 0 || memcg == target
    }
}
