//! Each row of what becomes of an isolated page.

use super::*;
use crate::page::life::MemcgId;
use crate::reclaim::script::BufferRelease;
use crate::reclaim::testing::{CPU, NODE, Small, huge_page, kswapd, machine, page};

const FILE: LifeFlags = LifeFlags::empty();
const ANON: LifeFlags = LifeFlags::ANON.union(LifeFlags::SWAPBACKED);

fn control() -> ScanControl {
    ScanControl::new(Gfp::GFP_KERNEL, 0, 3, 32)
}

fn user() -> Task {
    Task::new(CPU)
}

/// What becomes of one page, and how many pages were looked at.
fn evict(machine: &mut Small, task: &Task, page: Frame, mut sc: ScanControl) -> (Eviction, u64) {
    let done = machine.shrink_page_list(task, NODE, vec![page], &mut sc, false);
    (done, sc.nr_scanned)
}

/// The same for a page with such flags, by direct reclaim.
fn direct(flags: LifeFlags, mapcount: u32, young: u16) -> (Eviction, Small, Frame) {
    let mut machine = machine();
    machine.restore_swap(1000, 1000, CPU, 0);
    let page = page(&mut machine, flags, mapcount, young);
    let (done, _) = evict(&mut machine, &user(), page, control());
    (done, machine, page)
}

fn is_kept(done: &Eviction) -> bool {
    (done.kept.len(), done.reclaimed, done.activated) == (1, 0, [0; 2])
}

fn is_activated(done: &Eviction, machine: &Small, page: Frame, file: bool) -> bool {
    let active = machine.mem.life(page).flags.contains(LifeFlags::ACTIVE);
    active && done.kept == [page] && done.activated == if file { [0, 1] } else { [1, 0] }
}

fn is_freed(done: &Eviction) -> bool {
    (done.kept.len(), done.reclaimed) == (0, 1)
}

fn flags(machine: &Small, page: Frame) -> LifeFlags {
    machine.mem.life(page).flags
}

#[test]
fn row_1_a_locked_page_is_kept_and_does_not_count_as_scanned() {
    let mut machine = machine();
    let page = page(&mut machine, FILE | LifeFlags::LOCKED, 0, 0);
    let (done, scanned) = evict(&mut machine, &user(), page, control());
    assert!(is_kept(&done) && scanned == 0);
}

#[test]
fn row_2_every_other_page_counts_as_scanned() {
    let mut machine = machine();
    let page = page(&mut machine, FILE, 0, 0);
    let (done, scanned) = evict(&mut machine, &user(), page, control());
    assert!(is_freed(&done) && scanned == 1);
}

#[test]
fn row_3_an_mlocked_page_takes_the_way_of_active_ones_without_becoming_one() {
    let (done, machine, page) = direct(FILE | LifeFlags::MLOCKED, 1, 1);
    assert!(is_kept(&done) && !flags(&machine, page).contains(LifeFlags::ACTIVE));
    assert_eq!(machine.mem.life(page).young, 1);
}

#[test]
fn row_4_a_mapped_page_is_kept_if_nothing_may_be_unmapped() {
    let mut machine = machine();
    let page = page(&mut machine, FILE, 1, 0);
    let mut sc = control();
    sc.may_unmap = false;
    assert!(is_kept(&evict(&mut machine, &user(), page, sc).0));
}

#[test]
fn row_5_what_is_in_the_swap_cache_may_be_written_without_fs() {
    let swapped = |gfp| {
        let mut machine = machine();
        machine.restore_swap(1000, 1000, CPU, 0);
        let page = page(&mut machine, ANON, 0, 0);
        assert!(machine.give_swap_slot(CPU, page));
        let mut sc = control();
        sc.gfp = gfp;
        let (done, _) = evict(&mut machine, &user(), page, sc);
        (done, machine.vm_events().get(VmEvent::PswpOut))
    };
    // Nobody needs the slot, so that it is given back instead, which counts as written.
    assert_eq!(swapped(Gfp::GFP_NOFS).0.pageout, 1);
    assert!(is_kept(&swapped(Gfp::GFP_NOIO).0) && swapped(Gfp::GFP_NOIO).0.pageout == 0);
    // The page cache is the file system's, also that of tmpfs.
    let mut machine = machine();
    machine.restore_swap(1000, 1000, CPU, 0);
    let page = page(&mut machine, LifeFlags::SWAPBACKED | LifeFlags::DIRTY, 0, 0);
    let mut sc = control();
    sc.gfp = Gfp::GFP_NOFS;
    let (done, _) = evict(&mut machine, &user(), page, sc);
    assert!(is_kept(&done) && done.pageout == 0);
}

#[test]
fn row_6_dirty_pages_of_files_are_counted_those_of_memory_are_not() {
    let (done, ..) = direct(FILE | LifeFlags::DIRTY, 0, 0);
    assert_eq!((done.dirty, done.unqueued_dirty), (1, 1));
    let (done, ..) = direct(FILE | LifeFlags::WRITEBACK, 0, 0);
    assert_eq!((done.dirty, done.unqueued_dirty), (1, 0));
    let (done, ..) = direct(ANON | LifeFlags::DIRTY, 0, 0);
    assert_eq!((done.dirty, done.unqueued_dirty), (0, 0));
}

#[test]
fn row_7_a_page_that_comes_round_while_it_is_written_counts_as_congested() {
    let (done, ..) = direct(FILE | LifeFlags::WRITEBACK | LifeFlags::RECLAIM, 0, 0);
    assert_eq!((done.congested, done.writeback), (1, 1));
    let (done, ..) = direct(FILE | LifeFlags::WRITEBACK, 0, 0);
    assert_eq!((done.congested, done.writeback), (0, 1));
}

#[test]
fn row_8_kswapd_counts_it_as_immediate_once_all_is_being_written() {
    let mut machine = machine();
    let page = page(&mut machine, FILE | LifeFlags::WRITEBACK | LifeFlags::RECLAIM, 0, 0);
    machine.nodes[0].flags = PgdatFlags::WRITEBACK;
    let (done, _) = evict(&mut machine, &kswapd(), page, control());
    assert!(is_activated(&done, &machine, page, true));
    assert_eq!((done.immediate, done.writeback), (1, 0));
}

#[test]
fn row_9_a_page_being_written_is_marked_and_moved_out_of_the_way() {
    let (done, machine, page) = direct(FILE | LifeFlags::WRITEBACK, 0, 0);
    assert!(is_activated(&done, &machine, page, true) && flags(&machine, page).contains(LifeFlags::RECLAIM));
}

#[test]
fn row_10_reclaim_of_a_group_of_version_1_waits_for_a_page_it_meets_again() {
    let mut machine = machine();
    machine.memcgs.version = CgroupVersion::V1 { use_hierarchy: true };
    let page = page(&mut machine, FILE | LifeFlags::WRITEBACK | LifeFlags::RECLAIM, 0, 0);
    let mut sc = control();
    sc.target_memcg = Some(MemcgId::ROOT);
    let done = machine.shrink_page_list(&user(), NODE, vec![page], &mut sc, false);
    assert!(is_kept(&done) && sc.awaited == Some(page));
}

#[test]
fn row_11_a_page_used_twice_is_activated() {
    for (bits, young) in [(FILE | LifeFlags::REFERENCED, 1), (FILE, 2), (FILE | LifeFlags::EXEC, 1)] {
        let (done, machine, page) = direct(bits, 3, young);
        assert!(is_activated(&done, &machine, page, true), "{bits:?}");
        assert_eq!((machine.mem.life(page).young, machine.mem.life(page).mapcount), (0, 3));
    }
    // Program text of anonymous memory is like any other.
    let (done, ..) = direct(ANON | LifeFlags::EXEC, 1, 1);
    assert!(is_kept(&done));
}

#[test]
fn row_12_a_page_used_once_is_kept_and_marked() {
    let (done, machine, page) = direct(ANON, 1, 1);
    assert!(is_kept(&done) && done.ref_keep == 1);
    assert!(flags(&machine, page).contains(LifeFlags::REFERENCED));
}

#[test]
fn row_13_without_io_memory_is_kept() {
    let mut machine = machine();
    machine.restore_swap(1000, 1000, CPU, 0);
    let page = page(&mut machine, ANON, 1, 0);
    let mut sc = control();
    sc.gfp = Gfp::DIRECT_RECLAIM;
    assert!(is_kept(&evict(&mut machine, &user(), page, sc).0));
    assert_eq!(machine.swap_pages().1, 1000);
}

#[test]
fn row_14_without_a_slot_of_swap_memory_is_activated() {
    let mut machine = machine();
    let page = page(&mut machine, ANON, 1, 0);
    let (done, _) = evict(&mut machine, &user(), page, control());
    assert!(is_activated(&done, &machine, page, false) && machine.mem.life(page).mapcount == 1);
}

/// A huge page that `whole` entries map as a whole, on a machine with so much swap.
fn with_huge(flags: LifeFlags, whole: u32, swap: u64) -> (Small, Frame) {
    let mut machine = machine();
    machine.restore_swap(swap, swap, CPU, 0);
    let page = huge_page(&mut machine, flags, whole);
    (machine, page)
}

fn thp_events(machine: &Small) -> [u64; 3] {
    [VmEvent::ThpSplitPage, VmEvent::ThpSplitPageFailed, VmEvent::ThpSwpOutFallback].map(|e| machine.vm_events().get(e))
}

#[test]
fn row_14_a_huge_page_that_cannot_be_split_is_activated() {
    let (mut machine, page) = with_huge(ANON | LifeFlags::PINNED, 1, 1000);
    let (done, scanned) = evict(&mut machine, &user(), page, control());
    assert!(done.kept == [page] && done.activated == [512, 0] && scanned == 512);
    assert_eq!(thp_events(&machine), [0; 3]);
    assert!(flags(&machine, page).contains(LifeFlags::HUGE | LifeFlags::ACTIVE));
}

#[test]
fn row_14_a_huge_page_that_nobody_maps_cannot_be_split() {
    let (mut machine, page) = with_huge(ANON, 0, 1000);
    let (done, _) = evict(&mut machine, &user(), page, control());
    assert!(done.kept == [page] && done.activated == [512, 0]);
    assert_eq!(thp_events(&machine), [0, 1, 0]);
}

#[test]
fn row_14_a_huge_page_mapped_in_parts_is_split_at_once() {
    let (mut machine, page) = with_huge(ANON, 1, 1000);
    *machine.huge.part_maps(page, 0).of_mut(0) = 1;
    let (done, _) = evict(&mut machine, &user(), page, control());
    assert_eq!((thp_events(&machine), done.pageout), ([1, 0, 0], 512));
    assert_eq!(machine.vm_events().get(VmEvent::PswpOut), 1);
}

#[test]
fn row_14_a_huge_page_goes_to_swap_in_parts_the_first_one_first() {
    let (mut machine, page) = with_huge(ANON, 1, 1000);
    machine.sink_mut().clear();
    let (done, scanned) = evict(&mut machine, &user(), page, control());
    assert_eq!((done.reclaimed, done.pageout, scanned), (512, 512, 512));
    assert_eq!(thp_events(&machine), [1, 0, 1]);
    let written = machine.sink().iter().filter_map(|event| match event {
        Event::Reclaim(ReclaimEvent::Pageout { pfn }) => machine.mem.frame(*pfn),
        _ => None,
    });
    assert!(written.eq((0..512).map(|n| page.add(n))));
    assert_eq!(machine.swap_pages().1, 488);
}

#[test]
fn row_14_without_swap_each_part_of_a_huge_page_is_activated() {
    let (mut machine, page) = with_huge(ANON | LifeFlags::DIRTY, 1, 2);
    let (done, scanned) = evict(&mut machine, &user(), page, control());
    assert_eq!((done.reclaimed, done.activated, scanned), (2, [510, 0], 512));
    assert_eq!(machine.mem.life(page.add(511)).mapcount, 1);
    assert!(flags(&machine, page.add(511)).contains(LifeFlags::ACTIVE | LifeFlags::DIRTY | LifeFlags::SWAPBACKED));
}

#[test]
fn row_15_a_huge_page_that_may_be_dropped_is_kept_if_it_cannot_be_split() {
    let (mut machine, page) = with_huge(LifeFlags::ANON | LifeFlags::PINNED, 1, 1000);
    let (done, _) = evict(&mut machine, &user(), page, control());
    assert!(is_kept(&done) && thp_events(&machine) == [0, 1, 0]);
}

#[test]
fn row_16_of_a_huge_page_that_was_split_each_part_counts_as_scanned_once() {
    let (mut machine, page) = with_huge(LifeFlags::ANON, 1, 0);
    let (done, scanned) = evict(&mut machine, &user(), page, control());
    assert_eq!((done.reclaimed, scanned), (512, 512));
    assert_eq!(machine.vm_events().get(VmEvent::PgLazyFreed), 512);
    // The first part is kept: someone holds it; of the whole it is one page.
    let (mut machine, page) = with_huge(LifeFlags::ANON | LifeFlags::DIRTY, 1, 0);
    let (done, scanned) = evict(&mut machine, &user(), page, control());
    assert_eq!((done.kept.len(), scanned), (512, 512));
}

#[test]
fn row_17_a_page_of_a_locked_mapping_cannot_be_unmapped() {
    let (done, machine, page) = direct(FILE | LifeFlags::VM_LOCKED, 1, 1);
    assert!(is_kept(&done) && done.unmap_fail == 1);
    assert!(flags(&machine, page).contains(LifeFlags::MLOCKED));
}

#[test]
fn row_18_a_dirty_page_of_a_file_is_left_to_the_flushers() {
    let (done, machine, page) = direct(FILE | LifeFlags::DIRTY, 1, 0);
    assert!(is_activated(&done, &machine, page, true) && flags(&machine, page).contains(LifeFlags::RECLAIM));
    assert_eq!(machine.nodes[0].stat.get(NodeItem::VmscanImmediateReclaim), 1);
    assert_eq!(machine.mem.life(page).mapcount, 0);
}

/// A dirty page of a file that kswapd meets again while it may write such pages.
fn met_again(more: LifeFlags, sc: ScanControl) -> (Eviction, Small, Frame) {
    let mut machine = machine();
    machine.restore_swap(1000, 1000, CPU, 0);
    machine.nodes[0].flags = PgdatFlags::DIRTY;
    let page = page(&mut machine, FILE | LifeFlags::DIRTY | LifeFlags::RECLAIM | more, 0, 0);
    let (done, _) = evict(&mut machine, &kswapd(), page, sc);
    (done, machine, page)
}

#[test]
fn row_19_a_page_that_was_used_is_not_worth_writing() {
    assert!(is_kept(&met_again(LifeFlags::REFERENCED, control()).0));
}

#[test]
fn row_19_without_fs_no_page_of_a_file_is_written() {
    let mut sc = control();
    sc.gfp = Gfp::GFP_NOFS;
    assert!(is_kept(&met_again(LifeFlags::empty(), sc).0));
}

#[test]
fn row_19_nothing_is_written_where_nothing_may_be() {
    let mut machine = machine();
    machine.restore_swap(1000, 1000, CPU, 0);
    let page = page(&mut machine, ANON, 1, 0);
    let mut sc = control();
    sc.may_writepage = false;
    assert!(is_kept(&evict(&mut machine, &user(), page, sc).0));
    assert!(flags(&machine, page).contains(LifeFlags::SWAPCACHE | LifeFlags::DIRTY));
}

#[test]
fn row_20_a_pinned_page_is_not_written() {
    let (done, machine, page) = direct(ANON | LifeFlags::PINNED, 1, 0);
    assert!(is_kept(&done) && flags(&machine, page).contains(LifeFlags::SWAPCACHE));
    assert_eq!(machine.vm_events().get(VmEvent::PswpOut), 0);
}

#[test]
fn row_20_shared_memory_without_swap_is_activated_and_stays_dirty() {
    let mut machine = machine();
    let page = page(&mut machine, LifeFlags::SWAPBACKED | LifeFlags::DIRTY, 0, 0);
    let (done, _) = evict(&mut machine, &user(), page, control());
    assert!(is_activated(&done, &machine, page, false) && flags(&machine, page).contains(LifeFlags::DIRTY));
    assert!(!flags(&machine, page).contains(LifeFlags::RECLAIM));
}

#[test]
fn row_20_a_page_written_at_once_is_freed_in_the_same_pass() {
    let (done, machine, _) = direct(ANON, 1, 0);
    assert!(is_freed(&done) && done.pageout == 1);
    assert_eq!(machine.vm_events().get(VmEvent::PswpOut), 1);
    assert_eq!(machine.nodes[0].stat.get(NodeItem::VmscanWrite), 1);
}

#[test]
fn row_21_a_page_whose_buffers_are_in_use_is_activated() {
    let mut machine = machine();
    let page = page(&mut machine, FILE | LifeFlags::PRIVATE, 0, 0);
    let pfn = machine.mem.pfn(page);
    machine.script_buffer_release(pfn, BufferRelease { refused: true, freed: Vec::new() });
    let (done, _) = evict(&mut machine, &user(), page, control());
    assert!(is_activated(&done, &machine, page, true));
}

#[test]
fn row_21_buffers_that_nobody_uses_are_dropped() {
    let (done, ..) = direct(FILE | LifeFlags::PRIVATE, 0, 0);
    assert!(is_freed(&done));
}

#[test]
fn row_22_memory_that_may_be_dropped_goes_without_io() {
    let (done, machine, _) = direct(LifeFlags::ANON, 1, 0);
    assert!(is_freed(&done));
    assert_eq!(machine.vm_events().get(VmEvent::PgLazyFreed), 1);
    let (done, ..) = direct(LifeFlags::ANON | LifeFlags::PINNED, 0, 0);
    assert!(is_kept(&done));
}

#[test]
fn row_23_a_page_that_someone_holds_is_kept() {
    let (done, ..) = direct(FILE | LifeFlags::PINNED, 0, 0);
    assert!(is_kept(&done));
}

#[test]
fn an_eviction_moves_the_clock_of_refaults() {
    let (_, machine, _) = direct(FILE, 0, 0);
    assert_eq!(machine.lru.lruvec(Default::default(), NODE).nonresident_age, 1);
}

#[test]
fn the_last_page_of_a_batch_is_freed_first() {
    let mut machine = machine();
    let pages: Vec<Frame> = (0..3).map(|_| page(&mut machine, FILE, 0, 0)).collect();
    machine.sink_mut().clear();
    machine.shrink_page_list(&user(), NODE, pages.clone(), &mut control(), false);
    let freed = machine.sink().iter().filter_map(|event| match event {
        Event::Free { pfn, .. } => machine.mem.frame(*pfn),
        _ => None,
    });
    assert!(freed.eq(pages.iter().rev().copied()));
}

#[test]
fn with_references_ignored_a_page_in_use_goes_as_well() {
    let mut machine = machine();
    let page = page(&mut machine, FILE, 1, 1);
    let done = machine.shrink_page_list(&user(), NODE, vec![page], &mut control(), true);
    assert!(is_freed(&done));
}
