//! Where the Movable zone of each node starts (`find_zone_movable_pfns_for_nodes`, mm/page_alloc.c).

use super::BootWarning;
use super::memory::{Memory, Region};
use super::span::{MovableStart, ZoneBounds};
use crate::config::{BootParams, CoreSize};
use crate::pfn::{MAX_NUMNODES, MAX_ORDER_NR_PAGES, NodeId, NodeMask};

/// First page frame above 4 GiB.
const PFN_4G: u64 = 1 << 20;

/// Finds the start of every Movable zone from `movable_node`, `kernelcore=` and `movablecore=`.
pub(super) fn find_zone_movable_pfns(
    boot: &BootParams,
    memory: &Memory,
    bounds: &ZoneBounds,
    warnings: &mut Vec<BootWarning>,
) -> MovableStart {
    let mut pfn = vec![0; MAX_NUMNODES];
    if boot.movable_node {
        lowest_start(&mut pfn, memory, |_, r| r.hotpluggable);
    } else if boot.kernelcore_mirror {
        let low = memory.pages().any(|(start, _, r)| !r.mirrored && start.0 < PFN_4G);
        warnings.extend(low.then_some(BootWarning::UnmirroredLowMemory));
        lowest_start(&mut pfn, memory, |start, r| !r.mirrored && start >= PFN_4G);
    } else {
        let total = memory.pages().map(|(start, end, _)| end.0 - start.0).sum();
        let kernelcore = required_kernelcore(boot, total);
        if kernelcore != 0 && kernelcore < total {
            let usable_start = bounds.range[bounds.movable_zone.index()].0;
            Spread { pfn: &mut pfn, memory, usable_start, required: kernelcore }.run();
        }
    }
    for start in &mut pfn {
        *start = start.next_multiple_of(MAX_ORDER_NR_PAGES);
    }
    MovableStart { pfn, mirrored_kernelcore: boot.kernelcore_mirror }
}

/// Lets each node's Movable zone start at its lowest region of a kind.
fn lowest_start(pfn: &mut [u64], memory: &Memory, of_kind: impl Fn(u64, &Region) -> bool) {
    for (start, _, region) in memory.pages().filter(|(start, _, r)| of_kind(start.0, r)) {
        let lowest = &mut pfn[region.node.index()];
        *lowest = if *lowest == 0 { start.0 } else { start.0.min(*lowest) };
    }
}

/// Pages that have to stay out of Movable zones; 0 if nobody asked.
fn required_kernelcore(boot: &BootParams, total: u64) -> u64 {
    let pages = |size: Option<CoreSize>| match size {
        Some(CoreSize::Pages(pages)) => pages,
        Some(CoreSize::Percent(percent)) => total * 100 * percent / 10000,
        None => 0,
    };
    let kernelcore = pages(boot.kernelcore);
    match pages(boot.movablecore) {
        0 => kernelcore,
        movablecore => kernelcore.max(total - movablecore.next_multiple_of(MAX_ORDER_NR_PAGES).min(total)),
    }
}

/// Spreads kernel memory evenly over the nodes; what lies behind it in a node is Movable.
struct Spread<'a> {
    pfn: &'a mut [u64],
    memory: &'a Memory,
    /// Where the zone that Movable is cut from starts: everything below is the kernel's.
    usable_start: u64,
    /// Pages still to be found (`required_kernelcore`).
    required: u64,
}

impl Spread<'_> {
    fn run(mut self) {
        let nodes: NodeMask = self.memory.pages().map(|(_, _, r)| r.node).collect();
        let mut usable_nodes = u64::from(nodes.weight());
        // Nodes that are too small leave part unmet: each pass divides the rest among one node less.
        while usable_nodes != 0 {
            let mut per_node = self.required / usable_nodes;
            for node in nodes.iter() {
                if self.required < per_node {
                    per_node = self.required / usable_nodes;
                }
                self.take_from(node, per_node);
            }
            usable_nodes -= 1;
            if self.required <= usable_nodes {
                break;
            }
        }
    }

    /// Gives the kernel up to `quota` more pages of a node.
    fn take_from(&mut self, node: NodeId, quota: u64) {
        let mut left = quota;
        for (start, end) in self.memory.pages_of(node) {
            let mut start = start.0.max(self.pfn[node.index()]);
            if start >= end.0 {
                continue;
            }
            if start < self.usable_start {
                let low = end.0.min(self.usable_start) - start;
                left -= low.min(left);
                self.required -= low.min(self.required);
                if end.0 <= self.usable_start {
                    // Remembered, so that the next pass does not count the range again.
                    self.pfn[node.index()] = end.0;
                    continue;
                }
                start = self.usable_start;
            }
            let taken = (end.0 - start).min(left);
            self.pfn[node.index()] = start + taken;
            self.required -= taken.min(self.required);
            left -= taken;
            if left == 0 {
                break;
            }
        }
    }
}
