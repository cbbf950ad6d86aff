//! Explanations: a report with any numbers is explained or refused, and its machine holds together.
#![no_main]

use buddyscope_scenario::diagnose::diagnose;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    for diagnosis in diagnose(&text).unwrap_or_default() {
        if diagnosis.has_machine {
            diagnosis.session().expect("what could be made once can be made again");
        }
    }
});
