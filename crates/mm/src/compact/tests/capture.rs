//! Which blocks are captured on their way to the free lists.

use crate::Machine;
use crate::compact::CompactPriority;
use crate::compact::testing::{BASE, CPU, ZONE, compact, fragmented, frame, machine};
use crate::event::Event;
use crate::gfp::Gfp;
use crate::pfn::{Frame, MigrateType, NodeId, Order, Pfn};
use crate::task::{Task, TaskFlags};
use crate::vmstat::ZoneItem;
use crate::zone::compact_state::Capture;

/// Frees a block of an order out of a pageblock of a type while compaction waits for one of order `wanted`.
fn captured(order: u32, wanted: u8, migratetype: MigrateType) -> Option<Frame> {
    let mut machine = machine();
    let order = Order::new(order).expect("an order");
    let mut task = Task::new(CPU);
    let gfp = Gfp::HIGHMEM | Gfp::MOVABLE;
    let pfn = machine.alloc_pages_nodemask(&mut task, gfp, order, NodeId(0), None).pfn.expect("a block");
    for n in (0..crate::compact::testing::PAGES).step_by(512) {
        let page = frame(&machine, n);
        machine.mem.set_pageblock(page, migratetype);
    }
    machine.zones[ZONE.index()].capture = Some(Capture { order: wanted, page: None });
    machine.free_pages(CPU, pfn, order).expect("a block in use");
    machine.zones[ZONE.index()].capture.take().and_then(|capture| capture.page)
}

#[test]
fn a_block_of_the_wanted_order_is_captured() {
    assert!(captured(9, 9, MigrateType::Movable).is_some());
    assert!(captured(3, 3, MigrateType::Unmovable).is_some());
}

#[test]
fn a_smaller_one_is_captured_once_it_has_merged_to_that_order() {
    assert!(captured(2, 5, MigrateType::Unmovable).is_some());
}

#[test]
fn a_larger_one_is_not() {
    assert!(captured(4, 3, MigrateType::Unmovable).is_none());
}

#[test]
fn small_blocks_do_not_break_up_movable_pageblocks() {
    assert!(captured(8, 8, MigrateType::Movable).is_none());
    assert!(captured(8, 8, MigrateType::Reclaimable).is_some());
}

#[test]
fn cma_pageblocks_stay_what_they_are() {
    assert!(captured(9, 9, MigrateType::Cma).is_none());
}

#[test]
fn the_largest_blocks_are_never_captured() {
    assert!(captured(10, 10, MigrateType::Movable).is_none());
}

#[test]
fn one_block_is_enough() {
    let mut machine = machine();
    let mut task = Task::new(CPU);
    let order = Order::new(9).expect("an order");
    let gfp = Gfp::HIGHMEM | Gfp::MOVABLE;
    let mut take = |machine: &mut Machine<Vec<Event>>| {
        machine.alloc_pages_nodemask(&mut task, gfp, order, NodeId(0), None).pfn.expect("a block")
    };
    let blocks = [take(&mut machine), take(&mut machine)];
    machine.zones[ZONE.index()].capture = Some(Capture { order: 9, page: None });
    let before = machine.zones[ZONE.index()].page_state(ZoneItem::FreePages);
    blocks.into_iter().for_each(|pfn| machine.free_pages(CPU, pfn, order).expect("a block in use"));
    assert_eq!(machine.zones[ZONE.index()].page_state(ZoneItem::FreePages), before + 512);
}

#[test]
fn a_request_gets_the_block_that_its_compaction_made() {
    let mut machine = fragmented(|n| n % 2 == 0);
    let (_, block) = compact(&mut machine, 9, CompactPriority::SyncLight);
    let block = block.expect("a captured block");
    machine.free_pages(CPU, Pfn(BASE + block), Order::new(9).expect("an order")).expect("a block in use");
    machine.audit().expect("a sound machine");
}

#[test]
fn kernel_threads_capture_nothing() {
    let mut machine = fragmented(|n| n % 2 == 0);
    let mut task = Task::new(CPU);
    task.flags = TaskFlags::KTHREAD;
    let order = Order::new(9).expect("an order");
    let priority = CompactPriority::SyncLight;
    let (_, block) = machine.try_to_compact_pages(&mut task, Gfp::GFP_HIGHUSER_MOVABLE, order, NodeId(0), priority);
    assert_eq!(block, None);
}
