//! The commands as a person runs them: what they print, and how they exit.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// One zone with two free blocks of 1024 pages.
const STATE: &str = "\
CONST rt=0 nr_cpus=1 online_nodes=1 group_disabled=0 min_free_kbytes=0 scale=10 boost_factor=0 totalram=3072 hz=250
CPU cpu=0 node=0
DIST nid=0 : 0:10
NODE nid=0 start=1 present=4095 spanned=4095 nr_zones=1 kswapd_order=0 kswapd_hzi=4 kswapd_wait=1 kswapd_failures=0 \
kcompactd_order=0 kcompactd_hzi=0 kcompactd_wait=1
ZL nid=0 type=FALLBACK : 0:0
ZL nid=0 type=NOFALLBACK : 0:0
ZONE nid=0 idx=0 name=DMA start=1 spanned=4095 present=4095 managed=2048 wmin=0 wlow=0 whigh=0 boost=0 drift=0 nr_ha=0 \
flags=0x0 isol=0 reserve=0,0,0,0
STAT free=2048 free_cma=0
LRUSTAT 0 0 0 0 0
NUMA 0 0 0 0 0 0
PCP cpu=0 count=0 high=0 batch=1 dfree=0 dcma=0 thr=2
FA o=10 nr=2
FL o=10 mt=0 : 1024 2048
PB first=0 : 0*8
HOLE
RESERVED 1-1023 3072-4095
LRU
MOVABLEPG
";

const OPS: &str = "\
# seed 1
A 0 cpu=0 nid=0 nodemask=- gfp=0x2000 order=0 -> pfn=1024 zone=0:0
A 1 cpu=0 nid=0 nodemask=- gfp=0x2000 order=10 -> pfn=2048 zone=0:0
A 2 cpu=0 nid=0 nodemask=- gfp=0x2000 order=11 -> pfn=FAIL
F 0 cpu=0 pfn=1024 order=0
";

/// A folder of its own for each test.
fn folder(test: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("buddyscope-{}-{test}", std::process::id()));
    fs::create_dir_all(path.join("one/start")).expect("a temporary folder");
    path
}

fn recording(test: &str, state: &str, ops: &[u8]) -> PathBuf {
    let path = folder(test);
    fs::write(path.join("one/start/state.txt"), state).expect("written");
    fs::write(path.join("one/ops.txt"), ops).expect("written");
    path
}

/// Runs a command; removes the folder it worked on.
fn run(words: &[&str], path: Option<&Path>) -> (Output, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_buddyscope")).args(words).args(path).output().expect("runs");
    if let Some(path) = path {
        fs::remove_dir_all(path).expect("removed");
    }
    let text = [&output.stdout[..], &output.stderr].concat();
    (output, String::from_utf8(text).expect("text"))
}

fn replayed(test: &str, state: &str, ops: &[u8]) -> (bool, String) {
    let path = recording(test, state, ops);
    let (output, text) = run(&["replay"], Some(&path));
    (output.status.success(), text)
}

#[test]
fn an_equal_replay_succeeds() {
    let (success, text) = replayed("equal", STATE, OPS.as_bytes());
    assert!(success, "{text}");
    assert!(text.starts_with("one: 4/4 operations, 0/0 digests, snapshots ok\n"), "{text}");
    assert!(text.ends_with("replay: 4/4 operations match in 1 recordings\n"), "{text}");
}

#[test]
fn a_difference_is_told_with_both_sides_and_fails() {
    let (success, text) = replayed("differs", STATE, OPS.replace("pfn=2048", "pfn=1025").as_bytes());
    assert!(!success, "{text}");
    assert!(text.contains("ops.txt line 3"), "{text}");
    assert!(text.contains("kernel: A 1 cpu=0 nid=0 nodemask=- gfp=0x2000 order=10 -> pfn=1025"), "{text}");
    assert!(text.contains("model:  pfn=2048") && text.contains(". [Watermark("), "{text}");
    assert!(text.ends_with("replay: 1/4 operations match in 1 recordings\n"), "{text}");
}

#[test]
fn broken_recordings_are_told_with_file_and_line() {
    let state = |from: &str, to: &str| {
        assert!(STATE.contains(from));
        STATE.replace(from, to)
    };
    let cases: [(&str, String, &[u8], &str); 8] = [
        ("word", STATE.into(), b"A 0 cpu=0 nid=zero", "ops.txt, line 1, field `nid`"),
        ("bytes", STATE.into(), b"D cpu=0\n\xff\xfe\x00", "ops.txt, line 2, field `operation`"),
        ("cpu", STATE.into(), b"D cpu=7\n", "ops.txt, line 1"),
        ("node", STATE.into(), b"A 0 cpu=0 nid=9 nodemask=- gfp=0x0 order=0 -> pfn=FAIL\n", "ops.txt, line 1"),
        ("free", STATE.into(), b"F 0 cpu=0 pfn=1024 order=0\n", "ops.txt, line 1: pfn 1024"),
        ("id", STATE.into(), b"L 4000000000\n", "ops.txt, line 1"),
        ("state", state("idx=0", "idx=9"), b"", "start/state.txt, line 7, field `idx`"),
        ("twice", state("1024 2048", "1024 1024"), b"", "pfn 1024: listed twice"),
    ];
    for (test, state, ops, message) in cases {
        let (success, text) = replayed(test, &state, ops);
        assert!(!success && text.contains(message), "{test}: {text}");
    }
}

#[test]
fn folders_without_recordings_are_an_error() {
    for command in ["replay", "check-boot"] {
        let (output, text) = run(&[command], Some(&folder(command)));
        assert!(!output.status.success() && text.contains("no "), "{text}");
        let (output, text) = run(&[command, "no/such/folder"], None);
        assert!(!output.status.success() && text.contains("no/such/folder"), "{text}");
    }
}

#[test]
fn a_preset_boots_in_every_view() {
    for (view, sign) in [
        ("zoneinfo", "Node 0, zone      DMA"),
        ("buddyinfo", "Node 0, zone"),
        ("pagetypeinfo", "Page block order: 9"),
        ("zonelists", "0:DMA"),
        ("json", "\"managedPages\""),
    ] {
        let (output, text) = run(&["boot", "tiny", "--print", view], None);
        assert!(output.status.success() && text.contains(sign), "{view}: {text}");
    }
}

#[test]
fn a_machine_can_come_from_a_file() {
    let path = folder("file").join("machine.json");
    fs::write(&path, r#"{"nodes": [{"mib": 64, "cpus": 1}, {"mib": 64, "cpus": 1}]}"#).expect("written");
    let (output, text) = run(&["boot", path.to_str().expect("text"), "--print", "zonelists"], None);
    assert!(output.status.success() && text.contains("1:DMA32"), "{text}");
    fs::write(&path, r#"{"nodes": [{"mib": 64, "cpus": 0}]}"#).expect("written");
    let (output, text) = run(&["boot", path.to_str().expect("text")], None);
    assert!(!output.status.success() && text.contains("nodes"), "{text}");
    fs::write(&path, "{").expect("written");
    let (output, text) = run(&["boot", path.to_str().expect("text")], None);
    assert!(!output.status.success() && text.contains("machine.json"), "{text}");
    fs::remove_dir_all(path.parent().expect("a folder")).expect("removed");
}

#[test]
fn an_unknown_preset_is_an_error_that_names_the_known_ones() {
    let (output, text) = run(&["boot", "nonesuch"], None);
    assert!(!output.status.success() && text.contains("two-node"), "{text}");
}

#[test]
fn packed_texts_are_explained_as_they_are() {
    let zoneinfo = recorded_text("zoneinfo");
    let (output, text) = run(&["explain", zoneinfo.to_str().expect("text")], None);
    assert!(output.status.success() && text.contains("A machine of 1 node"), "{text}");
}

#[test]
fn a_trace_is_made_again_on_the_machine_that_texts_tell_of() {
    let trace = folder("texts").join("trace.txt");
    let event = "mm_page_alloc: page=00000000deadbeef pfn=4096 order=0 migratetype=0 gfp_flags=GFP_KERNEL";
    fs::write(&trace, format!("  a-1 [000] ....     1.000000: {event}\n")).expect("written");
    let buddyinfo = trace.with_file_name("buddyinfo");
    fs::write(
        &buddyinfo,
        "Node 0, zone      DMA      1      0      0      0      0      0      0      0      0      0      0 \n",
    )
    .expect("written");
    let words = ["replay-trace", trace.to_str().expect("text"), "--texts"];
    let files = [recorded_text("zoneinfo"), buddyinfo];
    let files = files.iter().map(|file| file.to_str().expect("text"));
    let (output, text) = run(&words.into_iter().chain(files).collect::<Vec<_>>(), None);
    assert!(output.status.success(), "{text}");
    let (output, text) = run(&[words[0], words[1], words[2], words[1]], None);
    assert!(!output.status.success() && text.contains("no machine can be made of this"), "{text}");
    fs::remove_dir_all(trace.parent().expect("a folder")).expect("removed");
}

/// A file of /proc of a recorded machine.
fn recorded_text(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/recordings/topology/1n_64m_thp_always/proc");
    folder.join(format!("{name}.txt.xz"))
}
