//! Traces are read and printed, or refused.
#![no_main]

use buddyscope_procfs::trace::read_trace;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let events = read_trace(&text).unwrap_or_default();
    let _ = events.iter().map(|(_, event)| event.to_string().len()).sum::<usize>();
});
