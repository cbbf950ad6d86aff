//! A small machine for the tests of compaction: one Normal zone of eight movable pageblocks, all free.

use super::{CompactPriority, CompactResult};
use crate::buddy::BuddyOptions;
use crate::event::Event;
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::page::life::LifeFlags;
use crate::pfn::{CpuId, Frame, MigrateType, NodeId, NodeMask, Order, PAGEBLOCK_NR_PAGES, Pfn, ZoneId, ZoneType};
use crate::restore::MachineParts;
use crate::task::Task;
use crate::vmstat::ZoneItem;
use crate::zone::zonelist::ZoneRef;
use crate::zone::{Cpu, Node, Zone};

pub(crate) const ZONE: ZoneId = ZoneId::new(NodeId(0), ZoneType::Normal);
pub(crate) const CPU: CpuId = CpuId(0);
/// First page of the zone.
pub(crate) const BASE: u64 = 1 << 20;
/// Pages of the zone.
pub(crate) const PAGES: u64 = 8 * PAGEBLOCK_NR_PAGES;

/// The machine, its free pages in largest blocks.
pub(crate) fn machine() -> Machine<Vec<Event>> {
    let mut machine = Machine::new(parts(), Vec::new()).expect("consistent parts");
    for block in (0..PAGES).step_by(2 * PAGEBLOCK_NR_PAGES as usize) {
        machine.restore_pageblock(Pfn(BASE + block), MigrateType::Movable);
        machine.restore_pageblock(Pfn(BASE + block + PAGEBLOCK_NR_PAGES), MigrateType::Movable);
        let order = Order::new(10).expect("an order");
        machine.restore_free_block(ZONE, Pfn(BASE + block), order, MigrateType::Movable).expect("a free block");
    }
    machine.restore_zone_stat(ZONE, ZoneItem::FreePages, PAGES as i64);
    machine
}

fn parts() -> MachineParts {
    let mut node = Node::new(NodeId(0));
    node.present_pages = PAGES;
    node.distance = vec![10];
    node.fallback.refs = vec![ZoneRef::new(NodeId(0), ZoneType::Normal)];
    node.nofallback = node.fallback.clone();
    let mut zones: Vec<Zone> = ZoneType::ALL.map(|kind| Zone::empty(NodeId(0), kind)).into();
    let zone = &mut zones[ZONE.index()];
    zone.start_pfn = Pfn(BASE);
    (zone.spanned_pages, zone.present_pages, zone.managed_pages) = (PAGES, PAGES, PAGES);
    MachineParts {
        nodes: vec![node],
        zones,
        cpus: vec![Cpu { id: CPU, node: NodeId(0) }],
        zone_ranges: vec![(Pfn(BASE), Pfn(BASE + PAGES), ZONE)],
        reserved: Vec::new(),
        online_nodes: NodeMask::of(NodeId(0)),
        options: BuddyOptions {
            group_by_mobility_disabled: false,
            guardpage_minorder: 0,
            watermark_boost_factor: 15_000,
            numa_stat: true,
        },
        sysctl: Default::default(),
        min_free_kbytes: 0,
        totalreserve_pages: 0,
        fault: None,
        seed: 1,
    }
}

/// The machine with an anonymous page at each place for which `keep` holds; the others are free, merged.
pub(crate) fn fragmented(keep: impl Fn(u64) -> bool) -> Machine<Vec<Event>> {
    let mut machine = machine();
    let mut task = Task::new(CPU);
    let gfp = Gfp::HIGHMEM | Gfp::MOVABLE;
    while machine.alloc_pages_nodemask(&mut task, gfp, Order::default(), NodeId(0), None).pfn.is_some() {}
    // The last pages first, so that they are at the tails of the free lists.
    for n in (0..PAGES).rev() {
        if keep(n) {
            populate(&mut machine, n);
        } else {
            machine.free_pages(CPU, Pfn(BASE + n), Order::default()).expect("a page in use");
        }
    }
    machine.sink_mut().clear();
    machine
}

/// Makes a page in use an anonymous page that is mapped once.
pub(crate) fn populate(machine: &mut Machine<Vec<Event>>, n: u64) {
    let page = frame(machine, n);
    let life = machine.mem.life_mut(page);
    life.flags = LifeFlags::ANON | LifeFlags::SWAPBACKED;
    life.mapcount = 1;
    machine.add_page_to_lru_list(CPU, page);
}

/// Page `n` of the zone.
pub(crate) fn frame(machine: &Machine<Vec<Event>>, n: u64) -> Frame {
    machine.mem.frame(Pfn(BASE + n)).expect("a page of the zone")
}

/// Lets nobody move the page.
pub(crate) fn pin(machine: &mut Machine<Vec<Event>>, n: u64) {
    let page = frame(machine, n);
    machine.mem.life_mut(page).flags |= LifeFlags::PINNED;
}

/// Compacts for a movable request; what came of it, and the first page of a block that was captured.
pub(crate) fn compact(
    machine: &mut Machine<Vec<Event>>,
    order: u32,
    priority: CompactPriority,
) -> (CompactResult, Option<u64>) {
    let order = Order::new(order).expect("an order");
    let mut task = Task::new(CPU);
    let gfp = Gfp::GFP_HIGHUSER_MOVABLE;
    let (result, captured) = machine.try_to_compact_pages(&mut task, gfp, order, NodeId(0), priority);
    (result, captured.map(|pfn| pfn.0 - BASE))
}
