//! What splitting a huge page comes to, and what is told and counted of it.

use crate::event::{Event, HugeEvent, SplitResult};
use crate::page::life::LifeFlags;
use crate::reclaim::testing::{CPU, Small, huge_page, machine};
use crate::task::Task;
use crate::vmstat::VmEvent;

const ANON: LifeFlags = LifeFlags::ANON.union(LifeFlags::SWAPBACKED);

/// Splits a huge page that `whole` entries map; what is told of it, and how many splits and failures were counted.
fn split(flags: LifeFlags, whole: u32) -> (SplitResult, [u32; 2], [u64; 2]) {
    let mut machine = machine();
    let page = huge_page(&mut machine, ANON | flags, whole);
    machine.sink_mut().clear();
    let split = machine.split_huge_page(CPU, page, None);
    let Some(&Event::Huge(HugeEvent::SplitPage { pfn, result, mapcount, unmapped })) = machine.sink().first() else {
        panic!("nothing is told: {:?}", machine.sink());
    };
    assert_eq!((pfn, split), (machine.mem.pfn(page), result == SplitResult::Split));
    (result, [mapcount, unmapped], counted(&machine))
}

fn counted(machine: &Small) -> [u64; 2] {
    [VmEvent::ThpSplitPage, VmEvent::ThpSplitPageFailed].map(|event| machine.vm_events().get(event))
}

#[test]
fn a_huge_page_that_only_its_mappings_hold_is_split() {
    assert_eq!(split(LifeFlags::LRU, 1), (SplitResult::Split, [1, 0], [1, 0]));
}

#[test]
fn a_huge_page_that_somebody_holds_is_not_split() {
    assert_eq!(split(LifeFlags::LRU | LifeFlags::PINNED, 2), (SplitResult::Held, [2, 0], [0, 1]));
    assert_eq!(split(LifeFlags::empty(), 1), (SplitResult::Held, [1, 0], [0, 1]), "who took it off its list");
}

#[test]
fn a_huge_page_that_nobody_maps_is_not_split() {
    assert_eq!(split(LifeFlags::LRU, 0), (SplitResult::Unmapped, [0, 512], [0, 1]));
}

#[test]
fn a_huge_page_that_is_being_written_is_left_alone_and_counts_as_no_failure() {
    assert_eq!(split(LifeFlags::LRU | LifeFlags::WRITEBACK, 1), (SplitResult::BeingWritten, [1, 0], [0, 0]));
}

#[test]
fn of_those_that_wait_to_be_split_a_locked_one_is_not_tried() {
    let mut machine = machine();
    machine.register_huge_page_shrinkers();
    let page = huge_page(&mut machine, ANON | LifeFlags::LRU | LifeFlags::LOCKED, 1);
    machine.deferred_split_huge_page(page);
    machine.drop_caches(&Task::new(CPU), 2);
    assert_eq!(counted(&machine), [0, 0]);
    machine.mem.life_mut(page).flags -= LifeFlags::LOCKED;
    machine.drop_caches(&Task::new(CPU), 2);
    assert_eq!(counted(&machine), [1, 0]);
}
