//! Each exit of `compact_finished`.

use crate::compact::control::CompactControl;
use crate::compact::testing::{BASE, PAGES, ZONE, fragmented, machine};
use crate::compact::{CompactPriority, CompactResult};
use crate::gfp::{AllocFlags, Gfp};
use crate::pfn::{MigrateType, Pfn};

/// A run for an order whose scanners have not met and which is at a pageblock's start.
fn under_way(order: u8, gfp: Gfp, priority: CompactPriority) -> CompactControl {
    let mut cc = CompactControl::direct(ZONE, order, gfp, priority, AllocFlags::empty(), 2);
    cc.migratetype = if gfp.contains(Gfp::MOVABLE) { MigrateType::Movable } else { MigrateType::Unmovable };
    (cc.migrate_pfn, cc.free_pfn) = (Pfn(BASE + 512), Pfn(BASE + PAGES - 512));
    cc
}

fn movable() -> CompactControl {
    under_way(9, Gfp::GFP_HIGHUSER_MOVABLE, CompactPriority::SyncLight)
}

fn striped() -> crate::Machine<Vec<crate::event::Event>> {
    fragmented(|n| n % 2 == 0)
}

#[test]
fn scanners_that_met_complete_a_whole_run_and_begin_anew() {
    let mut machine = striped();
    let mut cc = movable();
    (cc.whole_zone, cc.free_pfn) = (true, Pfn(BASE + 1000));
    cc.migrate_pfn = Pfn(BASE + 512);
    assert_eq!(machine.compact_finished(&mut cc), CompactResult::Complete);
    let compact = machine.zones[ZONE.index()].compact;
    assert_eq!(compact.cached_migrate_pfn, [Pfn(BASE); 2]);
    assert_eq!(compact.cached_free_pfn, Pfn(BASE + PAGES - 512));
    assert!(compact.blockskip_flush);
}

#[test]
fn scanners_that_met_end_a_partial_run() {
    let mut machine = striped();
    let mut cc = movable();
    cc.free_pfn = cc.migrate_pfn;
    assert_eq!(machine.compact_finished(&mut cc), CompactResult::PartialSkipped);
}

#[test]
fn kcompactd_leaves_hints_to_requests() {
    let mut machine = striped();
    let mut cc = CompactControl::kcompactd(9, 2);
    cc.zone = ZONE;
    machine.compact_finished(&mut cc);
    assert!(!machine.zones[ZONE.index()].compact.blockskip_flush);
}

#[test]
fn work_ahead_of_requests_ends_when_kswapd_wakes() {
    let mut machine = striped();
    machine.nodes[0].kswapd_asleep = false;
    assert_eq!(machine.compact_finished(&mut proactive()), CompactResult::PartialSkipped);
}

fn proactive() -> CompactControl {
    let mut cc = CompactControl::proactive();
    (cc.zone, cc.free_pfn) = (ZONE, Pfn(BASE + PAGES - 512));
    cc.migrate_pfn = Pfn(BASE);
    cc
}

#[test]
fn work_ahead_of_requests_goes_on_while_the_score_is_high() {
    let mut machine = striped();
    assert_eq!(machine.compact_finished(&mut proactive()), CompactResult::Continue);
}

#[test]
fn work_ahead_of_requests_ends_once_the_score_is_low() {
    let mut machine = machine();
    assert_eq!(machine.compact_finished(&mut proactive()), CompactResult::Success);
}

#[test]
fn all_memory_is_compacted_to_the_end() {
    let mut machine = machine();
    let mut cc = proactive();
    cc.proactive = false;
    assert_eq!(machine.compact_finished(&mut cc), CompactResult::Continue);
}

#[test]
fn a_pageblock_that_was_begun_is_finished() {
    let mut machine = machine();
    let mut cc = movable();
    cc.migrate_pfn.0 += 32;
    assert_eq!(machine.compact_finished(&mut cc), CompactResult::Continue);
}

#[test]
fn a_free_block_of_the_type_is_enough() {
    let mut machine = machine();
    assert_eq!(machine.compact_finished(&mut movable()), CompactResult::Success);
}

#[test]
fn a_movable_request_takes_a_cma_block() {
    let mut machine = striped();
    let page = crate::compact::testing::frame(&machine, 512);
    machine.zones[ZONE.index()].free_area[9].nr_free += 1;
    let meta = crate::page::meta::Meta::new(crate::page::meta::PageState::Buddy, 9, MigrateType::Cma);
    let zone = &mut machine.zones[ZONE.index()];
    zone.free_area[9].free_list[MigrateType::Cma.index()].push_head(&mut machine.mem, page, 9, meta);
    assert_eq!(machine.compact_finished(&mut movable()), CompactResult::Success);
    let mut unmovable = under_way(9, Gfp::GFP_KERNEL, CompactPriority::SyncLight);
    assert_eq!(machine.compact_finished(&mut unmovable), CompactResult::Continue);
}

#[test]
fn a_block_that_may_be_stolen_with_its_pageblock_is_enough() {
    // Movable blocks of order 2 are free: an unmovable request may steal them, pageblock and all.
    let mut machine = fragmented(|n| n % 8 < 4);
    let mut cc = under_way(2, Gfp::GFP_KERNEL, CompactPriority::Async);
    assert_eq!(machine.compact_finished(&mut cc), CompactResult::Success);
    let mut larger = under_way(3, Gfp::GFP_KERNEL, CompactPriority::Async);
    assert_eq!(machine.compact_finished(&mut larger), CompactResult::Continue);
}

#[test]
fn without_a_suitable_block_it_goes_on() {
    let mut machine = striped();
    assert_eq!(machine.compact_finished(&mut movable()), CompactResult::Continue);
}

#[test]
fn a_signal_ends_only_a_search_without_result() {
    let mut machine = striped();
    let mut cc = movable();
    cc.signal = true;
    assert_eq!(machine.compact_finished(&mut cc), CompactResult::Contended);
    cc.migrate_pfn.0 += 32;
    assert_eq!(machine.compact_finished(&mut cc), CompactResult::Continue);
    let mut free = crate::compact::testing::machine();
    let mut cc = movable();
    cc.signal = true;
    assert_eq!(free.compact_finished(&mut cc), CompactResult::Success);
}
