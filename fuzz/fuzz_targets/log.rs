//! Reports are read and printed, or refused.
#![no_main]

use buddyscope_procfs::report::read_log;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let messages = read_log(&text).unwrap_or_default();
    let _ = messages.iter().map(|logged| logged.message.to_string().len()).sum::<usize>();
});
