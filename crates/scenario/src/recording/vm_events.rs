//! Counts of vm events: `name=value` after `name=value`.

use super::cursor::{Cursor, Expected, Read};

/// ` name=value` up to the end of the line; values may be negative.
pub(crate) fn read_vm_events<'a>(c: &mut Cursor<'_>, text: &'a str) -> Read<Vec<(&'a str, i64)>> {
    let mut events = Vec::new();
    while c.eat(" ") {
        // A line without events may end in a blank.
        if matches!(c.peek(), None | Some(b'\n' | b'\r')) {
            break;
        }
        let name = text.get(c.position()..).and_then(|rest| rest.split(is_no_name).next()).unwrap_or_default();
        if name.is_empty() {
            return Err(Expected { field: "event", what: "the name of an event" });
        }
        c.skip(name.len());
        c.expect("=")?;
        events.push((name, c.signed("count")?));
    }
    c.end_of_line()?;
    Ok(events)
}

/// Whether a character is not part of an event's name.
fn is_no_name(letter: char) -> bool {
    !letter.is_ascii_lowercase() && !letter.is_ascii_digit() && letter != '_'
}
