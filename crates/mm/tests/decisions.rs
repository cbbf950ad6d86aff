//! Every decision of the tables that the model follows is reached by a named test: what tests noted while they ran
//! decides, not a list kept by hand.
//!
//! `BUDDYSCOPE_DECISIONS=target/decisions cargo test --workspace` notes, and
//! `BUDDYSCOPE_DECISIONS=target/decisions cargo test --workspace --test decisions -- --ignored` looks at the notes. With
//! `UPDATE=1` it writes docs/decisions.md instead of comparing it.

mod noted;

use noted::Decision;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Tests of `crates/scenario/tests/gallery.rs` run a scenario each.
const GALLERY: &str = "gallery";
/// How many tests of a decision are named.
const NAMED: usize = 2;

/// Tests and scenarios by decision.
#[derive(Default)]
struct Seen {
    tests: BTreeMap<String, BTreeSet<String>>,
    scenarios: BTreeMap<String, BTreeSet<String>>,
}

fn read() -> Seen {
    let folder = noted::folder().expect("BUDDYSCOPE_DECISIONS names the folder of the notes");
    let mut seen = Seen::default();
    for file in std::fs::read_dir(folder).expect("notes of a run of all tests") {
        let file = file.expect("a file").path();
        let binary = file.file_name().expect("a name").to_string_lossy().into_owned();
        for line in std::fs::read_to_string(&file).expect("text").lines() {
            let (test, key) = line.split_once(' ').expect("a test and a decision");
            if binary == GALLERY {
                let scenario = test.split("::").last().unwrap_or(test);
                seen.scenarios.entry(key.to_owned()).or_default().insert(scenario.to_owned());
            } else {
                seen.tests.entry(key.to_owned()).or_default().insert(test.to_owned());
            }
        }
    }
    seen
}

/// The last part of a test's path, which says what it shows; those that are about this row first.
fn names(tests: &BTreeSet<String>, place: &str) -> String {
    let number = place.trim_start_matches('X');
    let own = |test: &&String| {
        let name = test.rsplit("::").next().unwrap_or(test);
        [format!("row_{number}_"), format!("exit_{number}_")].iter().any(|start| name.starts_with(start))
    };
    let mut sorted: Vec<&String> = tests.iter().collect();
    sorted.sort_by_key(|test| (!own(test), test.len()));
    let name = |test: &&String| format!("`{}`", test.rsplit("::").next().unwrap_or(test));
    sorted.iter().take(NAMED).map(name).collect::<Vec<_>>().join(", ")
}

fn document(seen: &Seen) -> (String, Vec<String>) {
    let mut text = String::from(
        "# Decisions and their tests\n\nWritten by `crates/mm/tests/decisions.rs` from the decision events that were \
         seen while the tests ran; do not edit. A place is the row or step in the tables that the model follows, in the \
         kernel's order. Every decision has at least one test that reaches it, or the check fails; at most two are \
         named. The last column names scenarios of the gallery in which it can be watched; each is a test as well.\n",
    );
    let mut missing = Vec::new();
    let mut table = "";
    for decision in Decision::all() {
        if decision.table().title != table {
            table = decision.table().title;
            let _ = write!(text, "\n## {table}\n\n| Place | Decision | Tests | Scenarios |\n|---|---|---|---|\n");
        }
        let (place, meaning) = decision.texts();
        let key = decision.key();
        let tests = seen.tests.get(&key).map(|tests| names(tests, place)).unwrap_or_default();
        let scenarios: Vec<&str> = seen.scenarios.get(&key).into_iter().flatten().take(3).map(|name| &**name).collect();
        if tests.is_empty() && scenarios.is_empty() {
            missing.push(format!("{table}: {place} {meaning}"));
        }
        let _ = writeln!(text, "| {place} | {meaning} | {tests} | {} |", scenarios.join(", "));
    }
    (text, missing)
}

#[test]
#[ignore = "looks at the notes of a run of all tests"]
fn every_decision_is_reached_by_a_test() {
    let (text, missing) = document(&read());
    assert!(missing.is_empty(), "no test reaches:\n{}", missing.join("\n"));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/decisions.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &text).expect("docs can be written to");
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == text, "docs/decisions.md is not what the tests show; UPDATE=1 writes it anew");
    println!("\ndecisions: {} reached by tests", Decision::all().count());
}
