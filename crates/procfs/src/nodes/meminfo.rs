//! A node's meminfo of a machine (`node_read_meminfo`, drivers/base/node.c).

use crate::meminfo::{MemoryCounter, MemoryCounters};
use crate::shape::Shape;
use crate::zones_of;
use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::NodeId;
use buddyscope_mm::vmstat::{NodeItem, ZoneItem};

/// kB of a page.
const PAGE_KB: u64 = 4;
/// Pages of a huge page.
const HUGE_PAGES: u64 = 512;

/// A node's meminfo. What the model does not count is 0.
#[must_use]
pub fn meminfo<S: Sink>(machine: &Machine<S>, id: NodeId) -> MemoryCounters {
    let mut items: Vec<MemoryCounter> = values(machine, id)
        .into_iter()
        .map(|(name, pages)| MemoryCounter { name: name.to_owned(), value: pages * PAGE_KB, is_kb: true })
        .collect();
    let huge = ["HugePages_Total", "HugePages_Free", "HugePages_Surp"];
    items.extend(huge.map(|name| MemoryCounter { name: name.to_owned(), value: 0, is_kb: false }));
    MemoryCounters { node: Some(id), items, shape: Shape::default() }
}

/// Names and pages, in the order of the file.
fn values<S: Sink>(machine: &Machine<S>, id: NodeId) -> Vec<(&'static str, u64)> {
    let zones = zones_of(machine, id);
    let zone = |item: ZoneItem| zones.iter().map(|zone| zone.page_state(item).max(0) as u64).sum::<u64>();
    let node = |item: NodeItem| machine.nodes().get(id.index()).map_or(0, |node| node.stat.get(item));
    let total: u64 = zones.iter().map(|zone| zone.managed_pages).sum();
    let free = zone(ZoneItem::FreePages);
    let [inactive_anon, active_anon] = [NodeItem::InactiveAnon, NodeItem::ActiveAnon].map(node);
    let [inactive_file, active_file] = [NodeItem::InactiveFile, NodeItem::ActiveFile].map(node);
    let [reclaimable, unreclaimable] = [NodeItem::SlabReclaimable, NodeItem::SlabUnreclaimable].map(node);
    let kernel_reclaimable = reclaimable + node(NodeItem::KernelMiscReclaimable);
    vec![
        ("MemTotal", total),
        ("MemFree", free),
        ("MemUsed", total.saturating_sub(free)),
        ("Active", active_anon + active_file),
        ("Inactive", inactive_anon + inactive_file),
        ("Active(anon)", active_anon),
        ("Inactive(anon)", inactive_anon),
        ("Active(file)", active_file),
        ("Inactive(file)", inactive_file),
        ("Unevictable", node(NodeItem::Unevictable)),
        ("Mlocked", zone(ZoneItem::Mlock)),
        ("Dirty", node(NodeItem::Dirty)),
        ("Writeback", node(NodeItem::Writeback)),
        ("FilePages", node(NodeItem::FilePages)),
        ("Mapped", node(NodeItem::Mapped)),
        ("AnonPages", node(NodeItem::AnonPages)),
        ("Shmem", node(NodeItem::Shmem)),
        // The counter is of kB.
        ("KernelStack", node(NodeItem::KernelStack) / PAGE_KB),
        ("PageTables", zone(ZoneItem::PageTable)),
        ("NFS_Unstable", 0),
        ("Bounce", zone(ZoneItem::Bounce)),
        ("WritebackTmp", node(NodeItem::WritebackTemp)),
        ("KReclaimable", kernel_reclaimable),
        ("Slab", reclaimable + unreclaimable),
        ("SReclaimable", reclaimable),
        ("SUnreclaim", unreclaimable),
        ("AnonHugePages", node(NodeItem::AnonTransparentHugepages) * HUGE_PAGES),
        ("ShmemHugePages", node(NodeItem::ShmemHugepages) * HUGE_PAGES),
        ("ShmemPmdMapped", node(NodeItem::ShmemPmdmapped) * HUGE_PAGES),
        ("FileHugePages", node(NodeItem::FileHugepages) * HUGE_PAGES),
        ("FilePmdMapped", node(NodeItem::FilePmdmapped) * HUGE_PAGES),
    ]
}
