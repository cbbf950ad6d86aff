//! The pool of huge pages that an administrator sets aside (`vm.nr_hugepages`, mm/hugetlb.c). Nobody maps any of them.

use crate::event::Sink;
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::pfn::{NodeId, NodeMask, Order, PAGEBLOCK_ORDER};
use crate::task::Task;
use crate::vmstat::VmEvent;

/// Flags of a request for a page of the pool: it can be moved (`htlb_alloc_mask`).
const HTLB_ALLOC_MASK: Gfp = Gfp::GFP_HIGHUSER_MOVABLE.union(Gfp::THISNODE).union(Gfp::COMP).union(Gfp::NOWARN);

/// Order of its pages (`HPAGE_PMD_ORDER`).
fn order() -> Order {
    Order::new(PAGEBLOCK_ORDER.into()).unwrap_or_default()
}

impl<S: Sink> Machine<S> {
    /// Pages of the pool (`nr_hugepages`).
    #[must_use]
    pub fn nr_hugepages(&self) -> u64 {
        self.huge.pool.values().map(|pages| pages.len() as u64).sum()
    }

    /// Makes the pool as large as is asked for: nodes give and get back in turn, those that could not give are not
    /// pressed again. Ends early when none can. Waits pass at once (`set_max_huge_pages`).
    pub fn set_nr_hugepages(&mut self, task: &mut Task, count: u64) {
        let mut spared = NodeMask::default();
        while self.nr_hugepages() < count {
            if !self.alloc_pool_huge_page(task, &mut spared) {
                return;
            }
        }
        while self.nr_hugepages() > count && self.free_pool_huge_page(task) {}
    }

    /// The next node in turn.
    fn next_pool_node(&mut self, freeing: bool) -> NodeId {
        let nodes = self.memory_nodes();
        let saved = self.huge.next_pool_node[usize::from(freeing)];
        let at_or_behind = |from: u8| nodes.iter().find(|node| node.0 >= from).or(nodes.iter().next());
        let node = at_or_behind(saved.0).unwrap_or_default();
        self.huge.next_pool_node[usize::from(freeing)] = at_or_behind(node.0 + 1).unwrap_or_default();
        node
    }

    fn alloc_pool_huge_page(&mut self, task: &mut Task, spared: &mut NodeMask) -> bool {
        (0..self.memory_nodes().weight()).any(|_| {
            let node = self.next_pool_node(false);
            let hard = !spared.contains(node);
            let gfp = if hard { HTLB_ALLOC_MASK | Gfp::RETRY_MAYFAIL } else { HTLB_ALLOC_MASK };
            let nodes = self.memory_nodes();
            let page = self.alloc_pages_nodemask(task, gfp, order(), node, Some(nodes)).pfn;
            let event = if page.is_some() { VmEvent::HtlbBuddyAllocSuccess } else { VmEvent::HtlbBuddyAllocFail };
            self.global.events.add(event, 1);
            // Hard again once it gave a page without, not any more once it gave none.
            spared.0 = if page.is_none() { spared.0 | NodeMask::of(node).0 } else { spared.0 & !NodeMask::of(node).0 };
            self.huge.pool.entry(node).or_default().extend(page);
            page.is_some()
        })
    }

    /// The page of a node that came last goes first.
    fn free_pool_huge_page(&mut self, task: &Task) -> bool {
        (0..self.memory_nodes().weight()).any(|_| {
            let node = self.next_pool_node(true);
            let page = self.huge.pool.get_mut(&node).and_then(Vec::pop);
            page.is_some_and(|pfn| self.free_pages(task.cpu, pfn, order()).is_ok())
        })
    }
}
