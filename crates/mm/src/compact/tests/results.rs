//! Each result of compaction (`enum compact_result`).

use crate::compact::testing::{PAGES, ZONE, compact, fragmented, frame, machine, pin};
use crate::compact::{CompactPriority, CompactResult};
use crate::event::{CompactEvent, Event};
use crate::gfp::Gfp;
use crate::page::life::LifeFlags;
use crate::pfn::{NodeId, Order};
use crate::task::Task;

use CompactPriority::{Async, SyncFull, SyncLight};

type Recorded = crate::Machine<Vec<Event>>;

fn suitable(machine: &Recorded) -> Option<CompactResult> {
    machine.sink().iter().find_map(|event| match event {
        Event::Compact(CompactEvent::Suitable { result, .. }) => Some(*result),
        _ => None,
    })
}

fn finished(machine: &Recorded) -> Vec<CompactResult> {
    let results = machine.sink().iter().filter_map(|event| match event {
        Event::Compact(CompactEvent::Finished { result, .. }) => Some(*result),
        _ => None,
    });
    results.collect()
}

/// Every other page in use.
fn striped() -> Recorded {
    fragmented(|n| n % 2 == 0)
}

#[test]
fn success_when_a_block_became_free() {
    let mut machine = striped();
    assert_eq!(compact(&mut machine, 9, SyncLight).0, CompactResult::Success);
    machine.audit().expect("a sound machine");
}

#[test]
fn success_without_work_when_a_block_is_free_already() {
    let mut machine = machine();
    assert_eq!(compact(&mut machine, 9, Async).0, CompactResult::Success);
    assert!(finished(&machine).is_empty());
}

#[test]
fn skipped_when_too_few_pages_are_free() {
    let mut machine = fragmented(|n| n % 64 != 0);
    assert_eq!(compact(&mut machine, 9, SyncLight).0, CompactResult::Skipped);
    assert_eq!(suitable(&machine), Some(CompactResult::Skipped));
}

#[test]
fn skipped_without_a_look_when_the_request_may_not_do_io() {
    let mut machine = striped();
    let mut task = Task::new(crate::compact::testing::CPU);
    let order = Order::new(9).expect("an order");
    let asked = machine.try_to_compact_pages(&mut task, Gfp::GFP_NOIO, order, NodeId(0), SyncLight);
    assert_eq!(asked, (CompactResult::Skipped, None));
    assert!(machine.sink().is_empty());
}

#[test]
fn a_zone_whose_memory_is_short_rather_than_fragmented_is_not_suitable() {
    let mut machine = fragmented(|n| n % 512 < 256);
    machine.sysctl.extfrag_threshold = 1000;
    assert_eq!(compact(&mut machine, 9, SyncLight).0, CompactResult::Skipped);
    assert_eq!(suitable(&machine), Some(CompactResult::NotSuitableZone));
}

#[test]
fn deferred_after_a_failure() {
    let mut machine = striped();
    machine.defer_compaction(ZONE, 9);
    assert_eq!(compact(&mut machine, 9, SyncLight).0, CompactResult::Deferred);
    assert_eq!(compact(&mut machine, 9, SyncFull).0, CompactResult::Success);
}

#[test]
fn complete_when_all_was_scanned_and_nothing_could_be_moved() {
    let mut machine = striped();
    (0..PAGES).step_by(2).for_each(|n| pin(&mut machine, n));
    assert_eq!(compact(&mut machine, 9, SyncFull).0, CompactResult::Complete);
    assert!(finished(&machine).contains(&CompactResult::NoSuitablePage));
    assert!(machine.zones[ZONE.index()].compact.blockskip_flush);
}

#[test]
fn partial_skipped_when_only_the_rest_was_scanned() {
    // The scanners begin anew, but at a page above the first one worth scanning (which is 0 until hints are reset).
    let mut machine = striped();
    (0..PAGES).step_by(2).for_each(|n| pin(&mut machine, n));
    assert_eq!(compact(&mut machine, 9, SyncLight).0, CompactResult::PartialSkipped);
    assert_eq!(machine.zones[ZONE.index()].compact.defer_shift, 1);
}

#[test]
fn a_failure_without_waiting_defers_nothing() {
    let mut machine = striped();
    (0..PAGES).step_by(2).for_each(|n| pin(&mut machine, n));
    assert_eq!(compact(&mut machine, 9, Async).0, CompactResult::PartialSkipped);
    assert_eq!(machine.zones[ZONE.index()].compact.defer_shift, 0);
}

#[test]
fn contended_when_the_task_is_to_die() {
    let mut machine = striped();
    let mut task = Task::new(crate::compact::testing::CPU);
    task.oom_victim = true;
    let order = Order::new(9).expect("an order");
    let gfp = Gfp::GFP_HIGHUSER_MOVABLE;
    let (result, _) = machine.try_to_compact_pages(&mut task, gfp, order, NodeId(0), SyncLight);
    assert_eq!(result, CompactResult::Contended);
    machine.audit().expect("a sound machine");
}

#[test]
fn contended_when_the_zone_can_spare_no_page_to_move_to() {
    let mut machine = striped();
    // Above the mark by less than the smallest block, but the gap counts free CMA pages, too, and they suffice.
    let free = machine.zones[ZONE.index()].page_state(crate::vmstat::ZoneItem::FreePages) as u64;
    machine.zones[ZONE.index()].watermark[0] = free - 1;
    machine.zones[ZONE.index()].watermark[1] = 0;
    assert_eq!(compact(&mut machine, 9, SyncLight).0, CompactResult::Contended);
    assert!(machine.global.events.get(crate::vmstat::VmEvent::PgMigrateFail) > 0);
    machine.audit().expect("a sound machine");
}

#[test]
fn pages_that_stay_go_back_to_their_list() {
    let mut machine = striped();
    let page = frame(&machine, 0);
    machine.mem.life_mut(page).flags |= LifeFlags::LOCKED;
    compact(&mut machine, 9, SyncFull);
    machine.drain_lru(crate::compact::testing::CPU);
    assert!(machine.mem.life(page).flags.contains(LifeFlags::LRU));
    machine.audit().expect("a sound machine");
}
