//! Scenario files: what is read, and what is refused with line and field.

use buddyscope_mm::config::{Thp, ThpDefrag};
use buddyscope_scenario::scenario::{Action, Advice, Pattern, Scenario, ScenarioError, ThpSpec};

const WHOLE: &str = r#"
format = 1
title = "Two neighbors"
about = "One streams, the other works."
seed = 7
until = "30s"

[machine]
nodes = [{ mib = 256, cpus = 1 }, { mib = 256, cpus = 1 }]
distances = [[10, 20], [20, 10]]

[sysctl]
watermark_scale_factor = 100
"vm.zone_reclaim_mode" = 1

[swap]
size = "512M"
rate = "20M/s"

[device.disk]
rate = "100M/s"

[file.data]
size = "600M"
device = "disk"

[shrinker.dentries]
batch = 1024

[[cgroup]]
path = "/app"
max = "64M"

[[task]]
name = "stream"
cpu = 1
do = [
  { read = "data", passes = 2, rate = "80M/s" },
  { mark = "end" },
]

[[task]]
name = "worker"
cgroup = "/app"
start = "500ms"
mems = [0]
policy = { mode = "bind", nodes = [0] }
oom_score_adj = -500
do = [
  { map = "heap", size = "100M" },
  { touch = "heap", hot = "20%", heat = "95%", rate = "5k/s", for = "10s" },
  { repeat = 3, do = [{ mlock = "heap" }, { munlock = "heap" }] },
  { slab = "dentries", objects = 5000 },
  { alloc = "GFP_ATOMIC|__GFP_NOWARN", orders = [0, 3], count = 64, hold = "20ms", softirq = true },
  { fork = "child", do = [{ touch = "heap" }, { exit = true }] },
]
"#;

fn refused(text: &str) -> ScenarioError {
    Scenario::parse(text).expect_err("refused")
}

/// The error for a file with one line replaced.
fn broken(line: &str, by: &str) -> String {
    assert!(WHOLE.contains(line), "{line}");
    refused(&WHOLE.replacen(line, by, 1)).to_string()
}

#[test]
fn a_touch_says_whether_it_writes() {
    let reads = WHOLE.replacen("heat = \"95%\",", "write = false,", 1);
    let scenario = Scenario::parse(&reads).expect("valid");
    let Action::Touch(touch) = &scenario.tasks[1].actions[1] else { panic!("{:?}", scenario.tasks[1].actions[1]) };
    assert!(!touch.write);
}

#[test]
fn a_whole_file_is_read() {
    let scenario = Scenario::parse(WHOLE).expect("valid");
    assert_eq!((scenario.seed, scenario.until), (7, Some(7500)));
    assert_eq!(scenario.sysctls.len(), 2);
    assert_eq!(scenario.hardware.files[0].pages, 153_600);
    assert_eq!(scenario.hardware.cgroups[0].max, Some(16_384));
    let worker = &scenario.tasks[1];
    assert_eq!((worker.start, worker.oom_score_adj), (125, -500));
    let Action::Touch(touch) = &worker.actions[1] else { panic!("a touch") };
    assert_eq!(touch.pattern, Pattern::Hot { hot: 200, heat: 950 });
    assert_eq!((touch.pace.rate, touch.pace.time), (Some(5000), Some(2500)));
    let Action::Repeat { times: 3, actions } = &worker.actions[2] else { panic!("a repeat") };
    assert_eq!(actions[0], Action::Advise { mapping: "heap".into(), advice: Advice::Mlock });
}

#[test]
fn errors_name_line_and_field() {
    let cases = [
        ("format = 1", "format = 2", "line 2, format: format 2 is unknown; this version reads format 1"),
        ("seed = 7", "sead = 7", "line 5, sead: `sead` means nothing here"),
        ("until = \"30s\"", "until = 30", "line 6, until: integer given; text is expected"),
        ("mib = 256, cpus = 1 }]", "mib = 256 }]", "line 9, machine.nodes[1]: `cpus` is missing"),
        ("watermark_scale_factor = 100", "watermark_scale_factor = 9000", "line 13, sysctl.watermark_scale_factor: "),
        ("size = \"512M\"", "size = \"lots\"", "line 17, swap.size: `lots` is no size"),
        ("device = \"disk\"", "device = \"tape\"", "line 23, file.data: there is no device `tape`"),
        ("path = \"/app\"", "path = \"/a/b\"", "line 31, cgroup[0].path: its parent `/a` has to come before it"),
        ("{ read = \"data\"", "{ read = \"date\"", "line 38, task[0].do[0]: there is no file `date`"),
        ("cgroup = \"/app\"", "cgroup = \"/web\"", "line 44, task[1].cgroup: there is no cgroup `/web`"),
        ("{ touch = \"heap\", hot", "{ touch = \"heat\", hot", "line 51, task[1].do[1]: no `map` before this"),
        ("passes = 2", "passes = 0", "line 38, task[0].do[0].passes: 0 given; a whole number from 1"),
        ("{ mark = \"end\" }", "{ }", "line 39, task[0].do[1]: no verb; one of map, "),
        ("{ mark = \"end\" }", "{ mark = \"a\", exit = true }", "line 39, task[0].do[1]: an action has one verb"),
        ("GFP_ATOMIC|", "GFP_ATOMICS|", "line 54, task[1].do[4].alloc: "),
        ("policy = { mode = \"bind\", nodes = [0] }", "policy = { mode = \"bind\" }", "line 47, task[1].policy: every"),
    ];
    for (line, by, error) in cases {
        let told = broken(line, by);
        assert!(told.starts_with(error), "{told}\nexpected {error}");
    }
}

#[test]
fn broken_text_is_refused_with_its_line() {
    assert_eq!(refused("format = 1\ntitle = \"open").line, 2);
    assert_eq!(refused("").to_string(), "line 1: `format` is missing");
    assert_eq!(refused(&" ".repeat((1 << 20) + 1)).line, 1);
    let deep = format!("format = 1\n[[task]]\nname='x'\ndo = [{}{}]", "{repeat=2,do=[".repeat(60), "]}".repeat(60));
    assert!(refused(&deep).line >= 1);
}

#[test]
fn huge_pages_are_set_by_file_by_task_and_by_mapping() {
    let text = r#"
format = 1
[thp]
enabled = "madvise"
defrag = "defer+madvise"
[[task]]
name = "worker"
thp = false
do = [
  { map = "heap", size = "8M", huge = true },
  { dontneed = "heap", skip = "1M", size = "64K" },
  { thp = "always", zero_page = false },
]
"#;
    let scenario = Scenario::parse(text).expect("valid");
    let expected = ThpSpec { enabled: Some(Thp::Madvise), defrag: Some(ThpDefrag::DeferMadvise), zero_page: None };
    assert_eq!(scenario.thp, Some(expected));
    let [map, dontneed, thp] = &scenario.tasks[0].actions[..] else { panic!("three actions") };
    assert!(matches!(map, Action::Map(map) if map.huge == Some(true)) && !scenario.tasks[0].thp);
    assert_eq!(*dontneed, Action::DontNeed { mapping: "heap".into(), skip: 256, pages: Some(16) });
    assert_eq!(*thp, Action::Thp(ThpSpec { enabled: Some(Thp::Always), zero_page: Some(false), ..ThpSpec::default() }));
    let refused = refused(&text.replace("defer+madvise", "sometimes")).to_string();
    assert!(refused.starts_with("line 5, thp.defrag: `sometimes` given; one of always, defer, "), "{refused}");
}
