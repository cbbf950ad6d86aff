//! A recording, as in `crates/scenario/tests/playback.rs`, through the bindings.

use super::{field, number, ok, session, text};
use js_sys::{Object, Reflect, Uint8Array};
use wasm_bindgen_test::wasm_bindgen_test;

const STATE: &str = include_str!("../../../scenario/tests/fixtures/toy/state.txt");
const OPS: &str = include_str!("../../../scenario/tests/fixtures/toy/ops.txt");

fn files(state: &str, ops: &str) -> Object {
    let files = Object::new();
    for (name, content) in [("start/state.txt", state), ("ops.txt", ops)] {
        ok(Reflect::set(&files, &name.into(), &Uint8Array::from(content.as_bytes())));
    }
    files
}

#[wasm_bindgen_test]
fn a_recording_plays_as_in_the_native_build() {
    let mut session = session(r#"{"preset":"tiny"}"#);
    let own = ok(session.hash());
    let view = ok(session.load_recording("toy", &files(STATE, OPS)));
    assert_eq!((number(&view, "operations"), number(&view, "position")), (5.0, 0.0));
    let view = ok(session.step_recording(1.0));
    assert_eq!(text(&field(&view, "model")), text(&field(&view, "kernel")));
    assert!(text(&ok(session.recording_why())).contains("rmqueue_bulk"));
    let view = ok(session.step_recording(1e6));
    assert_eq!((number(&view, "position"), number(&view, "matches")), (5.0, 5.0));
    assert!(field(&view, "mismatch").is_undefined());
    assert!(ok(session.recording_why()).is_undefined(), "no request is that large");
    assert!(ok(session.hash()) != own, "the recording's machine is shown");
    assert!(session.free_newest().is_err(), "and cannot be asked for anything");
    ok(session.rewind_recording());
    session.close_recording();
    assert_eq!(ok(session.hash()), own);
}

#[wasm_bindgen_test]
fn broken_recordings_are_refused_by_name() {
    let mut session = session(r#"{"preset":"tiny"}"#);
    let own = ok(session.hash());
    for (state, ops) in [("", OPS), (STATE, "A nonsense\n"), ("CONST \u{1F980}", OPS)] {
        let error = session.load_recording("broken", &files(state, ops)).expect_err("refused");
        assert_eq!(text(&field(&error, "field")), r#""recording""#);
    }
    let error = session.step_recording(1.0).expect_err("none is loaded");
    assert_eq!(text(&field(&error, "field")), r#""recording""#);
    assert_eq!(ok(session.hash()), own);
}
