//! Scenario files.
#![no_main]

use buddyscope_scenario::scenario::Scenario;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = Scenario::parse(&String::from_utf8_lossy(bytes));
});
