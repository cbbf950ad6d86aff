//! Reports of real machines, from kernels 3.2 to 6.19, whole or in parts, are read and explained as `tests/reports/verdicts.txt` says.

use buddyscope_scenario::diagnose::{Diagnosis, Lack, Subject, diagnose};
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
    assert!(expected.len() >= 100);
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
        for diagnosis in explained(&file).into_iter().filter(|it| it.subject != Subject::Machine) {
            assert_eq!(diagnosis.has_machine, diagnosis.walk.is_some(), "{file}");
            // An arithmetic line for each zone that was looked at, which ends as its lack says.
            for zone in diagnosis.zones.iter().filter(|zone| zone.lack != Lack::Cpuset) {
                // A zone that passed may have nothing on the lists of the request.
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

#[test]
fn what_is_not_as_5_10_has_it_is_said() {
    let keys = |file: &str| -> Vec<&str> {
        let found = explained(file);
        let sentences = found.iter().flat_map(|it| it.notes.iter().chain(&it.assumptions).chain([&it.title]));
        sentences.map(|sentence| sentence.key).collect()
    };
    for (file, key) in [
        ("006.txt", "report.cut"),
        ("014.txt", "report.noBlocks"),
        ("040.txt", "assume.highmem"),
        ("061.txt", "addresses.title"),
        ("072.txt", "assume.pageSize"),
        ("092.txt", "assume.pageSize"),
        ("127.txt", "kill.headless"),
        ("132.txt", "kill.noTotal"),
        ("133.txt", "state.kswapdGaveUp"),
        ("134.txt", "area.map"),
        ("138.txt", "stall.title"),
    ] {
        assert!(keys(file).contains(&key), "{file}: {:?}", keys(file));
    }
}
