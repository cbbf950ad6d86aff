//! The model's bindings for JavaScript.

use wasm_bindgen::prelude::wasm_bindgen;

/// The version of this build, as in `0.1.0`.
#[wasm_bindgen]
#[must_use]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
