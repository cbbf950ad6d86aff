//! What must hold in Node.
#![cfg(target_arch = "wasm32")]

use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn tells_its_version() {
    assert_eq!(buddyscope_wasm::version(), env!("CARGO_PKG_VERSION"));
}
