//! What must hold in a browser, where the model runs: in a dedicated worker.
#![cfg(target_arch = "wasm32")]

mod shared;

use wasm_bindgen_test::wasm_bindgen_test_configure;

wasm_bindgen_test_configure!(run_in_dedicated_worker);
