//! Limits of memory cgroups in scenario files.

use buddyscope_mm::MemcgId;
use buddyscope_mm::event::{Event, OomConstraint, OomEvent, PageFate, ReclaimEvent, ScanBalance};
use buddyscope_mm::lru::memcg::{Counted, MemoryEvent};
use buddyscope_mm::vmstat::VmEvent;
use buddyscope_scenario::run::Run;
use buddyscope_scenario::scenario::Scenario;

/// A task of a group that may have 8 MiB of memory and 1 MiB of swap, on a machine with more of both.
fn run(actions: &str) -> Run<Vec<Event>> {
    let text = format!(
        r#"
format = 1
until = "10s"
[machine]
nodes = [{{ mib = 128, cpus = 1 }}]
[swap]
size = "64M"
[file.log]
size = "4M"
[[cgroup]]
path = "/app"
max = "8M"
swap_max = "1M"
[[task]]
name = "worker"
cgroup = "/app"
do = [{actions}]
"#
    );
    let scenario = Scenario::parse(&text).expect("a scenario");
    let mut run = Run::start(&scenario, Vec::new()).expect("it begins");
    while run.run(u64::MAX, 1 << 20) {}
    run.machine().audit().expect("a sound machine");
    run
}

/// The group's `max` and `fail` of `memory.swap.events`.
fn swap_events(run: &Run<Vec<Event>>) -> [u64; 2] {
    let group = run.machine().memcg(MemcgId(1)).expect("the group");
    [MemoryEvent::SwapMax, MemoryEvent::SwapFail].map(|event| group.events(event))
}

fn usage(run: &Run<Vec<Event>>, kind: Counted) -> u64 {
    run.machine().memcg(MemcgId(1)).map_or(0, |group| group.counter(kind).usage)
}

fn decided(run: &Run<Vec<Event>>, wanted: PageFate) -> usize {
    let is_it = |event: &&Event| matches!(event, Event::Reclaim(ReclaimEvent::Decided { fate, .. }) if *fate == wanted);
    run.machine().sink().iter().filter(is_it).count()
}

fn killed(run: &Run<Vec<Event>>) -> usize {
    run.machine().sink().iter().filter(|event| matches!(event, Event::Oom(OomEvent::Killed { .. }))).count()
}

#[test]
fn at_swap_max_memory_stays_and_files_make_room() {
    let run =
        run(r#"{ map = "heap", size = "8900K" }, { touch = "heap" }, { read = "log", passes = 2 }, { sleep = "60s" }"#);
    assert_eq!(usage(&run, Counted::Swap), 256);
    let files_alone = |event: &&Event| {
        matches!(event, Event::Reclaim(ReclaimEvent::ScanCount { memcg: MemcgId(1), balance: ScanBalance::File, .. }))
    };
    assert!(run.machine().sink().iter().filter(files_alone).count() > 0);
    assert!(decided(&run, PageFate::Freed) > 2000);
    assert_eq!(killed(&run), 0);
}

#[test]
fn beyond_swap_max_a_group_is_out_of_memory_though_swap_has_room() {
    let run = run(r#"{ map = "heap", size = "16M" }, { touch = "heap" }"#);
    let [max, fail] = swap_events(&run);
    assert!(max > 0, "a page was refused a slot");
    assert_eq!(max, fail, "there was a slot each time");
    assert_eq!(decided(&run, PageFate::NoSwap) as u64, max, "who gets no slot stays in memory");
    let group =
        |event: &&Event| matches!(event, Event::Oom(OomEvent::Constraint { constraint: OomConstraint::Memcg, .. }));
    assert!(run.machine().sink().iter().any(|event| group(&event)));
    assert_eq!(killed(&run), 1);
    let (_, free) = run.machine().swap_pages();
    assert!(free > 15_000 && run.machine().vm_events().get(VmEvent::PswpOut) <= 256, "{free} slots free");
}

/// A line of the `memory.stat` in the report of the group's OOM kill.
fn stat(run: &Run<Vec<Event>>, name: &str) -> u64 {
    let log = run.kernel_log();
    let line = log.lines().find_map(|line| line.split_once("] ")?.1.strip_prefix(name));
    line.expect("a line of memory.stat").trim().parse().expect("a number")
}

#[test]
fn the_report_of_a_killed_group_tells_its_anonymous_memory() {
    let run = run(r#"{ map = "heap", size = "16M" }, { touch = "heap" }"#);
    let [anon, inactive, active] = ["anon ", "inactive_anon ", "active_anon "].map(|name| stat(&run, name));
    assert!(anon > 4 << 20);
    // Pages that CPUs have not told the group of yet make the difference.
    assert!(anon.abs_diff(inactive + active) <= 2 * 32 * 4096);
}

#[test]
fn the_report_of_a_killed_group_tells_its_huge_pages_and_refaults() {
    let run = run(r#"
        { thp = "always" }, { map = "huge", size = "4M", huge = true }, { touch = "huge" }, { mlock = "huge" },
        { read = "log" }, { read = "log" },
        { map = "heap", size = "16M", huge = false }, { touch = "heap" }"#);
    // Two huge pages are fewer than what a CPU keeps to itself, as in the kernel.
    assert_eq!(stat(&run, "anon_thp "), 0);
    assert!(stat(&run, "workingset_refault_file ") > 0);
    assert_eq!(stat(&run, "workingset_refault_anon "), 0);
}
