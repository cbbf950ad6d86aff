//! Skip hints and what resets them.

use crate::compact::CompactPriority;
use crate::compact::testing::{BASE, PAGES, ZONE, compact, fragmented, frame, pin};
use crate::pfn::{NodeId, Pfn};

fn hints(machine: &crate::Machine<Vec<crate::event::Event>>) -> Vec<bool> {
    (0..PAGES).step_by(512).map(|n| machine.mem.pageblock_skip(frame(machine, n))).collect()
}

/// Every page that is in use is pinned. A sample of every eighth page meets some in use and some that are free.
fn stuck() -> crate::Machine<Vec<crate::event::Event>> {
    let used = |n: u64| n % 16 < 8;
    let mut machine = fragmented(used);
    (0..PAGES).filter(|&n| used(n)).for_each(|n| pin(&mut machine, n));
    machine
}

#[test]
fn pageblocks_without_anything_to_move_are_skipped_next_time() {
    let mut machine = stuck();
    compact(&mut machine, 9, CompactPriority::SyncLight);
    assert_eq!(hints(&machine).iter().filter(|&&skip| skip).count(), 7);
}

#[test]
fn the_hardest_priority_heeds_no_hint() {
    let mut machine = fragmented(|n| n % 2 == 0);
    (0..PAGES).step_by(512).for_each(|n| {
        let page = frame(&machine, n);
        machine.mem.set_pageblock_skip(page, true);
    });
    let (result, _) = compact(&mut machine, 9, CompactPriority::SyncFull);
    assert_eq!(result, crate::compact::CompactResult::Success);
}

#[test]
fn hints_are_reset_only_after_a_request_has_seen_all() {
    let mut machine = stuck();
    compact(&mut machine, 9, CompactPriority::SyncLight);
    machine.zones[ZONE.index()].compact.blockskip_flush = false;
    machine.reset_isolation_suitable(NodeId(0));
    assert!(hints(&machine).contains(&true));
    machine.zones[ZONE.index()].compact.blockskip_flush = true;
    machine.reset_isolation_suitable(NodeId(0));
    assert!(!hints(&machine).contains(&true));
    let compact = machine.zones[ZONE.index()].compact;
    assert_eq!(compact.cached_migrate_pfn, [Pfn(BASE); 2]);
    assert_eq!(compact.init_migrate_pfn, Pfn(BASE));
    assert_eq!(compact.cached_free_pfn, Pfn(BASE + PAGES - 1));
    assert!(!compact.blockskip_flush);
}

#[test]
fn where_nothing_is_worth_scanning_the_scanners_meet() {
    let mut machine = fragmented(|_| false);
    // All of it is in use, by nobody that could be moved.
    let mut task = crate::task::Task::new(crate::compact::testing::CPU);
    let order = crate::pfn::Order::new(10).expect("an order");
    let gfp = crate::gfp::Gfp::empty();
    while machine.alloc_pages_nodemask(&mut task, gfp, order, NodeId(0), None).pfn.is_some() {}
    (0..PAGES).step_by(512).for_each(|n| {
        let page = frame(&machine, n);
        machine.mem.set_pageblock_skip(page, true);
    });
    machine.zones[ZONE.index()].compact.blockskip_flush = true;
    machine.reset_isolation_suitable(NodeId(0));
    let compact = machine.zones[ZONE.index()].compact;
    assert_eq!(compact.cached_migrate_pfn[0], Pfn(BASE + PAGES / 2));
    assert_eq!(compact.cached_free_pfn, Pfn(BASE + PAGES / 2 - 1));
}
