//! The OOM killer: its gates in order, its constraints, whom it chooses, and what becomes of the victim.

mod noted;

use buddyscope_mm::config::{Distances, MachineConfig, PcNode, PcSpec, Sysctl};
use buddyscope_mm::event::{Event, OomConstraint, OomEvent, OomGate, OomPass, Outcome};
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::io::{DeviceId, FileSpec, Storage};
use buddyscope_mm::oom::{KillReason, OomReaper, OomRecord, PanicReason};
use buddyscope_mm::pfn::{CpuId, NodeId, NodeMask, Order};
use buddyscope_mm::task::Task;
use buddyscope_mm::task::mempolicy::{Mempolicy, PolicyFlags, PolicyMode};
use buddyscope_mm::task::mm::{RssKind, VmFlags, VmaId};
use buddyscope_mm::task::process::{Pid, ProcessFlags};
use buddyscope_mm::user::{FaultOutcome, MapSpec, PageFault, ProcessSpec, WritePage};
use buddyscope_mm::vmstat::VmEvent;
use buddyscope_mm::wait::{Step, Wait};
use buddyscope_mm::{Answer, Machine, MemcgId};
use noted::Noted;

const MIB: u64 = 1 << 20;
type Recorded = Machine<Noted>;

fn machine_of(nodes: usize) -> Recorded {
    let nodes: Vec<PcNode> = (0..nodes).map(|_| PcNode { bytes: 32 * MIB, cpus: 1, hotpluggable: false }).collect();
    let distances = Distances::uniform(nodes.len(), 20).expect("distances");
    let config = MachineConfig::pc(&PcSpec { nodes, distances, max_ram_below_4g: 3 << 30 }).expect("a machine");
    Machine::boot(&config, Noted::default()).expect("a machine that boots")
}

struct Actor {
    task: Task,
    pid: Pid,
    vma: VmaId,
}

fn actor_with(machine: &mut Recorded, spec: ProcessSpec) -> Actor {
    let mut task = Task::new(CpuId(0));
    let pid = machine.start_process(spec, &mut task);
    let map = MapSpec { pages: 100_000, flags: VmFlags::WRITE, ..MapSpec::default() };
    let vma = machine.mmap(pid, map).expect("a mapping");
    Actor { task, pid, vma }
}

fn actor(machine: &mut Recorded, comm: &str, oom_score_adj: i16) -> Actor {
    actor_with(machine, ProcessSpec { comm: comm.to_owned(), oom_score_adj, ..ProcessSpec::default() })
}

fn touch(machine: &mut Recorded, actor: &mut Actor, pages: core::ops::Range<u64>) -> Option<FaultOutcome> {
    let mut last = None;
    for page in pages {
        let mut fault = PageFault::new(actor.pid, actor.vma, page, true);
        last = (0..50).find_map(|_| match fault.resume(machine, &mut actor.task) {
            Step::Done(outcome) => Some(outcome),
            Step::Wait(_) => None,
        });
    }
    last
}

/// Uses up memory for good, in tmpfs, where killing does not help; then the killer is called by a request.
fn exhaust(machine: &mut Recorded, task: &mut Task) {
    machine.set_oom_killer_disabled(true);
    let file = machine.add_file(FileSpec { pages: 0, storage: Storage::Shmem, read_ahead: 0 });
    for page in 0..100_000 {
        let mut write = WritePage::new(file, page);
        if !matches!(write.resume(machine, task), Step::Done(_)) {
            break;
        }
    }
    machine.set_oom_killer_disabled(false);
    audit(machine);
    machine.sink_mut().clear();
}

/// Asks for pages until the killer is called.
fn ask(machine: &mut Recorded, task: &mut Task, gfp: Gfp) -> Answer {
    loop {
        let answer = machine.alloc_pages_current(task, gfp, Order::default());
        if answer.pfn.is_none() || !oom_events(machine).is_empty() {
            return answer;
        }
    }
}

fn oom_events(machine: &Recorded) -> Vec<OomEvent> {
    let only = |event: &Event| if let Event::Oom(oom) = event { Some(*oom) } else { None };
    machine.sink().iter().filter_map(only).collect()
}

fn gates(machine: &Recorded) -> Vec<OomGate> {
    let gate = |event: OomEvent| if let OomEvent::Gate { gate } = event { Some(gate) } else { None };
    oom_events(machine).into_iter().filter_map(gate).collect()
}

fn killed(machine: &Recorded) -> Vec<Pid> {
    let kill = |record: &OomRecord| if let OomRecord::Killed { pid, .. } = record { Some(*pid) } else { None };
    machine.oom_log().iter().filter_map(kill).collect()
}

fn audit(machine: &Recorded) {
    if let Err(violation) = machine.audit() {
        panic!("{violation}");
    }
}

/// A machine with a process of 100 pages, one of 200, and no memory left.
fn exhausted() -> (Recorded, Actor, Actor) {
    let mut machine = machine_of(1);
    let mut small = actor(&mut machine, "small", 0);
    let mut large = actor(&mut machine, "large", 0);
    touch(&mut machine, &mut small, 0..100);
    touch(&mut machine, &mut large, 0..200);
    let mut filler = Task::new(CpuId(0));
    exhaust(&mut machine, &mut filler);
    (machine, small, large)
}

#[test]
fn the_largest_process_is_killed_reaped_and_gone() {
    let (mut machine, mut small, large) = exhausted();
    let answer = ask(&mut machine, &mut small.task, Gfp::GFP_KERNEL);
    assert_eq!(killed(&machine), [large.pid]);
    assert!(gates(&machine).starts_with(&[OomGate::Chosen]));
    // One caller alone goes round until somebody frees memory.
    assert_eq!(answer.outcome, Outcome::Livelock);
    assert_eq!(machine.vm_events().get(VmEvent::OomKill), 1);
    assert_eq!(machine.oom_victims(), 1);
    let process = machine.process(large.pid).expect("still there");
    assert!(process.is_oom_victim() && process.is_killed());
    assert!(oom_events(&machine).contains(&OomEvent::MarkVictim { pid: large.pid }));
    let mut reaper = OomReaper::new(CpuId(0));
    assert_eq!(reaper.resume(&mut machine), Step::Wait(Wait::Yield));
    assert_eq!(machine.mm_of(large.pid).expect("a space").total_rss(), 0);
    assert!(oom_events(&machine).contains(&OomEvent::FinishReaping { pid: large.pid }));
    assert_eq!(reaper.resume(&mut machine), Step::Wait(Wait::OomReaper));
    audit(&machine);
    assert!(ask(&mut machine, &mut small.task, Gfp::GFP_KERNEL).pfn.is_some());
    machine.exit_process(CpuId(0), large.pid);
    assert_eq!(machine.oom_victims(), 0);
    audit(&machine);
}

#[test]
fn a_pending_victim_keeps_others_alive() {
    let (mut machine, mut small, large) = exhausted();
    ask(&mut machine, &mut small.task, Gfp::GFP_KERNEL);
    assert!(gates(&machine)[1..].iter().all(|&gate| gate == OomGate::VictimPending));
    assert_eq!(killed(&machine), [large.pid]);
}

#[test]
fn a_spent_victim_is_passed_over_and_the_next_is_killed() {
    let (mut machine, mut small, large) = exhausted();
    machine.set_write_locked(large.pid, true);
    ask(&mut machine, &mut small.task, Gfp::GFP_KERNEL);
    let mut reaper = OomReaper::new(CpuId(0));
    for _ in 0..9 {
        assert_eq!(reaper.resume(&mut machine), Step::Wait(Wait::Sleep(25)));
    }
    assert_eq!(reaper.resume(&mut machine), Step::Wait(Wait::Yield));
    let gave_up = |record: &OomRecord| matches!(record, OomRecord::UnableToReap { pid, .. } if *pid == large.pid);
    assert!(machine.oom_log().iter().any(gave_up));
    machine.sink_mut().clear();
    ask(&mut machine, &mut small.task, Gfp::GFP_KERNEL);
    let spent = OomEvent::Passed { pid: large.pid, reason: OomPass::SpentVictim };
    assert!(oom_events(&machine).contains(&spent));
    assert_eq!(killed(&machine), [large.pid, small.pid]);
}

#[test]
fn of_equals_the_later_is_killed_and_the_adjustment_counts() {
    let mut machine = machine_of(1);
    let mut actors: Vec<Actor> = (0..3).map(|n| actor(&mut machine, "equal", if n == 2 { -1 } else { 0 })).collect();
    for actor in &mut actors {
        touch(&mut machine, actor, 0..50);
    }
    let mut filler = Task::new(CpuId(0));
    exhaust(&mut machine, &mut filler);
    let other = actor(&mut machine, "other", -1000);
    ask(&mut machine, &mut Task { pid: other.pid, ..Task::new(CpuId(0)) }, Gfp::GFP_KERNEL);
    assert_eq!(killed(&machine), [actors[1].pid], "the third has a lower score");
    let totalpages = machine.totalram_pages();
    let scored = OomEvent::Scored {
        pid: actors[2].pid,
        rss: 50,
        swapents: 0,
        pgtables: 3,
        adj: -((totalpages / 1000) as i64),
        points: 53 - (totalpages / 1000) as i64,
    };
    assert!(oom_events(&machine).contains(&scored));
}

#[test]
fn some_are_never_chosen() {
    let mut machine = machine_of(1);
    let init = ProcessSpec { comm: "init".into(), flags: ProcessFlags::INIT, ..ProcessSpec::default() };
    let init = actor_with(&mut machine, init);
    let never = actor(&mut machine, "never", -1000);
    let vfork = actor(&mut machine, "vfork", 0);
    machine.process_mut(vfork.pid).expect("a process").flags |= ProcessFlags::VFORK;
    let mut thread = Task::new(CpuId(0));
    let kthread = ProcessSpec { flags: ProcessFlags::KTHREAD, ..ProcessSpec::default() };
    let kthread = machine.start_process(kthread, &mut thread);
    let mut filler = Task::new(CpuId(0));
    exhaust(&mut machine, &mut filler);
    ask(&mut machine, &mut Task::new(CpuId(0)), Gfp::GFP_KERNEL);
    let reasons = [
        (init.pid, OomPass::Unkillable),
        (never.pid, OomPass::NeverKilled),
        (vfork.pid, OomPass::Vfork),
        (kthread, OomPass::Unkillable),
    ];
    for (pid, reason) in reasons {
        assert!(oom_events(&machine).contains(&OomEvent::Passed { pid, reason }), "{pid:?}");
        assert_eq!(machine.oom_score(pid), 0);
    }
    assert_eq!(gates(&machine), [OomGate::NobodyLeft]);
    assert_eq!(machine.panicked(), Some(PanicReason::Deadlocked));
}

#[test]
fn a_marked_process_is_chosen_first() {
    let (mut machine, mut small, _) = exhausted();
    machine.process_mut(small.pid).expect("a process").flags |= ProcessFlags::OOM_ORIGIN;
    ask(&mut machine, &mut Task::new(CpuId(0)), Gfp::GFP_KERNEL);
    assert_eq!(killed(&machine), [small.pid]);
    machine.update_task(&mut small.task);
    assert!(small.task.oom_victim);
}

#[test]
fn whoever_frees_memory_when_told_spares_everybody() {
    let (mut machine, mut small, _) = exhausted();
    machine.notify_oom_with(32);
    ask(&mut machine, &mut small.task, Gfp::GFP_KERNEL);
    assert_eq!(gates(&machine)[0], OomGate::Notified);
}

#[test]
fn a_dying_caller_gets_reserves_and_nobody_is_killed() {
    let (mut machine, mut small, _) = exhausted();
    machine.send_sigkill(small.pid);
    let answer = ask(&mut machine, &mut small.task, Gfp::GFP_KERNEL);
    assert_eq!(gates(&machine)[0], OomGate::CurrentIsDying);
    assert!(small.task.oom_victim);
    assert_eq!(killed(&machine), []);
    assert!(answer.pfn.is_some(), "half of the min mark is open to it");
}

#[test]
fn a_request_that_may_not_enter_file_systems_kills_nobody() {
    let (mut machine, mut small, _) = exhausted();
    ask(&mut machine, &mut small.task, Gfp::GFP_NOFS);
    assert!(gates(&machine).iter().all(|&gate| gate == OomGate::NoFs));
    assert_eq!(killed(&machine), []);
}

#[test]
fn the_killer_can_be_switched_off() {
    let (mut machine, mut small, _) = exhausted();
    machine.set_oom_killer_disabled(true);
    let answer = ask(&mut machine, &mut small.task, Gfp::GFP_KERNEL);
    assert_eq!(oom_events(&machine), [OomEvent::Disabled]);
    assert_eq!(answer.outcome, Outcome::OomRefused);
}

#[test]
fn the_caller_is_killed_where_the_machine_is_set_to() {
    let (mut machine, mut small, _) = exhausted();
    machine.write_sysctl(Sysctl::parse("oom_kill_allocating_task", "1").expect("a switch")).expect("a value");
    let answer = ask(&mut machine, &mut small.task, Gfp::GFP_KERNEL);
    assert_eq!(gates(&machine)[0], OomGate::KillsCurrent);
    let reason = |record: &OomRecord| if let OomRecord::Killed { reason, .. } = record { Some(*reason) } else { None };
    assert_eq!(machine.oom_log().iter().find_map(reason), Some(KillReason::AllocatingTask));
    assert_eq!(killed(&machine), [small.pid]);
    assert!(answer.pfn.is_some(), "a victim may use reserves");
}

#[test]
fn the_machine_panics_where_it_is_set_to() {
    for (value, reason) in [(1, PanicReason::SystemWide), (2, PanicReason::Compulsory)] {
        let (mut machine, mut small, _) = exhausted();
        machine.write_sysctl(Sysctl::parse("panic_on_oom", &value.to_string()).expect("a number")).expect("a value");
        ask(&mut machine, &mut small.task, Gfp::GFP_KERNEL);
        assert_eq!(gates(&machine)[0], OomGate::Panics);
        assert_eq!(machine.panicked(), Some(reason));
        assert_eq!(killed(&machine), []);
    }
}

#[test]
fn a_policy_limits_whom_killing_helps() {
    let mut machine = machine_of(2);
    let all = NodeMask(3);
    let bind =
        |node: u64| Mempolicy::new(PolicyMode::Bind, PolicyFlags::empty(), NodeMask(node), all, all).expect("a policy");
    let mut elsewhere = actor(&mut machine, "elsewhere", 0);
    elsewhere.task.set_policy(bind(2));
    machine.process_mut(elsewhere.pid).expect("a process").policy = bind(2);
    touch(&mut machine, &mut elsewhere, 0..300);
    let mut here = actor(&mut machine, "here", 0);
    here.task.set_policy(bind(1));
    machine.process_mut(here.pid).expect("a process").policy = bind(1);
    touch(&mut machine, &mut here, 0..10);
    let mut filler = Task::new(CpuId(0));
    exhaust(&mut machine, &mut filler);
    ask(&mut machine, &mut here.task, Gfp::GFP_HIGHUSER_MOVABLE);
    let present = machine.nodes()[0].present_pages;
    let constraint = OomEvent::Constraint { constraint: OomConstraint::MemoryPolicy, totalpages: present };
    assert!(oom_events(&machine).contains(&constraint), "{:?}", oom_events(&machine));
    assert!(oom_events(&machine).contains(&OomEvent::Passed { pid: elsewhere.pid, reason: OomPass::OtherNodes }));
    assert_eq!(killed(&machine), [here.pid]);
}

#[test]
fn a_cpuset_limits_whom_killing_helps() {
    let mut machine = machine_of(2);
    let mut elsewhere = actor(&mut machine, "elsewhere", 0);
    touch(&mut machine, &mut elsewhere, 0..300);
    machine.process_mut(elsewhere.pid).expect("a process").mems_allowed = NodeMask(2);
    let mut here = actor(&mut machine, "here", 0);
    touch(&mut machine, &mut here, 0..10);
    let set = machine.cpusets_mut().create(buddyscope_mm::task::cpuset::CpusetId::ROOT, "a").expect("a cpuset");
    machine.cpusets_mut().set_mems(set, NodeMask(1), []).expect("nodes");
    machine.cpusets().attach(set, &mut here.task).expect("a cpuset");
    machine.process_mut(here.pid).expect("a process").mems_allowed = NodeMask(1);
    let mut filler = Task::new(CpuId(0));
    exhaust(&mut machine, &mut filler);
    ask(&mut machine, &mut here.task, Gfp::GFP_HIGHUSER_MOVABLE);
    let present = machine.nodes()[0].present_pages;
    let constraint = OomEvent::Constraint { constraint: OomConstraint::Cpuset, totalpages: present };
    assert!(oom_events(&machine).contains(&constraint), "{:?}", oom_events(&machine));
    assert_eq!(killed(&machine), [here.pid]);
}

#[test]
fn others_who_share_the_address_space_die_without_reserves() {
    let (mut machine, mut small, large) = exhausted();
    let mut clone = Task::new(CpuId(0));
    let spec = ProcessSpec { comm: "clone".into(), oom_score_adj: -1000, ..ProcessSpec::default() };
    let clone_pid = machine.start_sharing(spec, large.pid, &mut clone).expect("a process");
    ask(&mut machine, &mut small.task, Gfp::GFP_KERNEL);
    assert_eq!(killed(&machine), [large.pid]);
    assert!(oom_events(&machine).contains(&OomEvent::KilledToo { pid: clone_pid }));
    let clone = machine.process(clone_pid).expect("a process");
    assert!(clone.is_killed() && !clone.is_oom_victim());
}

#[test]
fn whoever_has_no_memory_left_to_give_is_passed_over() {
    let (mut machine, mut small, large) = exhausted();
    let mut task = Task::new(CpuId(0));
    let clone = machine.start_sharing(ProcessSpec::default(), large.pid, &mut task).expect("a process");
    let leaving = actor(&mut machine, "leaving", 0);
    machine.process_mut(leaving.pid).expect("a process").mm = None;
    ask(&mut machine, &mut small.task, Gfp::GFP_KERNEL);
    let first = killed(&machine)[0];
    assert!(oom_events(&machine).contains(&OomEvent::Passed { pid: leaving.pid, reason: OomPass::NoMemory }));
    let _ = OomReaper::new(CpuId(0)).resume(&mut machine);
    exhaust(&mut machine, &mut Task::new(CpuId(0)));
    ask(&mut machine, &mut small.task, Gfp::GFP_KERNEL);
    let other = if first == clone { large.pid } else { clone };
    assert!(oom_events(&machine).contains(&OomEvent::Passed { pid: other, reason: OomPass::Reaped }));
}

#[test]
fn the_first_process_pins_what_it_shares() {
    let (mut machine, mut small, large) = exhausted();
    let spec = ProcessSpec { comm: "init".into(), flags: ProcessFlags::INIT, ..ProcessSpec::default() };
    let init = machine.start_sharing(spec, large.pid, &mut Task::new(CpuId(0))).expect("a process");
    ask(&mut machine, &mut small.task, Gfp::GFP_KERNEL);
    assert!(machine.oom_log().contains(&OomRecord::MmPinned { victim: large.pid, by: init }));
    assert!(!machine.process(init).expect("a process").is_killed());
    assert!(!oom_events(&machine).contains(&OomEvent::WakeReaper { pid: large.pid }));
}

#[test]
fn a_dying_victim_is_marked_without_a_word() {
    let (mut machine, mut small, large) = exhausted();
    machine.send_sigkill(large.pid);
    ask(&mut machine, &mut small.task, Gfp::GFP_KERNEL);
    assert!(oom_events(&machine).contains(&OomEvent::MarkVictim { pid: large.pid }));
    assert_eq!(machine.oom_log(), []);
    assert_eq!(machine.vm_events().get(VmEvent::OomKill), 0);
}

#[test]
fn a_group_is_searched_alone_and_may_die_as_one() {
    let mut machine = machine_of(1);
    let group = machine.create_memcg(MemcgId::ROOT, "/a").expect("a group");
    let inside = |comm: &str, adj| ProcessSpec {
        comm: comm.to_owned(),
        oom_score_adj: adj,
        memcg: group,
        ..ProcessSpec::default()
    };
    let outside = actor(&mut machine, "outside", 0);
    let first = actor_with(&mut machine, inside("first", 0));
    let second = actor_with(&mut machine, inside("second", 0));
    let spared = actor_with(&mut machine, inside("spared", -1000));
    machine.set_memcg_oom_group(group, true);
    let mut task = first.task.clone();
    assert!(machine.kill_in_memcg(&mut task, group, Gfp::GFP_KERNEL, 0));
    // The later of two equals, then everybody in the group: the kernel does not leave out the victim.
    assert_eq!(killed(&machine), [second.pid, first.pid, second.pid]);
    assert!(machine.oom_log().contains(&OomRecord::GroupKill { memcg: group }));
    for (pid, dead) in [(outside.pid, false), (spared.pid, false), (first.pid, true)] {
        assert_eq!(machine.process(pid).expect("a process").is_killed(), dead);
    }
}

#[test]
fn a_group_without_anybody_is_no_reason_to_panic() {
    let mut machine = machine_of(1);
    let group = machine.create_memcg(MemcgId::ROOT, "/a").expect("a group");
    assert!(!machine.kill_in_memcg(&mut Task::new(CpuId(0)), group, Gfp::GFP_KERNEL, 0));
    assert_eq!(gates(&machine), [OomGate::NobodyLeft]);
    assert_eq!(machine.panicked(), None);
}

#[test]
fn locked_and_shared_mappings_are_not_reaped() {
    let (mut machine, mut small, mut large) = exhausted_by_large_with_locked_part();
    audit(&machine);
    ask(&mut machine, &mut small.task, Gfp::GFP_KERNEL);
    let _ = OomReaper::new(CpuId(0)).resume(&mut machine);
    let mm = machine.mm_of(large.pid).expect("a space");
    assert_eq!((mm.rss(RssKind::Anon), mm.rss(RssKind::Shmem)), (30, 5));
    assert_eq!(touch(&mut machine, &mut large, 0..1), Some(FaultOutcome::Killed));
    audit(&machine);
    machine.exit_process(CpuId(0), large.pid);
    audit(&machine);
}

fn exhausted_by_large_with_locked_part() -> (Recorded, Actor, Actor) {
    let mut machine = machine_of(1);
    let small = actor(&mut machine, "small", 0);
    let mut large = actor(&mut machine, "large", 0);
    touch(&mut machine, &mut large, 0..200);
    let plain = large.vma;
    let map = MapSpec { pages: 30, flags: VmFlags::WRITE, ..MapSpec::default() };
    large.vma = machine.mmap(large.pid, map).expect("a mapping");
    touch(&mut machine, &mut large, 0..30);
    machine.mlock(CpuId(0), large.pid, large.vma);
    let file = machine.add_file(FileSpec { pages: 5, storage: Storage::Shmem, read_ahead: 0 });
    let flags = VmFlags::WRITE | VmFlags::SHARED;
    large.vma = machine.mmap(large.pid, MapSpec { pages: 5, file: Some((file, 0)), flags, policy: None }).expect("one");
    touch(&mut machine, &mut large, 0..5);
    large.vma = plain;
    let mut filler = Task::new(CpuId(0));
    exhaust(&mut machine, &mut filler);
    (machine, small, large)
}

#[test]
fn a_hog_of_swap_is_killed_when_all_is_full() {
    let mut machine = machine_of(1);
    machine.swapon(2000, DeviceId(0), 0);
    let mut hog = actor(&mut machine, "hog", 0);
    let mut outcome = None;
    for page in 0..20_000 {
        outcome = touch(&mut machine, &mut hog, page..page + 1);
        if outcome != Some(FaultOutcome::Minor) {
            break;
        }
    }
    assert_eq!(outcome, Some(FaultOutcome::Killed));
    assert_eq!(killed(&machine), [hog.pid]);
    audit(&machine);
    machine.exit_process(CpuId(0), hog.pid);
    assert_eq!(machine.swap_pages(), (2000, 2000));
    audit(&machine);
    let _ = NodeId(0);
}
