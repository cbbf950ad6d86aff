//! Rules that no recording at hand shows, one statement of behavior each. tools/mutations.json breaks each of them, and
//! its test here has to notice.

use buddyscope_mm::config::{BootParams, MachineConfig, PcSpec};
use buddyscope_mm::event::{Event, Outcome, Restart, Skip, Verdict, Wakeup};
use buddyscope_mm::gfp::{AllocFlags, Gfp};
use buddyscope_mm::pfn::{CpuId, MigrateType, NodeId, NodeMask, Order, Pfn, ZoneId, ZoneType};
use buddyscope_mm::restore::MachineParts;
use buddyscope_mm::task::Task;
use buddyscope_mm::task::cpuset::{CpusetId, CpusetTree};
use buddyscope_mm::task::mempolicy::{Mempolicy, Placement, PolicyFlags, PolicyMode};
use buddyscope_mm::task::nodemap::relative_nodes;
use buddyscope_mm::vmstat::ZoneItem;
use buddyscope_mm::zone::zonelist::{ZoneRef, Zonelist};
use buddyscope_mm::zone::{Cpu, Node, ZONE_BOOSTED_WATERMARK, Zone};
use buddyscope_mm::{Answer, BuddyOptions, Machine};

type Recorded = Machine<Vec<Event>>;

const CPU: CpuId = CpuId(0);
const DMA32: ZoneId = ZoneId::new(NodeId(0), ZoneType::Dma32);
const NORMAL: ZoneId = ZoneId::new(NodeId(0), ZoneType::Normal);
const MOVABLE: ZoneId = ZoneId::new(NodeId(0), ZoneType::Movable);
const REMOTE: ZoneId = ZoneId::new(NodeId(1), ZoneType::Normal);
/// First page of the zones below, and how many they have: too few for a boost.
const START: u64 = 1 << 20;
const PAGES: u64 = 1024;

/// A machine of these zones, each `PAGES` long, one after the other, all without a page on a list and with marks of 0.
/// Every node walks its own zones first, the highest first.
fn machine(zones: &[ZoneId], change: impl FnOnce(&mut MachineParts)) -> Recorded {
    let count = zones.iter().map(|zone| zone.node().index() + 1).max().unwrap_or(0);
    let ids = || (0..count as u8).map(NodeId);
    let mut all: Vec<Zone> = ids().flat_map(|node| ZoneType::ALL.map(|kind| Zone::empty(node, kind))).collect();
    let mut zone_ranges = Vec::new();
    for (&id, start) in zones.iter().zip((START..).step_by(PAGES as usize)) {
        let zone = &mut all[id.index()];
        zone.start_pfn = Pfn(start);
        (zone.spanned_pages, zone.present_pages, zone.managed_pages) = (PAGES, PAGES, PAGES);
        zone_ranges.push((Pfn(start), Pfn(start + PAGES), id));
    }
    let refs_of = |node: NodeId| {
        let own = zones.iter().rev().filter(move |zone| zone.node() == node);
        own.map(|zone| ZoneRef::new(zone.node(), zone.zone_type()))
    };
    let nodes = ids().map(|id| {
        let mut node = Node::new(id);
        node.present_pages = PAGES;
        node.distance = ids().map(|to| if to == id { 10 } else { 20 }).collect();
        node.nofallback = Zonelist { refs: refs_of(id).collect() };
        let order = [id].into_iter().chain(ids().filter(|&other| other != id));
        node.fallback = Zonelist { refs: order.flat_map(refs_of).collect() };
        node.kcompactd_highest_zoneidx = 3;
        node
    });
    let mut parts = MachineParts {
        nodes: nodes.collect(),
        zones: all,
        cpus: vec![Cpu { id: CPU, node: NodeId(0) }],
        zone_ranges,
        reserved: Vec::new(),
        online_nodes: ids().collect(),
        options: BuddyOptions {
            group_by_mobility_disabled: false,
            guardpage_minorder: 0,
            watermark_boost_factor: 15_000,
            numa_stat: true,
        },
        sysctl: Default::default(),
        min_free_kbytes: 0,
        totalreserve_pages: 0,
        fault: None,
        seed: 1,
    };
    change(&mut parts);
    Machine::new(parts, Vec::new()).expect("consistent parts")
}

fn order(order: u32) -> Order {
    Order::new(order).expect("an order")
}

fn pfn(machine: &Recorded, zone: ZoneId, page: u64) -> Pfn {
    Pfn(machine.zones()[zone.index()].start_pfn.0 + page)
}

/// Puts a free block on a list and counts its pages.
fn put(machine: &mut Recorded, zone: ZoneId, page: u64, of: u32, list: MigrateType) {
    let first = pfn(machine, zone, page);
    machine.restore_free_block(zone, first, order(of), list).expect("a place");
    let items = [Some(ZoneItem::FreePages), (list == MigrateType::Cma).then_some(ZoneItem::FreeCma)];
    for item in items.into_iter().flatten() {
        let count = machine.zone_stat(zone, item) + (1 << of);
        machine.restore_zone_stat(zone, item, count);
    }
}

/// Puts as many blocks of an order on a list, none beside another.
fn put_many(machine: &mut Recorded, zone: ZoneId, count: u64, of: u32, list: MigrateType) {
    (0..count).for_each(|n| put(machine, zone, n << (of + 1), of, list));
}

fn allocate(machine: &mut Recorded, gfp: Gfp, of: u32) -> Answer {
    machine.sink_mut().clear();
    machine.alloc_pages_nodemask(&mut Task::new(CPU), gfp, order(of), NodeId(0), None)
}

/// What came of each wake request that an allocation makes.
fn wakes(machine: &mut Recorded, gfp: Gfp, of: u32) -> Vec<Wakeup> {
    allocate(machine, gfp, of);
    let wakes = machine.sink().iter().filter_map(|event| match event {
        Event::WakeKswapd { wakeup, .. } => Some(*wakeup),
        _ => None,
    });
    wakes.collect()
}

/// A node whose first zone has 100 free pages by its counter and more by its CPU's delta. Marks are 120, 130 and 150,
/// and a movable zone is boosted.
fn drifting(zones: &[ZoneId], delta: i16, drift_mark: u64) -> Recorded {
    let mut machine = machine(zones, |parts| {
        for zone in &mut parts.zones {
            zone.watermark = [120, 130, 150];
            zone.percpu_drift_mark = drift_mark;
        }
        parts.zones[MOVABLE.index()].watermark_boost = 1;
    });
    machine.restore_pcp(zones[0], CPU, 0, 1, 125).expect("a set");
    machine.restore_delta(zones[0], CPU, ZoneItem::FreePages, delta).expect("a set");
    put_many(&mut machine, zones[0], 25, 2, MigrateType::Unmovable);
    machine
}

const WAKING: Gfp = Gfp::KSWAPD_RECLAIM;

#[test]
fn below_the_drift_mark_a_node_is_balanced_by_its_exact_count() {
    use Wakeup::{AlreadyAwake, BalancedWakesKcompactd, Woken};
    assert_eq!(wakes(&mut drifting(&[NORMAL], 60, 1000), WAKING, 1), [BalancedWakesKcompactd; 2]);
    assert_eq!(wakes(&mut drifting(&[NORMAL], 60, 50), WAKING, 1), [Woken, AlreadyAwake], "above it");
    assert_eq!(wakes(&mut drifting(&[NORMAL], 40, 1000), WAKING, 1), [Woken, AlreadyAwake], "below the high mark");
}

#[test]
fn one_balanced_zone_is_enough() {
    assert_eq!(wakes(&mut drifting(&[DMA32, NORMAL], 60, 1000), WAKING, 1)[0], Wakeup::BalancedWakesKcompactd);
}

#[test]
fn a_boost_above_the_zones_asked_for_does_not_wake_kswapd() {
    assert_eq!(wakes(&mut drifting(&[NORMAL, MOVABLE], 60, 1000), WAKING, 1)[0], Wakeup::BalancedWakesKcompactd);
}

#[test]
fn every_node_is_asked_once_before_and_once_after_the_min_mark() {
    let mut machine = machine(&[DMA32, NORMAL, REMOTE], |_| {});
    allocate(&mut machine, WAKING, 0);
    let asked = machine.sink().iter().filter_map(|event| match event {
        Event::WakeKswapd { node, .. } => Some(node.0),
        _ => None,
    });
    assert_eq!(asked.collect::<Vec<_>>(), [0, 1, 0, 1]);
}

#[test]
fn a_zone_without_managed_pages_is_not_asked() {
    let mut machine = machine(&[DMA32, NORMAL], |parts| parts.zones[NORMAL.index()].managed_pages = 0);
    assert_eq!(wakes(&mut machine, WAKING, 3), []);
    assert_eq!(machine.nodes()[0].kswapd_order, 0);
}

#[test]
fn nodes_outside_the_cpuset_are_not_asked() {
    let mut machine = machine(&[NORMAL, REMOTE], |_| {});
    let (tree, mut task) = cpuset_of(NodeMask(0b11), NodeMask(0b10), false);
    *machine.cpusets_mut() = tree;
    machine.alloc_pages_nodemask(&mut task, WAKING | Gfp::HARDWALL, order(2), NodeId(0), None);
    assert_eq!([0, 1].map(|node| machine.nodes()[node].kswapd_order), [0, 2]);
}

/// A cpuset with `inner` nodes, in one with `outer` nodes that may be hardwalled, and a task in it.
fn cpuset_of(outer: NodeMask, inner: NodeMask, hardwall: bool) -> (CpusetTree, Task) {
    let mut tree = CpusetTree::new(NodeMask(0b111) & (outer | NodeMask(if hardwall { 0b100 } else { 0 })), false);
    let above = tree.create(CpusetId::ROOT, "a").expect("a name");
    tree.set_mems(above, outer, []).expect("nodes with memory");
    tree.set_walls(above, false, hardwall).expect("walls");
    let own = tree.create(above, "b").expect("a name");
    tree.set_mems(own, inner, []).expect("nodes of its parent");
    let mut task = Task::new(CPU);
    tree.attach(own, &mut task).expect("a cpuset with nodes");
    (tree, task)
}

/// A node on which kswapd gave up, so that kcompactd is asked at once.
fn hopeless(marks: [u64; 3]) -> Recorded {
    machine(&[DMA32, NORMAL], |parts| {
        parts.nodes[0].kswapd_failures = 16;
        parts.zones[NORMAL.index()].watermark = marks;
    })
}

fn kcompactd(machine: &Recorded) -> (u8, u8, bool) {
    let node = &machine.nodes()[0];
    (node.kcompactd_max_order, node.kcompactd_highest_zoneidx, !node.kcompactd_asleep)
}

#[test]
fn kcompactd_is_asked_for_the_highest_order_and_the_lowest_zone() {
    let mut machine = hopeless([0; 3]);
    allocate(&mut machine, WAKING | Gfp::DMA32, 0);
    assert_eq!(kcompactd(&machine), (0, 3, false), "not for order 0");
    allocate(&mut machine, WAKING | Gfp::DMA32, 3);
    allocate(&mut machine, WAKING, 2);
    assert_eq!(kcompactd(&machine), (3, 1, false), "and with no free page it sleeps on");
}

/// Whether kcompactd wakes for a request of an order, with free blocks of another order on a list.
fn compacts(marks: [u64; 3], of: u32, blocks: &[(u64, u32, MigrateType)]) -> bool {
    let mut machine = hopeless(marks);
    let mut page = 0;
    for &(count, size, list) in blocks {
        for _ in 0..count {
            put(&mut machine, NORMAL, page, size, list);
            page += 2 << size;
        }
    }
    allocate(&mut machine, WAKING, of);
    kcompactd(&machine).2
}

const FREE: MigrateType = MigrateType::Unmovable;

#[test]
fn kcompactd_wakes_if_enough_is_free_but_in_pieces() {
    assert!(compacts([0; 3], 2, &[(200, 0, FREE)]));
    assert!(!compacts([20, 50, 50], 2, &[(10, 2, FREE)]), "the request will pass at the min mark");
    let min = [100, 150, 200];
    assert!(!compacts(min, 2, &[(104, 0, FREE)]), "twice the order has to be free above the mark");
    assert!(compacts(min, 2, &[(130, 0, FREE)]));
    assert!(!compacts(min, 4, &[(140, 0, FREE)]), "for large orders above the low mark");
    assert!(compacts(min, 2, &[(80, 0, FREE), (50, 0, MigrateType::Cma)]), "CMA pages count");
}

#[test]
fn for_large_orders_the_fragmentation_index_decides() {
    assert!(compacts([50; 3], 4, &[(40, 2, FREE)]), "index 725");
    assert!(!compacts([50; 3], 4, &[(40, 3, FREE)]), "index 475: for lack of memory");
}

#[test]
fn kcompactd_is_woken_for_what_it_was_asked_for_before() {
    let mut machine = hopeless([100; 3]);
    put_many(&mut machine, NORMAL, 106, 0, FREE);
    allocate(&mut machine, WAKING, 2);
    allocate(&mut machine, WAKING, 1);
    assert_eq!(kcompactd(&machine), (2, 2, false), "106 pages would do for order 1 alone");
}

#[test]
fn blocks_of_different_zones_do_not_merge() {
    let split = START + 513;
    let mut machine = machine(&[DMA32, NORMAL], |parts| {
        parts.zone_ranges = vec![(Pfn(START), Pfn(split), DMA32), (Pfn(split), Pfn(START + PAGES), NORMAL)];
        parts.zones[DMA32.index()].spanned_pages = 513;
        let normal = &mut parts.zones[NORMAL.index()];
        (normal.start_pfn, normal.spanned_pages) = (Pfn(split), PAGES - 513);
    });
    put(&mut machine, DMA32, 512, 0, FREE);
    put(&mut machine, NORMAL, 0, 0, FREE);
    assert_eq!(allocate(&mut machine, Gfp::DMA32, 0).pfn, Some(Pfn(split - 1)));
    machine.free_pages(CPU, Pfn(split - 1), order(0)).expect("a page in use");
    assert_eq!([DMA32, NORMAL].map(|zone| machine.free_list(zone, order(0), FREE).count()), [1, 1]);
}

#[test]
fn cma_blocks_do_not_let_other_requests_pass() {
    let mut machine = machine(&[NORMAL], |_| {});
    put(&mut machine, NORMAL, 512, 3, MigrateType::Cma);
    put_many(&mut machine, NORMAL, 8, 0, FREE);
    let verdicts = |machine: &Recorded| -> Vec<Verdict> {
        let checks = machine.sink().iter().filter_map(|event| match event {
            Event::Watermark(check) => Some(check.verdict),
            _ => None,
        });
        checks.collect()
    };
    allocate(&mut machine, Gfp::empty(), 1);
    assert!(verdicts(&machine).iter().all(|&verdict| verdict == Verdict::NoBlock));
    assert!(allocate(&mut machine, Gfp::MOVABLE, 1).pfn.is_some());
}

#[test]
fn the_only_node_avoids_fragmentation_even_without_a_lower_zone() {
    let mut machine = machine(&[NORMAL], |_| {});
    allocate(&mut machine, Gfp::empty(), 0);
    let walks = machine.sink().iter().filter_map(|event| match event {
        Event::Walk { alloc_flags, .. } => Some(alloc_flags.contains(AllocFlags::NOFRAGMENT)),
        _ => None,
    });
    assert_eq!(walks.collect::<Vec<_>>()[..2], [true, false]);
}

#[test]
fn a_failed_order_0_request_uses_up_the_boost_flag_and_a_larger_one_does_not() {
    for (of, consumed) in [(0, true), (1, false)] {
        let mut machine = machine(&[NORMAL], |parts| parts.zones[NORMAL.index()].flags = ZONE_BOOSTED_WATERMARK);
        put_many(&mut machine, NORMAL, 8, of, MigrateType::Movable);
        // Nothing can be stolen at first; the second walk may, and succeeds.
        assert!(allocate(&mut machine, Gfp::empty(), of).pfn.is_some());
        let events = machine.sink();
        let wake = events.iter().position(|event| matches!(event, Event::WakeKswapd { .. }));
        let again = events.iter().position(|e| matches!(e, Event::Restarted { reason: Restart::EndOfList, .. }));
        assert!(wake.is_some() && again.is_some());
        assert_eq!(wake < again, consumed, "order {of}");
    }
}

#[test]
fn an_isolated_pageblock_is_not_reserved_for_atomic_requests() {
    let mut machine = machine(&[NORMAL], |parts| parts.zones[NORMAL.index()].watermark = [0, 5000, 5000]);
    machine.restore_pageblock(Pfn(START), MigrateType::Isolate);
    put_many(&mut machine, NORMAL, 8, 3, MigrateType::Movable);
    assert_eq!(allocate(&mut machine, Gfp::GFP_ATOMIC | Gfp::MOVABLE, 3).outcome, Outcome::MinMark);
    assert_eq!(machine.zones()[NORMAL.index()].nr_reserved_highatomic, 0);
    assert_eq!(machine.pageblock_type(Pfn(START)), Some(MigrateType::Isolate));
}

#[test]
fn a_pageblock_is_isolated_once() {
    let mut machine = machine(&[NORMAL], |_| {});
    put(&mut machine, NORMAL, 0, 9, FREE);
    let isolate = |machine: &mut Recorded| machine.isolate_pageblock(Pfn(START), MigrateType::Movable);
    assert_eq!((isolate(&mut machine), isolate(&mut machine)), (Ok(true), Ok(false)));
    assert_eq!(machine.zones()[NORMAL.index()].nr_isolate_pageblock, 1);
}

#[test]
fn movable_zones_and_cma_blocks_decide_by_themselves_what_is_busy() {
    for (zone, kind, isolated) in [(NORMAL, FREE, false), (MOVABLE, FREE, true), (NORMAL, MigrateType::Cma, false)] {
        let mut machine = machine(&[zone], |_| {});
        if kind == MigrateType::Cma {
            machine.restore_pageblock(Pfn(START), kind);
        } else {
            machine.restore_pages_in_use();
        }
        assert_eq!(machine.isolate_pageblock(Pfn(START), MigrateType::Movable), Ok(isolated), "{zone} {kind:?}");
    }
}

#[test]
fn the_first_walk_is_hardwalled_though_the_request_is_not() {
    let mut machine = machine(&[NORMAL, REMOTE], |_| {});
    put(&mut machine, NORMAL, 0, 3, FREE);
    let (tree, mut task) = cpuset_of(NodeMask(0b11), NodeMask(0b10), false);
    *machine.cpusets_mut() = tree;
    let all = Some(NodeMask(0b11));
    let answer = machine.alloc_pages_nodemask(&mut task, Gfp::empty(), order(3), NodeId(0), all);
    assert_eq!((answer.pfn, answer.outcome), (Some(Pfn(START)), Outcome::MinMark));
    let skipped = |event: &Event| *event == Event::Skipped { zone: NORMAL, reason: Skip::Cpuset };
    assert_eq!(machine.sink().iter().filter(|event| skipped(event)).count(), 1);
}

#[test]
fn kernel_requests_stop_at_a_hardwalled_cpuset() {
    let (tree, task) = cpuset_of(NodeMask(0b11), NodeMask(0b10), true);
    assert_eq!([0, 1, 2].map(|node| tree.node_allowed(&task, NodeId(node), Gfp::empty())), [true, true, false]);
}

#[test]
fn relative_nodes_beyond_the_allowed_ones_are_counted_round() {
    assert_eq!(relative_nodes(NodeMask(0b1001), NodeMask(0b0110)), NodeMask(0b0110));
    let all = NodeMask(0b1111);
    let policy = Mempolicy::new(PolicyMode::Preferred, PolicyFlags::RELATIVE_NODES, NodeMask(0b0010), all, all);
    let Ok(Some(mut policy)) = policy else { panic!("refused") };
    policy.rebind(NodeMask(0b1100));
    assert_eq!(policy.placement, Placement::Preferred(NodeId(3)));
}

fn booted(nodes: usize, gib: u64, line: &str) -> Machine<Vec<Event>> {
    let spec = PcSpec::uniform(nodes, gib << 30, 1, 20).expect("a machine");
    let mut config = MachineConfig::pc(&spec).expect("a machine");
    config.boot = BootParams::parse(line).expect("boot parameters");
    Machine::boot(&config, Vec::new()).expect("boots")
}

#[test]
fn a_contiguous_area_is_of_its_own_type_and_counts_for_marks_but_not_for_per_cpu_sets() {
    let (plain, cma) = (booted(1, 1, ""), booted(1, 1, "cma=512M@256M"));
    assert_eq!(cma.pageblock_type(Pfn(256 << 8)), Some(MigrateType::Cma));
    assert_eq!(cma.zone_stat(DMA32, ZoneItem::FreeCma), 512 << 8);
    assert_eq!(plain.zones()[DMA32.index()].watermark, cma.zones()[DMA32.index()].watermark);
    assert!(plain.pcp(DMA32, CPU).batch > cma.pcp(DMA32, CPU).batch);
}

#[test]
fn huge_pages_want_room_in_kernel_zones_only() {
    let [without, with] = ["", " movablecore=2G"]
        .map(|movable| booted(1, 16, &format!("transparent_hugepage=always{movable}")).min_free_kbytes());
    assert_eq!(without, with);
}
