//! Texts from anybody: damaged in every way that comes to mind, they are explained or refused with the place, in time
//! that grows with their length, and nothing breaks.
//!
//! `BUDDYSCOPE_HOSTILE` sets how many damaged texts are tried of each; `fuzz/` looks for more with a fuzzer, with the same
//! functions.

#[expect(unreachable_pub, reason = "a crate of its own elsewhere")]
#[path = "../../../fuzz/src/lib.rs"]
mod fuzz;

use buddyscope_mm::rng::Rng;
use buddyscope_procfs::report::read_log;
use buddyscope_procfs::trace::read_trace;
use buddyscope_procfs::zoneinfo::ZoneInfo;
use buddyscope_scenario::diagnose::diagnose;
use buddyscope_scenario::show::scenarios;
use std::fs::{read, read_dir};
use std::path::Path;

const REPORTS: [&str; 6] = [
    include_str!("../../procfs/tests/reports/failure_atomic.txt"),
    include_str!("../../procfs/tests/reports/failure_order_10.txt"),
    include_str!("../../procfs/tests/reports/oom_one_node.txt"),
    include_str!("../../procfs/tests/reports/oom_two_nodes.txt"),
    include_str!("../../procfs/tests/reports/memcg.txt"),
    include_str!("../../procfs/tests/reports/notices.txt"),
];
const TRACE: &str = include_str!("../../procfs/tests/trace.txt");

/// What people, terminals and attackers put into a text.
const JUNK: [&str; 16] = [
    "-1",
    "0",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999999999999999999999",
    "9223372036854775807kB",
    "17179869180kB",
    "\u{202e}",
    "\u{0}",
    "é",
    "(((((((((((((((((((((((((((((((((((((((",
    "Node 63 Normal free:4kB",
    "\r\n",
    "Mem-Info:",
    " invoked oom-killer: ",
    "0-63",
];

fn tries() -> u64 {
    std::env::var("BUDDYSCOPE_HOSTILE").ok().and_then(|tries| tries.parse().ok()).unwrap_or(1500)
}

/// One of the places where a character begins.
fn place(rng: &mut Rng, text: &str) -> usize {
    let mut at = rng.below(text.len() as u64 + 1) as usize;
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn damaged(rng: &mut Rng, text: &str, other: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..=rng.below(4) {
        match rng.below(7) {
            0 => text.truncate(place(rng, &text)),
            1 => text = text.split_off(place(rng, &text)),
            2 => text.insert_str(place(rng, &text), JUNK[rng.below(JUNK.len() as u64) as usize]),
            3 => text = with_number(rng, &text),
            4 => text = interleaved(rng, &text, other),
            5 => {
                let from = place(rng, &text);
                let gone: usize = text[from..].chars().take(rng.below(40) as usize).map(char::len_utf8).sum();
                text.replace_range(from..from + gone, "");
            }
            _ => {
                let mut lines: Vec<&str> = text.lines().collect();
                if lines.len() > 1 {
                    let (a, b) = (rng.below(lines.len() as u64) as usize, rng.below(lines.len() as u64) as usize);
                    lines.swap(a, b);
                }
                text = lines.join("\n");
            }
        }
    }
    text
}

/// Some number replaced by junk.
fn with_number(rng: &mut Rng, text: &str) -> String {
    let start = place(rng, text);
    let Some(at) = text[start..].find(|c: char| c.is_ascii_digit()).map(|at| start + at) else {
        return text.to_owned();
    };
    let digits = text[at..].bytes().take_while(u8::is_ascii_digit).count();
    format!("{}{}{}", &text[..at], JUNK[rng.below(7) as usize], &text[at + digits..])
}

/// Lines of two logs in one, as two CPUs print them.
fn interleaved(rng: &mut Rng, text: &str, other: &str) -> String {
    let mut others = other.lines();
    let mut lines = Vec::new();
    for line in text.lines() {
        lines.push(line);
        lines.extend(if rng.below(4) == 0 { others.next() } else { None });
    }
    lines.join("\n")
}

#[test]
fn damaged_reports_are_explained_or_refused() {
    let mut rng = Rng::new(7);
    let (mut explained, mut refused) = (0, 0);
    for (nth, report) in REPORTS.iter().enumerate() {
        for _ in 0..tries() {
            let text = damaged(&mut rng, report, REPORTS[(nth + 1) % REPORTS.len()]);
            match diagnose(&text) {
                Ok(found) => {
                    explained += found.len();
                    for diagnosis in found.iter().filter(|diagnosis| diagnosis.has_machine) {
                        let session = diagnosis.session().expect("what could be made once can be made again");
                        assert_eq!(session.machine().audit(), Ok(()), "{text}");
                    }
                }
                Err(error) => {
                    refused += 1;
                    assert!(error.line >= 1 && error.line <= text.lines().count() + 1, "{error}");
                    assert!(!error.field.is_empty() && !error.expected.is_empty(), "{error}");
                }
            }
        }
    }
    assert!(explained > 0 && refused > 0, "{explained} explained, {refused} refused");
}

#[test]
fn damaged_traces_and_files_are_read_or_refused() {
    let mut rng = Rng::new(8);
    for _ in 0..tries() {
        let text = damaged(&mut rng, TRACE, REPORTS[0]);
        let _ = read_trace(&text);
        let _ = text.parse::<ZoneInfo>();
        let _ = read_log(&text);
    }
}

/// Texts that the fuzz targets begin with: reports of real machines, what the tests of `procfs` read, and the gallery.
fn corpus() -> Vec<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["../../tests/reports", "../procfs/tests", "../procfs/tests/reports"];
    let files = folders.iter().flat_map(|folder| read_dir(here.join(folder)).expect("a folder"));
    let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    let texts = paths.iter().map(|path| String::from_utf8_lossy(&read(path).expect("a text")).into_owned());
    texts.chain(scenarios().into_iter().map(|scenario| scenario.text.to_owned())).collect()
}

/// The flags that a text shows of requests.
fn shown_flags(text: &str) -> impl Iterator<Item = &str> {
    let flags = text.split_whitespace().flat_map(|word| word.split(['=', ':', ',']));
    flags.filter(|word| word.contains("GFP") || word.starts_with("0x")).take(8)
}

/// Each text as it is and damaged so many times, the same ones in every run. `BUDDYSCOPE_HOSTILE` asks for more.
fn fuzz_with(seed: u64, most: u64, target: fn(&[u8])) {
    let (mut rng, corpus) = (Rng::new(seed), corpus());
    for (nth, text) in corpus.iter().enumerate() {
        target(text.as_bytes());
        for _ in 0..most * tries() / 1500 {
            target(damaged(&mut rng, text, &corpus[(nth + 1) % corpus.len()]).as_bytes());
        }
    }
}

#[test]
fn the_target_log_holds() {
    fuzz_with(11, 150, fuzz::log);
}

#[test]
fn the_target_explain_holds() {
    fuzz_with(12, 40, fuzz::explain);
}

#[test]
fn the_target_trace_holds() {
    fuzz_with(13, 150, fuzz::trace);
}

#[test]
fn the_target_document_holds() {
    fuzz_with(14, 80, fuzz::document);
}

#[test]
fn the_target_scenario_holds() {
    fuzz_with(15, 150, fuzz::scenario);
}

#[test]
fn the_target_gfp_holds() {
    let (mut rng, corpus) = (Rng::new(16), corpus());
    for flags in corpus.iter().flat_map(|text| shown_flags(text)) {
        fuzz::gfp(flags.as_bytes());
        for _ in 0..40 {
            fuzz::gfp(damaged(&mut rng, flags, "GFP_KERNEL|__GFP_ZERO").as_bytes());
        }
    }
}

#[test]
fn long_texts_take_time_in_proportion() {
    // Long enough that anything worse than linear would not end.
    let line = "[    1.000000] Node 0 Normal: 1*4kB (U) 2*8kB = ";
    let text = line.repeat(400_000);
    assert_eq!(diagnose(&text).map_err(|error| error.field).map(|found| found.len()), Err("size".to_owned()));
    let text = format!("{line}\n").repeat(300_000);
    assert!(diagnose(&text).is_ok_and(|found| found.is_empty()));
    let lines = "Mem-Info:\n".repeat(300_000);
    let _ = diagnose(&lines);
    let digits = format!("Node 0 DMA free:{}kB", "9".repeat(2 << 20));
    let _ = diagnose(&format!("Mem-Info:\n{digits}"));
}
