//! Every text of a kernel in the recordings is printed as it was read: those in `tests/recordings`, and those of the folder
//! that `BUDDYSCOPE_RECORDINGS` names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn roundtrip(paths: &[&Path]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_buddyscope"));
    command.arg("roundtrip").args(paths).output().expect("the command runs")
}

/// Where the lines tell what was understood and kept, and how many texts are identical.
fn ends(output: &Output) -> [String; 2] {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut lines = text.lines().rev().map(str::to_owned);
    let mut next = || lines.next().unwrap_or_default();
    let last = next();
    [next(), last]
}

#[test]
fn recorded_texts_are_identical() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/recordings");
    let more = std::env::var_os("BUDDYSCOPE_RECORDINGS").map(PathBuf::from);
    for folder in [Some(shipped), more].into_iter().flatten() {
        let output = roundtrip(&[&folder]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}");
        let [kept, last] = ends(&output);
        let count = last.strip_prefix("roundtrip: ").and_then(|last| last.split('/').next()).unwrap_or_default();
        assert_eq!(last, format!("roundtrip: {count}/{count} texts identical"));
        assert_ne!(count, "0");
        assert!(kept.ends_with("and 0 words in others"), "{kept}");
    }
}

#[test]
fn unreadable_texts_are_named_with_the_place() {
    let folder = std::env::temp_dir().join(format!("buddyscope-roundtrip-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    for (name, text) in [
        ("buddyinfo.txt", "Node 0, zone      DMA      1      x \n"),
        ("anything", "$ cat /proc/buddyinfo\nNode 0, zone      DMA      1      2 \n"),
        ("state.txt", "ZONE nid=0\n"),
    ] {
        fs::write(folder.join(name), text).expect(name);
    }
    let output = roundtrip(&[&folder, &folder.join("anything"), &folder.join("state.txt")]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!output.status.success());
    assert!(
        text.contains("buddyinfo.txt: cannot be read: line 1, column 35, free: expected a number, found `x"),
        "{text}"
    );
    assert_eq!(ends(&output)[1], "roundtrip: 1/2 texts identical");
    fs::remove_dir_all(&folder).expect("the folder can go");
}

#[test]
fn texts_of_a_machine_are_understood() {
    let folder = std::env::temp_dir().join(format!("buddyscope-printed-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    for view in ["zoneinfo", "buddyinfo", "pagetypeinfo", "vmstat", "numactl", "nodes", "zonelists"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_buddyscope"));
        let printed = command.args(["boot", "two-node", "--print", view]).output().expect("the command runs").stdout;
        fs::write(folder.join("text"), &printed).expect("written");
        let output = roundtrip(&[&folder.join("text")]);
        assert_eq!(ends(&output)[1], "roundtrip: 1/1 texts identical", "{view}");
    }
    fs::remove_dir_all(&folder).expect("the folder can go");
}
