//! How a run of kswapd ends, and what it does for marks that fragmentation raised.

use super::*;
use crate::page::life::LifeFlags;
use crate::pfn::CpuId;
use crate::reclaim::testing::{NODE, Small, ZONE, kswapd, leave_free, listed, machine, priorities};

const FILE: LifeFlags = LifeFlags::empty();
const NORMAL: u8 = ZoneType::Normal as u8;

/// A whole run: the order it ended with, and the waits in it.
fn run(machine: &mut Small, order: u8) -> (u8, Vec<Wait>) {
    let mut run = BalancePgdat::new(NODE, order, NORMAL);
    let mut waits = Vec::new();
    loop {
        match run.resume(machine, &kswapd()) {
            Step::Done(order) => return (order, waits),
            Step::Wait(wait) => waits.push(wait),
        }
    }
}

#[test]
fn a_balanced_node_needs_no_pass() {
    let mut machine = machine();
    leave_free(&mut machine, 1000, [300, 400, 500]);
    assert_eq!(run(&mut machine, 3), (3, vec![]));
    assert_eq!(priorities(&machine), []);
    assert_eq!(machine.vm_events().get(VmEvent::PageOutRun), 1);
    assert_eq!(machine.nodes[0].kswapd_failures, 0);
}

#[test]
fn it_stops_where_the_high_mark_is_met() {
    let mut machine = machine();
    listed(&mut machine, FILE, 2000);
    leave_free(&mut machine, 480, [300, 400, 500]);
    run(&mut machine, 0);
    assert!(machine.pgdat_balanced(NODE, 0, NORMAL));
    assert!(*priorities(&machine).last().expect("a pass") > 1);
}

#[test]
fn without_progress_it_gives_up_after_twelve_passes() {
    let mut machine = machine();
    leave_free(&mut machine, 100, [300, 400, 500]);
    let (_, waits) = run(&mut machine, 0);
    assert_eq!(priorities(&machine), (1..=12).rev().collect::<Vec<i8>>());
    assert_eq!(machine.nodes[0].kswapd_failures, 1);
    assert_eq!(waits, vec![Wait::Yield; 11]);
}

#[test]
fn a_large_order_is_forgotten_once_twice_as_much_was_reclaimed() {
    let mut machine = machine();
    listed(&mut machine, FILE, 3000);
    leave_free(&mut machine, 400, [300, 400, 500]);
    assert_eq!(run(&mut machine, 4).0, 0);
}

#[test]
fn marks_that_were_raised_are_worked_off_without_writing_or_swapping() {
    let mut machine = machine();
    machine.restore_swap(1000, 1000, CpuId(0), 0);
    listed(&mut machine, FILE, 2500);
    leave_free(&mut machine, 1000, [300, 400, 500]);
    machine.zones[ZONE.index()].watermark_boost = 40;
    run(&mut machine, 0);
    assert_eq!(machine.zones[ZONE.index()].watermark_boost, 0);
    let passes = machine.sink().iter().filter_map(|event| match event {
        Event::Reclaim(ReclaimEvent::KswapdPriority { flags, .. }) => Some(*flags),
        _ => None,
    });
    assert!(passes.clone().count() > 0);
    assert!(passes.clone().all(|flags| !flags.intersects(ScanFlags::WRITEPAGE | ScanFlags::SWAP)));
    // It never tries harder than at priority 10.
    assert!(priorities(&machine).iter().all(|&priority| priority >= 10));
    assert_eq!(machine.nodes[0].kcompactd_max_order, 9);
}

#[test]
fn for_raised_marks_alone_it_does_not_insist() {
    let mut machine = machine();
    leave_free(&mut machine, 1000, [300, 400, 500]);
    machine.zones[ZONE.index()].watermark_boost = 40;
    run(&mut machine, 0);
    assert_eq!(priorities(&machine), [12]);
    assert_eq!(machine.zones[ZONE.index()].watermark_boost, 0);
}

#[test]
fn real_shortage_puts_raised_marks_aside() {
    let mut machine = machine();
    listed(&mut machine, FILE, 2000);
    leave_free(&mut machine, 400, [300, 400, 500]);
    machine.zones[ZONE.index()].watermark_boost = 40;
    run(&mut machine, 0);
    let boosts = machine.sink().iter().filter_map(|event| match event {
        Event::Reclaim(ReclaimEvent::KswapdPriority { boost, .. }) => Some(*boost),
        _ => None,
    });
    assert!(boosts.clone().count() > 0 && boosts.clone().all(|boost| boost == 0));
    assert_eq!(machine.zones[ZONE.index()].watermark_boost, 0);
}

#[test]
fn a_pass_that_met_nothing_lets_kswapd_write_pages_of_files() {
    let mut machine = machine();
    leave_free(&mut machine, 100, [300, 400, 500]);
    run(&mut machine, 0);
    assert!(machine.nodes[0].flags.contains(crate::zone::PgdatFlags::DIRTY));
}
