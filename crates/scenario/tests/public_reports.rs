//! Reports of real machines, from kernels 3.2 to 6.19, are read and explained as `tests/reports/verdicts.txt` says.

use buddyscope_scenario::diagnose::{Diagnosis, Lack, diagnose};
use std::fs::{read, read_to_string};
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/reports")
}

/// File and verdicts of each report.
fn expected() -> Vec<(String, Vec<String>)> {
    let list = read_to_string(folder().join("verdicts.txt")).expect("the list");
    let rows = list.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let mut words = line.split_whitespace().map(str::to_owned);
        let file = words.next().expect("a file");
        (file, words.skip(2).collect())
    });
    rows.collect()
}

fn explained(file: &str) -> Vec<Diagnosis> {
    let bytes = read(folder().join(file)).expect("a report");
    diagnose(&String::from_utf8_lossy(&bytes)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn each_has_the_verdict_that_is_noted() {
    let expected = expected();
    assert!(expected.len() >= 60);
    for (file, verdicts) in expected {
        let found = explained(&file);
        let keys: Vec<&str> =
            found.iter().map(|it| it.verdict.as_ref().map_or("none", |verdict| verdict.key)).collect();
        assert_eq!(keys, verdicts, "{file}");
    }
}

#[test]
fn whatever_helped_was_tried_and_whatever_lacks_is_shown() {
    for (file, _) in expected() {
        for diagnosis in explained(&file) {
            assert_eq!(diagnosis.has_machine, diagnosis.walk.is_some(), "{file}");
            // An arithmetic line for each zone that was looked at, which ends as its lack says.
            for zone in diagnosis.zones.iter().filter(|zone| zone.lack != Lack::Cpuset) {
                let passes = zone.sum.last().is_some_and(|line| line.ends_with("pass"));
                assert_eq!(passes, zone.lack == Lack::Nothing, "{file}: {:?}", zone.sum);
            }
            if diagnosis.has_machine {
                let session = diagnosis.session().expect("what could be made once can be made again");
                // Other kernels kept more for atomic requests than 5.10 would.
                let audit = session.machine().audit().map_err(|violation| violation.to_string());
                assert!(audit.as_ref().err().is_none_or(|it| it.contains("over its limit")), "{file}: {audit:?}");
            }
        }
    }
}
