//! A panic ends the instance; what it said is kept for whoever starts the next one.

use std::cell::RefCell;
use std::sync::Once;
use wasm_bindgen::prelude::wasm_bindgen;

thread_local! {
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// What the last panic said, if there was one. Can be asked after a call has trapped.
#[wasm_bindgen(js_name = lastPanic)]
#[must_use]
pub fn last_panic() -> Option<String> {
    LAST.with_borrow(Clone::clone)
}

/// Has panics written to the console and kept.
pub(crate) fn install() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            LAST.with_borrow_mut(|last| *last = Some(info.to_string()));
            console_error_panic_hook::hook(info);
        }));
    });
}
