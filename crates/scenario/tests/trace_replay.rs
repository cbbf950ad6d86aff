//! Traces of page allocation made again.

use buddyscope_mm::Machine;
use buddyscope_procfs::trace::{TraceLine, read_trace};
use buddyscope_scenario::export::{Format, Group, Stop, record, to_writer};
use buddyscope_scenario::recording::{Recording, find_folders};
use buddyscope_scenario::replay::restore_machine;
use buddyscope_scenario::run::Run;
use buddyscope_scenario::scenario::Scenario;
use buddyscope_scenario::session::{MachineForm, Trace};
use buddyscope_scenario::show::scenarios;
use buddyscope_scenario::trace_replay::{Tally, TraceReplay, TraceReplayError};
use std::path::Path;

/// A trace of a gallery scenario made again from the scenario's beginning.
fn own_trace_again(name: &str) -> Tally {
    let text = scenarios().into_iter().find(|scenario| scenario.name == name).expect(name).text;
    let scenario = Scenario::parse(text).expect(name);
    let mut trace = Vec::new();
    let stop = Stop { until: u64::MAX, turns: u64::MAX };
    record(&scenario, stop, &[Group::Kmem], &mut [to_writer(Format::Ftrace, 1, &mut trace)]).expect(name);
    let start = Run::start(&scenario, Trace::default()).expect(name).machine().clone();
    let lines = read_trace(&String::from_utf8(trace).expect("text")).expect("a trace");
    TraceReplay::new(start).run(&lines).expect(name)
}

fn booted() -> Machine<Trace> {
    let config = MachineForm::preset("pc").resolve().and_then(|form| form.config()).expect("a preset");
    Machine::boot(&config, Trace::default()).expect("a machine")
}

fn again(events: &[&str]) -> Result<Tally, TraceReplayError> {
    let text: String = events.iter().map(|event| format!("  a-1 [000] ....     1.000000: {event}\n")).collect();
    let lines: Vec<(usize, TraceLine)> = read_trace(&text).expect("a trace");
    TraceReplay::new(booted()).run(&lines)
}

fn given(pfn: u64, order: u32) -> String {
    format!("mm_page_alloc: page=00000000deadbeef pfn={pfn} order={order} migratetype=0 gfp_flags=GFP_KERNEL")
}

fn freed(pfn: u64, order: u32) -> String {
    format!("mm_page_free: page=00000000deadbeef pfn={pfn} order={order}")
}

#[test]
fn a_trace_of_the_model_gives_every_page_again() {
    for name in ["memcg", "hopeless", "thp"] {
        let tally = own_trace_again(name);
        assert!(tally.requests > 10_000, "{name}");
        assert_eq!(tally.same_pfn, tally.requests, "{name}: {tally}");
        assert_eq!(tally.same_taken, tally.requests, "{name}: {tally}");
        assert_eq!(tally.stolen[0], tally.stolen[1], "{name}: {tally}");
        assert_eq!(tally.first_pfn, None, "{name}");
    }
}

#[test]
fn what_kswapd_does_to_marks_is_not_in_a_trace_and_parts_them() {
    let tally = own_trace_again("network");
    let parting = tally.first_zone.clone().expect("they part");
    assert!(parting.after > 3000 && tally.same_zone < tally.requests, "{tally}");
    assert!(parting.trace.contains("DMA32") && parting.model.contains("DMA"), "{tally}");
}

#[test]
fn a_block_is_freed_in_the_model_where_it_stands_there() {
    let tally = again(&[&given(77_777, 3), &freed(77_777, 3), &given(88_888, 3)]).expect("a tally");
    assert_eq!((tally.requests, tally.frees, tally.frees_unknown), (2, 1, 0));
    assert_eq!(tally.free_blocks, again(&[&given(88_888, 3)]).expect("a tally").free_blocks);
}

#[test]
fn a_block_freed_page_by_page_is_free_again() {
    let pages: Vec<String> = (4096..4100).map(|pfn| freed(pfn, 0)).collect();
    let mut events = vec![given(4096, 2)];
    events.extend(pages);
    let tally = again(&events.iter().map(String::as_str).collect::<Vec<_>>()).expect("a tally");
    assert_eq!((tally.frees, tally.frees_unknown, tally.frees_from_before), (4, 0, 0));
}

#[test]
fn what_the_model_cannot_follow_is_counted_or_refused() {
    let tally = again(&[&freed(5000, 0)]).expect("a tally");
    assert_eq!((tally.frees, tally.frees_unknown), (1, 1));
    let tally = again(&[&given(0, 0)]).expect("a tally");
    assert_eq!((tally.same_outcome, tally.first_zone.is_some()), (0, true));
    assert_eq!(again(&[&given(1, 11)]), Err(TraceReplayError::Order { line: 1, order: 11 }));
    let text = format!("  a-1 [007] ....     1.000000: {}\n", given(1, 0));
    let lines = read_trace(&text).expect("a trace");
    let refused = TraceReplay::new(booted()).run(&lines).expect_err("no such CPU");
    assert!(matches!(refused, TraceReplayError::NoCpu { line: 1, cpu: 7, .. }), "{refused}");
}

/// Recordings have the state some time before their trace begins: zones and outcomes are the kernel's, pages are not.
#[test]
fn a_kernels_trace_is_served_from_the_same_zones() {
    let Some(folder) = std::env::var_os("BUDDYSCOPE_RECORDINGS") else { return };
    for path in find_folders(Path::new(&folder), "ftrace.txt").expect("a folder that can be listed") {
        let recording = Recording::in_folder(&path);
        let text = String::from_utf8(recording.required("ftrace.txt").expect("a trace")).expect("text");
        let machine = restore_machine(&recording.start().expect("start"), Trace::default()).expect("a machine");
        let tally = TraceReplay::new(machine).run(&read_trace(&text).expect("a trace")).expect("a tally");
        assert_eq!(tally.same_outcome, tally.requests, "{}: {tally}", recording.name());
        assert_eq!(tally.same_zone, tally.requests, "{}: {tally}", recording.name());
    }
}
