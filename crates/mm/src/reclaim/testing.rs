//! What the tests of reclaim share: a small machine, pages with a life, and runs with all waits noted.

pub(crate) use crate::compact::testing::{CPU, ZONE, machine};

use crate::event::{Event, ReclaimEvent};
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::page::life::LifeFlags;
use crate::pfn::{Frame, NodeId, Order};
use crate::task::{Task, TaskFlags};

pub(crate) type Small = Machine<Vec<Event>>;
pub(crate) const NODE: NodeId = NodeId(0);

/// A page in use with such flags that `mapcount` page tables map, `young` of which accessed it. It is on no list.
pub(crate) fn page(machine: &mut Small, flags: LifeFlags, mapcount: u32, young: u16) -> Frame {
    let gfp = Gfp::HIGHMEM | Gfp::MOVABLE;
    let answer = machine.alloc_pages_nodemask(&mut Task::new(CPU), gfp, Order::default(), NODE, None);
    let page = machine.mem.frame(answer.pfn.expect("a free page")).expect("a page of the machine");
    let life = machine.mem.life_mut(page);
    (life.flags, life.mapcount, life.young) = (flags, mapcount, young);
    page
}

/// A huge page in use that `mapcount` entries map as a whole. It is on no list.
pub(crate) fn huge_page(machine: &mut Small, flags: LifeFlags, mapcount: u32) -> Frame {
    let order = Order::new(9).expect("an order");
    let gfp = Gfp::GFP_TRANSHUGE_LIGHT;
    let answer = machine.alloc_pages_nodemask(&mut Task::new(CPU), gfp, order, NODE, None);
    let page = machine.mem.frame(answer.pfn.expect("a free block")).expect("a page of the machine");
    let life = machine.mem.life_mut(page);
    (life.flags, life.mapcount) = (flags | LifeFlags::HUGE, mapcount);
    page
}

/// Pages with such flags on their list, the last one at the head.
pub(crate) fn listed(machine: &mut Small, flags: LifeFlags, count: u64) -> Vec<Frame> {
    let mut pages = Vec::new();
    for _ in 0..count {
        let page = page(machine, flags, 0, 0);
        machine.add_page_to_lru_list(CPU, page);
        pages.push(page);
    }
    pages
}

/// Sets the marks of the only zone, and what is free of it by taking pages away.
pub(crate) fn leave_free(machine: &mut Small, free: u64, marks: [u64; 3]) {
    let gfp = Gfp::HIGHMEM;
    let count = |machine: &Small| machine.zone_stat(ZONE, crate::vmstat::ZoneItem::FreePages) as u64;
    while count(machine) > free {
        let answer = machine.alloc_pages_nodemask(&mut Task::new(CPU), gfp, Order::default(), NODE, None);
        assert!(answer.pfn.is_some(), "so much can be taken");
    }
    machine.zones[ZONE.index()].watermark = marks;
}

pub(crate) fn kswapd() -> Task {
    let mut task = Task::new(CPU);
    task.flags = TaskFlags::KSWAPD | TaskFlags::MEMALLOC;
    task
}

/// The priorities of passes over nodes, in order.
pub(crate) fn priorities(machine: &Small) -> Vec<i8> {
    let priority = |event: &Event| match event {
        Event::Reclaim(ReclaimEvent::NodeBegin { priority, .. }) => Some(*priority),
        _ => None,
    };
    machine.sink().iter().filter_map(priority).collect()
}
