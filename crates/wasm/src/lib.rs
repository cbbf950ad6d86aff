//! The model's bindings for JavaScript: thin and typed. The shapes are those of `web/worker/model.ts`; the logic is in
//! `buddyscope-scenario`.
//!
//! Configuration and verdicts cross the edge as plain objects. Data (pixels, page codes) stays in wasm memory, and
//! methods answer its address. What a person got wrong is thrown as `{ field, message }`; anything else that is thrown
//! is a defect, and [`last_panic`] tells what it said.

mod convert;
#[cfg(feature = "machine")]
mod forms;
#[cfg(feature = "machine")]
mod machine;
mod map;
mod panic;
#[cfg(feature = "reader")]
mod reader;
#[cfg(feature = "recordings")]
mod recordings;
mod session;
#[cfg(feature = "workload")]
mod workload;

pub use panic::last_panic;
pub use session::Session;

use wasm_bindgen::prelude::wasm_bindgen;

/// The version of this build, as in `0.1.0`.
#[wasm_bindgen]
#[must_use]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

#[wasm_bindgen(typescript_custom_section)]
const MODEL_TYPES: &str = "import type * as model from '../worker/model.ts';";
