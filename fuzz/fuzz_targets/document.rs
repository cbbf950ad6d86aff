//! Any text.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| buddyscope_fuzz::document(bytes));
