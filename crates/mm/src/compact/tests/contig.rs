//! Taking ranges.

use crate::compact::testing::{BASE, CPU, PAGES, ZONE, fragmented, frame, machine, pin};
use crate::compact::{AllocContig, ContigError};
use crate::event::Event;
use crate::gfp::Gfp;
use crate::page::life::LifeFlags;
use crate::pfn::{Frame, MigrateType, NodeId, Order, Pfn};
use crate::task::Task;
use crate::vmstat::{NodeItem, VmEvent, ZoneItem};
use crate::wait::{Step, Wait, finish};

type Recorded = crate::Machine<Vec<Event>>;

fn take(machine: &mut Recorded, start: u64, end: u64) -> Result<(), ContigError> {
    let mut task = Task::new(CPU);
    let (start, end) = (Pfn(BASE + start), Pfn(BASE + end));
    machine.alloc_contig_range(&mut task, start, end, MigrateType::Movable, Gfp::GFP_KERNEL)
}

fn free(machine: &Recorded) -> i64 {
    machine.zones[ZONE.index()].page_state(ZoneItem::FreePages)
}

fn types(machine: &Recorded) -> Vec<MigrateType> {
    (0..PAGES).step_by(512).map(|n| machine.mem.pageblock(frame(machine, n))).collect()
}

/// The lowest 1024 pages half used, the rest free.
fn half_used() -> Recorded {
    fragmented(|n| n < 1024 && n % 2 == 0)
}

#[test]
fn a_range_is_emptied_and_taken() {
    let mut machine = half_used();
    let before = free(&machine);
    assert_eq!(take(&mut machine, 0, 1024), Ok(()));
    assert_eq!(free(&machine), before - 1024);
    assert!(types(&machine).iter().all(|&own| own == MigrateType::Movable));
    machine.audit().expect("a sound machine");
}

#[test]
fn what_lies_around_the_range_stays_free() {
    let mut machine = half_used();
    let before = free(&machine);
    assert_eq!(take(&mut machine, 100, 300), Ok(()));
    assert_eq!(free(&machine), before - 200);
    machine.free_contig_range(CPU, Pfn(BASE + 100), 200).expect("pages in use");
    assert_eq!(free(&machine), before);
    machine.audit().expect("a sound machine");
}

#[test]
fn a_pinned_page_makes_the_range_busy_and_leaves_all_as_it_was() {
    let mut machine = half_used();
    pin(&mut machine, 10);
    let (before, kinds) = (free(&machine), types(&machine));
    assert_eq!(take(&mut machine, 0, 512), Err(ContigError::Busy));
    assert_eq!((free(&machine), types(&machine)), (before, kinds));
    assert_eq!(machine.zones[ZONE.index()].nr_isolate_pageblock, 0);
    let page = frame(&machine, 10);
    assert!(machine.mem.life(page).flags.contains(LifeFlags::LRU | LifeFlags::ANON));
    machine.audit().expect("a sound machine");
}

#[test]
fn a_page_that_is_being_written_is_waited_for() {
    let mut machine = half_used();
    let page = frame(&machine, 10);
    machine.mem.life_mut(page).flags |= LifeFlags::WRITEBACK;
    let mut task = Task::new(CPU);
    let range = (Pfn(BASE), Pfn(BASE + 512));
    let mut run = AllocContig::new(range.0, range.1, MigrateType::Movable, Gfp::GFP_KERNEL);
    assert_eq!(run.resume(&mut machine, &mut task), Step::Wait(Wait::PageIo(page)));
    assert!(machine.zones[ZONE.index()].nr_isolate_pageblock > 0);
    machine.mem.life_mut(page).flags -= LifeFlags::WRITEBACK;
    assert_eq!(finish(|| run.resume(&mut machine, &mut task)), Some(Ok(())));
    assert!(types(&machine).iter().all(|&own| own == MigrateType::Movable));
}

#[test]
fn others_may_run_between_two_batches() {
    let mut machine = half_used();
    let mut task = Task::new(CPU);
    let mut run = AllocContig::new(Pfn(BASE), Pfn(BASE + 512), MigrateType::Movable, Gfp::GFP_KERNEL);
    for _ in 0..256 / 32 {
        assert_eq!(run.resume(&mut machine, &mut task), Step::Wait(Wait::Yield));
    }
    assert_eq!(finish(|| run.resume(&mut machine, &mut task)), Some(Ok(())));
}

/// The machine counts so many pages more than it has as isolated.
fn isolate_elsewhere(machine: &mut Recorded, pages: i64) {
    machine.nodes[0].stat.add(NodeItem::IsolatedAnon, pages);
}

#[test]
fn while_too_many_pages_are_isolated_it_waits() {
    let mut machine = half_used();
    isolate_elsewhere(&mut machine, 1000);
    let mut task = Task::new(CPU);
    let mut run = AllocContig::new(Pfn(BASE), Pfn(BASE + 512), MigrateType::Movable, Gfp::GFP_KERNEL);
    assert_eq!(run.resume(&mut machine, &mut task), Step::Wait(Wait::Congestion(25)));
    assert_eq!(run.resume(&mut machine, &mut task), Step::Wait(Wait::Congestion(25)));
    isolate_elsewhere(&mut machine, -1000);
    assert_eq!(finish(|| run.resume(&mut machine, &mut task)), Some(Ok(())));
}

#[test]
fn a_task_that_is_killed_while_it_waits_for_others_to_put_pages_back_gives_up() {
    let mut machine = half_used();
    let (before, kinds) = (free(&machine), types(&machine));
    isolate_elsewhere(&mut machine, 1000);
    // Alone it would wait for ever.
    assert_eq!(take(&mut machine, 0, 512), Err(ContigError::Interrupted));
    assert_eq!((free(&machine), types(&machine)), (before, kinds));
    isolate_elsewhere(&mut machine, -1000);
    machine.audit().expect("a sound machine");
}

#[test]
fn it_gives_up_if_too_many_pages_are_isolated_with_some_of_its_own() {
    let mut machine = fragmented(|n| n % 64 == 0);
    isolate_elsewhere(&mut machine, 24);
    // With the eight of the first pageblock more than half as many pages are isolated as are on lists.
    assert_eq!(take(&mut machine, 0, 1024), Err(ContigError::Interrupted));
    isolate_elsewhere(&mut machine, -24);
    assert_eq!(machine.nodes[0].stat.get(NodeItem::IsolatedAnon), 0);
    // Pages that wait to be put on a list would be taken for ones that cannot move.
    machine.lru_add_drain_all();
    assert_eq!(take(&mut machine, 0, 1024), Ok(()));
}

#[test]
fn an_isolated_pageblock_makes_the_range_busy() {
    let mut machine = half_used();
    let isolated = machine.isolate_pageblock(Pfn(BASE + 512), MigrateType::Movable);
    assert_eq!(isolated, Ok(true));
    assert_eq!(take(&mut machine, 0, 512), Err(ContigError::Busy));
    assert_eq!(types(&machine)[0], MigrateType::Movable);
}

#[test]
fn pages_move_nowhere_when_nothing_else_is_free() {
    let mut machine = fragmented(|n| n >= 512 || n % 2 == 0);
    assert_eq!(take(&mut machine, 0, 1024), Err(ContigError::NoMemory));
    assert!(types(&machine).iter().all(|&own| own == MigrateType::Movable));
    machine.audit().expect("a sound machine");
}

#[test]
fn ranges_outside_the_zone_are_refused() {
    let mut machine = half_used();
    assert_eq!(take(&mut machine, 0, 0), Err(ContigError::BadRange));
    assert_eq!(take(&mut machine, PAGES - 1, PAGES + 1), Err(ContigError::BadRange));
}

/// Takes a block of the size of a huge page.
fn take_block(machine: &mut Recorded) -> Option<Pfn> {
    let order = Order::new(9).expect("an order");
    machine.alloc_pages_nodemask(&mut Task::new(CPU), Gfp::GFP_TRANSHUGE_LIGHT, order, NodeId(0), None).pfn
}

/// The machine with a huge page on its list, and its place in the zone.
fn with_huge_page() -> (Recorded, Frame, u64) {
    let mut machine = machine();
    let pfn = take_block(&mut machine).expect("a free block");
    let page = machine.mem.frame(pfn).expect("a page of the machine");
    let life = machine.mem.life_mut(page);
    (life.flags, life.mapcount) = (LifeFlags::ANON | LifeFlags::SWAPBACKED | LifeFlags::HUGE, 1);
    machine.add_page_to_lru_list(CPU, page);
    (machine, page, pfn.0 - BASE)
}

fn migrations(machine: &Recorded) -> [u64; 4] {
    let events = [VmEvent::PgMigrateSuccess, VmEvent::ThpMigrationSuccess, VmEvent::ThpMigrationSplit];
    let [pages, whole, split] = events.map(|event| machine.vm_events().get(event));
    [pages, whole, split, machine.vm_events().get(VmEvent::ThpSplitPage)]
}

#[test]
fn a_huge_page_moves_as_a_whole() {
    let (mut machine, page, at) = with_huge_page();
    assert_eq!(take(&mut machine, at, at + 512), Ok(()));
    assert_eq!(migrations(&machine), [512, 1, 0, 0]);
    assert!(machine.mem.life(page).flags.is_empty());
    machine.audit().expect("a sound machine");
}

#[test]
fn a_huge_page_moves_in_parts_where_no_block_is_free() {
    let (mut machine, _, at) = with_huge_page();
    let mut blocks: Vec<Pfn> = core::iter::from_fn(|| take_block(&mut machine)).collect();
    // The block beside it is isolated with it. Of two others every other page is free: enough pages, but no block.
    let beside = Pfn(BASE + (at ^ 512));
    blocks.retain(|&block| block != beside);
    machine.free_pages(CPU, beside, Order::new(9).expect("an order")).expect("a block in use");
    for &block in &blocks[..2] {
        machine.split_page(block, Order::new(9).expect("an order")).expect("a block in use");
        for n in (0..512).step_by(2) {
            machine.free_pages(CPU, Pfn(block.0 + n), Order::default()).expect("a page in use");
        }
    }
    machine.drain_all_pages();
    assert_eq!(take(&mut machine, at, at + 512), Ok(()));
    assert_eq!(migrations(&machine), [512, 0, 1, 1]);
    machine.audit().expect("a sound machine");
}
