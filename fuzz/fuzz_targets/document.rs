//! Any text: what can be read is printed byte for byte.
#![no_main]

use buddyscope_procfs::document::Document;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(document) = Document::read(&text) {
        assert_eq!(document.to_string(), text);
    }
});
