//! Stepping through a recording: the model beside the kernel, forwards and back to the start.

use buddyscope_mm::rng::Rng;
use buddyscope_scenario::session::{FieldError, Playback};
use buddyscope_scenario::view::Sight;

const STATE: &str = include_str!("fixtures/toy/state.txt");
const OPS: &str = include_str!("fixtures/toy/ops.txt");

fn load(state: &str, ops: &str) -> Result<Playback, FieldError> {
    let file = |path: &str, text: &str| (path.to_owned(), text.as_bytes().to_vec());
    Playback::load("toy", vec![file("start/state.txt", state), file("ops.txt", ops)])
}

fn toy() -> Playback {
    load(STATE, OPS).expect("the toy is whole")
}

#[test]
fn each_step_tells_the_line_the_kernel_and_the_model() {
    let mut playback = toy();
    let view = playback.view();
    assert_eq!((view.operations, view.position, view.line.as_str()), (5, 0, ""));
    playback.step(1).expect("the first line");
    let view = playback.view();
    assert_eq!((view.position, view.matches), (1, 1));
    assert_eq!((view.kernel.as_str(), view.model.as_str()), ("pfn=4096 zone=0:1", "pfn=4096 zone=0:1"));
    let why = playback.why().expect("an allocation");
    let keys: Vec<_> = why.steps.iter().map(|step| step.key).collect();
    assert!(keys.ends_with(&["steal.whole", "pcp.refill", "pcp.take"]), "{keys:?}");
    playback.step(2).expect("two more");
    assert!(playback.view().line.starts_with("F 1 "), "{}", playback.view().line);
    assert!(playback.why().is_none(), "a free is not an allocation");
}

#[test]
fn it_ends_at_the_end_and_begins_again_at_the_start() {
    let mut playback = toy();
    playback.step(u64::MAX).expect("to the end");
    let end = playback.view();
    assert_eq!((end.position, end.matches, end.mismatch.clone()), (5, 5, None));
    let hash = playback.sight().hash();
    playback.rewind().expect("to the start");
    assert_eq!(playback.view().position, 0);
    assert_ne!(playback.sight().hash(), hash);
    for _ in 0..5 {
        playback.step(1).expect("one more");
    }
    assert_eq!(playback.sight().hash(), hash, "one by one is the same as all at once");
    assert_eq!(playback.view(), end);
}

#[test]
fn the_machine_of_the_recording_can_be_looked_at() {
    let mut playback = toy();
    playback.step(2).expect("two lines");
    let sight: Sight<'_> = playback.sight();
    let view = sight.machine_view();
    assert_eq!((view.title.as_str(), view.total_pages), ("toy", 4096));
    let zone = &view.nodes[0].zones[0];
    assert_eq!((zone.free_exact, zone.pcp_pages), (4096 - 15 - 8, 14));
    assert_eq!(sight.page(&4112.into()).expect("a page").state, "used");
}

#[test]
fn the_first_difference_is_noted_and_does_not_stop_it() {
    let mut playback = load(STATE, &OPS.replace("pfn=4112 zone", "pfn=5000 zone")).expect("it can be read");
    playback.step(u64::MAX).expect("to the end");
    let view = playback.view();
    assert_eq!((view.position, view.matches), (5, 1));
    let mismatch = view.mismatch.expect("a difference");
    assert!(mismatch.contains("line 3") && mismatch.contains("5000") && mismatch.contains("4112"), "{mismatch}");
}

#[test]
fn broken_recordings_are_refused_with_file_and_line() {
    let refused = |state: &str, ops: &str| {
        let error = load(state, ops).err().expect("refused");
        assert_eq!(error.field, "recording");
        error.message
    };
    assert!(refused(STATE, &OPS.replace("order=3 ->", "order=x ->")).starts_with("ops.txt, line 3"));
    assert!(refused(&STATE.replace("wlow=80", "wlow="), OPS).starts_with("start/state.txt, line 7"));
    assert!(refused(&STATE.replace("4096 5120", "4096 4096"), OPS).contains("listed twice"));
    assert!(refused("", OPS).contains("start/state.txt"));
    let error = Playback::load("empty", Vec::new()).err().expect("refused");
    assert!(error.message.contains("ops.txt"), "{error}");
}

#[test]
fn a_line_that_cannot_be_done_leaves_what_was_done() {
    let ops = OPS.replace("F 1 cpu=0 pfn=4112", "F 1 cpu=0 pfn=6000");
    let mut playback = load(STATE, &ops).expect("it can be read");
    let error = playback.step(u64::MAX).expect_err("a free of free memory");
    assert!(error.message.contains("line 4") && error.message.contains("free already"), "{error}");
    assert_eq!(playback.view().position, 2);
}

#[test]
fn no_damage_to_a_recording_breaks_the_player() {
    let mut rng = Rng::new(1);
    let mut played = 0;
    for round in 0..3000 {
        let (mut state, mut ops) = (STATE.as_bytes().to_vec(), OPS.as_bytes().to_vec());
        for _ in 0..1 + rng.below(3) {
            let bytes = if round % 2 == 0 { &mut state } else { &mut ops };
            let at = rng.below(bytes.len() as u64) as usize;
            match rng.below(4) {
                0 => drop(bytes.remove(at)),
                1 => bytes.insert(at, b"0123456789 :=-\n/x"[rng.below(17) as usize]),
                2 => bytes[at] = rng.below(256) as u8,
                _ => bytes[at] = b'0' + rng.below(10) as u8,
            }
        }
        let files = vec![("start/state.txt".to_owned(), state), ("ops.txt".to_owned(), ops)];
        let Ok(mut playback) = Playback::load("damaged", files) else { continue };
        // A line that cannot be done is an error; the next call goes on to refuse it.
        let _ = playback.step(u64::MAX);
        let _ = (playback.view(), playback.why(), playback.sight().machine_view());
        played += 1;
    }
    assert!(played > 300, "some damage goes unnoticed: {played}");
}
