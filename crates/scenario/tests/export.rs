//! A run as other tools read it.

use buddyscope_mm::event::NullSink;
use buddyscope_mm::vmstat::VmEvent;
use buddyscope_procfs::trace::{
    CompactionEvent, KmemEvent, PagemapEvent, TraceEvent, TraceLine, VmscanEvent, read_trace,
};
use buddyscope_scenario::export::{Format, Group, Stop, record, to_text, to_writer};
use buddyscope_scenario::run::Run;
use buddyscope_scenario::scenario::Scenario;
use buddyscope_scenario::session::Trace;
use buddyscope_scenario::show::scenarios;
use serde_json::Value;
use std::collections::BTreeMap;

const WHOLE: Stop = Stop { until: u64::MAX, turns: u64::MAX };

fn scenario(name: &str) -> Scenario {
    let text = scenarios().into_iter().find(|scenario| scenario.name == name).expect(name).text;
    Scenario::parse(text).expect(name)
}

/// The trace of a scenario and the run as it ended.
fn traced(name: &str, groups: &[Group]) -> (String, Run<Trace>) {
    let mut bytes = Vec::new();
    let run = record(&scenario(name), WHOLE, groups, &mut [to_writer(Format::Ftrace, 1, &mut bytes)]).expect(name);
    (String::from_utf8(bytes).expect("text"), run)
}

fn lines(text: &str) -> Vec<TraceLine> {
    read_trace(text).expect("a trace").into_iter().map(|(_, line)| line).collect()
}

fn sum(lines: &[TraceLine], value: impl Fn(&TraceEvent) -> Option<u64>) -> u64 {
    lines.iter().filter_map(|line| value(&line.event)).sum()
}

#[test]
fn every_line_of_ftrace_text_is_read_back_as_it_was_printed() {
    for name in ["hog", "thp", "memcg", "slab", "node-reclaim", "cma", "thrash"] {
        let (text, _) = traced(name, &Group::ALL);
        let printed: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let read = lines(&text);
        assert_eq!(read.len(), printed.len(), "{name}");
        for (line, printed) in read.iter().zip(printed) {
            assert_eq!(line.to_string(), printed, "{name}");
        }
        let header = format!("# entries-in-buffer/entries-written: {0}/{0}   #P:", read.len());
        assert!(text.lines().nth(2).is_some_and(|line| line.starts_with(&header)), "{name}");
    }
}

#[test]
fn batches_waits_lists_and_migrations_are_in_a_trace() {
    let mut seen = BTreeMap::new();
    for name in ["thp", "cma", "thrash"] {
        let read = lines(&traced(name, &Group::ALL).0);
        for line in &read {
            let name = match &line.event {
                TraceEvent::Kmem(KmemEvent::FreedBatched(_)) => "batched",
                TraceEvent::Compaction(CompactionEvent::Migratepages(_)) => "migrated",
                TraceEvent::Compaction(CompactionEvent::MigratePages(_)) => "migrate_pages",
                TraceEvent::Pagemap(PagemapEvent::LruInsertion(_)) => "insertion",
                TraceEvent::Writeback(_) => "wait",
                _ => continue,
            };
            *seen.entry(name).or_insert(0) += 1;
        }
        let pages = |of: fn(&KmemEvent) -> bool| {
            read.iter().filter(|line| matches!(&line.event, TraceEvent::Kmem(event) if of(event))).count()
        };
        let batched = pages(|event| matches!(event, KmemEvent::FreedBatched(_)));
        assert!(batched <= pages(|event| matches!(event, KmemEvent::Freed(block) if block.order == 0)), "{name}");
    }
    assert_eq!(seen.len(), 5, "{seen:?}");
}

#[test]
fn migrated_pages_of_a_trace_are_those_that_vmstat_counts() {
    let (text, run) = traced("thp", &[Group::Compaction]);
    let moved = sum(&lines(&text), |event| match event {
        TraceEvent::Compaction(CompactionEvent::MigratePages(call)) => Some(call.succeeded),
        _ => None,
    });
    assert_eq!(moved, run.machine().vm_events().get(VmEvent::PgMigrateSuccess));
    assert!(moved > 0);
}

#[test]
fn pages_that_are_freed_together_are_all_free_before_the_first_goes_to_its_list() {
    let read = lines(&traced("hog", &[Group::Kmem]).0);
    let is_freed = |line: &TraceLine| matches!(line.event, TraceEvent::Kmem(KmemEvent::Freed(_)));
    let is_batched = |line: &TraceLine| matches!(line.event, TraceEvent::Kmem(KmemEvent::FreedBatched(_)));
    let longest =
        read.chunk_by(|a, b| is_freed(a) == is_freed(b)).filter(|run| is_freed(&run[0])).map(<[_]>::len).max();
    assert!(longest > Some(10) && read.iter().any(is_batched), "{longest:?}");
}

#[test]
fn times_of_a_trace_never_go_back() {
    let read = lines(&traced("memcg", &Group::ALL).0);
    assert!(read.is_sorted_by_key(|line| line.micros));
}

#[test]
fn tracepoints_add_up_to_the_counters_of_vmstat() {
    for name in ["stream", "hog", "memcg", "thrash", "thp"] {
        let (text, run) = traced(name, &[Group::Vmscan, Group::Compaction]);
        let (read, counters) = (lines(&text), run.machine().vm_events());
        let count = |events: &[VmEvent]| events.iter().map(|&event| counters.get(event)).sum::<u64>();
        let reclaimed = sum(&read, |event| match event {
            TraceEvent::Vmscan(VmscanEvent::ShrinkInactive(scan)) => Some(scan.reclaimed),
            _ => None,
        });
        assert_eq!(reclaimed, count(&[VmEvent::PgStealAnon, VmEvent::PgStealFile]), "{name}: reclaimed");
        let scanned = sum(&read, |event| match event {
            TraceEvent::Vmscan(VmscanEvent::ShrinkInactive(scan)) => Some(scan.scanned),
            _ => None,
        });
        assert_eq!(scanned, count(&[VmEvent::PgScanAnon, VmEvent::PgScanFile]), "{name}: scanned");
        let tries = sum(&read, |event| match event {
            TraceEvent::Compaction(CompactionEvent::TryToCompactPages(_)) => Some(1),
            _ => None,
        });
        assert!(tries <= count(&[VmEvent::CompactStall]) + count(&[VmEvent::CompactFail]), "{name}: compaction");
    }
}

#[test]
fn freed_pages_of_a_trace_are_those_that_vmstat_counts() {
    let (text, run) = traced("hog", &[Group::Kmem]);
    let freed = sum(&lines(&text), |event| match event {
        TraceEvent::Kmem(KmemEvent::Freed(block)) => Some(1 << block.order),
        _ => None,
    });
    let booted = Run::start(&scenario("hog"), NullSink).expect("a run").machine().vm_events().get(VmEvent::PgFree);
    assert_eq!(freed, run.machine().vm_events().get(VmEvent::PgFree) - booted);
}

#[test]
fn taking_a_trace_changes_nothing() {
    let (_, traced) = traced("throttle", &Group::ALL);
    let mut run = Run::start(&scenario("throttle"), NullSink).expect("a run");
    while run.run(u64::MAX, 1 << 20) {}
    assert_eq!(traced.machine().state_hash(), run.machine().state_hash());
}

#[test]
fn a_chrome_trace_has_named_threads_closed_slices_and_counters() {
    let text = to_text(&scenario("throttle"), WHOLE, 1, Format::Chrome).expect("a trace");
    let trace: Value = serde_json::from_str(&text).expect("JSON");
    let entries = trace["traceEvents"].as_array().expect("entries");
    let mut open: BTreeMap<i64, Vec<&str>> = BTreeMap::new();
    let mut slices = BTreeMap::new();
    for entry in entries {
        let (name, tid) = (entry["name"].as_str().expect("a name"), entry["tid"].as_i64().unwrap_or(0));
        assert!(entry["pid"].is_i64(), "{entry}");
        match entry["ph"].as_str().expect("a phase") {
            "B" => {
                open.entry(tid).or_default().push(name);
                *slices.entry(name).or_insert(0) += 1;
            }
            "E" => assert_eq!(open.entry(tid).or_default().pop(), Some(name)),
            "i" => assert_eq!(entry["s"], "t"),
            "C" => assert!(entry["args"]["pages"].is_u64(), "{entry}"),
            "M" => assert!(entry["args"]["name"].is_string(), "{entry}"),
            other => panic!("phase {other}"),
        }
    }
    assert!(open.values().all(Vec::is_empty), "open: {open:?}");
    assert!(slices["direct reclaim"] > 0 && slices["kswapd"] > 0, "{slices:?}");
    let named: Vec<i64> =
        entries.iter().filter(|entry| entry["name"] == "thread_name").filter_map(|e| e["tid"].as_i64()).collect();
    assert!(entries.iter().filter_map(|entry| entry["tid"].as_i64()).all(|tid| named.contains(&tid)));
    let times: Vec<u64> = entries.iter().filter_map(|entry| entry["ts"].as_u64()).collect();
    assert!(times.is_sorted());
    assert!(entries.iter().any(|entry| entry["name"] == "free, node 0 DMA32" && entry["ph"] == "C"));
}

#[test]
fn csv_and_json_have_the_same_rows() {
    let scenario = scenario("stream");
    let csv = to_text(&scenario, WHOLE, 25, Format::Csv).expect("csv");
    let json: Value = serde_json::from_str(&to_text(&scenario, WHOLE, 25, Format::Json).expect("json")).expect("JSON");
    let mut rows = csv.lines().map(|row| row.split(',').collect::<Vec<_>>());
    let names = rows.next().expect("names");
    assert_eq!(json["columns"], serde_json::json!(names));
    let numbers: Vec<Vec<u64>> =
        rows.map(|row| row.into_iter().map(|value| value.parse().expect("a number")).collect()).collect();
    assert_eq!(json["rows"], serde_json::json!(numbers));
    assert!(numbers.len() > 20 && numbers.iter().all(|row| row.len() == names.len()));
    for name in ["node0.DMA32.free", "node0.DMA32.low", "node0.nr_inactive_file", "pgscan_kswapd", "nr_dirty"] {
        assert!(names.contains(&name), "{name}");
    }
}
