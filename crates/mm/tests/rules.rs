//! The allocator's rules, one statement of behavior each, on machines small enough to follow by hand.

use buddyscope_mm::alloc::fault::FaultInjection;
use buddyscope_mm::config::{ByteRange, MachineConfig, MemoryRange, PcSpec, Sysctl};
use buddyscope_mm::event::{Event, Outcome, Restart, Skip, Verdict};
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::{CpuId, MigrateType, NodeId, NodeMask, Order, Pfn, ZoneId, ZoneType};
use buddyscope_mm::restore::MachineParts;
use buddyscope_mm::task::mempolicy::{Mempolicy, PolicyFlags, PolicyMode};
use buddyscope_mm::task::{Task, TaskFlags};
use buddyscope_mm::vmstat::{NodeItem, NodeStat, NumaItem, ZoneItem};
use buddyscope_mm::zone::zonelist::ZoneRef;
use buddyscope_mm::zone::{Cpu, Node, Zone};
use buddyscope_mm::{Booting, BuddyOptions, Fault, Machine, PageState};

type Recorded = Machine<Vec<Event>>;

/// First page of the small machine's only zone.
const BASE: u64 = 1 << 20;
const ZONE: ZoneId = ZoneId::new(NodeId(0), ZoneType::Normal);
const CPU: CpuId = CpuId(0);

fn write_sysctl(machine: &mut Recorded, name: &str, text: &str) {
    machine.write_sysctl(Sysctl::parse(name, text).expect("a number")).expect("in range");
}

/// One CPU, one Normal zone of `pages` pages, all of them free in largest blocks, no per-CPU caching.
fn small(pages: u64) -> Recorded {
    small_with(pages, 0)
}

fn small_with(pages: u64, guardpage_minorder: u8) -> Recorded {
    let mut node = Node::new(NodeId(0));
    node.present_pages = pages;
    node.distance = vec![10];
    node.fallback.refs = vec![ZoneRef::new(NodeId(0), ZoneType::Normal)];
    node.nofallback = node.fallback.clone();
    let mut zones: Vec<Zone> = ZoneType::ALL.map(|kind| Zone::empty(NodeId(0), kind)).into();
    let zone = &mut zones[ZONE.index()];
    zone.start_pfn = Pfn(BASE);
    (zone.spanned_pages, zone.present_pages, zone.managed_pages) = (pages, pages, pages);
    let parts = MachineParts {
        nodes: vec![node],
        zones,
        cpus: vec![Cpu { id: CPU, node: NodeId(0) }],
        zone_ranges: vec![(Pfn(BASE), Pfn(BASE + pages), ZONE)],
        reserved: Vec::new(),
        online_nodes: NodeMask::of(NodeId(0)),
        options: BuddyOptions {
            group_by_mobility_disabled: false,
            guardpage_minorder,
            watermark_boost_factor: 15_000,
            numa_stat: true,
        },
        sysctl: Default::default(),
        min_free_kbytes: 0,
        totalreserve_pages: 0,
        fault: None,
        seed: 1,
    };
    let mut machine = Machine::new(parts, Vec::new()).expect("consistent parts");
    for block in (0..pages).step_by(1024) {
        machine.restore_pageblock(Pfn(BASE + block), MigrateType::Movable);
        machine.restore_pageblock(Pfn(BASE + block + 512), MigrateType::Movable);
        machine.restore_free_block(ZONE, Pfn(BASE + block), order(10), MigrateType::Movable).expect("a free block");
    }
    machine.restore_zone_stat(ZONE, ZoneItem::FreePages, pages as i64);
    machine
}

fn order(order: u32) -> Order {
    Order::new(order).expect("an order")
}

fn task() -> Task {
    Task::new(CPU)
}

fn allocate(machine: &mut Recorded, gfp: Gfp, of: u32) -> Option<u64> {
    machine.alloc_pages_nodemask(&mut task(), gfp, order(of), NodeId(0), None).pfn.map(|pfn| pfn.0 - BASE)
}

fn free(machine: &mut Recorded, page: u64, of: u32) {
    machine.free_pages(CPU, Pfn(BASE + page), order(of)).expect("a block in use");
}

fn list(machine: &Recorded, of: u32, kind: MigrateType) -> Vec<u64> {
    machine.free_list(ZONE, order(of), kind).map(|pfn| pfn.0 - BASE).collect()
}

fn booted(bytes: u64, nodes: usize, command_line: &str) -> Recorded {
    let spec = PcSpec::uniform(nodes, bytes / nodes as u64, 1, 20).expect("a machine");
    let mut config = MachineConfig::pc(&spec).expect("a machine");
    config.boot = buddyscope_mm::config::BootParams::parse(command_line).expect("boot parameters");
    Machine::boot(&config, Vec::new()).expect("boots")
}

#[test]
fn a_split_gives_the_lowest_pages_and_lists_the_upper_halves() {
    let mut machine = small(1024);
    assert_eq!(allocate(&mut machine, Gfp::MOVABLE, 7), Some(0));
    let lists = [7, 8, 9, 10].map(|of| list(&machine, of, MigrateType::Movable));
    assert_eq!(lists, [vec![128], vec![256], vec![512], vec![]]);
}

#[test]
fn pages_freed_in_order_merge_and_the_one_that_will_merge_soon_goes_to_the_tail() {
    let mut machine = small(1024);
    let pages: Vec<u64> = (0..1024).filter_map(|_| allocate(&mut machine, Gfp::MOVABLE, 0)).collect();
    assert_eq!(pages, (0..1024).collect::<Vec<_>>());
    free(&mut machine, 40, 0);
    free(&mut machine, 8, 0);
    assert_eq!(list(&machine, 0, MigrateType::Movable), [8, 40]);
    free(&mut machine, 9, 0);
    assert_eq!(list(&machine, 1, MigrateType::Movable), [8]);
    // The parent's buddy, 8 and 9, is free: 10 will not stay alone for long.
    free(&mut machine, 10, 0);
    assert_eq!(list(&machine, 0, MigrateType::Movable), [40, 10]);
    free(&mut machine, 11, 0);
    assert_eq!(list(&machine, 2, MigrateType::Movable), [8]);
    machine.audit().expect("invariants");
}

/// Fills the per-CPU lists with `lengths` unmovable, movable and reclaimable pages and gives `count` back. Names pages
/// by list and position, the tail last.
fn drained(lengths: [usize; 3], count: u32) -> String {
    let mut machine = small(1024);
    let page = allocate(&mut machine, Gfp::MOVABLE, 9).expect("a page");
    assert_eq!(page, 0);
    let names = ["u", "m", "r"];
    let mut name_of = std::collections::BTreeMap::new();
    // The pages stand outside every block once their allocation is split and freed one by one into the lists.
    machine.restore_pcp(ZONE, CPU, 1000, count, 0).expect("a set");
    machine.split_page(Pfn(BASE), order(9)).expect("a block in use");
    let kinds = [MigrateType::Unmovable, MigrateType::Movable, MigrateType::Reclaimable];
    let mut next = 0;
    for (kind, length) in kinds.into_iter().zip(lengths) {
        machine.restore_pageblock(Pfn(BASE), kind);
        // A freed page goes to the head.
        for position in (0..length).rev() {
            free(&mut machine, next, 0);
            name_of.insert(Pfn(BASE + next), format!("{}{position}", names[kind as usize]));
            next += 2;
        }
    }
    machine.sink_mut().clear();
    machine.drain_zone_pages(CPU, ZONE);
    let drains = machine.sink().iter().filter_map(|event| match event {
        Event::PcpDrain { pfn, .. } => Some(name_of[pfn].clone()),
        _ => None,
    });
    drains.collect::<Vec<_>>().join(" ")
}

#[test]
fn pcp_lists_are_drained_round_robin_with_runs_that_grow_over_empty_lists() {
    assert_eq!(drained([4, 5, 2], 8), "m4 r1 u3 m3 r0 u2 m2 u1");
    assert_eq!(drained([4, 5, 0], 7), "m4 u3 u2 m3 u1 u0 m2");
    assert_eq!(drained([1, 0, 4], 5), "r3 r2 u0 r1 r0");
    assert_eq!(drained([0, 3, 0], 3), "m2 m1 m0");
}

#[test]
fn a_refill_hands_pages_out_in_ascending_order() {
    let mut machine = small(1024);
    machine.restore_pcp(ZONE, CPU, 42, 7, 0).expect("a set");
    assert_eq!((0..3).filter_map(|_| allocate(&mut machine, Gfp::MOVABLE, 0)).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(machine.pcp(ZONE, CPU).count, 4);
    free(&mut machine, 1, 0);
    assert_eq!(allocate(&mut machine, Gfp::MOVABLE, 0), Some(1), "the hottest page is used first");
}

#[test]
fn an_atomic_request_may_go_to_three_eighths_of_min() {
    let mut machine = booted(1 << 30, 1, "transparent_hugepage=never");
    write_sysctl(&mut machine, "min_free_kbytes", "67584");
    let dma = ZoneId::new(NodeId(0), ZoneType::Dma);
    let min = machine.zones()[dma.index()].watermark[0];
    while machine.alloc_pages_nodemask(&mut task(), Gfp::GFP_ATOMIC | Gfp::DMA, order(0), NodeId(0), None).pfn.is_some()
    {
    }
    let last = machine.sink().iter().rev().find_map(|event| match event {
        Event::Watermark(check) => Some(*check),
        _ => None,
    });
    let check = last.expect("a check");
    let halved = min - min / 2;
    assert_eq!(check.verdict, Verdict::BelowMark);
    assert_eq!(check.min as u64, halved - halved / 4);
    let limit = check.min + check.reserve;
    let drift = i64::from(machine.pcp(dma, CPU).stat_threshold);
    assert!(check.free <= limit && check.free + drift >= limit, "{check:?}");
}

#[test]
fn pf_memalloc_ignores_marks_and_its_pages_say_so() {
    let mut machine = booted(256 << 20, 1, "");
    let mut reclaimer = task();
    reclaimer.flags = TaskFlags::MEMALLOC;
    let mut last = None;
    while let Some(pfn) = machine.alloc_pages_nodemask(&mut reclaimer, Gfp::GFP_NOWAIT, order(0), NodeId(0), None).pfn {
        last = Some(pfn);
    }
    assert!(machine.zones().iter().all(|zone| (0..11).all(|of| zone.nr_free(of) == 0)));
    let info = machine.page_info(last.expect("a page")).expect("memory");
    assert!(info.flags.contains(buddyscope_mm::PageFlags::PFMEMALLOC));
}

#[test]
fn stealing_boosts_the_marks_but_taking_whole_pageblocks_does_not() {
    let mut machine = small(4096);
    allocate(&mut machine, Gfp::empty(), 0).expect("a page");
    assert_eq!(machine.zones()[ZONE.index()].watermark_boost, 0, "an order-10 block was taken whole");
    let mut machine = small(4096);
    machine.restore_zone_stat(ZONE, ZoneItem::FreePages, 4096);
    for _ in 0..4 {
        allocate(&mut machine, Gfp::MOVABLE, 9).expect("half a block");
    }
    for _ in 0..4 {
        allocate(&mut machine, Gfp::MOVABLE, 8).expect("a quarter");
    }
    allocate(&mut machine, Gfp::MOVABLE, 0).expect("a page");
    assert_eq!(machine.zones()[ZONE.index()].watermark_boost, 0, "nothing was stolen so far");
    allocate(&mut machine, Gfp::RECLAIMABLE, 0).expect("a page");
    let steals: Vec<(u8, bool)> = machine
        .sink()
        .iter()
        .filter_map(|event| match event {
            Event::Steal { fallback_order, owned, .. } => Some((*fallback_order, *owned)),
            _ => None,
        })
        .collect();
    assert_eq!(steals.len(), 1, "{steals:?}");
}

#[test]
fn guard_pages_are_kept_out_of_the_lists_and_absorbed_again() {
    let mut machine = small_with(1024, 2);
    assert_eq!(allocate(&mut machine, Gfp::MOVABLE, 0), Some(0));
    assert_eq!((list(&machine, 0, MigrateType::Movable), list(&machine, 1, MigrateType::Movable)), (vec![], vec![]));
    assert_eq!(list(&machine, 2, MigrateType::Movable), [4]);
    let guard = machine.page_info(Pfn(BASE + 1)).expect("memory");
    assert_eq!((guard.block.state, guard.block.order), (PageState::Guard, 0));
    assert_eq!(machine.zone_stat(ZONE, ZoneItem::FreePages), 1024 - 4);
    free(&mut machine, 0, 0);
    assert_eq!(list(&machine, 10, MigrateType::Movable), [0]);
    assert_eq!(machine.zone_stat(ZONE, ZoneItem::FreePages), 1024);
}

#[test]
fn dirty_nodes_are_passed_over_by_writers_at_first_only() {
    let mut machine = booted(1 << 30, 1, "");
    let mut stat = NodeStat::default();
    stat.set(NodeItem::Dirty, 1 << 20);
    machine.set_node_stat(NodeId(0), stat);
    let answer = machine.alloc_pages_nodemask(&mut task(), Gfp::GFP_KERNEL | Gfp::WRITE, order(0), NodeId(0), None);
    assert_eq!(answer.outcome, Outcome::MinMark);
    let skips = machine.sink().iter().filter(|e| matches!(e, Event::Skipped { reason: Skip::DirtyNode, .. }));
    assert!(skips.count() > 0);
}

#[test]
fn a_walk_starts_over_before_it_leaves_the_node() {
    let mut machine = booted(16 << 30, 2, "");
    // Exhaust node 0's zones as far as an ordinary request may.
    let mut remote = None;
    while remote.is_none() {
        machine.sink_mut().clear();
        let answer = machine.alloc_pages_nodemask(&mut task(), Gfp::GFP_KERNEL, order(10), NodeId(0), None);
        remote = answer.pfn.filter(|&pfn| machine.page_zone(pfn).is_some_and(|zone| zone.id.node() == NodeId(1)));
        assert!(answer.pfn.is_some());
    }
    let restarts =
        machine.sink().iter().filter(|e| matches!(e, Event::Restarted { reason: Restart::RemoteNode, .. })).count();
    assert_eq!(restarts, 1);
}

#[test]
fn an_injected_failure_emits_no_allocation_and_changes_no_page() {
    let mut machine = booted(256 << 20, 1, "");
    let fault = FaultInjection::from_boot_parameter("1,100,0,-1").expect("a parameter");
    machine.set_fault_injection(Some(fault));
    let free = machine.zone_stat(ZoneId::new(NodeId(0), ZoneType::Dma32), ZoneItem::FreePages);
    let answer = machine.alloc_pages_nodemask(&mut task(), Gfp::GFP_NOWAIT, order(1), NodeId(0), None);
    assert_eq!((answer.pfn, answer.outcome), (None, Outcome::Injected));
    assert_eq!(machine.zone_stat(ZoneId::new(NodeId(0), ZoneType::Dma32), ZoneItem::FreePages), free);
    let spared = machine.alloc_pages_nodemask(&mut task(), Gfp::GFP_NOWAIT, order(0), NodeId(0), None);
    assert!(spared.pfn.is_some(), "order 0 is immune by default");
}

#[test]
fn the_last_of_several_references_frees_and_a_plain_block_loses_its_tails_first() {
    let mut machine = small(1024);
    let page = allocate(&mut machine, Gfp::MOVABLE, 2).expect("a block");
    machine.get_page(Pfn(BASE + page), order(2)).expect("in use");
    free(&mut machine, page, 2);
    assert_eq!(list(&machine, 0, MigrateType::Movable), [1]);
    assert_eq!(list(&machine, 1, MigrateType::Movable), [2]);
    free(&mut machine, page, 0);
    assert_eq!(list(&machine, 10, MigrateType::Movable), [0]);
    let page = allocate(&mut machine, Gfp::MOVABLE | Gfp::COMP, 2).expect("a block");
    machine.get_page(Pfn(BASE + page), order(2)).expect("in use");
    free(&mut machine, page, 2);
    assert_eq!(list(&machine, 10, MigrateType::Movable), Vec::<u64>::new(), "a compound page waits as a whole");
    free(&mut machine, page, 2);
    assert_eq!(list(&machine, 10, MigrateType::Movable), [0]);
    machine.audit().expect("invariants");
}

#[test]
fn reported_blocks_keep_their_mark_until_they_are_used() {
    let mut machine = small(64 * 1024);
    let first = machine.report_free_pages();
    assert_eq!((first.blocks, first.pages), (64, 64 * 1024));
    assert_eq!(machine.report_free_pages().blocks, 0, "nothing new to tell");
    let page = allocate(&mut machine, Gfp::MOVABLE, 10).expect("a block");
    free(&mut machine, page, 10);
    assert_eq!(machine.report_free_pages().blocks, 1);
    machine.audit().expect("invariants");
}

#[test]
fn a_broken_page_is_cut_out_of_its_free_block() {
    let mut machine = small(1024);
    assert_eq!(machine.take_page_off_buddy(Pfn(BASE + 5)), Ok(true));
    let lists = [0, 1, 2, 3, 9].map(|of| list(&machine, of, MigrateType::Movable));
    assert_eq!(lists, [vec![4], vec![6], vec![0], vec![8], vec![512]]);
    assert_eq!(machine.zone_stat(ZONE, ZoneItem::FreePages), 1024, "5.10.35 forgets to count it");
    assert_eq!(machine.take_page_off_buddy(Pfn(BASE + 5)), Ok(false));
    machine.audit().expect("invariants");
}

#[test]
fn an_exact_request_gives_its_surplus_back() {
    let mut machine = small(1024);
    let first = machine.alloc_pages_exact(&mut task(), Gfp::MOVABLE, 5).expect("pages");
    assert_eq!(first, Pfn(BASE));
    assert_eq!((list(&machine, 0, MigrateType::Movable), list(&machine, 1, MigrateType::Movable)), (vec![5], vec![6]));
    machine.release_pages(CPU, &(0..5).map(|n| Pfn(BASE + n)).collect::<Vec<_>>()).expect("in use");
    assert_eq!(list(&machine, 10, MigrateType::Movable), [0]);
    assert_eq!(machine.alloc_pages_exact(&mut task(), Gfp::MOVABLE, 1025), None);
}

#[test]
fn a_mapping_interleaves_by_address_and_leaves_the_tasks_turn_alone() {
    let mut machine = booted(16 << 30, 2, "");
    let all = machine.memory_nodes();
    let policy = Mempolicy::new(PolicyMode::Interleave, PolicyFlags::empty(), all, all, all).expect("a policy");
    let mut task = task();
    let mut node_at = |address| {
        let fault = Fault { policy, start: 0x1000, pgoff: 0, address, hugepage: false };
        let answer = machine.alloc_pages_vma(&mut task, Gfp::GFP_HIGHUSER_MOVABLE, order(0), &fault);
        answer.pfn.and_then(|pfn| machine.page_zone(pfn)).map(|zone| zone.id.node().0)
    };
    let nodes = [0x1000, 0x2000, 0x3000, 0x2000].map(&mut node_at);
    assert_eq!(nodes, [Some(0), Some(1), Some(0), Some(1)]);
    assert_eq!(task.il_prev, None);
    let hits: u64 = machine.zones().iter().map(|z| machine.numa_counters(z.id)[NumaItem::InterleaveHit as usize]).sum();
    assert_eq!(hits, 4);
}

#[test]
fn a_suspending_system_gives_no_request_io_or_fs() {
    let mut machine = booted(256 << 20, 1, "");
    machine.restrict_gfp_mask(true);
    machine.alloc_pages_nodemask(&mut task(), Gfp::GFP_KERNEL, order(0), NodeId(0), None);
    let begun = machine.sink().iter().find_map(|event| match event {
        Event::AllocBegin { gfp, .. } => Some(*gfp),
        _ => None,
    });
    assert_eq!(begun, Some(Gfp::RECLAIM));
}

#[test]
fn remote_pages_that_lie_idle_are_drained_after_three_rounds() {
    let mut machine = booted(16 << 30, 2, "");
    let remote = machine.alloc_pages_node(&mut task(), Some(NodeId(1)), Gfp::GFP_KERNEL, order(0)).pfn.expect("a page");
    let zone = machine.page_zone(remote).expect("a zone").id;
    let kept = machine.pcp(zone, CPU).count;
    assert!(kept > 0);
    for _ in 0..2 {
        machine.vmstat_update(CPU);
        assert_eq!(machine.pcp(zone, CPU).count, kept);
    }
    machine.vmstat_update(CPU);
    assert_eq!(machine.pcp(zone, CPU).count, 0);
}

#[test]
fn deferred_memory_comes_a_section_at_a_time_while_booting_and_whole_afterwards() {
    let spec = PcSpec::uniform(1, 1 << 30, 1, 20).expect("a machine");
    let mut config = MachineConfig::pc(&spec).expect("a machine");
    config.memory = vec![MemoryRange {
        range: ByteRange { start: 4 << 30, end: 5 << 30 },
        node: NodeId(0),
        hotpluggable: false,
        mirrored: false,
    }];
    config.reserved.clear();
    config.boot.deferred_struct_pages = true;
    let mut booting = Booting::memblock_free_all(&config, Vec::new()).expect("boots");
    let free = |machine: &Recorded| machine.zone_stat(ZONE, ZoneItem::FreePages);
    let section = 32_768;
    assert_eq!(free(booting.machine()), section);
    let machine = booting.machine_mut();
    for _ in 0..section / 1024 {
        let answer = machine.alloc_pages_nodemask(&mut task(), Gfp::GFP_KERNEL, order(10), NodeId(0), None);
        assert!(answer.pfn.is_some());
    }
    assert_eq!(free(machine), 0);
    assert!(machine.alloc_pages_nodemask(&mut task(), Gfp::GFP_KERNEL, order(0), NodeId(0), None).pfn.is_some());
    assert_eq!(machine.zones()[ZONE.index()].managed_pages as i64, 2 * section);
    let machine = booting.finish();
    assert_eq!(machine.zones()[ZONE.index()].managed_pages, 1 << 18);
    machine.audit().expect("invariants");
}

#[test]
fn reserved_pageblocks_come_back_for_the_request_that_needs_them() {
    let mut machine = small(128 * 1024);
    let mut urgent = task();
    urgent.realtime = true;
    // Only a request that fails its first attempt is HARDER; make the low mark unreachable for one.
    write_sysctl(&mut machine, "min_free_kbytes", "400000");
    let mut blocks = 0;
    while machine.zones()[ZONE.index()].nr_reserved_highatomic < 1024 && blocks < 1000 {
        machine.alloc_pages_nodemask(&mut urgent, Gfp::GFP_ATOMIC, order(9), NodeId(0), None);
        blocks += 1;
    }
    assert_eq!(machine.zones()[ZONE.index()].nr_reserved_highatomic, 1024);
    assert!(!machine.unreserve_highatomic_pageblock(Gfp::MOVABLE, NodeId(0), None, false), "no page of them is free");
}

#[test]
fn a_request_with_both_mobility_bits_is_refused_by_the_check_and_harmless_without_it() {
    let gfp = Gfp::GFP_NOWAIT | Gfp::MOVABLE | Gfp::RECLAIMABLE;
    assert!(gfp.check().is_err());
    let mut machine = booted(256 << 20, 1, "");
    for of in [0, 3] {
        assert!(machine.alloc_pages_nodemask(&mut task(), gfp, order(of), NodeId(0), None).pfn.is_some());
    }
    machine.audit().expect("invariants");
}
