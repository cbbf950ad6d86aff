//! Each exit of direct reclaim, and who is throttled before it begins.

use super::*;
use crate::page::life::{LifeFlags, MemcgId};
use crate::reclaim::testing::{CPU, NODE, Small, ZONE, leave_free, listed, machine, priorities};

const FILE: LifeFlags = LifeFlags::empty();

/// A kernel thread, which is never throttled.
fn thread() -> Task {
    let mut task = Task::new(CPU);
    task.flags = TaskFlags::KTHREAD;
    task
}

fn order(order: u32) -> Order {
    Order::new(order).expect("an order")
}

/// A whole run and the waits in it.
fn run(machine: &mut Small, task: &Task, gfp: Gfp, order: Order) -> (u64, Vec<Wait>) {
    let mut run = DirectReclaim::new(gfp, order, NODE, None);
    let mut waits = Vec::new();
    loop {
        match run.resume(machine, task) {
            Step::Done(reclaimed) => return (reclaimed, waits),
            Step::Wait(wait) => waits.push(wait),
        }
    }
}

fn stalls(machine: &Small) -> u64 {
    machine.vm_events().get(VmEvent::AllocStallNormal)
}

#[test]
fn it_ends_as_soon_as_a_pass_gave_enough() {
    let mut machine = machine();
    listed(&mut machine, FILE, 400);
    let (reclaimed, waits) = run(&mut machine, &thread(), Gfp::GFP_KERNEL, order(0));
    // 400 pages by 2^priority: 0, 0, 0, 0, 1, 3, 6, 12 and 23 pages.
    assert_eq!(reclaimed, 45);
    assert_eq!(priorities(&machine), (4..=12).rev().collect::<Vec<i8>>());
    assert!(waits.iter().all(|&wait| wait == Wait::Yield) && waits.len() == 8);
    assert_eq!(stalls(&machine), 1);
}

#[test]
fn it_ends_with_what_little_it_got() {
    let mut machine = machine();
    listed(&mut machine, FILE, 20);
    let (reclaimed, _) = run(&mut machine, &thread(), Gfp::GFP_KERNEL, order(0));
    assert_eq!((reclaimed, stalls(&machine)), (20, 1));
    assert_eq!(priorities(&machine).last(), Some(&0));
}

#[test]
fn it_reports_progress_without_any_where_compaction_can_do_the_rest() {
    let mut machine = machine();
    listed(&mut machine, FILE, 400);
    let (reclaimed, _) = run(&mut machine, &thread(), Gfp::GFP_KERNEL, order(9));
    assert_eq!(reclaimed, 1);
    assert_eq!(priorities(&machine), []);
}

#[test]
fn it_comes_back_empty_after_thirteen_passes() {
    let mut machine = machine();
    let (reclaimed, _) = run(&mut machine, &thread(), Gfp::GFP_KERNEL, order(0));
    assert_eq!((reclaimed, stalls(&machine)), (0, 1));
    assert_eq!(priorities(&machine), (0..=12).rev().collect::<Vec<i8>>());
}

#[test]
fn it_tries_again_by_force_if_an_active_list_was_spared() {
    let mut machine = machine();
    // The inactive list is long enough, but nothing on it can be freed.
    let pinned = listed(&mut machine, FILE | LifeFlags::PINNED, 100);
    listed(&mut machine, FILE | LifeFlags::ACTIVE, 60);
    assert_eq!(pinned.len(), 100);
    let (reclaimed, _) = run(&mut machine, &thread(), Gfp::GFP_KERNEL, order(0));
    assert!(reclaimed > 0);
    assert_eq!(stalls(&machine), 2);
    assert!(priorities(&machine).len() > 13);
}

#[test]
fn it_takes_from_protected_groups_when_all_else_failed() {
    let mut machine = machine();
    let group = machine.create_memcg(MemcgId::ROOT, "low").expect("a group");
    for _ in 0..100 {
        let page = crate::reclaim::testing::page(&mut machine, FILE, 0, 0);
        machine.mem.life_mut(page).memcg = group;
        machine.add_page_to_lru_list(CPU, page);
    }
    machine.memcgs.set_protection(group, 0, 1000);
    machine.memcgs.charge(crate::lru::memcg::Counted::Memory, group, 100);
    let (reclaimed, _) = run(&mut machine, &thread(), Gfp::GFP_KERNEL, order(0));
    assert!(reclaimed >= 32);
    assert_eq!(stalls(&machine), 2);
    // Hard protection holds even then.
    machine.memcgs.set_protection(group, 1000, 0);
    assert_eq!(run(&mut machine, &thread(), Gfp::GFP_KERNEL, order(0)).0, 0);
}

/// A machine with pages to reclaim and so many free pages above which the min mark is 300.
fn short(free: u64) -> Small {
    let mut machine = machine();
    listed(&mut machine, FILE, 400);
    leave_free(&mut machine, free, [300, 400, 500]);
    machine
}

#[test]
fn a_user_waits_for_kswapd_at_half_the_min_mark() {
    let mut machine = short(150);
    machine.nodes[0].kswapd_highest_zoneidx = NO_ZONEIDX;
    let (_, waits) = run(&mut machine, &Task::new(CPU), Gfp::GFP_KERNEL, order(0));
    assert_eq!(waits.first(), Some(&Wait::Throttle { node: NODE, timeout: None }));
    assert_eq!(machine.vm_events().get(VmEvent::PgScanDirectThrottle), 1);
    let node = &machine.nodes[0];
    assert_eq!((node.kswapd_asleep, node.kswapd_highest_zoneidx), (false, ZoneType::Normal as u8));
}

#[test]
fn without_fs_it_waits_a_second_at_most() {
    let (_, waits) = run(&mut short(150), &Task::new(CPU), Gfp::GFP_NOFS, order(0));
    assert_eq!(waits.first(), Some(&Wait::Throttle { node: NODE, timeout: Some(250) }));
}

#[test]
fn nobody_waits_above_half_the_min_mark() {
    let (_, waits) = run(&mut short(151), &Task::new(CPU), Gfp::GFP_KERNEL, order(0));
    assert!(waits.iter().all(|&wait| wait == Wait::Yield));
}

#[test]
fn kernel_threads_wait_for_nobody() {
    let (_, waits) = run(&mut short(150), &thread(), Gfp::GFP_KERNEL, order(0));
    assert!(waits.iter().all(|&wait| wait == Wait::Yield));
}

#[test]
fn nobody_waits_for_a_kswapd_that_gave_up() {
    let mut machine = short(150);
    machine.nodes[0].kswapd_failures = MAX_RECLAIM_RETRIES;
    let (_, waits) = run(&mut machine, &Task::new(CPU), Gfp::GFP_KERNEL, order(0));
    assert!(waits.iter().all(|&wait| wait == Wait::Yield));
    // Progress of anyone gives it another chance.
    assert_eq!(machine.nodes[0].kswapd_failures, 0);
}

#[test]
fn zones_without_anything_to_reclaim_are_no_gauge() {
    let mut machine = machine();
    leave_free(&mut machine, 100, [300, 400, 500]);
    assert_eq!(machine.zone_reclaimable_pages(ZONE), 0);
    let (_, waits) = run(&mut machine, &Task::new(CPU), Gfp::GFP_KERNEL, order(0));
    assert!(waits.iter().all(|&wait| wait == Wait::Yield));
}

#[test]
fn laptop_mode_writes_only_in_need() {
    let mut machine = machine();
    machine.sysctl.laptop_mode = 1;
    run(&mut machine, &thread(), Gfp::GFP_KERNEL, order(0));
    let may_write: Vec<bool> = machine
        .sink()
        .iter()
        .filter_map(|event| match event {
            Event::Reclaim(ReclaimEvent::DirectPriority { flags, .. }) => {
                Some(flags.contains(crate::event::ScanFlags::WRITEPAGE))
            }
            _ => None,
        })
        .collect();
    // Priorities 12, 11, 10 and 9; the pass at 9 allows it for the next.
    assert_eq!(may_write[..5], [false, false, false, false, true]);
}
