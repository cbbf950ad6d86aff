//! A task of a scenario takes a contiguous range while others run.

use buddyscope_mm::event::NullSink;
use buddyscope_mm::sched::{Activity, HZ};
use buddyscope_mm::wait::Wait;
use buddyscope_scenario::run::{Actor, News, Run};
use buddyscope_scenario::scenario::Scenario;

/// Memory is nearly full, and pages that a slow disk still has to write lie in the area.
const MACHINE: &str = r#"
format = 1
seed = 1
until = "60s"

[machine]
nodes = [{ mib = 128, cpus = 2 }]
cmdline = "cma=32M"

[sysctl]
dirty_background_ratio = 1
dirty_ratio = 90

[device.disk]
rate = "4M/s"

[file.log]
size = "30M"
device = "disk"

[[task]]
name = "logger"
do = [{ map = "heap", size = "65M" }, { touch = "heap" }, { write = "log" }, { sleep = "5m" }]

[[task]]
name = "clock"
do = [{ repeat = 600, do = [{ sleep = "100ms" }, { mark = "tick" }] }]
"#;

fn camera(name: &str, start: &str) -> String {
    format!(
        "[[task]]\nname = \"{name}\"\ncpu = 1\nstart = \"{start}\"\n\
         do = [{{ cma = \"8M\" }}, {{ mark = \"got\" }}, {{ sleep = \"5m\" }}]\n"
    )
}

fn start(cameras: &[String]) -> Run<NullSink> {
    let scenario = Scenario::parse(&format!("{MACHINE}{}", cameras.concat())).expect("a scenario");
    Run::start(&scenario, NullSink).expect("it begins")
}

/// What a task waits for.
fn wait(run: &Run<NullSink>, name: &str) -> Option<Wait> {
    run.contexts().iter().find_map(|context| match (&context.program, context.activity) {
        (Actor::Task(task), Activity::Waiting { wait }) if task.name() == name => Some(wait),
        _ => None,
    })
}

/// How often somebody came to a mark.
fn marks(run: &Run<NullSink>, name: &str) -> usize {
    run.news().iter().filter(|(_, _, news)| *news == News::Mark(name.to_owned())).count()
}

fn used(run: &Run<NullSink>) -> u64 {
    run.machine().cma_areas()[0].used()
}

fn turn(run: &mut Run<NullSink>) {
    assert_eq!(run.ended(), None);
    run.turn(u64::MAX);
}

/// Goes on until a task waits for a page's I/O; tells when.
fn until_it_waits_for_io(run: &mut Run<NullSink>, name: &str) -> u64 {
    while !matches!(wait(run, name), Some(Wait::PageIo(_))) {
        turn(run);
    }
    run.now()
}

#[test]
fn a_request_that_waits_for_writeback_does_not_hold_time_still() {
    let mut run = start(&[camera("camera", "1s")]);
    let began = until_it_waits_for_io(&mut run, "camera");
    let before = marks(&run, "tick");
    while marks(&run, "got") == 0 {
        turn(&mut run);
    }
    assert!(run.now() > began + HZ, "it took {} jiffies", run.now() - began);
    assert!(marks(&run, "tick") > before + 5, "others ran meanwhile");
    assert_eq!(used(&run), 2048);
    run.machine().audit().expect("a sound machine");
}

#[test]
fn two_tasks_that_ask_one_area_at_once_get_different_ranges() {
    let mut run = start(&[camera("camera", "1s"), camera("codec", "1s")]);
    until_it_waits_for_io(&mut run, "camera");
    while !matches!(wait(&run, "codec"), Some(Wait::CmaTurn(_))) {
        turn(&mut run);
    }
    assert_eq!(used(&run), 4096, "both ranges are marked");
    while run.run(u64::MAX, 1 << 20) {}
    assert_eq!((marks(&run, "got"), used(&run)), (2, 4096));
    run.machine().audit().expect("a sound machine");
}

#[test]
fn a_task_that_is_killed_gives_its_range_back() {
    let mut run = start(&[camera("camera", "1s"), camera("codec", "1s")]);
    until_it_waits_for_io(&mut run, "camera");
    let pid = run.contexts().iter().find_map(|context| match &context.program {
        Actor::Task(task) if task.name() == "camera" => Some(task.pid()),
        _ => None,
    });
    run.machine_mut().send_sigkill(pid.expect("the camera"));
    while marks(&run, "got") == 0 {
        turn(&mut run);
    }
    // The codec's alone.
    assert_eq!((marks(&run, "got"), used(&run)), (1, 2048));
    run.machine().audit().expect("a sound machine");
}

/// What the kernel logs of an area of 32 MiB that is asked for ranges one after the other.
fn log_of(actions: &str) -> String {
    let text = format!(
        "format = 1\nuntil = \"5s\"\n[machine]\nnodes = [{{ mib = 128, cpus = 1 }}]\ncmdline = \"cma=32M\"\n\
         [[task]]\nname = \"camera\"\ndo = [{actions}]\n"
    );
    let mut run = Run::start(&Scenario::parse(&text).expect("a scenario"), NullSink).expect("it begins");
    while run.run(u64::MAX, 1 << 20) {}
    run.kernel_log()
}

#[test]
fn a_full_area_is_logged_and_a_range_larger_than_the_area_is_not() {
    let log = log_of(r#"{ cma = "20M" }, { cma = "20M" }, { cma = "40M" }"#);
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.ends_with("cma: cma_alloc: alloc failed, req-size: 5120 pages, ret: -12\n"), "{log}");
}

#[test]
fn pages_that_cannot_be_moved_are_logged_as_busy() {
    let log = log_of(
        r#"{ map = "ring", size = "80M" }, { touch = "ring" }, { pin = "ring", size = "80M" }, { cma = "28M" }"#,
    );
    assert!(log.contains("cma: cma_alloc: alloc failed, req-size: 7168 pages, ret: -16\n"), "{log}");
}
