//! What must hold in a browser, where the model runs: in a dedicated worker.
#![cfg(target_arch = "wasm32")]

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen_test]
fn tells_its_version() {
    assert_eq!(buddyscope_wasm::version(), env!("CARGO_PKG_VERSION"));
}
