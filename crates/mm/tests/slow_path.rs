//! Every way out of the slow path, one statement of behavior each. The numbers in the tests' names are those of
//! `Outcome`.

mod noted;

use buddyscope_mm::config::Sysctl;
use buddyscope_mm::event::{CompactResult, Event, NodeReclaim, OomRefusal, Outcome, SlowEvent, Wakeup};
use buddyscope_mm::gfp::{AllocFlags, Gfp};
use buddyscope_mm::lru::{LruIndex, LruPage};
use buddyscope_mm::pfn::{CpuId, MigrateType, NodeId, NodeMask, Order, Pfn, ZoneId, ZoneType};
use buddyscope_mm::restore::MachineParts;
use buddyscope_mm::task::cpuset::CpusetTree;
use buddyscope_mm::task::mempolicy::{Mempolicy, PolicyFlags, PolicyMode};
use buddyscope_mm::task::{Task, TaskFlags};
use buddyscope_mm::vmstat::{NodeItem, NumaItem, VmEvent, ZoneItem};
use buddyscope_mm::wait::{Step, Wait};
use buddyscope_mm::zone::zonelist::{ZoneRef, Zonelist};
use buddyscope_mm::zone::{Cpu, Node, Zone};
use buddyscope_mm::{Answer, BuddyOptions, LifeFlags, Machine, MemcgId, PageState};
use noted::Noted;

type Recorded = Machine<Noted>;

const CPU: CpuId = CpuId(0);
const NODE: NodeId = NodeId(0);
const NORMAL: ZoneId = ZoneId::new(NODE, ZoneType::Normal);
const DMA32: ZoneId = ZoneId::new(NODE, ZoneType::Dma32);
/// First page of the zone, and how many it has.
const START: u64 = 1 << 20;
const PAGES: u64 = 4096;
/// Its marks.
const MIN: u64 = 100;

/// A machine of one zone with these free blocks, everything else in use.
fn machine_of(zone: ZoneId, free: &[(u64, u32, MigrateType)]) -> Recorded {
    let mut zones: Vec<Zone> = ZoneType::ALL.map(|kind| Zone::empty(NODE, kind)).into();
    let own = &mut zones[zone.index()];
    own.start_pfn = Pfn(START);
    (own.spanned_pages, own.present_pages, own.managed_pages) = (PAGES, PAGES, PAGES);
    own.watermark = [MIN, 125, 150];
    let mut node = Node::new(NODE);
    (node.present_pages, node.distance) = (PAGES, vec![10]);
    node.fallback = Zonelist { refs: vec![ZoneRef::new(NODE, zone.zone_type())] };
    node.nofallback = node.fallback.clone();
    let parts = MachineParts {
        nodes: vec![node],
        zones,
        cpus: vec![Cpu { id: CPU, node: NODE }],
        zone_ranges: vec![(Pfn(START), Pfn(START + PAGES), zone)],
        reserved: Vec::new(),
        online_nodes: NodeMask::of(NODE),
        options: BuddyOptions {
            group_by_mobility_disabled: false,
            guardpage_minorder: 0,
            watermark_boost_factor: 0,
            numa_stat: true,
        },
        sysctl: Default::default(),
        min_free_kbytes: 0,
        totalreserve_pages: 0,
        fault: None,
        seed: 1,
    };
    let mut machine = Machine::new(parts, Noted::default()).expect("consistent parts");
    for block in (0..PAGES).step_by(512) {
        machine.restore_pageblock(Pfn(START + block), MigrateType::Unmovable);
    }
    let mut pages = 0;
    for &(page, of, list) in free {
        machine.restore_free_block(zone, Pfn(START + page), order(of), list).expect("a place");
        pages += 1 << of;
    }
    machine.restore_zone_stat(zone, ZoneItem::FreePages, pages);
    machine.restore_pages_in_use();
    machine.set_oom_killer_disabled(true);
    machine
}

/// A machine with so many free pages, none beside another.
fn machine(free: u64) -> Recorded {
    let blocks: Vec<_> = (0..free).map(|n| (2 * n, 0, MigrateType::Unmovable)).collect();
    machine_of(NORMAL, &blocks)
}

/// Puts pages in use on the inactive file list, from `first` on.
fn cache(machine: &mut Recorded, first: u64, pages: u64) {
    cache_of(machine, first, pages, LifeFlags::empty());
}

/// The same with such flags.
fn cache_of(machine: &mut Recorded, first: u64, pages: u64, flags: LifeFlags) {
    for n in (0..pages).map(|n| first + 2 * n) {
        let page = LruPage { pfn: Pfn(START + n), flags, mapcount: 0, young: 0 };
        machine.restore_lru_page(MemcgId::ROOT, NODE, LruIndex::InactiveFile, page).expect("a page in use");
    }
    machine.restore_lruvec_stat(MemcgId::ROOT, NODE, NodeItem::InactiveFile, pages, CPU, 0);
    machine.restore_node_stat(NODE, NodeItem::InactiveFile, pages as i64);
    machine.restore_zone_stat(NORMAL, ZoneItem::InactiveFile, pages as i64);
}

/// A machine of which every other page is free but for its last quarter, with anonymous pages between that could move.
fn fragmented() -> Recorded {
    fragmented_with(LifeFlags::empty())
}

/// The same, with such flags on one of the pages in each pageblock.
fn fragmented_with(more: LifeFlags) -> Recorded {
    let end = PAGES / 4 * 3;
    let blocks: Vec<_> = (0..end).step_by(2).map(|page| (page, 0, MigrateType::Movable)).collect();
    let mut machine = machine_of(NORMAL, &blocks);
    for block in (0..end).step_by(512) {
        machine.restore_pageblock(Pfn(START + block), MigrateType::Movable);
    }
    let flags = LifeFlags::ANON | LifeFlags::SWAPBACKED;
    for pfn in (1..end).step_by(2).map(|page| Pfn(START + page)) {
        let flags = if pfn.0 % 512 == 1 { flags | more } else { flags };
        let page = LruPage { pfn, flags, mapcount: 1, young: 0 };
        machine.restore_lru_page(MemcgId::ROOT, NODE, LruIndex::InactiveAnon, page).expect("a page in use");
    }
    machine.restore_node_stat(NODE, NodeItem::InactiveAnon, end as i64 / 2);
    machine.restore_zone_stat(NORMAL, ZoneItem::InactiveAnon, end as i64 / 2);
    machine
}

fn order(order: u32) -> Order {
    Order::new(order).expect("an order")
}

fn ask(machine: &mut Recorded, task: &mut Task, gfp: Gfp, of: u32) -> Answer {
    machine.sink_mut().clear();
    machine.alloc_pages_nodemask(task, gfp, order(of), NODE, None)
}

fn outcome(machine: &mut Recorded, gfp: Gfp, of: u32) -> Outcome {
    let answer = ask(machine, &mut Task::new(CPU), gfp, of);
    assert_eq!(answer.pfn.is_some(), answer.outcome.has_page(), "{answer:?}");
    answer.outcome
}

/// Decisions of the slow path in the last request.
fn slow(machine: &Recorded) -> impl Iterator<Item = SlowEvent> + '_ {
    machine.sink().iter().filter_map(|event| if let Event::Slow(event) = event { Some(*event) } else { None })
}

fn refusal(machine: &Recorded) -> Option<OomRefusal> {
    slow(machine).find_map(|event| if let SlowEvent::OomRefused { reason } = event { Some(reason) } else { None })
}

fn warned(machine: &Recorded) -> bool {
    slow(machine).any(|event| matches!(event, SlowEvent::Warn { .. }))
}

#[test]
fn exit_1_between_low_and_min_the_second_attempt_serves() {
    assert_eq!(outcome(&mut machine(110), Gfp::GFP_KERNEL, 0), Outcome::MinMark);
}

#[test]
fn exit_2_a_huge_page_is_made_before_anything_is_reclaimed() {
    let mut machine = fragmented();
    assert_eq!(outcome(&mut machine, Gfp::GFP_HIGHUSER_MOVABLE, 9), Outcome::EarlyCompaction);
    let events = machine.vm_events();
    assert_eq!((events.get(VmEvent::CompactSuccess), events.get(VmEvent::AllocStallMovable)), (1, 0));
    assert!(events.get(VmEvent::PgMigrateSuccess) >= 256);
}

#[test]
fn a_block_that_compaction_caught_needs_no_further_walk() {
    let mut machine = fragmented();
    let answer = ask(&mut machine, &mut Task::new(CPU), Gfp::GFP_HIGHUSER_MOVABLE, 9);
    assert!(slow(&machine).any(|event| matches!(event, SlowEvent::CompactEnd { captured: true, .. })));
    let walks = slow(&machine).filter(|event| matches!(event, SlowEvent::Walked { .. }));
    assert_eq!(walks.count(), 2, "the first attempt and that at the min mark");
    let page = machine.page_info(answer.pfn.expect("a page")).expect("memory");
    assert_eq!((page.block.state, page.block.order), (PageState::Allocated, 9));
}

#[test]
fn exit_8_small_movable_blocks_are_made_after_reclaim() {
    let mut machine = fragmented();
    assert_eq!(outcome(&mut machine, Gfp::GFP_HIGHUSER_MOVABLE, 3), Outcome::Compaction);
    let at = |wanted: fn(&SlowEvent) -> bool| slow(&machine).position(|event| wanted(&event));
    let reclaimed = at(|event| matches!(event, SlowEvent::Progress { .. }));
    let compacted = at(|event| matches!(event, SlowEvent::CompactBegin { .. }));
    assert!(reclaimed.is_some() && reclaimed < compacted);
}

#[test]
fn exit_3_a_huge_page_that_must_not_retry_fails_where_compaction_is_skipped() {
    let mut machine = machine(500);
    assert_eq!(outcome(&mut machine, Gfp::GFP_TRANSHUGE | Gfp::NORETRY, 9), Outcome::CompactionHopeless);
    let events = machine.vm_events();
    assert_eq!((events.get(VmEvent::CompactStall), events.get(VmEvent::CompactFail)), (1, 1), "skipped, yet a stall");
    assert_eq!(events.get(VmEvent::AllocStallNormal), 0);
    assert!(!warned(&machine), "__GFP_NOWARN");
}

#[test]
fn exit_4_reserves_serve_who_may_use_them() {
    let mut machine = machine(20);
    assert_eq!(outcome(&mut machine, Gfp::GFP_KERNEL | Gfp::MEMALLOC, 0), Outcome::Retry);
}

#[test]
fn exit_5_who_may_not_reclaim_fails_after_two_attempts() {
    let mut machine = machine(20);
    assert_eq!(outcome(&mut machine, Gfp::GFP_ATOMIC, 0), Outcome::CannotReclaim);
    assert_eq!(slow(&machine).filter(|event| matches!(event, SlowEvent::Walked { .. })).count(), 3);
    assert!(warned(&machine));
}

#[test]
fn exit_6_who_reclaims_already_does_not_begin_again() {
    let mut machine = machine(0);
    let mut task = Task { flags: TaskFlags::MEMALLOC, ..Task::new(CPU) };
    assert_eq!(ask(&mut machine, &mut task, Gfp::GFP_KERNEL, 0).outcome, Outcome::WouldRecurse);
    assert_eq!(task.flags, TaskFlags::MEMALLOC);
}

#[test]
fn exit_7_pages_that_reclaim_frees_serve() {
    let mut machine = machine(90);
    cache(&mut machine, 1001, 600);
    let mut task = Task::new(CPU);
    assert_eq!(ask(&mut machine, &mut task, Gfp::GFP_KERNEL, 0).outcome, Outcome::Reclaim);
    assert!(slow(&machine).any(|event| matches!(event, SlowEvent::Progress { pages: 32.. })));
    assert_eq!((task.flags, task.in_memstall, machine.pressure().memstalls), (TaskFlags::empty(), false, 1));
}

#[test]
fn exit_9_one_round_is_all_that_noretry_wants() {
    let mut machine = machine(20);
    assert_eq!(outcome(&mut machine, Gfp::GFP_KERNEL | Gfp::NORETRY, 0), Outcome::NoRetry);
    assert_eq!(slow(&machine).filter(|event| *event == SlowEvent::Progress { pages: 0 }).count(), 1);
}

#[test]
fn exit_10_large_blocks_get_one_round() {
    let mut machine = machine(20);
    assert_eq!(outcome(&mut machine, Gfp::GFP_KERNEL, 4), Outcome::Costly);
    assert_eq!(machine.vm_events().get(VmEvent::CompactStall), 2, "once before and once after reclaim");
}

#[test]
fn exit_11_memory_that_others_free_meanwhile_keeps_the_oom_killer_away() {
    let mut machine = machine(20);
    let mut task = Task::new(CPU);
    let mut alloc = machine.begin_alloc(&mut task, Gfp::GFP_KERNEL, order(0), NODE, None);
    let hopeless = |machine: &Recorded| slow(machine).any(|event| matches!(event, SlowEvent::ReclaimRetry { .. }));
    while !hopeless(&machine) {
        assert!(matches!(alloc.resume(&mut machine, &mut task), Step::Wait(_)));
    }
    (1000..1400).for_each(|page| machine.free_pages(CPU, Pfn(START + page), order(0)).expect("in use"));
    let Step::Done(answer) = alloc.resume(&mut machine, &mut task) else { panic!("still waiting") };
    assert_eq!((answer.pfn.is_some(), answer.outcome), (true, Outcome::LastTry));
    assert_eq!(alloc.resume(&mut machine, &mut task), Step::Done(answer), "an answer stays");
}

#[test]
fn exit_12_a_victim_that_used_its_share_fails() {
    let mut machine = machine(20);
    let mut task = Task { oom_victim: true, ..Task::new(CPU) };
    assert_eq!(ask(&mut machine, &mut task, Gfp::GFP_KERNEL, 0).outcome, Outcome::OomVictim);
    let half = |event: &Event| matches!(event, Event::ReserveFlags { alloc_flags } if *alloc_flags == AllocFlags::OOM);
    assert!(machine.sink().iter().any(half));
}

#[test]
fn a_victim_gets_half_of_the_min_reserve() {
    let mut task = Task { oom_victim: true, ..Task::new(CPU) };
    assert_eq!(ask(&mut machine(60), &mut task, Gfp::GFP_KERNEL, 0).outcome, Outcome::Retry);
}

#[test]
fn exit_13_must_not_fail_yet_may_not_reclaim_is_a_contradiction() {
    assert_eq!(outcome(&mut machine(20), Gfp::GFP_NOWAIT | Gfp::NOFAIL, 0), Outcome::NoFailCannotReclaim);
}

#[test]
fn exit_14_must_not_fail_takes_a_quarter_of_the_reserve() {
    let mut task = Task { flags: TaskFlags::MEMALLOC, ..Task::new(CPU) };
    let gfp = Gfp::GFP_KERNEL | Gfp::NOFAIL | Gfp::NOMEMALLOC;
    assert_eq!(ask(&mut machine(90), &mut task, gfp, 0).outcome, Outcome::NoFail);
}

#[test]
fn where_the_oom_killer_helps_not_who_must_not_fail_gets_everything() {
    let mut machine = machine(20);
    assert_eq!(outcome(&mut machine, Gfp::GFP_KERNEL | Gfp::NOFAIL, 0), Outcome::LastTry);
    let all = |event: &Event| matches!(event, Event::Walk { alloc_flags, .. } if alloc_flags.contains(AllocFlags::NO_WATERMARKS));
    assert!(machine.sink().iter().any(all));
}

#[test]
fn who_waits_for_nobody_is_given_up() {
    let mut machine = machine(0);
    assert_eq!(outcome(&mut machine, Gfp::GFP_KERNEL | Gfp::NOFAIL, 0), Outcome::Livelock);
    assert!(!warned(&machine), "the kernel would not have failed");
}

#[test]
fn a_request_for_no_zone_fails_at_once() {
    let mut machine = machine_of(NORMAL, &[(0, 10, MigrateType::Unmovable)]);
    assert_eq!(outcome(&mut machine, Gfp::GFP_DMA, 0), Outcome::NoZone);
    assert_eq!(slow(&machine).filter(|event| matches!(event, SlowEvent::Walked { .. })).count(), 1);
}

#[test]
fn the_oom_killer_is_not_for_everybody() {
    let plain = Task::new(CPU);
    let dumps = Task { flags: TaskFlags::DUMPCORE, ..plain.clone() };
    let rows = [
        (&dumps, Gfp::GFP_KERNEL, 0, OomRefusal::CoreDump),
        (&plain, Gfp::GFP_KERNEL | Gfp::RETRY_MAYFAIL, 4, OomRefusal::Costly),
        (&plain, Gfp::GFP_KERNEL | Gfp::RETRY_MAYFAIL, 0, OomRefusal::MayFail),
        (&plain, Gfp::GFP_KERNEL | Gfp::THISNODE, 0, OomRefusal::ThisNode),
    ];
    for (task, gfp, of, reason) in rows {
        let mut machine = machine(20);
        assert_eq!(ask(&mut machine, &mut task.clone(), gfp, of).outcome, Outcome::OomRefused);
        assert_eq!(refusal(&machine), Some(reason));
    }
    let mut low = machine_of(DMA32, &[]);
    assert_eq!(outcome(&mut low, Gfp::GFP_KERNEL | Gfp::GFP_DMA32, 0), Outcome::OomRefused);
    assert_eq!(refusal(&low), Some(OomRefusal::LowMemory));
    let mut asleep = machine(20);
    asleep.restrict_gfp_mask(true);
    assert_eq!(outcome(&mut asleep, Gfp::GFP_KERNEL, 0), Outcome::OomRefused);
    assert_eq!(refusal(&asleep), Some(OomRefusal::Suspended));
    let mut off = machine(20);
    assert_eq!(outcome(&mut off, Gfp::GFP_KERNEL, 0), Outcome::OomRefused);
    assert_eq!(refusal(&off), None, "it was called, but is switched off");
}

/// How node reclaim ended in a request of that order.
fn node_reclaim(machine: &mut Recorded, gfp: Gfp, of: u32) -> Option<NodeReclaim> {
    machine.write_sysctl(Sysctl::parse("zone_reclaim_mode", "1").expect("a file")).expect("a value");
    ask(machine, &mut Task::new(CPU), gfp, of);
    slow(machine).find_map(|event| match event {
        SlowEvent::NodeReclaim { result, .. } => Some(result),
        _ => None,
    })
}

#[test]
fn node_reclaim_runs_where_it_may_and_pays() {
    assert_eq!(node_reclaim(&mut machine(110), Gfp::GFP_KERNEL, 0), Some(NodeReclaim::Full));
    let mut little = machine(110);
    cache_of(&mut little, 1001, 200, LifeFlags::PINNED);
    assert_eq!(node_reclaim(&mut little, Gfp::GFP_KERNEL, 3), Some(NodeReclaim::Some));
    let mut much = machine(110);
    cache(&mut much, 1001, 200);
    assert_eq!(node_reclaim(&mut much, Gfp::GFP_ATOMIC, 0), Some(NodeReclaim::NoScan));
    assert_eq!(node_reclaim(&mut much, Gfp::GFP_KERNEL, 0), Some(NodeReclaim::Success));
}

/// What came of each direct compaction for a huge page of which one page in each pageblock cannot be moved.
fn compactions(task: &mut Task, rounds: usize) -> Vec<CompactResult> {
    let mut machine = fragmented_with(LifeFlags::PINNED);
    let mut results = Vec::new();
    for _ in 0..rounds {
        ask(&mut machine, task, Gfp::GFP_TRANSHUGE, 9);
        results.extend(slow(&machine).filter_map(|event| match event {
            SlowEvent::CompactEnd { result, .. } => Some(result),
            _ => None,
        }));
    }
    results
}

#[test]
fn compaction_in_vain_is_given_up_and_put_off() {
    let results = compactions(&mut Task::new(CPU), 4);
    for wanted in [CompactResult::PartialSkipped, CompactResult::Deferred] {
        assert!(results.contains(&wanted), "{wanted:?} is not among {results:?}");
    }
}

#[test]
fn a_balanced_node_leaves_large_blocks_to_kcompactd() {
    let mut machine = machine(400);
    machine.write_sysctl(Sysctl::parse("dirty_ratio", "0").expect("a file")).expect("a value");
    machine.restore_node_stat(NODE, NodeItem::Dirty, 4000);
    let wakeups = |machine: &mut Recorded, gfp| {
        ask(machine, &mut Task::new(CPU), gfp | Gfp::WRITE, 0);
        let wakeup = |event: &Event| match event {
            Event::WakeKswapd { wakeup, .. } => Some(*wakeup),
            _ => None,
        };
        machine.sink().iter().filter_map(wakeup).collect::<Vec<_>>()
    };
    assert!(wakeups(&mut machine, Gfp::GFP_KERNEL).contains(&Wakeup::Balanced));
    assert!(wakeups(&mut machine, Gfp::GFP_NOWAIT).contains(&Wakeup::BalancedWakesKcompactd));
}

#[test]
fn nodes_that_change_meanwhile_start_the_request_over() {
    let mut machine = machine(20);
    let mut tree = CpusetTree::new(NodeMask::of(NODE), false);
    let id = tree.create(Default::default(), "set").expect("a child");
    let mut task = Task::new(CPU);
    tree.set_mems(id, NodeMask::of(NODE), [&mut task]).expect("a node");
    *machine.cpusets_mut() = tree;
    let mut alloc = machine.begin_alloc(&mut task, Gfp::GFP_KERNEL | Gfp::NORETRY, order(0), NODE, None);
    assert!(matches!(alloc.resume(&mut machine, &mut task), Step::Wait(_)));
    task.change_mems_allowed(NodeMask::of(NODE));
    while matches!(alloc.resume(&mut machine, &mut task), Step::Wait(_)) {}
    assert_eq!(slow(&machine).filter(|event| matches!(event, SlowEvent::CpusetRetry { .. })).count(), 1);
    assert_eq!(machine.sink().iter().filter(|event| matches!(event, Event::SlowPath { .. })).count(), 2);
}

#[test]
fn a_nodemask_outside_the_cpuset_is_dropped_before_giving_up() {
    let mut machine = machine(20);
    let mut tree = CpusetTree::new(NodeMask::of(NODE), false);
    tree.create(Default::default(), "set").expect("a child");
    *machine.cpusets_mut() = tree;
    let mut task = Task { mems_allowed: NodeMask::of(NODE), ..Task::new(CPU) };
    machine.alloc_pages_nodemask(&mut task, Gfp::GFP_NOWAIT, order(0), NODE, Some(NodeMask(0b10)));
    let dropped = |event| event == SlowEvent::CpusetRetry { nodemask_dropped: true };
    assert_eq!(slow(&machine).filter(|&event| dropped(event)).count(), 1);
}

#[test]
fn a_request_pauses_where_the_kernel_can_sleep() {
    let mut machine = machine(20);
    let mut task = Task { flags: TaskFlags::WQ_WORKER, ..Task::new(CPU) };
    let mut alloc = machine.begin_alloc(&mut task, Gfp::GFP_KERNEL, order(0), NODE, None);
    let mut waits = Vec::new();
    while let Step::Wait(wait) = alloc.resume(&mut machine, &mut task) {
        waits.push(wait);
    }
    assert!(waits.contains(&Wait::Sleep(1)), "a worker sleeps so that others of its pool run: {waits:?}");
}

#[test]
fn what_served_at_once_is_done_when_it_begins() {
    let mut machine = machine_of(NORMAL, &[(0, 10, MigrateType::Unmovable)]);
    let mut task = Task::new(CPU);
    let mut alloc = machine.begin_alloc(&mut task, Gfp::GFP_KERNEL, order(0), NODE, None);
    let Step::Done(answer) = alloc.resume(&mut machine, &mut task) else { panic!("nothing to wait for") };
    assert_eq!(answer.outcome, Outcome::Fast);
}

#[test]
fn several_requests_can_be_inside_at_once() {
    let mut machine = machine(20);
    let mut tasks = [Task::new(CPU), Task::new(CPU)];
    let mut allocs: Vec<_> = tasks
        .iter_mut()
        .map(|task| machine.begin_alloc(task, Gfp::GFP_KERNEL | Gfp::NORETRY, order(0), NODE, None))
        .collect();
    let mut ended = 0;
    for _ in 0..100_000 {
        ended = 0;
        for (alloc, task) in allocs.iter_mut().zip(&mut tasks) {
            ended += u32::from(matches!(alloc.resume(&mut machine, task), Step::Done(_)));
        }
        if ended == 2 {
            break;
        }
    }
    assert_eq!(ended, 2);
}

#[test]
fn a_request_by_policy_can_pause_as_well_and_its_hit_is_counted() {
    let mut machine = machine_of(NORMAL, &[(0, 10, MigrateType::Unmovable)]);
    let mut task = Task::new(CPU);
    let all = NodeMask::of(NODE);
    task.policy = Mempolicy::new(PolicyMode::Interleave, PolicyFlags::empty(), all, all, all).expect("a policy");
    let mut alloc = machine.begin_alloc_current(&mut task, Gfp::GFP_KERNEL, order(0));
    assert!(matches!(alloc.resume(&mut machine, &mut task), Step::Done(_)));
    assert!(matches!(alloc.resume(&mut machine, &mut task), Step::Done(_)));
    assert_eq!(machine.numa_counters(NORMAL)[NumaItem::InterleaveHit as usize], 1);
    assert_eq!(task.il_prev, Some(NODE));
}
