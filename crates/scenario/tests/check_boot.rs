//! Boots of topology recordings. Those in the folder that `BUDDYSCOPE_RECORDINGS` names are compared value by value.

use buddyscope_scenario::check_boot::{MARKER, check_boot};
use buddyscope_scenario::recording::find_folders;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder of its own below the system's for temporary files, removed with the value.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("buddyscope-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder for temporary files");
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

/// The topology recordings at hand; none without the variable.
fn topologies() -> Vec<PathBuf> {
    let Some(recordings) = std::env::var_os("BUDDYSCOPE_RECORDINGS") else { return Vec::new() };
    let topologies = Path::new(&recordings).join("topology");
    if topologies.is_dir() {
        find_folders(&topologies, MARKER).expect("a folder that can be listed")
    } else {
        Vec::new()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("folder");
    for entry in fs::read_dir(from).expect("folder") {
        let path = entry.expect("entry").path();
        let target = to.join(path.file_name().expect("name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("file");
        }
    }
}

#[test]
fn every_value_of_every_topology_matches() {
    for path in topologies() {
        let tally = check_boot(&path).expect("a readable recording");
        assert!(tally.values > 200, "{tally}");
        assert!(tally.differences.is_empty(), "{tally}");
    }
}

#[test]
fn another_machine_makes_a_difference() {
    let Some(path) = topologies().into_iter().find(|path| path.ends_with("2n_1024m")) else { return };
    let meta = fs::read_to_string(path.join("meta.json")).expect("meta.json");
    let edits = [
        ("quiet", "quiet kernelcore=512M", "Movable"),
        ("quiet", "quiet numa=off", "online nodes"),
        ("transparent_hugepage=never", "transparent_hugepage=always", "min_free_kbytes"),
    ];
    for (number, (from, to, expected)) in edits.into_iter().enumerate() {
        let scratch = Scratch::new(&format!("edited-{number}"));
        copy(&path, &scratch.0);
        fs::write(scratch.0.join("meta.json"), meta.replace(from, to)).expect("meta.json");
        let tally = check_boot(&scratch.0).expect("a readable recording");
        assert!(tally.differences.iter().any(|difference| difference.what.contains(expected)), "{to}: {tally}");
        assert_eq!(tally.matching() + tally.differences.len() as u64, tally.values);
    }
}

#[test]
fn a_folder_without_the_files_is_an_error_that_names_one() {
    let scratch = Scratch::new("empty");
    let error = check_boot(&scratch.0).expect_err("nothing to read").to_string();
    assert_eq!(error, "init/state.txt: the recording has no such file");
}

#[test]
fn broken_files_are_errors_that_name_the_line() {
    let Some(path) = topologies().into_iter().find(|path| path.ends_with("1n_48m")) else { return };
    let breaks = [
        ("init/memblock.txt", "memory 0x1000 0x9f000\n", "init/memblock.txt, line 1"),
        ("init/memblock.txt", "", "meta.json: memory"),
        ("meta.json", "{", "meta.json, line 1"),
        ("proc/zoneinfo.txt", "Node 0, zone\n", "proc/zoneinfo.txt, line 1"),
        ("var/min_free_kbytes_x.zoneinfo.txt", "", "var/min_free_kbytes_x.zoneinfo.txt"),
        ("var/other_1.zoneinfo.txt", "", "var/other_1.zoneinfo.txt"),
    ];
    for (number, (file, text, expected)) in breaks.into_iter().enumerate() {
        let scratch = Scratch::new(&format!("broken-{number}"));
        copy(&path, &scratch.0);
        _ = fs::remove_file(scratch.0.join(format!("{file}.gz")));
        fs::create_dir_all(scratch.0.join("var")).expect("folder");
        fs::write(scratch.0.join(file), text).expect("file");
        let error = check_boot(&scratch.0).map(|tally| tally.to_string()).expect_err(file).to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}
