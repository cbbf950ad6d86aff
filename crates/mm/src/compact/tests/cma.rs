//! Taking pages from contiguous areas.

use crate::compact::testing::{BASE, CPU, ZONE, fragmented, frame, pin};
use crate::compact::{CmaAlloc, ContigError};
use crate::event::Event;
use crate::page::life::LifeFlags;
use crate::pfn::{Frame, MigrateType, Pfn};
use crate::task::Task;
use crate::vmstat::{NodeItem, ZoneItem};
use crate::wait::{Step, Wait, finish};

type Recorded = crate::Machine<Vec<Event>>;

fn free(machine: &Recorded) -> i64 {
    machine.zones[ZONE.index()].page_state(ZoneItem::FreePages)
}

/// A machine with its lower half as an area, of which the lower half is half used.
fn with_area() -> Recorded {
    let mut machine = fragmented(|n| n < 1024 && n % 2 == 0);
    for n in (0..2048).step_by(512) {
        let page = frame(&machine, n);
        machine.lock(ZONE, CPU).set_pageblock_migratetype(page, MigrateType::Cma);
        let moved = machine.lock(ZONE, CPU).move_freepages_block(page, MigrateType::Cma).moved;
        machine.lock(ZONE, CPU).mod_state(ZoneItem::FreeCma, moved.into());
    }
    machine.add_cma_area(Pfn(BASE), 2048);
    machine
}

/// The same with a page in the first 64 that is being written.
fn with_page_being_written() -> (Recorded, Frame) {
    let mut machine = with_area();
    let page = frame(&machine, 10);
    machine.mem.life_mut(page).flags |= LifeFlags::WRITEBACK;
    (machine, page)
}

fn end_write(machine: &mut Recorded, page: Frame) {
    machine.mem.life_mut(page).flags -= LifeFlags::WRITEBACK;
}

fn used(machine: &Recorded) -> u64 {
    machine.cma_areas()[0].used()
}

fn isolated_pageblocks(machine: &Recorded) -> u64 {
    machine.zones[ZONE.index()].nr_isolate_pageblock
}

#[test]
fn an_area_gives_aligned_pages_and_takes_them_back() {
    let mut machine = with_area();
    let mut task = Task::new(CPU);
    let before = free(&machine);
    assert_eq!(machine.cma_alloc(&mut task, 3, 0), Ok(Pfn(BASE)));
    assert_eq!(machine.cma_alloc(&mut task, 16, 4), Ok(Pfn(BASE + 16)));
    assert_eq!((used(&machine), free(&machine)), (19, before - 19));
    assert!(machine.cma_release(&task, Pfn(BASE + 16), 16));
    assert!(!machine.cma_release(&task, Pfn(BASE + 16), 16));
    assert!(!machine.cma_release(&task, Pfn(BASE), u64::MAX));
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

#[test]
fn two_tasks_that_ask_at_once_get_different_ranges() {
    let (mut machine, page) = with_page_being_written();
    let (mut one, mut other) = (Task::new(CPU), Task::new(CPU));
    let (mut first, mut second) = (CmaAlloc::new(64, 0), CmaAlloc::new(64, 0));
    assert_eq!(first.resume(&mut machine, &mut one), Step::Wait(Wait::PageIo(page)));
    assert_eq!(second.resume(&mut machine, &mut other), Step::Wait(Wait::CmaTurn(1)));
    assert_eq!(used(&machine), 128);
    end_write(&mut machine, page);
    assert_eq!(finish(|| first.resume(&mut machine, &mut one)), Some(Ok(Pfn(BASE))));
    assert_eq!(finish(|| second.resume(&mut machine, &mut other)), Some(Ok(Pfn(BASE + 64))));
    machine.audit().expect("a sound machine");
}

#[test]
fn turns_come_in_the_order_of_asking() {
    let (mut machine, page) = with_page_being_written();
    let mut task = Task::new(CPU);
    let mut runs = [CmaAlloc::new(64, 0), CmaAlloc::new(8, 0), CmaAlloc::new(8, 0)];
    let waits = runs.each_mut().map(|run| run.resume(&mut machine, &mut task));
    let expected = [Wait::PageIo(page), Wait::CmaTurn(1), Wait::CmaTurn(2)];
    assert_eq!(waits, expected.map(Step::Wait));
    end_write(&mut machine, page);
    assert!(!machine.wait_is_over(Wait::CmaTurn(1)));
    assert!(finish(|| runs[0].resume(&mut machine, &mut task)).is_some());
    assert!(machine.wait_is_over(Wait::CmaTurn(1)) && !machine.wait_is_over(Wait::CmaTurn(2)));
    assert_eq!(runs[2].resume(&mut machine, &mut task), Step::Wait(Wait::CmaTurn(2)));
    assert_eq!(finish(|| runs[1].resume(&mut machine, &mut task)), Some(Ok(Pfn(BASE + 64))));
    assert_eq!(finish(|| runs[2].resume(&mut machine, &mut task)), Some(Ok(Pfn(BASE + 72))));
}

#[test]
fn who_fails_does_not_keep_its_range_from_others() {
    let (mut machine, page) = with_page_being_written();
    let mut task = Task::new(CPU);
    let (mut first, mut second) = (CmaAlloc::new(64, 6), CmaAlloc::new(64, 6));
    assert_eq!(first.resume(&mut machine, &mut task), Step::Wait(Wait::PageIo(page)));
    assert_eq!(second.resume(&mut machine, &mut task), Step::Wait(Wait::CmaTurn(1)));
    end_write(&mut machine, page);
    pin(&mut machine, 10);
    // The part is busy after all, and it lines up again, behind the second one.
    assert!((0..100).any(|_| first.resume(&mut machine, &mut task) == Step::Wait(Wait::CmaTurn(2))));
    assert_eq!(finish(|| second.resume(&mut machine, &mut task)), Some(Ok(Pfn(BASE + 64))));
    assert_eq!(finish(|| first.resume(&mut machine, &mut task)), Some(Ok(Pfn(BASE + 128))));
    assert_eq!(used(&machine), 128);
}

#[test]
fn who_cannot_wait_is_refused_while_another_is_at_it() {
    let (mut machine, page) = with_page_being_written();
    let mut task = Task::new(CPU);
    let mut run = CmaAlloc::new(64, 0);
    assert_eq!(run.resume(&mut machine, &mut task), Step::Wait(Wait::PageIo(page)));
    assert_eq!(machine.cma_alloc(&mut task, 8, 0), Err(ContigError::Busy));
    assert_eq!(used(&machine), 64);
}

#[test]
fn a_range_that_is_only_wanted_cannot_be_given_back() {
    let (mut machine, page) = with_page_being_written();
    let mut task = Task::new(CPU);
    let mut run = CmaAlloc::new(64, 0);
    assert_eq!(run.resume(&mut machine, &mut task), Step::Wait(Wait::PageIo(page)));
    assert!(!machine.cma_release(&task, Pfn(BASE), 64));
    assert_eq!(used(&machine), 64);
}

#[test]
fn a_task_that_is_killed_gives_its_range_back() {
    let (mut machine, page) = with_page_being_written();
    let before = free(&machine);
    let mut task = Task::new(CPU);
    let mut run = CmaAlloc::new(64, 0);
    assert_eq!(run.resume(&mut machine, &mut task), Step::Wait(Wait::PageIo(page)));
    assert!(isolated_pageblocks(&machine) > 0 && used(&machine) == 64);
    task.killed = true;
    end_write(&mut machine, page);
    assert_eq!(finish(|| run.resume(&mut machine, &mut task)), Some(Err(ContigError::Interrupted)));
    machine.lru_add_drain_all();
    machine.drain_all_pages();
    assert_eq!((used(&machine), isolated_pageblocks(&machine), free(&machine)), (0, 0, before));
    assert_eq!(machine.nodes[0].stat.get(NodeItem::IsolatedAnon), 0);
    machine.audit().expect("a sound machine");
    assert_eq!(machine.cma_alloc(&mut Task::new(CPU), 64, 0), Ok(Pfn(BASE)));
}

#[test]
fn a_range_that_is_wanted_makes_another_machine() {
    let (mut machine, page) = with_page_being_written();
    let before = machine.state_hash();
    let mut task = Task::new(CPU);
    machine.cma.areas[0].want(0, 64, 0);
    let wanted = machine.state_hash();
    assert_ne!(before, wanted);
    machine.cma.areas[0].settle(0, 64, false);
    assert_eq!(machine.state_hash(), before);
    end_write(&mut machine, page);
    assert_eq!(machine.cma_alloc(&mut task, 8, 0), Ok(Pfn(BASE)));
}
