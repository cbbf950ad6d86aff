//! The other ways in: by node, for a mapping, for the page cache, and by exact size (mm/mempolicy.c, mm/filemap.c,
//! mm/page_alloc.c).

use crate::alloc::{Alloc, Answer};
use crate::event::{Event, Sink, emit};
use crate::gfp::Gfp;
use crate::machine::{Machine, PageError};
use crate::pfn::{CpuId, Frame, NodeId, Order, PAGE_SHIFT, Pfn};
use crate::task::Task;
use crate::task::mempolicy::{Mempolicy, Placement, interleave_at};

/// A page fault's place in a mapping (`struct vm_area_struct`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The mapping's own policy; `None` for the task's.
    pub policy: Option<Mempolicy>,
    /// First byte of the mapping (`vm_start`).
    pub start: u64,
    /// Page of the file that the mapping begins with (`vm_pgoff`).
    pub pgoff: u64,
    /// The address that faulted, at or after `start`.
    pub address: u64,
    /// Whether a transparent huge page is asked for.
    pub hugepage: bool,
}

impl Fault {
    /// Where in an interleaved mapping the fault lies, counted in blocks (`interleave_nid`).
    fn offset(&self, order: Order) -> u32 {
        let order = u32::from(order.get());
        ((self.pgoff >> order) + (self.address.saturating_sub(self.start) >> (PAGE_SHIFT + order))) as u32
    }
}

impl<S: Sink> Machine<S> {
    /// A request for one node first, whatever the policy says (`alloc_pages_node`). `None` is the CPU's node.
    pub fn alloc_pages_node(&mut self, task: &mut Task, node: Option<NodeId>, gfp: Gfp, order: Order) -> Answer {
        let local = self.cpus[task.cpu.index()].node;
        self.alloc_pages_nodemask(task, gfp, order, node.unwrap_or(local), None)
    }

    /// A request for a page fault (`alloc_pages_vma`). Interleaving goes by the place in the mapping and leaves the
    /// task's own rotation alone.
    pub fn alloc_pages_vma(&mut self, task: &mut Task, gfp: Gfp, order: Order, fault: &Fault) -> Answer {
        let local = self.cpus[task.cpu.index()].node;
        if let Some(node) = self.huge_node(task, gfp, fault) {
            return self.alloc_huge_page(task, gfp, order, node);
        }
        let Some(policy) = fault.policy.or(task.policy) else {
            return self.alloc_pages_nodemask(task, gfp, order, local, None);
        };
        if let Some(nodes) = policy.interleaved() {
            let node = interleave_at(nodes, fault.offset(order), local);
            emit!(self, Event::Policy { mode: policy.mode() as u8, node, nodemask: None });
            return self.alloc_page_interleave(task, gfp, order, node);
        }
        let nodemask = policy.nodemask(gfp, self.policy_zones, task.mems_allowed);
        let node = policy.node(local);
        emit!(self, Event::Policy { mode: policy.mode() as u8, node, nodemask });
        self.alloc_pages_nodemask(task, gfp, order, node, nodemask)
    }

    /// The node whose own zones are tried first for a huge page: the preferred one or the CPU's, unless the policy
    /// interleaves or leaves that node out. `None` for such policies and small pages.
    pub(crate) fn huge_node(&mut self, task: &Task, gfp: Gfp, fault: &Fault) -> Option<NodeId> {
        if !fault.hugepage {
            return None;
        }
        let local = self.cpus[task.cpu.index()].node;
        let Some(policy) = fault.policy.or(task.policy) else { return Some(local) };
        if policy.interleaved().is_some() {
            return None;
        }
        let nodemask = policy.nodemask(gfp, self.policy_zones, task.mems_allowed);
        let node = if let Placement::Preferred(preferred) = policy.placement { preferred } else { local };
        if nodemask.is_some_and(|mask| !mask.contains(node)) {
            return None;
        }
        emit!(self, Event::Policy { mode: policy.mode() as u8, node: policy.node(local), nodemask });
        Some(node)
    }

    /// Begins a request for a page fault, as [`Machine::alloc_pages_vma`] does it whole: the block, if it can be had at
    /// once, or what is to be resumed for it. Huge pages that have a node of their own are asked for there first
    /// (`huge_node`).
    #[inline]
    pub(crate) fn alloc_vma_at_once(
        &mut self,
        task: &mut Task,
        gfp: Gfp,
        order: Order,
        fault: &Fault,
    ) -> Result<Frame, Alloc> {
        let local = self.cpus[task.cpu.index()].node;
        let Some(policy) = fault.policy.or(task.policy) else {
            return self.alloc_at_once(task, gfp, order, local, None);
        };
        if let Some(nodes) = policy.interleaved() {
            let node = interleave_at(nodes, fault.offset(order), local);
            emit!(self, Event::Policy { mode: policy.mode() as u8, node, nodemask: None });
            return self.interleave_at_once(task, gfp, order, node);
        }
        let nodemask = policy.nodemask(gfp, self.policy_zones, task.mems_allowed);
        let node = policy.node(local);
        emit!(self, Event::Policy { mode: policy.mode() as u8, node, nodemask });
        self.alloc_at_once(task, gfp, order, node, nodemask)
    }

    /// Begins a request for a page-cache page, as [`Machine::page_cache_alloc`] does it whole: the page, if it can be had
    /// at once, or what is to be resumed for it.
    #[inline]
    pub(crate) fn page_cache_alloc_at_once(&mut self, task: &mut Task, gfp: Gfp) -> Result<Frame, Alloc> {
        let spread = self.cpusets.is_enabled() && self.cpusets.spreads_pages(task);
        match if spread { task.spread_node(&mut self.rng) } else { None } {
            Some(node) => self.alloc_at_once(task, gfp, Order::default(), node, None),
            None => self.alloc_current_at_once(task, gfp, Order::default()),
        }
    }

    /// A huge page from its node alone; anywhere only if the task may reclaim for it.
    fn alloc_huge_page(&mut self, task: &mut Task, gfp: Gfp, order: Order, node: NodeId) -> Answer {
        let answer = self.alloc_pages_nodemask(task, gfp | Gfp::THISNODE | Gfp::NORETRY, order, node, None);
        if answer.pfn.is_some() || !gfp.contains(Gfp::DIRECT_RECLAIM) {
            return answer;
        }
        self.alloc_pages_nodemask(task, gfp, order, node, None)
    }

    /// A request for a page-cache page: spread over the task's nodes if its cpuset says so, else by policy
    /// (`__page_cache_alloc`).
    pub fn page_cache_alloc(&mut self, task: &mut Task, gfp: Gfp) -> Answer {
        let spread = self.cpusets.is_enabled() && self.cpusets.spreads_pages(task);
        match if spread { task.spread_node(&mut self.rng) } else { None } {
            Some(node) => self.alloc_pages_node(task, Some(node), gfp, Order::default()),
            None => self.alloc_pages_current(task, gfp, Order::default()),
        }
    }

    /// `pages` pages in a row: a block of the next order, split, its surplus freed page by page (`alloc_pages_exact`).
    /// `None` if no order is large enough or no block is free.
    pub fn alloc_pages_exact(&mut self, task: &mut Task, gfp: Gfp, pages: u64) -> Option<Pfn> {
        let order = Order::new(pages.max(1).checked_next_power_of_two()?.trailing_zeros())?;
        let first = self.alloc_pages_current(task, gfp - Gfp::COMP, order).pfn?;
        self.split_page(first, order).ok()?;
        self.free_contig_range(task.cpu, Pfn(first.0 + pages.max(1)), order.pages() - pages.max(1)).ok()?;
        Some(first)
    }

    /// Frees single pages in a row, ascending (`free_contig_range`, `free_pages_exact`).
    ///
    /// # Errors
    /// As [`Machine::free_pages`]; pages before the bad one have been freed.
    pub fn free_contig_range(&mut self, cpu: CpuId, first: Pfn, pages: u64) -> Result<(), PageError> {
        (first.0..first.0 + pages).try_for_each(|pfn| self.free_pages(cpu, Pfn(pfn), Order::default()))
    }

    /// Drops a reference of each single page; the pages are freed last to first (`release_pages`).
    ///
    /// # Errors
    /// As [`Machine::free_pages`]; pages after the bad one have been freed.
    pub fn release_pages(&mut self, cpu: CpuId, pages: &[Pfn]) -> Result<(), PageError> {
        pages.iter().rev().try_for_each(|&pfn| self.free_pages(cpu, pfn, Order::default()))
    }

    /// Takes I/O and file-system flags from all requests while the system suspends, and gives them back
    /// (`pm_restrict_gfp_mask`, `pm_restore_gfp_mask`).
    pub fn restrict_gfp_mask(&mut self, suspending: bool) {
        let taken = if suspending { Gfp::IO | Gfp::FS } else { Gfp::empty() };
        self.gfp_allowed_mask = Gfp::BITS_MASK - taken;
    }
}
