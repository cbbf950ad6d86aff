//! A run as a face shows it.

use buddyscope_scenario::session::Value;
use buddyscope_scenario::show::{ColumnView, Show, Stride, scenarios};

/// A file of more than the machine's memory is read.
const STREAM: &str = r#"
format = 1
title = "A file larger than memory is read"
until = "60s"
[machine]
nodes = [{ mib = 112, cpus = 1 }]
[file.data]
size = "1G"
[[task]]
name = "cat"
do = [{ read = "data", rate = "60M/s" }]
"#;

fn started(text: &str) -> Show {
    Show::start(text).expect("the scenario begins")
}

/// Runs until kswapd has been awake, and tells when.
fn until_kswapd(show: &mut Show) -> usize {
    for second in 1..60 {
        show.go_on(second * 1000, u64::MAX);
        let samples = show.samples(0);
        let awake = column(&samples.columns, "kswapd");
        if let Some(row) = awake.values.iter().position(|&awake| awake > 0) {
            return row;
        }
    }
    panic!("kswapd was never awake");
}

fn column<'a>(columns: &'a [ColumnView], name: &str) -> &'a ColumnView {
    columns.iter().filter(|column| column.name == name).max_by_key(|column| column.values.first()).expect(name)
}

#[test]
fn every_scenario_of_the_gallery_begins() {
    for scenario in scenarios() {
        let mut show = started(scenario.text);
        show.step(Stride::Jiffy, 5);
        assert!(!scenario.title.is_empty() && !scenario.about.is_empty(), "{}", scenario.name);
    }
}

#[test]
fn free_memory_comes_down_to_the_low_mark_and_kswapd_gets_pages_back() {
    let mut show = started(STREAM);
    let woken = until_kswapd(&mut show);
    let samples = show.samples(0);
    let at = |name| column(&samples.columns, name).values[woken];
    assert!(at("free") < column(&samples.columns, "free").values[0]);
    let sum = |name| column(&samples.columns, name).values.iter().sum::<u64>();
    assert!(sum("pgsteal") > 0 && sum("pgscan") >= sum("pgsteal"));
    let decided = show.decisions(0, 1000);
    assert!(decided.items.iter().any(|decision| decision.function == "wakeup_kswapd"));
    assert!(decided.items.iter().all(|decision| !decision.text.contains('{')), "no sentence is a bare event");
}

#[test]
fn the_tail_of_a_list_begins_with_what_was_freed_last() {
    let mut show = started(STREAM);
    until_kswapd(&mut show);
    let number = Value::Number;
    let lane = show.lane(&number(0.0), &number(0.0), &number(2.0), &number(100.0)).expect("a lane");
    assert!(lane.total > 0);
    let freed = lane.pages.iter().filter(|page| page.verdict == Some("freed")).count();
    assert!((1..=32).contains(&freed), "{freed} freed of a batch");
    assert!(lane.pages[..freed].iter().all(|page| page.verdict == Some("freed")));
}

#[test]
fn decisions_are_told_one_by_one() {
    let mut show = started(STREAM);
    for told in 1..=5 {
        show.step(Stride::Decision, 1);
        assert_eq!(show.decisions(0, 100).total, told);
    }
}

#[test]
fn the_same_steps_lead_to_the_same_machine() {
    let hash = |strides: &[(Stride, u64)]| {
        let mut show = started(STREAM);
        strides.iter().for_each(|&(stride, n)| show.step(stride, n));
        show.sight().hash()
    };
    assert_eq!(hash(&[(Stride::Jiffy, 50)]), hash(&[(Stride::Jiffy, 20), (Stride::Jiffy, 30)]));
}

#[test]
fn a_file_that_is_wrong_says_where() {
    let error = Show::start(&STREAM.replace("60M/s", "fast")).err().expect("refused");
    assert_eq!(error.field, "line 11, task[0].do[0].rate");
}

#[test]
fn a_run_is_taken_along_up_to_where_it_is() {
    let mut show = started(STREAM);
    until_kswapd(&mut show);
    let series = show.export("csv").expect("a series");
    let names: Vec<&str> = series.lines().next().expect("names").split(',').collect();
    let at = names.iter().position(|name| *name == "pgscan_kswapd").expect("a column");
    let last = series.lines().last().and_then(|row| row.split(',').nth(at)).expect("a value");
    let texts = show.texts();
    let (_, vmstat) = texts.iter().find(|(name, _)| name == "vmstat").expect("vmstat");
    assert!(vmstat.lines().any(|line| line == format!("pgscan_kswapd {last}")), "{last}");
    assert!(show.export("ftrace").expect("a trace").contains(": mm_vmscan_kswapd_wake: nid=0 order=0"));
    assert_eq!(show.export("report").as_deref(), Ok(""));
    assert_eq!(show.export("svg").expect_err("no such format").field, "format");
}
