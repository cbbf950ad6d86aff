//! Memory cgroups and those who live in them: swap on a group's account, tasks slowed down above `memory.high`, workers.

use crate::config::{Distances, MachineConfig, PcNode, PcSpec};
use crate::daemon::MemcgWorker;
use crate::event::NullSink;
use crate::gfp::Gfp;
use crate::io::{DeviceId, DeviceSpec};
use crate::lru::memcg::{CgroupVersion, Counted, Memcgs, MemoryEvent};
use crate::pfn::{CpuId, Order};
use crate::reclaim::MemcgLimit;
use crate::task::mm::{VmFlags, VmaId};
use crate::task::{Context, Task};
use crate::user::{FaultOutcome, MapSpec, PageFault, ProcessSpec};
use crate::wait::{Step, Wait};
use crate::{Machine, MemcgId};

const MIB: u64 = 1 << 20;
/// Slots that a CPU keeps before it gives them back.
const BATCH: u64 = 64;

/// A machine with a group that may hold some pages, and one below it.
struct World {
    machine: Machine<NullSink>,
    group: MemcgId,
}

impl World {
    fn new(version: CgroupVersion, max: u64) -> World {
        let nodes = vec![PcNode { bytes: 64 * MIB, cpus: 1, hotpluggable: false }];
        let distances = Distances::uniform(1, 20).expect("distances");
        let config = MachineConfig::pc(&PcSpec { nodes, distances, max_ram_below_4g: 3 << 30 }).expect("a machine");
        let mut machine = Machine::boot(&config, NullSink).expect("a machine that boots");
        machine.memcgs = Memcgs::new(version);
        machine.swapon(10_000, DeviceId::default(), 0);
        let group = machine.create_memcg(MemcgId::ROOT, "/a").expect("a group");
        let mut world = World { machine, group };
        world.set(MemcgLimit::Max(max));
        world
    }

    /// One whose group may hold 500 pages, with a process in it that touched 800.
    fn swapping(version: CgroupVersion) -> (World, Task, VmaId) {
        let mut world = World::new(version, 500);
        let mut task = world.process(world.group);
        let vma = world.map(&task, 800);
        world.touch(&mut task, vma, 0..800);
        (world, task, vma)
    }

    fn set(&mut self, limit: MemcgLimit) {
        self.machine.set_memcg_limit(&mut Task::new(CpuId(0)), self.group, limit).expect("the group is there");
    }

    fn process(&mut self, memcg: MemcgId) -> Task {
        let mut task = Task::new(CpuId(0));
        self.machine.start_process(ProcessSpec { memcg, ..ProcessSpec::default() }, &mut task);
        task
    }

    fn map(&mut self, task: &Task, pages: u64) -> VmaId {
        let spec = MapSpec { pages, flags: VmFlags::WRITE, ..MapSpec::default() };
        self.machine.mmap(task.pid, spec).expect("a mapping")
    }

    /// Touches pages; every wait passes at once. Tells how long the task would have slept, in jiffies.
    fn touch(&mut self, task: &mut Task, vma: VmaId, pages: core::ops::Range<u64>) -> u64 {
        let mut slept = 0;
        for page in pages {
            if self.machine.access(task.pid, vma, page, true) {
                continue;
            }
            let mut fault = PageFault::new(task.pid, vma, page, true);
            let outcome = (0..1000).find_map(|_| match fault.resume(&mut self.machine, task) {
                Step::Done(outcome) => Some(outcome),
                Step::Wait(Wait::Sleep(jiffies)) => {
                    slept += u64::from(jiffies);
                    None
                }
                Step::Wait(_) => None,
            });
            assert!(matches!(outcome, Some(FaultOutcome::Minor | FaultOutcome::Major)), "page {page}: {outcome:?}");
        }
        slept
    }

    fn usage(&self, memcg: MemcgId, kind: Counted) -> u64 {
        self.machine.memcg(memcg).map_or(0, |group| group.counter(kind).usage)
    }

    fn events(&self, events: [MemoryEvent; 2]) -> [u64; 2] {
        let group = self.machine.memcg(self.group).expect("the group is there");
        events.map(|event| group.events(event))
    }

    fn swapped(&self, task: &Task) -> u64 {
        self.machine.mm_of(task.pid).map_or(0, |mm| mm.swapents())
    }

    fn audit(&self) {
        if let Err(violation) = self.machine.audit() {
            panic!("{violation}");
        }
    }
}

#[test]
fn pages_that_go_to_swap_move_to_the_swap_account_of_their_group() {
    let (world, task, _) = World::swapping(CgroupVersion::V2);
    let swapped = world.swapped(&task);
    let (memory, swap) = (world.usage(world.group, Counted::Memory), world.usage(world.group, Counted::Swap));
    assert!(swapped >= 300 && memory <= 500, "{swapped} swapped, {memory} in memory");
    // Some pages are in memory and keep their slot.
    assert!(swap >= swapped, "{swap} slots, {swapped} entries");
    assert_eq!(world.usage(MemcgId::ROOT, Counted::Swap), swap);
    world.audit();
}

#[test]
fn swap_max_is_never_passed_and_counts_both_events() {
    let mut world = World::new(CgroupVersion::V2, 500);
    world.set(MemcgLimit::SwapMax(100));
    let mut task = world.process(world.group);
    let vma = world.map(&task, 580);
    world.touch(&mut task, vma, 0..580);
    assert!(world.usage(world.group, Counted::Swap) <= 100);
    let [max, fail] = world.events([MemoryEvent::SwapMax, MemoryEvent::SwapFail]);
    assert!(max > 0 && max == fail, "{max} refused, {fail} failed");
    // Whoever asks is told before that there is no room, so that nothing is tried in vain.
    world.set(MemcgLimit::SwapMax(10_000));
    world.touch(&mut task, vma, 0..580);
    assert!(world.usage(world.group, Counted::Swap) > 0);
    world.audit();
}

#[test]
fn without_swap_a_group_cannot_grow_beyond_its_memory() {
    let mut world = World::new(CgroupVersion::V2, 500);
    world.set(MemcgLimit::SwapMax(0));
    let mut task = world.process(world.group);
    let vma = world.map(&task, 800);
    let mut fault = |page| {
        let mut fault = PageFault::new(task.pid, vma, page, true);
        (0..1000).find_map(|_| match fault.resume(&mut world.machine, &mut task) {
            Step::Done(outcome) => Some(outcome),
            Step::Wait(_) => None,
        })
    };
    let killed = (0..800).position(|page| fault(page) == Some(FaultOutcome::Killed));
    assert!(killed.is_some_and(|page| page <= 500), "killed at page {killed:?}");
    assert_eq!(world.events([MemoryEvent::OomKill, MemoryEvent::SwapFail]), [1, 0]);
    assert_eq!(world.usage(world.group, Counted::Swap), 0);
}

#[test]
fn a_slot_is_taken_off_the_account_when_it_is_given_back() {
    let (mut world, task, _) = World::swapping(CgroupVersion::V2);
    world.machine.exit_process(CpuId(0), task.pid);
    // Slots that wait with the CPU to be given back are still on the account.
    assert!(world.usage(world.group, Counted::Swap) <= BATCH);
    world.audit();
}

#[test]
fn a_page_from_swap_is_charged_to_the_group_that_it_left() {
    let (mut world, mut task, vma) = World::swapping(CgroupVersion::V2);
    let other = world.machine.create_memcg(MemcgId::ROOT, "/b").expect("a group");
    world.machine.process_mut(task.pid).expect("it lives").memcg = other;
    let before = world.usage(other, Counted::Memory);
    world.touch(&mut task, vma, 0..400);
    assert_eq!(world.usage(other, Counted::Memory), before);
    world.audit();
}

#[test]
fn a_page_of_a_removed_group_is_charged_to_who_reads_it_back() {
    let (mut world, mut task, vma) = World::swapping(CgroupVersion::V2);
    let other = world.machine.create_memcg(MemcgId::ROOT, "/b").expect("a group");
    world.machine.process_mut(task.pid).expect("it lives").memcg = other;
    world.machine.remove_memcg(world.group).expect("it has no children");
    world.touch(&mut task, vma, 0..100);
    assert!(world.usage(other, Counted::Memory) > 0);
}

#[test]
fn version_1_counts_a_page_and_its_slot_once() {
    let (mut world, task, _) = World::swapping(CgroupVersion::V1 { use_hierarchy: true });
    let (memory, both) = (world.usage(world.group, Counted::Memory), world.usage(world.group, Counted::MemorySwap));
    let swapped = world.swapped(&task);
    assert!(swapped >= 300 && both >= memory + swapped, "{both} in all, {memory} in memory, {swapped} in swap");
    // Nothing is counted twice: a page and a slot each, and what CPUs keep ahead of need.
    assert!(both <= 800 + 32 + BATCH, "{both}");
    world.machine.exit_process(CpuId(0), task.pid);
    assert!(world.usage(world.group, Counted::MemorySwap) <= 32 + BATCH);
}

#[test]
fn above_memory_high_a_task_reclaims_before_it_goes_back_to_user_mode() {
    let mut world = World::new(CgroupVersion::V2, 5000);
    world.set(MemcgLimit::High(300));
    let mut task = world.process(world.group);
    let vma = world.map(&task, 1000);
    let slept = world.touch(&mut task, vma, 0..1000);
    let memory = world.usage(world.group, Counted::Memory);
    assert!(memory <= 300 + 32, "{memory}");
    assert_eq!((slept, task.memcg.over_high), (0, 0));
    assert!(world.events([MemoryEvent::High, MemoryEvent::Max])[0] > 0);
}

#[test]
fn a_task_that_cannot_get_below_memory_high_is_slowed_down() {
    let mut world = World::new(CgroupVersion::V2, 5000);
    world.set(MemcgLimit::High(300));
    world.set(MemcgLimit::SwapMax(0));
    let mut task = world.process(world.group);
    let vma = world.map(&task, 1000);
    let first = world.touch(&mut task, vma, 0..350);
    let later = world.touch(&mut task, vma, 350..450);
    assert!(first > 0 && later > first, "{first}, then {later} jiffies");
    // Two seconds a fault at most, whatever is asked for; a fault in 32 asks.
    let most = world.touch(&mut task, vma, 450..850);
    assert!(most <= 500 * 400 / 32 + 500, "{most}");
    assert!(!task.in_memstall);
}

#[test]
fn an_interrupt_leaves_the_work_above_memory_high_to_a_worker() {
    let mut world = World::new(CgroupVersion::V2, 5000);
    let mut task = world.process(world.group);
    let vma = world.map(&task, 400);
    world.touch(&mut task, vma, 0..400);
    world.machine.set_memcg_limit(&mut task, world.group, MemcgLimit::SwapMax(0)).expect("the group is there");
    world.set(MemcgLimit::High(300));
    world.machine.set_memcg_limit(&mut task, world.group, MemcgLimit::SwapMax(10_000)).expect("the group is there");
    let mut worker = MemcgWorker::new(CpuId(0));
    assert_eq!(worker.resume(&mut world.machine), Step::Wait(Wait::MemcgWork));
    task.context = Context::Softirq;
    task.memcg.active = Some(world.group);
    for _ in 0..64 {
        world.machine.alloc_pages_node(&mut task, None, Gfp::GFP_ATOMIC | Gfp::ACCOUNT, Order::default());
    }
    let before = world.usage(world.group, Counted::Memory);
    assert_eq!(task.memcg.over_high, 0);
    let done = (0..100).any(|_| worker.resume(&mut world.machine) == Step::Wait(Wait::MemcgWork));
    assert!(done && world.usage(world.group, Counted::Memory) < before);
}

#[test]
fn a_group_whose_swap_is_half_used_gets_slots_of_pages_in_memory_back() {
    let (mut world, mut task, vma) = World::swapping(CgroupVersion::V2);
    world.set(MemcgLimit::SwapMax(400));
    for page in 0..800 {
        world.touch(&mut task, vma, page..page + 1);
    }
    let cached = world.machine.swap_cache_pages();
    assert!(cached <= BATCH, "{cached} pages in memory keep a slot");
    world.audit();
}

#[test]
fn slow_devices_change_nothing_in_what_is_charged() {
    let mut world = World::new(CgroupVersion::V2, 500);
    let slow = world.machine.add_device(DeviceSpec { pages_per_second: Some(1000), congests: false });
    world.machine.swapon(10_000, slow, 5);
    let mut task = world.process(world.group);
    let vma = world.map(&task, 700);
    for page in 0..700 {
        let mut fault = PageFault::new(task.pid, vma, page, true);
        for _ in 0..5000 {
            if let Step::Done(_) = fault.resume(&mut world.machine, &mut task) {
                break;
            }
            if let Some(due) = world.machine.next_io() {
                world.machine.run_io_until(due);
            }
        }
    }
    world.audit();
    assert!(world.usage(world.group, Counted::Swap) > 0);
}
