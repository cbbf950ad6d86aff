//! What huge pages give back: parts that nobody maps any more, and the huge page of zeros (mm/huge_memory.c).

use super::{DEFAULT_SEEKS, Freeable, Objects, ShrinkControl, Shrinker, ShrinkerFlags, ShrinkerId};
use crate::event::Sink;
use crate::machine::Machine;
use crate::page::huge::HPAGE_PMD_NR;
use crate::page::life::{Life, LifeFlags, MemcgId};
use crate::pfn::{CpuId, Frame, NodeId};

impl<S: Sink> Machine<S> {
    /// Registers both shrinkers (`hugepage_init`).
    pub fn register_huge_page_shrinkers(&mut self) {
        let plain = ShrinkerFlags::empty();
        let zero = Shrinker::new("shrink_huge_zero_page_scan", plain, DEFAULT_SEEKS, 0, Objects::HugeZeroPage);
        self.register_shrinker(zero);
        let flags = ShrinkerFlags::NUMA_AWARE | ShrinkerFlags::MEMCG_AWARE | ShrinkerFlags::NONSLAB;
        let split = Shrinker::new("deferred_split_scan", flags, DEFAULT_SEEKS, 0, Objects::PartlyMapped);
        self.register_shrinker(split);
    }

    /// A huge page of a group waits to be split: its shrinker has something to do there (`memcg_set_shrinker_bit`).
    pub(crate) fn mark_deferred_split(&mut self, memcg: MemcgId, node: NodeId) {
        let list = &self.shrinkers.list;
        let place = list.iter().position(|shrinker| matches!(shrinker.objects, Objects::PartlyMapped));
        if let Some(at) = place {
            self.shrinkers.of_memcg.insert((memcg, node, ShrinkerId(at as u16)));
        }
    }

    /// Huge pages that wait to be split (`deferred_split_count`). Those of a group wait in one queue, whatever their
    /// node.
    pub(super) fn deferred_split_count(&self, sc: ShrinkControl) -> Freeable {
        Freeable::Objects(self.huge.split_queue.get(&sc.memcg).map_or(0, |queue| queue.len() as u64))
    }

    /// Splits up to `n` of them, the oldest first; those that cannot be split go behind the others. `None` if the queue
    /// is empty and none was split (`deferred_split_scan`).
    pub(super) fn deferred_split_scan(&mut self, cpu: CpuId, sc: ShrinkControl, n: u64) -> Option<u64> {
        let queue = self.huge.split_queue.get_mut(&sc.memcg)?;
        let taken: Vec<Frame> = queue.drain(..(n as usize).min(queue.len())).collect();
        let (mut split, mut left) = (0, Vec::new());
        for head in taken {
            // Who has the page locked may know better; it is not tried.
            let locked = self.mem.life(head).flags.contains(LifeFlags::LOCKED);
            if !locked && self.split_huge_page(cpu, head, None) {
                split += 1;
                self.put_page(cpu, head);
            } else {
                left.push(head);
            }
        }
        let queue = self.huge.split_queue.entry(sc.memcg).or_default();
        queue.extend(left);
        (split > 0 || !queue.is_empty()).then_some(split)
    }

    /// The page of zeros, if no address space has it (`shrink_huge_zero_page_count`).
    pub(super) fn count_huge_zero_page(&self) -> Freeable {
        Freeable::Objects(if self.huge.zero.references == 1 { HPAGE_PMD_NR.into() } else { 0 })
    }

    /// Frees it (`shrink_huge_zero_page_scan`).
    pub(super) fn scan_huge_zero_page(&mut self, cpu: CpuId) -> u64 {
        let Some(page) = self.huge.zero.page.filter(|_| self.huge.zero.references == 1) else { return 0 };
        self.huge.zero = Default::default();
        *self.mem.life_mut(page) = Life::NONE;
        self.put_page(cpu, page);
        HPAGE_PMD_NR.into()
    }
}
