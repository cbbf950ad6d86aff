//! A small machine for the tests of compaction: one Normal zone of eight movable pageblocks, all free.

use crate::buddy::BuddyOptions;
use crate::event::Event;
use crate::machine::Machine;
use crate::pfn::{CpuId, MigrateType, NodeId, NodeMask, Order, PAGEBLOCK_NR_PAGES, Pfn, ZoneId, ZoneType};
use crate::restore::MachineParts;
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
