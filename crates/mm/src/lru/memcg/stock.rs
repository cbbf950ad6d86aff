//! Charges that CPUs keep ahead of need (`struct memcg_stock_pcp`, mm/memcontrol.c).

use super::{CgroupVersion, Counted, Memcgs};
use crate::page::life::MemcgId;
use crate::pfn::CpuId;

/// Pages charged at once, and the most that a CPU keeps (`MEMCG_CHARGE_BATCH`, include/linux/memcontrol.h).
pub(crate) const CHARGE_BATCH: u64 = 32;

/// What one CPU keeps: pages of one group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stock {
    cached: Option<MemcgId>,
    pages: u64,
}

impl Stock {
    /// All of it, for hashing.
    pub(super) fn words(&self) -> [u64; 2] {
        [self.cached.map_or(u64::MAX, |memcg| memcg.0.into()), self.pages]
    }
}

impl Memcgs {
    fn stock(&mut self, cpu: CpuId) -> &mut Stock {
        if self.stocks.len() <= cpu.index() {
            self.stocks.resize(cpu.index() + 1, Stock::default());
        }
        &mut self.stocks[cpu.index()]
    }

    /// Takes pages out of a CPU's stock, if that has so many of the group (`consume_stock`).
    pub(crate) fn consume_stock(&mut self, cpu: CpuId, memcg: MemcgId, pages: u64) -> bool {
        let stock = self.stock(cpu);
        let enough = pages <= CHARGE_BATCH && stock.cached == Some(memcg) && stock.pages >= pages;
        if enough {
            stock.pages -= pages;
        }
        enough
    }

    /// Adds charged pages to a CPU's stock. Another group's go back first, and all go back if there are too many
    /// (`refill_stock`).
    pub(crate) fn refill_stock(&mut self, cpu: CpuId, memcg: MemcgId, pages: u64) {
        if self.stock(cpu).cached != Some(memcg) {
            self.drain_stock(cpu);
        }
        let stock = self.stock(cpu);
        stock.cached = Some(memcg);
        stock.pages += pages;
        if stock.pages > CHARGE_BATCH {
            self.drain_stock(cpu);
        }
    }

    /// Gives a CPU's stock back (`drain_stock`).
    fn drain_stock(&mut self, cpu: CpuId) {
        let stock = core::mem::take(self.stock(cpu));
        if let Some(memcg) = stock.cached.filter(|_| stock.pages > 0) {
            self.uncharge_pages(memcg, stock.pages);
        }
    }

    /// Gives back what CPUs keep of a group and those below it (`drain_all_stock`). The kernel leaves other CPUs to
    /// workers; here they are done at once, in ascending order.
    pub(crate) fn drain_all_stock(&mut self, root: MemcgId) {
        for cpu in 0..self.stocks.len() {
            let Stock { cached, pages } = self.stocks[cpu];
            if pages > 0 && cached.is_some_and(|memcg| self.is_descendant(memcg, root)) {
                self.drain_stock(CpuId(cpu as u16));
            }
        }
    }

    /// Pages that CPUs keep of a group.
    #[allow(dead_code, reason = "for audits")]
    pub(crate) fn stocked(&self, memcg: MemcgId) -> u64 {
        self.stocks.iter().filter(|stock| stock.cached == Some(memcg)).map(|stock| stock.pages).sum()
    }

    /// Takes pages off a group's counters and those of all above it (`uncharge_batch`).
    pub(crate) fn uncharge_pages(&mut self, memcg: MemcgId, pages: u64) {
        self.uncharge(Counted::Memory, memcg, pages);
        if self.counts_swap_with_memory() {
            self.uncharge(Counted::MemorySwap, memcg, pages);
        }
    }

    /// Whether memory and swap are counted together (`do_memsw_account`).
    pub(crate) fn counts_swap_with_memory(&self) -> bool {
        self.version != CgroupVersion::V2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CPU: CpuId = CpuId(1);

    fn groups() -> Memcgs {
        let mut groups = Memcgs::default();
        assert!(groups.insert(MemcgId(1), MemcgId(0), "/a") && groups.insert(MemcgId(2), MemcgId(0), "/b"));
        groups.charge(Counted::Memory, MemcgId(1), 100);
        groups.charge(Counted::Memory, MemcgId(2), 100);
        groups
    }

    #[test]
    fn a_stock_serves_its_group_alone() {
        let mut groups = groups();
        groups.refill_stock(CPU, MemcgId(1), 31);
        assert!(!groups.consume_stock(CPU, MemcgId(2), 1) && !groups.consume_stock(CpuId(0), MemcgId(1), 1));
        assert!(groups.consume_stock(CPU, MemcgId(1), 31) && !groups.consume_stock(CPU, MemcgId(1), 1));
    }

    #[test]
    fn another_group_sends_the_stock_back() {
        let mut groups = groups();
        groups.refill_stock(CPU, MemcgId(1), 20);
        groups.refill_stock(CPU, MemcgId(2), 5);
        assert_eq!((groups.usage(MemcgId(1)), groups.usage(MemcgId(2))), (80, 100));
        assert_eq!((groups.stocked(MemcgId(1)), groups.stocked(MemcgId(2))), (0, 5));
    }

    #[test]
    fn a_stock_above_a_batch_goes_back_whole() {
        let mut groups = groups();
        groups.refill_stock(CPU, MemcgId(1), 32);
        assert_eq!(groups.usage(MemcgId(1)), 100);
        groups.refill_stock(CPU, MemcgId(1), 1);
        assert_eq!((groups.usage(MemcgId(1)), groups.stocked(MemcgId(1))), (67, 0));
    }

    #[test]
    fn draining_a_group_takes_the_stocks_of_those_below_it() {
        let mut groups = groups();
        assert!(groups.insert(MemcgId(3), MemcgId(1), "/a/c"));
        groups.charge(Counted::Memory, MemcgId(3), 10);
        groups.refill_stock(CpuId(0), MemcgId(3), 10);
        groups.refill_stock(CPU, MemcgId(2), 10);
        groups.drain_all_stock(MemcgId(1));
        assert_eq!((groups.usage(MemcgId(1)), groups.usage(MemcgId(2))), (100, 100));
        assert_eq!((groups.stocked(MemcgId(3)), groups.stocked(MemcgId(2))), (0, 10));
    }
}
