//! Request flags: what was read is printed, and what was printed is read as the same.
#![no_main]

use buddyscope_mm::parse_gfp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let Ok(parsed) = parse_gfp(&text) else { return };
    if parsed.gfp.is_empty() {
        return;
    }
    let again = parse_gfp(&parsed.gfp.to_string()).map(|parsed| parsed.gfp);
    assert_eq!(again, Ok(parsed.gfp), "{text}");
});
