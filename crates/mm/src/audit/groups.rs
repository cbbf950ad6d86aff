//! What is charged to memory cgroups.

use super::Violation;
use crate::event::Sink;
use crate::lru::LruIndex;
use crate::lru::memcg::Counted;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::pfn::MAX_NR_ZONES;
use crate::vmstat::NodeItem;

impl<S: Sink> Machine<S> {
    /// Every group but the root is charged at least what can be found: pages may also be on their way to a list.
    pub(super) fn audit_groups(&self) -> Result<(), Violation> {
        let mut kernel = std::collections::BTreeMap::new();
        for (&page, &memcg) in self.memcgs.kernel_pages.iter() {
            *kernel.entry(memcg).or_insert(0) += 1u64 << self.mem.block_of(page).1.order();
        }
        for memcg in self.memcg_ids().filter(|&memcg| memcg != MemcgId::ROOT) {
            let listed = self.lru.iter().filter(|lruvec| lruvec.memcg == memcg);
            let listed = listed.flat_map(|lruvec| LruIndex::ALL.map(|lru| lruvec.size(lru, MAX_NR_ZONES as u8 - 1)));
            let below = self.memcg(memcg).map(|group| group.children.as_slice()).unwrap_or_default();
            let below = below.iter().filter(|&&child| self.memcgs.parent(child) == Some(memcg));
            let found = listed.sum::<u64>()
                + below.map(|&child| self.memcgs.usage(child)).sum::<u64>()
                + kernel.get(&memcg).copied().unwrap_or(0)
                + self.memcgs.stocked(memcg);
            let charged = self.memcgs.usage(memcg);
            if charged < found {
                return Err(Violation::Group { memcg: memcg.0, charged, found });
            }
            self.audit_swap_of(memcg)?;
        }
        self.audit_stat()
    }

    /// No counter of a group is less than nothing. The root's may begin with what is not known.
    fn audit_stat(&self) -> Result<(), Violation> {
        let mut exact = std::collections::BTreeMap::new();
        let own = |memcg: &MemcgId| *memcg != MemcgId::ROOT;
        for lruvec in self.lru.iter().filter(|lruvec| own(&lruvec.memcg)) {
            for (item, pages) in lruvec.stat.totals() {
                *exact.entry((lruvec.memcg, item as usize)).or_insert(0) += pages;
            }
            for (item, pages) in lruvec.stat.kept().filter(|&(_, pages)| pages != 0) {
                let groups = core::iter::successors(Some(lruvec.memcg), |&memcg| self.memcg_parent(memcg));
                for memcg in groups.filter(own) {
                    *exact.entry((memcg, item as usize)).or_insert(0) += pages;
                }
            }
        }
        for ((memcg, item), pages) in exact {
            if pages < 0 {
                return Err(Violation::GroupStat { memcg: memcg.0, item: NodeItem::ALL[item].name(), pages });
            }
        }
        Ok(())
    }

    /// Every slot that says so is charged to its group, where swap is an account of its own.
    fn audit_swap_of(&self, memcg: MemcgId) -> Result<(), Violation> {
        let below = self.memcg(memcg).map(|group| group.children.as_slice()).unwrap_or_default();
        let swap = |memcg| self.memcgs.counter(Counted::Swap, memcg).usage;
        let found = self.swap.owned_by(memcg) + below.iter().map(|&child| swap(child)).sum::<u64>();
        if self.memcgs.counts_swap_apart() && swap(memcg) != found {
            return Err(Violation::GroupSwap { memcg: memcg.0, charged: swap(memcg), found });
        }
        Ok(())
    }
}
