//! Pages that a request charges to its task's group by `__GFP_ACCOUNT` (`__memcg_kmem_charge_page`, mm/memcontrol.c).

use crate::event::Sink;
use crate::gfp::Gfp;
use crate::lru::memcg::Counted;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::page::meta::Meta;
use crate::pfn::{CpuId, Frame};
use crate::task::{Task, TaskFlags};

impl<S: Sink> Machine<S> {
    /// Charges a block that a request has just got. False if the block has to be given back.
    pub(crate) fn memcg_kmem_charge_page(&mut self, task: &mut Task, page: Frame, gfp: Gfp, order: u8) -> bool {
        if !self.memcgs.kmem_accounting || !gfp.contains(Gfp::ACCOUNT) {
            return true;
        }
        let Some(memcg) = current_memcg(task).filter(|&memcg| memcg != MemcgId::ROOT) else { return true };
        if !self.memcg_kmem_charge(task, memcg, gfp, 1 << order) {
            return false;
        }
        self.memcgs.kernel_pages.insert(page, memcg);
        let meta = self.mem.meta(page, order);
        self.mem.set_meta(page, order, meta.with(Meta::KMEMCG));
        true
    }

    /// Charges memory of the kernel, which v1 counts by itself as well (`__memcg_kmem_charge`).
    fn memcg_kmem_charge(&mut self, task: &mut Task, memcg: MemcgId, gfp: Gfp, pages: u64) -> bool {
        if !self.charge_now(task, memcg, gfp, pages) {
            return false;
        }
        if !self.memcgs.counts_swap_with_memory()
            || self.memcgs.try_charge_counter(Counted::Kernel, memcg, pages).is_ok()
        {
            return true;
        }
        if gfp.contains(Gfp::NOFAIL) {
            self.memcgs.charge(Counted::Kernel, memcg, pages);
            return true;
        }
        self.memcgs.uncharge_pages(memcg, pages);
        false
    }

    /// Takes a block off its group's account when it is freed: the pages go to the CPU's stock
    /// (`__memcg_kmem_uncharge_page`).
    #[cold]
    pub(crate) fn memcg_kmem_uncharge_page(&mut self, cpu: CpuId, page: Frame, order: u8) {
        let Some(memcg) = self.memcgs.kernel_pages.remove(&page) else { return };
        if self.memcgs.counts_swap_with_memory() {
            self.memcgs.uncharge(Counted::Kernel, memcg, 1 << order);
        }
        self.memcgs.refill_stock(cpu, memcg, 1 << order);
    }

    /// Makes each page of a block that is split stand for itself (`split_page_memcg`).
    pub(crate) fn split_page_memcg(&mut self, page: Frame, order: u8) {
        if let Some(&memcg) = self.memcgs.kernel_pages.get(&page) {
            self.memcgs.kernel_pages.extend((1..1 << order).map(|n| (page.add(n), memcg)));
        }
    }
}

/// The group that kernel memory of a task is charged to: the one that it acts for, otherwise its own; none for
/// interrupts and kernel threads (`get_mem_cgroup_from_current`).
fn current_memcg(task: &Task) -> Option<MemcgId> {
    let own = !task.context.in_interrupt() && !task.flags.contains(TaskFlags::KTHREAD);
    task.memcg.active.or(own.then_some(task.memcg.id))
}
