//! What is done with a text from anybody: one function for each fuzz target. The tests of `crates/scenario` give damaged texts
//! to the same functions.

use buddyscope_mm::parse_gfp;
use buddyscope_procfs::document::Document;
use buddyscope_procfs::report::read_log;
use buddyscope_procfs::trace::read_trace;
use buddyscope_scenario::diagnose::diagnose;
use buddyscope_scenario::scenario::Scenario;

/// Reports are read and printed, or refused.
pub fn log(bytes: &[u8]) {
    let messages = read_log(&String::from_utf8_lossy(bytes)).unwrap_or_default();
    let _ = messages.iter().map(|logged| logged.message.to_string().len()).sum::<usize>();
}

/// A report with any numbers is explained or refused, and its machine holds together.
pub fn explain(bytes: &[u8]) {
    for diagnosis in diagnose(&String::from_utf8_lossy(bytes)).unwrap_or_default() {
        if diagnosis.has_machine {
            diagnosis.session().expect("what could be made once can be made again");
        }
    }
}

/// Traces are read and printed, or refused.
pub fn trace(bytes: &[u8]) {
    let events = read_trace(&String::from_utf8_lossy(bytes)).unwrap_or_default();
    let _ = events.iter().map(|(_, event)| event.to_string().len()).sum::<usize>();
}

/// What can be read of any text is printed byte for byte.
pub fn document(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(document) = Document::read(&text) {
        assert_eq!(document.to_string(), text);
    }
}

/// Request flags: what was read is printed, and what was printed is read as the same.
pub fn gfp(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(parsed) = parse_gfp(&text) else { return };
    if !parsed.gfp.is_empty() {
        let again = parse_gfp(&parsed.gfp.to_string()).map(|parsed| parsed.gfp);
        assert_eq!(again, Ok(parsed.gfp), "{text}");
    }
}

/// Scenario files are read or refused.
pub fn scenario(bytes: &[u8]) {
    let _ = Scenario::parse(&String::from_utf8_lossy(bytes));
}
