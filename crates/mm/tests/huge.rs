//! Transparent huge pages: who gets them, what shares them, and what splits them.

mod actor;
mod noted;

use actor::{Actor, touch};
use buddyscope_mm::config::{Distances, MachineConfig, PcNode, PcSpec, Thp, ThpDefrag, ThpSettings};
use buddyscope_mm::event::{Event, HugeEvent, SplitResult};
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::io::DeviceId;
use buddyscope_mm::lru::LruIndex;
use buddyscope_mm::pfn::{CpuId, NodeId, Order, Pfn};
use buddyscope_mm::reclaim::MemcgLimit;
use buddyscope_mm::task::Task;
use buddyscope_mm::task::mm::{RssKind, VmFlags, VmaId};
use buddyscope_mm::user::{Fork, MapSpec, ProcessSpec};
use buddyscope_mm::vmstat::{NodeItem, VmEvent, ZoneItem};
use buddyscope_mm::wait::Step;
use buddyscope_mm::{Machine, MemcgId};
use noted::Noted;

const CPU: CpuId = CpuId(0);

/// A machine of 64 MiB where every mapping gets huge pages.
fn machine() -> Machine<Noted> {
    machine_with(Thp::Always, ThpDefrag::Madvise)
}

fn machine_with(enabled: Thp, defrag: ThpDefrag) -> Machine<Noted> {
    let nodes = vec![PcNode { bytes: 64 << 20, cpus: 1, hotpluggable: false }];
    let distances = Distances::uniform(1, 20).expect("distances");
    let config = MachineConfig::pc(&PcSpec { nodes, distances, max_ram_below_4g: 3 << 30 }).expect("a machine");
    let mut machine = Machine::boot(&config, Noted::default()).expect("a machine that boots");
    machine.set_thp(ThpSettings { defrag, ..ThpSettings::at_boot(enabled) });
    machine.register_huge_page_shrinkers();
    machine
}

fn actor(machine: &mut Machine<Noted>, memcg: MemcgId) -> Actor {
    let mut task = Task::new(CPU);
    let pid = machine.start_process(ProcessSpec { memcg, ..ProcessSpec::default() }, &mut task);
    Actor { task, pid }
}

fn map(machine: &mut Machine<Noted>, actor: &Actor, pages: u64, more: VmFlags) -> VmaId {
    let spec = MapSpec { pages, flags: VmFlags::WRITE | more, ..MapSpec::default() };
    machine.mmap(actor.pid, spec).expect("a mapping")
}

/// A process whose first two MiB are one huge page that it wrote.
fn with_huge_page(machine: &mut Machine<Noted>) -> (Actor, VmaId) {
    let mut actor = actor(machine, MemcgId::ROOT);
    let vma = map(machine, &actor, 1024, VmFlags::empty());
    touch(machine, &mut actor, vma, 7, true);
    assert_eq!(event(machine, VmEvent::ThpFaultAlloc), 1);
    (actor, vma)
}

fn fork(machine: &mut Machine<Noted>, parent: &mut Actor) -> Actor {
    let mut fork = Fork::new(parent.pid);
    for _ in 0..1000 {
        if let Step::Done(child) = fork.resume(machine, &mut parent.task) {
            let pid = child.expect("memory for a child");
            return Actor { task: Task { pid, ..parent.task.fork() }, pid };
        }
    }
    panic!("a fork that does not end");
}

fn event(machine: &Machine<Noted>, event: VmEvent) -> u64 {
    machine.vm_events().get(event)
}

fn node(machine: &Machine<Noted>, item: NodeItem) -> u64 {
    machine.nodes()[0].stat.get(item)
}

fn zone(machine: &Machine<Noted>, item: ZoneItem) -> i64 {
    machine.zones().iter().map(|zone| machine.zone_page_state_snapshot(zone, item)).sum()
}

fn rss(machine: &Machine<Noted>, actor: &Actor) -> u64 {
    machine.mm_of(actor.pid).map_or(0, |mm| mm.rss(RssKind::Anon))
}

fn lists(machine: &Machine<Noted>, lru: LruIndex) -> Vec<Pfn> {
    machine.lru_pages(MemcgId::ROOT, NodeId(0), lru).map(|page| page.pfn).collect()
}

/// What was told of huge pages.
fn told(machine: &Machine<Noted>) -> Vec<HugeEvent> {
    machine.sink().iter().filter_map(|event| if let Event::Huge(event) = event { Some(*event) } else { None }).collect()
}

fn checked(machine: &Machine<Noted>) {
    machine.audit().expect("everything agrees");
}

#[test]
fn a_write_fault_maps_two_mib_with_one_page_and_keeps_a_table_page() {
    let mut machine = machine();
    let tables = zone(&machine, ZoneItem::PageTable);
    let (actor, _) = with_huge_page(&mut machine);
    assert_eq!((rss(&machine, &actor), node(&machine, NodeItem::AnonPages)), (512, 512));
    assert_eq!(node(&machine, NodeItem::AnonTransparentHugepages), 1);
    // One entry of the list, which goes there at once, counts as 512 pages.
    assert_eq!((lists(&machine, LruIndex::InactiveAnon).len(), node(&machine, NodeItem::InactiveAnon)), (1, 512));
    assert_eq!(zone(&machine, ZoneItem::PageTable) - tables, 2);
    assert_eq!(machine.mm_of(actor.pid).map(|mm| mm.pgtables_bytes()), Some(3 << 12));
    checked(&machine);
    machine.exit_process(CPU, actor.pid);
    assert_eq!((node(&machine, NodeItem::AnonPages), zone(&machine, ZoneItem::PageTable)), (0, tables));
    assert_eq!(node(&machine, NodeItem::AnonTransparentHugepages), 0);
}

#[test]
fn only_a_mapping_with_room_for_it_gets_a_huge_page() {
    let mut machine = machine();
    let mut actor = actor(&mut machine, MemcgId::ROOT);
    let vma = map(&mut machine, &actor, 1000, VmFlags::empty());
    touch(&mut machine, &mut actor, vma, 600, true);
    assert_eq!((event(&machine, VmEvent::ThpFaultAlloc), rss(&machine, &actor)), (0, 1));
    touch(&mut machine, &mut actor, vma, 511, true);
    assert_eq!((event(&machine, VmEvent::ThpFaultAlloc), rss(&machine, &actor)), (1, 513));
    checked(&machine);
}

#[test]
fn with_madvise_only_mappings_that_ask_get_huge_pages_and_none_that_decline() {
    let allocated = |enabled, flags| {
        let mut machine = machine_with(enabled, ThpDefrag::Never);
        let mut actor = actor(&mut machine, MemcgId::ROOT);
        let vma = map(&mut machine, &actor, 512, flags);
        touch(&mut machine, &mut actor, vma, 0, true);
        event(&machine, VmEvent::ThpFaultAlloc)
    };
    assert_eq!(allocated(Thp::Madvise, VmFlags::empty()), 0);
    assert_eq!(allocated(Thp::Madvise, VmFlags::HUGEPAGE), 1);
    assert_eq!(allocated(Thp::Always, VmFlags::NOHUGEPAGE), 0);
    assert_eq!(allocated(Thp::Never, VmFlags::HUGEPAGE), 0);
}

#[test]
fn without_a_free_block_a_small_page_has_to_do() {
    let mut machine = machine_with(Thp::Always, ThpDefrag::Never);
    let mut user = Task::new(CPU);
    let order = Order::new(9).expect("an order");
    while machine.alloc_pages_node(&mut user, None, Gfp::GFP_NOWAIT - Gfp::KSWAPD_RECLAIM, order).pfn.is_some() {}
    let mut actor = actor(&mut machine, MemcgId::ROOT);
    let vma = map(&mut machine, &actor, 512, VmFlags::empty());
    touch(&mut machine, &mut actor, vma, 3, true);
    let events = [VmEvent::ThpFaultAlloc, VmEvent::ThpFaultFallback, VmEvent::ThpFaultFallbackCharge];
    assert_eq!(events.map(|e| event(&machine, e)), [0, 1, 0]);
    assert_eq!(rss(&machine, &actor), 1);
}

#[test]
fn a_group_without_room_for_512_pages_gets_a_small_one() {
    let mut machine = machine_with(Thp::Always, ThpDefrag::Defer);
    let group = machine.create_memcg(MemcgId::ROOT, "/a").expect("a group");
    let mut root = Task::new(CPU);
    machine.set_memcg_limit(&mut root, group, MemcgLimit::Max(300)).expect("a limit");
    let mut actor = actor(&mut machine, group);
    let vma = map(&mut machine, &actor, 512, VmFlags::empty());
    touch(&mut machine, &mut actor, vma, 3, true);
    let events = [VmEvent::ThpFaultAlloc, VmEvent::ThpFaultFallback, VmEvent::ThpFaultFallbackCharge];
    assert_eq!(events.map(|e| event(&machine, e)), [0, 1, 1]);
    assert_eq!(rss(&machine, &actor), 1);
    checked(&machine);
}

#[test]
fn a_read_maps_the_page_of_zeros_which_a_write_splits_into_small_ones() {
    let mut machine = machine();
    let mut actor = actor(&mut machine, MemcgId::ROOT);
    let vma = map(&mut machine, &actor, 1024, VmFlags::empty());
    touch(&mut machine, &mut actor, vma, 0, false);
    touch(&mut machine, &mut actor, vma, 600, false);
    assert_eq!((event(&machine, VmEvent::ThpZeroPageAlloc), rss(&machine, &actor)), (1, 0));
    touch(&mut machine, &mut actor, vma, 5, true);
    assert_eq!((event(&machine, VmEvent::ThpSplitPmd), rss(&machine, &actor)), (1, 1));
    assert_eq!(told(&machine), [HugeEvent::SplitPmd { pfn: None, compound_mapcount: 0 }]);
    checked(&machine);
    machine.exit_process(CPU, actor.pid);
    // Only memory pressure frees it.
    let free = zone(&machine, ZoneItem::FreePages);
    machine.drop_caches(&Task::new(CPU), 2);
    assert_eq!(zone(&machine, ZoneItem::FreePages) - free, 512);
    checked(&machine);
}

#[test]
fn a_child_shares_the_huge_page_and_a_write_copies_one_small_page() {
    let mut machine = machine();
    let (mut parent, vma) = with_huge_page(&mut machine);
    let mut child = fork(&mut machine, &mut parent);
    assert_eq!((rss(&machine, &child), node(&machine, NodeItem::AnonPages)), (512, 512));
    checked(&machine);
    touch(&mut machine, &mut child, vma, 9, true);
    // The child's entry is split, the parent's is not; the page stays as it is.
    assert_eq!((event(&machine, VmEvent::ThpSplitPmd), event(&machine, VmEvent::ThpSplitPage)), (1, 0));
    assert_eq!((rss(&machine, &child), node(&machine, NodeItem::AnonPages)), (512, 513));
    assert_eq!(node(&machine, NodeItem::AnonTransparentHugepages), 1);
    checked(&machine);
    // The last entry for the whole goes: one part is not mapped any more.
    machine.exit_process(CPU, parent.pid);
    assert_eq!((node(&machine, NodeItem::AnonTransparentHugepages), node(&machine, NodeItem::AnonPages)), (0, 512));
    assert_eq!(event(&machine, VmEvent::ThpDeferredSplitPage), 1);
    checked(&machine);
    machine.exit_process(CPU, child.pid);
    assert_eq!(node(&machine, NodeItem::AnonPages), 0);
    checked(&machine);
}

#[test]
fn who_has_the_huge_page_alone_again_may_write_it_as_a_whole() {
    let mut machine = machine();
    let (mut parent, vma) = with_huge_page(&mut machine);
    let child = fork(&mut machine, &mut parent);
    machine.exit_process(CPU, child.pid);
    touch(&mut machine, &mut parent, vma, 9, true);
    assert_eq!((event(&machine, VmEvent::ThpSplitPmd), rss(&machine, &parent)), (0, 512));
    checked(&machine);
}

#[test]
fn a_pinned_huge_page_is_copied_page_by_page_when_the_process_forks() {
    let mut machine = machine();
    let (mut parent, vma) = with_huge_page(&mut machine);
    assert_eq!(machine.pin(CPU, parent.pid, vma, 1), 1);
    let child = fork(&mut machine, &mut parent);
    assert_eq!((event(&machine, VmEvent::ThpSplitPmd), rss(&machine, &child)), (1, 512));
    assert_eq!(node(&machine, NodeItem::AnonPages), 1024);
    checked(&machine);
}

#[test]
fn a_huge_page_of_which_a_part_goes_is_split_when_memory_is_short() {
    let mut machine = machine();
    let (actor, vma) = with_huge_page(&mut machine);
    machine.madvise_dontneed(CPU, actor.pid, vma, 100, 50);
    let events = [VmEvent::ThpSplitPmd, VmEvent::ThpDeferredSplitPage, VmEvent::ThpSplitPage];
    assert_eq!(events.map(|e| event(&machine, e)), [1, 1, 0]);
    assert_eq!((rss(&machine, &actor), node(&machine, NodeItem::AnonPages)), (462, 462));
    checked(&machine);
    let free = zone(&machine, ZoneItem::FreePages);
    let pfn = lists(&machine, LruIndex::InactiveAnon)[0];
    machine.drop_caches(&Task::new(CPU), 2);
    machine.drain_all_pages();
    assert_eq!(events.map(|e| event(&machine, e)), [1, 1, 1]);
    let entry = HugeEvent::SplitPmd { pfn: Some(pfn), compound_mapcount: 0 };
    let page = HugeEvent::SplitPage { pfn, result: SplitResult::Split, mapcount: 462, unmapped: 50 };
    assert_eq!(told(&machine), [entry, page]);
    assert_eq!(zone(&machine, ZoneItem::FreePages) - free, 50);
    assert_eq!(node(&machine, NodeItem::InactiveAnon), 462);
    checked(&machine);
}

#[test]
fn a_whole_huge_page_that_is_not_needed_goes_at_once() {
    let mut machine = machine();
    let (actor, vma) = with_huge_page(&mut machine);
    machine.madvise_dontneed(CPU, actor.pid, vma, 0, 512);
    assert_eq!((event(&machine, VmEvent::ThpSplitPmd), rss(&machine, &actor)), (0, 0));
    assert_eq!(node(&machine, NodeItem::AnonPages), 0);
    checked(&machine);
}

#[test]
fn parts_of_a_split_page_lie_on_its_list_in_order() {
    let mut machine = machine();
    let (actor, vma) = with_huge_page(&mut machine);
    let first = lists(&machine, LruIndex::InactiveAnon)[0];
    machine.madvise_dontneed(CPU, actor.pid, vma, 511, 1);
    machine.drop_caches(&Task::new(CPU), 2);
    let expected: Vec<Pfn> = (0..511).rev().map(|n| Pfn(first.0 + n)).collect();
    assert_eq!(lists(&machine, LruIndex::InactiveAnon), expected);
    checked(&machine);
}

#[test]
fn mlock_takes_a_huge_page_that_one_entry_maps_and_leaves_shared_ones() {
    let mut machine = machine();
    let (mut parent, vma) = with_huge_page(&mut machine);
    machine.mlock(CPU, parent.pid, vma);
    assert_eq!((zone(&machine, ZoneItem::Mlock), node(&machine, NodeItem::Unevictable)), (512, 512));
    checked(&machine);
    machine.munlock(CPU, parent.pid, vma);
    assert_eq!((zone(&machine, ZoneItem::Mlock), node(&machine, NodeItem::Unevictable)), (0, 0));
    let child = fork(&mut machine, &mut parent);
    machine.mlock(CPU, child.pid, vma);
    assert_eq!(zone(&machine, ZoneItem::Mlock), 0);
    checked(&machine);
}

#[test]
fn a_locked_mapping_gets_locked_huge_pages_that_lose_the_lock_when_they_are_split() {
    let mut machine = machine();
    let mut actor = actor(&mut machine, MemcgId::ROOT);
    let vma = map(&mut machine, &actor, 512, VmFlags::LOCKED);
    touch(&mut machine, &mut actor, vma, 0, true);
    assert_eq!((zone(&machine, ZoneItem::Mlock), node(&machine, NodeItem::Unevictable)), (512, 512));
    let _ = fork(&mut machine, &mut actor);
    touch(&mut machine, &mut actor, vma, 0, true);
    assert_eq!((zone(&machine, ZoneItem::Mlock), event(&machine, VmEvent::UnevictablePgsCleared)), (1, 512));
    checked(&machine);
}

#[test]
fn memory_that_may_be_dropped_stays_huge_if_it_is_mapped_as_a_whole() {
    let mut machine = machine();
    let (actor, vma) = with_huge_page(&mut machine);
    machine.madvise_free(CPU, actor.pid, vma);
    assert_eq!((event(&machine, VmEvent::PgLazyFree), event(&machine, VmEvent::ThpSplitPage)), (512, 0));
    assert_eq!(node(&machine, NodeItem::InactiveFile), 512);
    checked(&machine);
}

#[test]
fn memory_that_may_be_dropped_is_split_if_small_entries_map_it() {
    let mut machine = machine();
    let (actor, vma) = with_huge_page(&mut machine);
    machine.madvise_dontneed(CPU, actor.pid, vma, 0, 1);
    machine.madvise_free(CPU, actor.pid, vma);
    assert_eq!((event(&machine, VmEvent::PgLazyFree), event(&machine, VmEvent::ThpSplitPage)), (511, 1));
    checked(&machine);
}

#[test]
fn paging_out_splits_a_huge_page_and_swaps_its_parts() {
    let mut machine = machine();
    machine.swapon(5000, DeviceId::default(), 0);
    let (mut actor, vma) = with_huge_page(&mut machine);
    assert_eq!(machine.madvise_pageout(&actor.task, vma), 512);
    let events = [VmEvent::ThpSplitPage, VmEvent::ThpSwpOutFallback, VmEvent::PswpOut];
    assert_eq!(events.map(|e| event(&machine, e)), [1, 1, 512]);
    checked(&machine);
    // They come back as small pages.
    touch(&mut machine, &mut actor, vma, 40, true);
    assert_eq!(rss(&machine, &actor), 1);
    checked(&machine);
}

#[test]
fn the_pool_grows_and_shrinks_by_movable_blocks() {
    let mut machine = machine_with(Thp::Never, ThpDefrag::Never);
    let mut admin = Task::new(CPU);
    let free = zone(&machine, ZoneItem::FreePages);
    machine.set_nr_hugepages(&mut admin, 5);
    assert_eq!((machine.nr_hugepages(), free - zone(&machine, ZoneItem::FreePages)), (5, 5 * 512));
    assert_eq!(event(&machine, VmEvent::HtlbBuddyAllocSuccess), 5);
    machine.set_nr_hugepages(&mut admin, 2);
    assert_eq!((machine.nr_hugepages(), free - zone(&machine, ZoneItem::FreePages)), (2, 2 * 512));
    // The first one that cannot be had ends it.
    machine.set_nr_hugepages(&mut admin, 100);
    assert!(machine.nr_hugepages() < 32);
    assert_eq!(event(&machine, VmEvent::HtlbBuddyAllocFail), 1);
    checked(&machine);
}

#[test]
fn a_process_can_have_huge_pages_taken_from_it_and_its_children() {
    let mut machine = machine();
    let mut parent = actor(&mut machine, MemcgId::ROOT);
    machine.set_thp_disabled(parent.pid, true);
    let vma = map(&mut machine, &parent, 1024, VmFlags::HUGEPAGE);
    touch(&mut machine, &mut parent, vma, 0, true);
    let mut child = fork(&mut machine, &mut parent);
    touch(&mut machine, &mut child, vma, 600, true);
    assert_eq!((event(&machine, VmEvent::ThpFaultAlloc), rss(&machine, &child)), (0, 2));
}

#[test]
fn a_machine_too_small_has_no_huge_pages_unless_it_is_told_to() {
    let mut machine = machine_with(Thp::Never, ThpDefrag::Never);
    let before = machine.min_free_kbytes();
    machine.set_thp(ThpSettings::at_boot(Thp::Madvise));
    assert!(machine.min_free_kbytes() > before, "khugepaged raises the marks");
}
