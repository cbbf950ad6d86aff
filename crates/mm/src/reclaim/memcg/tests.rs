//! Each rung of the ladder on which a charge goes on (`try_charge`).

use super::oom::MemcgOom;
use super::{Charge, OverHigh};
use crate::config::{MachineConfig, PcSpec};
use crate::event::{ChargeRung, Event, MemcgEvent};
use crate::gfp::Gfp;
use crate::lru::memcg::{Counted, MemoryEvent};
use crate::lru::{LruIndex, LruPage};
use crate::machine::Machine;
use crate::page::life::{LifeFlags, MemcgId};
use crate::pfn::{CpuId, NodeId, Order};
use crate::reclaim::memcg::MemcgLimit;
use crate::task::{Task, TaskFlags};

const GROUP: MemcgId = MemcgId(1);

/// A machine with a group that may hold so many pages, and a task of the group.
fn limited(max: u64) -> (Machine<Vec<Event>>, Task) {
    let config = PcSpec::uniform(1, 64 << 20, 2, 20).and_then(|spec| MachineConfig::pc(&spec));
    let mut machine = Machine::boot(&config.expect("a plain machine"), Vec::new()).expect("boots");
    let mut task = Task::new(CpuId(0));
    task.memcg.id = machine.create_memcg(MemcgId::ROOT, "/a").expect("there is room");
    machine.set_memcg_limit(&mut task, GROUP, MemcgLimit::Max(max)).expect("the group is there");
    (machine, task)
}

/// The rungs of one charge, and whether the pages are charged. Stocks are no rung.
fn charge(machine: &mut Machine<Vec<Event>>, task: &mut Task, gfp: Gfp, pages: u64) -> (Vec<ChargeRung>, bool) {
    let before = machine.sink().len();
    let charged = machine.charge_now(task, GROUP, gfp, pages);
    let rungs = machine.sink()[before..].iter().filter_map(|event| match event {
        Event::Memcg(MemcgEvent::Charge { rung, .. }) => Some(*rung),
        _ => None,
    });
    (rungs.collect(), charged)
}

fn usage(machine: &Machine<Vec<Event>>) -> u64 {
    machine.memcgs.usage(GROUP)
}

/// Gives the group clean pages of a file that nobody maps.
fn add_file_pages(machine: &mut Machine<Vec<Event>>, pages: u64) {
    for _ in 0..pages {
        let mut kernel = Task::new(CpuId(0));
        let answer = machine.alloc_pages_node(&mut kernel, None, Gfp::GFP_HIGHUSER_MOVABLE, Order::default());
        let pfn = answer.pfn.expect("there is memory");
        let page = LruPage { pfn, flags: LifeFlags::empty(), mapcount: 0, young: 0 };
        machine.restore_lru_page(GROUP, NodeId(0), LruIndex::InactiveFile, page).expect("it is on no list");
        machine.memcgs.charge(Counted::Memory, GROUP, 1);
    }
}

/// A group that holds its limit in pages that nothing can reclaim.
fn full() -> (Machine<Vec<Event>>, Task) {
    let (mut machine, task) = limited(100);
    machine.memcgs.charge(Counted::Memory, GROUP, 100);
    (machine, task)
}

/// Sixteen fruitless rounds, the first of which gives stocks back, and what follows them.
fn fruitless(last: ChargeRung) -> Vec<ChargeRung> {
    let rounds = core::iter::once(ChargeRung::Drained).chain([ChargeRung::Retry; 16]);
    rounds.chain([last]).collect()
}

#[test]
fn a_charge_takes_a_batch_and_the_next_ones_come_from_the_stock() {
    let (mut machine, mut task) = limited(100);
    assert_eq!(charge(&mut machine, &mut task, Gfp::GFP_KERNEL, 1), (vec![ChargeRung::Charged], true));
    assert_eq!((usage(&machine), machine.memcgs.stocked(GROUP)), (32, 31));
    assert_eq!(charge(&mut machine, &mut task, Gfp::GFP_KERNEL, 31), (vec![], true));
    assert_eq!((usage(&machine), machine.memcgs.stocked(GROUP)), (32, 0));
}

#[test]
fn the_root_is_not_charged() {
    let (mut machine, mut task) = limited(0);
    assert!(machine.charge_now(&mut task, MemcgId::ROOT, Gfp::GFP_KERNEL, 1000));
    assert_eq!(machine.memcgs.usage(MemcgId::ROOT), 0);
}

#[test]
fn where_a_batch_is_too_much_the_pages_alone_are_tried() {
    let (mut machine, mut task) = limited(10);
    assert_eq!(charge(&mut machine, &mut task, Gfp::GFP_KERNEL, 1), (vec![ChargeRung::Charged], true));
    assert_eq!((usage(&machine), machine.memcgs.counter(Counted::Memory, GROUP).failures), (1, 1));
}

#[test]
fn an_atomic_request_passes_the_limit() {
    let (mut machine, mut task) = full();
    assert_eq!(charge(&mut machine, &mut task, Gfp::GFP_ATOMIC, 1), (vec![ChargeRung::Atomic], true));
    assert_eq!((usage(&machine), machine.memcgs.events_of(GROUP, MemoryEvent::Max)), (101, 0));
}

#[test]
fn whoever_is_about_to_end_passes_the_limit() {
    let marks: [fn(&mut Task); 3] =
        [|task| task.killed = true, |task| task.oom_victim = true, |task| task.flags |= TaskFlags::EXITING];
    for mark in marks {
        let (mut machine, mut task) = full();
        mark(&mut task);
        assert_eq!(charge(&mut machine, &mut task, Gfp::GFP_KERNEL, 1), (vec![ChargeRung::Dying], true));
    }
}

#[test]
fn whoever_reclaims_passes_the_limit() {
    let (mut machine, mut task) = full();
    task.flags |= TaskFlags::MEMALLOC;
    assert_eq!(charge(&mut machine, &mut task, Gfp::GFP_KERNEL, 1), (vec![ChargeRung::Memalloc], true));
}

#[test]
fn a_task_that_is_to_wait_for_memory_of_its_group_fails() {
    let (mut machine, mut task) = full();
    task.memcg.in_oom = Some(crate::task::TaskOom { memcg: GROUP, gfp: Gfp::GFP_KERNEL, order: 0 });
    assert_eq!(charge(&mut machine, &mut task, Gfp::GFP_KERNEL, 1), (vec![ChargeRung::InOom], false));
}

#[test]
fn who_must_not_reclaim_fails_unless_he_must_not_fail() {
    let (mut machine, mut task) = full();
    let refused = vec![ChargeRung::CannotReclaim];
    assert_eq!(charge(&mut machine, &mut task, Gfp::GFP_NOWAIT, 1), (refused.clone(), false));
    assert_eq!(charge(&mut machine, &mut task, Gfp::GFP_NOWAIT | Gfp::NOFAIL, 1), (refused, true));
    assert_eq!(usage(&machine), 101);
}

#[test]
fn reclaim_makes_room() {
    let (mut machine, mut task) = limited(100);
    add_file_pages(&mut machine, 100);
    let (rungs, charged) = charge(&mut machine, &mut task, Gfp::GFP_KERNEL, 1);
    assert_eq!((rungs, charged), (vec![ChargeRung::Margin, ChargeRung::Charged], true));
    assert!(usage(&machine) <= 100 - 31);
    assert_eq!(machine.memcgs.events_of(GROUP, MemoryEvent::Max), 1);
}

#[test]
fn what_other_cpus_keep_is_given_back_before_a_second_round() {
    let (mut machine, mut task) = limited(40);
    let mut other = Task::new(CpuId(1));
    assert!(machine.charge_now(&mut other, GROUP, Gfp::GFP_KERNEL, 1));
    let (rungs, charged) = charge(&mut machine, &mut task, Gfp::GFP_KERNEL, 10);
    assert_eq!((rungs, charged), (vec![ChargeRung::Drained, ChargeRung::Charged], true));
    assert_eq!(usage(&machine), 11);
}

#[test]
fn one_round_is_enough_for_who_does_not_retry() {
    let (mut machine, mut task) = full();
    let (rungs, charged) = charge(&mut machine, &mut task, Gfp::GFP_KERNEL | Gfp::NORETRY, 1);
    assert_eq!((rungs, charged), (vec![ChargeRung::Drained, ChargeRung::NoRetry], false));
}

#[test]
fn small_charges_go_on_while_reclaim_brings_anything() {
    let (mut machine, mut task) = limited(1000);
    add_file_pages(&mut machine, 400);
    machine.memcgs.charge(Counted::Memory, GROUP, 900);
    let (rungs, charged) = charge(&mut machine, &mut task, Gfp::GFP_KERNEL, 1);
    assert!(charged && rungs.starts_with(&[ChargeRung::Drained, ChargeRung::Progress]), "{rungs:?}");
    assert!(!rungs.contains(&ChargeRung::Retry));
}

#[test]
fn large_charges_count_every_round() {
    let (mut machine, mut task) = limited(1000);
    add_file_pages(&mut machine, 200);
    machine.memcgs.charge(Counted::Memory, GROUP, 900);
    let (rungs, _) = charge(&mut machine, &mut task, Gfp::GFP_KERNEL | Gfp::RETRY_MAYFAIL, 9);
    assert!(!rungs.contains(&ChargeRung::Progress), "{rungs:?}");
}

#[test]
fn sixteen_rounds_in_vain_are_enough_for_who_may_fail() {
    let (mut machine, mut task) = full();
    let (rungs, charged) = charge(&mut machine, &mut task, Gfp::GFP_KERNEL | Gfp::RETRY_MAYFAIL, 1);
    assert_eq!((rungs, charged), (fruitless(ChargeRung::MayFail), false));
    assert_eq!(machine.memcgs.events_of(GROUP, MemoryEvent::Oom), 0);
}

#[test]
fn who_must_not_fail_passes_the_limit_after_sixteen_rounds() {
    let (mut machine, mut task) = full();
    let (rungs, charged) = charge(&mut machine, &mut task, Gfp::GFP_KERNEL | Gfp::NOFAIL, 1);
    assert_eq!((rungs, charged), (fruitless(ChargeRung::NoFail), true));
    assert_eq!(usage(&machine), 101);
}

#[test]
fn with_nobody_to_kill_the_charge_passes_the_limit() {
    let (mut machine, mut task) = full();
    let (rungs, charged) = charge(&mut machine, &mut task, Gfp::GFP_KERNEL, 1);
    assert_eq!((rungs, charged), (fruitless(ChargeRung::OomFailed), true));
    let events = [MemoryEvent::Max, MemoryEvent::Oom].map(|event| machine.memcgs.events_of(GROUP, event));
    assert_eq!((events, usage(&machine)), ([18, 1], 101));
}

#[test]
fn nobody_is_killed_for_large_charges() {
    let (mut machine, mut task) = full();
    let (rungs, charged) = charge(&mut machine, &mut task, Gfp::GFP_KERNEL, 16);
    assert_eq!((rungs, charged), (fruitless(ChargeRung::OomSkipped), false));
    assert_eq!(machine.memcgs.events_of(GROUP, MemoryEvent::Oom), 0);
}

#[test]
fn where_killing_is_off_a_page_fault_waits_and_others_fail() {
    let (mut machine, mut task) = full();
    if let Some(group) = machine.memcgs.get_mut(GROUP) {
        group.oom_kill_disable = true;
    }
    assert_eq!(machine.mem_cgroup_oom(&mut task, GROUP, Gfp::GFP_KERNEL, 0), MemcgOom::Skipped);
    task.memcg.in_user_fault = true;
    assert_eq!(machine.mem_cgroup_oom(&mut task, GROUP, Gfp::GFP_KERNEL, 0), MemcgOom::Async);
    assert!(machine.mem_cgroup_oom_synchronize(&mut task) && task.memcg.in_oom.is_none());
}

#[test]
fn room_that_came_meanwhile_saves_everybody() {
    let (mut machine, mut task) = limited(101);
    machine.memcgs.charge(Counted::Memory, GROUP, 100);
    assert_eq!(machine.mem_cgroup_oom(&mut task, GROUP, Gfp::GFP_KERNEL, 0), MemcgOom::Success);
    assert_eq!(machine.mem_cgroup_oom(&mut task, GROUP, Gfp::GFP_KERNEL, 1), MemcgOom::Failed);
}

#[test]
fn a_task_that_is_killed_between_two_rounds_passes_the_limit() {
    let (mut machine, mut task) = full();
    let mut charge = Charge::new(GROUP, Gfp::GFP_KERNEL, 1);
    for _ in 0..20 {
        assert!(matches!(charge.resume(&mut machine, &mut task), crate::wait::Step::Wait(_)));
    }
    task.killed = true;
    assert_eq!(crate::wait::finish(|| charge.resume(&mut machine, &mut task)), Some(true));
    assert_eq!(usage(&machine), 101);
}

#[test]
fn charges_above_high_are_noted_for_the_task_and_stock_hits_are_not() {
    let (mut machine, mut task) = limited(1000);
    machine.set_memcg_limit(&mut task, GROUP, MemcgLimit::High(10)).expect("the group is there");
    assert!(machine.charge_now(&mut task, GROUP, Gfp::GFP_KERNEL, 1));
    assert_eq!(task.memcg.over_high, 32);
    assert!(machine.charge_now(&mut task, GROUP, Gfp::GFP_KERNEL, 1));
    assert_eq!(task.memcg.over_high, 32);
    let mut work = OverHigh::of(&mut task).expect("it has work");
    let slept = (0..10_000).any(|_| {
        let step = work.resume(&mut machine, &mut task);
        matches!(step, crate::wait::Step::Wait(crate::wait::Wait::Sleep(500)))
    });
    assert!(slept);
    assert!(task.in_memstall);
    assert_eq!(work.resume(&mut machine, &mut task), crate::wait::Step::Done(()));
    assert_eq!((task.memcg.over_high, machine.memcgs.events_of(GROUP, MemoryEvent::High)), (0, 17));
}

#[test]
fn kernel_pages_are_charged_with_their_block_and_go_to_the_stock() {
    let (mut machine, mut task) = limited(1000);
    let order = Order::new(2).expect("small");
    let pfn = machine.alloc_pages_node(&mut task, None, Gfp::GFP_KERNEL_ACCOUNT, order).pfn.expect("there is memory");
    assert_eq!((usage(&machine), machine.memcgs.stocked(GROUP)), (32, 28));
    machine.free_pages(task.cpu, pfn, order).expect("it is in use");
    assert_eq!((usage(&machine), machine.memcgs.stocked(GROUP)), (32, 32));
}

#[test]
fn a_kernel_page_that_cannot_be_charged_is_given_back() {
    let (mut machine, mut task) = full();
    let gfp = Gfp::GFP_NOWAIT | Gfp::ACCOUNT;
    let free = machine.zone_page_state_snapshot(&machine.zones()[1], crate::vmstat::ZoneItem::FreePages);
    let answer = machine.alloc_pages_node(&mut task, None, gfp, Order::default());
    assert_eq!((answer.pfn, answer.outcome), (None, crate::event::Outcome::NotCharged));
    machine.drain_all_pages();
    assert_eq!(machine.zone_page_state_snapshot(&machine.zones()[1], crate::vmstat::ZoneItem::FreePages), free);
}

#[test]
fn interrupts_and_kernel_threads_are_not_charged_unless_they_act_for_a_group() {
    let (mut machine, mut task) = limited(1000);
    task.flags |= TaskFlags::KTHREAD;
    let alloc = |machine: &mut Machine<Vec<Event>>, task: &mut Task| {
        machine.alloc_pages_node(task, None, Gfp::GFP_KERNEL_ACCOUNT, Order::default())
    };
    assert!(alloc(&mut machine, &mut task).pfn.is_some());
    assert_eq!(usage(&machine), 0);
    task.memcg.active = Some(GROUP);
    assert!(alloc(&mut machine, &mut task).pfn.is_some());
    assert_eq!(usage(&machine), 32);
}

#[test]
fn memory_max_below_the_usage_drains_reclaims_and_gives_up_without_a_victim() {
    let (mut machine, mut task) = limited(1000);
    add_file_pages(&mut machine, 100);
    machine.memcgs.charge(Counted::Memory, GROUP, 50);
    machine.set_memcg_limit(&mut task, GROUP, MemcgLimit::Max(20)).expect("the group is there");
    assert_eq!((usage(&machine), machine.memcgs.events_of(GROUP, MemoryEvent::Oom)), (50, 1));
}

#[test]
fn a_removed_group_stays_until_nothing_is_charged_to_it() {
    let (mut machine, mut task) = limited(1000);
    let pfn = machine.alloc_pages_node(&mut task, None, Gfp::GFP_KERNEL_ACCOUNT, Order::default()).pfn;
    machine.remove_memcg(GROUP).expect("it has no children");
    assert_eq!(usage(&machine), 1);
    assert!(machine.create_memcg(GROUP, "/a/b").is_err() && machine.remove_memcg(GROUP).is_err());
    machine.free_pages(task.cpu, pfn.expect("there is memory"), Order::default()).expect("it is in use");
    machine.memcgs.drain_all_stock(GROUP);
    machine.release_memcgs();
    assert!(machine.memcg(GROUP).is_none());
}
