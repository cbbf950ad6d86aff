//! The tests that run in every place, and what they are made with.

mod forms;
mod map;
mod recording;
mod same_everywhere;

use buddyscope_wasm::Session;
use js_sys::{JSON, Reflect};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

/// A plain object from its text.
pub(crate) fn js(json: &str) -> JsValue {
    JSON::parse(json).unwrap_or_else(|error| panic!("{json}: {error:?}"))
}

/// The text of a plain object.
pub(crate) fn text(value: &JsValue) -> String {
    JSON::stringify(value).map(String::from).unwrap_or_else(|error| panic!("{error:?}"))
}

/// What a call answered, where it must not throw.
pub(crate) fn ok<T>(result: Result<T, JsValue>) -> T {
    result.unwrap_or_else(|error| panic!("{}", text(&error)))
}

/// A field of an object.
pub(crate) fn field(object: &JsValue, name: &str) -> JsValue {
    ok(Reflect::get(object, &name.into()))
}

pub(crate) fn number(object: &JsValue, name: &str) -> f64 {
    field(object, name).as_f64().unwrap_or_else(|| panic!("{name} of {}", text(object)))
}

/// A booted machine.
pub(crate) fn session(form: &str) -> Session {
    let mut session = Session::new();
    ok(session.boot(js(form)));
    session
}

#[wasm_bindgen_test]
fn tells_its_version() {
    assert_eq!(buddyscope_wasm::version(), env!("CARGO_PKG_VERSION"));
    assert_eq!(buddyscope_wasm::last_panic(), None);
}
