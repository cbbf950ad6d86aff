//! Trace lines as a real kernel showed them: what is read is printed again.

use buddyscope_procfs::trace::{TraceEvent, VmscanEvent, read_trace};

const RECORDED: &str = include_str!("trace.txt");
/// Not recorded: events that no recording has, in the layout of the recorded kernel's format files.
const UNRECORDED: &str = include_str!("trace_unrecorded.txt");

/// Groups of events this crate does not know.
const OTHERS: [&str; 4] = [": kmalloc", ": kfree: ", ": kmem_cache_", ": rss_stat: "];

#[test]
fn lines_are_printed_as_they_were() {
    for log in [RECORDED, UNRECORDED] {
        let events = read_trace(log).expect("trace");
        let known = log.lines().filter(|line| !OTHERS.iter().any(|other| line.contains(other)));
        let printed: Vec<String> = events.iter().map(|(_, line)| line.to_string()).collect();
        assert_eq!(printed, known.collect::<Vec<_>>());
    }
}

#[test]
fn values_are_read() {
    let events = read_trace("         kswapd0-19      [000] ....     7.602411: mm_vmscan_kswapd_wake: nid=3 order=4\n");
    let (number, line) = &events.expect("trace")[0];
    let TraceEvent::Vmscan(VmscanEvent::KswapdWake(wake)) = &line.event else { panic!("{line:?}") };
    assert_eq!((*number, line.comm.as_str(), line.pid, line.micros), (1, "kswapd0", 19, 7_602_411));
    assert_eq!((wake.nid.0, wake.order), (3, 4));
}

#[test]
fn errors_name_line_and_value() {
    for (from, to, expected) in [
        (
            "nr_reclaimed=7",
            "nr_reclaimed=x",
            "line 6, column 92, nr_reclaimed: expected a value after `nr_reclaimed=`, found `x`",
        ),
        ("zone=Normal ", "zone=High   ", "line 9, column 87, zone: expected a value after `zone=`, found `High`"),
        ("limit=64", "", "line 9, column 128, limit: expected `limit=`"),
        ("-12 ", " ", "line 1, column 1, context: expected `task-pid [cpu] flags time`, found `kworker"),
    ] {
        let error = read_trace(&UNRECORDED.replacen(from, to, 1)).expect_err("bad trace").to_string();
        assert!(error.starts_with(expected), "{error}\n{expected}");
    }
}

#[test]
fn cut_traces_are_no_panic() {
    for at in 0..UNRECORDED.len() {
        let _ = read_trace(&UNRECORDED[..at]);
        let _ = read_trace(&format!("{}é{}", &UNRECORDED[..at], &UNRECORDED[at + 1..]));
    }
}
