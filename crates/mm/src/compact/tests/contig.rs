//! Taking ranges and CMA areas.

use crate::compact::testing::{BASE, CPU, PAGES, ZONE, fragmented, frame, machine, pin};
use crate::compact::{AllocContig, ContigError};
use crate::event::Event;
use crate::gfp::Gfp;
use crate::page::life::LifeFlags;
use crate::pfn::{Frame, MigrateType, NodeId, Order, Pfn};
use crate::task::Task;
use crate::vmstat::{VmEvent, ZoneItem};
use crate::wait::{Step, Wait};

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
    assert_eq!(run.resume(&mut machine, &mut task), Step::Done(Ok(())));
    assert!(types(&machine).iter().all(|&own| own == MigrateType::Movable));
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

/// The machine with its lower half as an area.
fn with_area() -> Recorded {
    let mut machine = half_used();
    for n in (0..2048).step_by(512) {
        let page = frame(&machine, n);
        machine.lock(ZONE, CPU).set_pageblock_migratetype(page, MigrateType::Cma);
        let moved = machine.lock(ZONE, CPU).move_freepages_block(page, MigrateType::Cma).moved;
        machine.lock(ZONE, CPU).mod_state(ZoneItem::FreeCma, moved.into());
    }
    machine.add_cma_area(Pfn(BASE), 2048);
    machine
}

#[test]
fn an_area_gives_aligned_pages_and_takes_them_back() {
    let mut machine = with_area();
    let mut task = Task::new(CPU);
    let before = free(&machine);
    assert_eq!(machine.cma_alloc(&mut task, 3, 0), Ok(Pfn(BASE)));
    assert_eq!(machine.cma_alloc(&mut task, 16, 4), Ok(Pfn(BASE + 16)));
    assert_eq!((machine.cma_areas()[0].used(), free(&machine)), (19, before - 19));
    assert!(machine.cma_release(&task, Pfn(BASE + 16), 16));
    assert!(!machine.cma_release(&task, Pfn(BASE + 16), 16));
    assert_eq!(machine.cma_alloc(&mut task, 5000, 0), Err(ContigError::NoMemory));
    machine.audit().expect("a sound machine");
}

#[test]
fn a_busy_part_of_an_area_is_passed_over() {
    let mut machine = with_area();
    pin(&mut machine, 10);
    let mut task = Task::new(CPU);
    let got = machine.cma_alloc(&mut task, 64, 6).expect("pages");
    assert_eq!(got, Pfn(BASE + 64));
    machine.audit().expect("a sound machine");
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
