//! What is wrong with a line.

use crate::error::shown;

/// A value that is missing or unreadable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldError {
    /// The value's name.
    pub(crate) field: &'static str,
    /// What should be there.
    pub(crate) expected: String,
    /// What is there.
    pub(crate) found: String,
    /// Lines before the bad one, for texts of several lines.
    pub(crate) lines_before: usize,
    /// Characters of its line up to it, and itself.
    pub(crate) column: usize,
    /// Whether the value is not there at all.
    pub(crate) missing: bool,
}

impl FieldError {
    /// An error in a text of one line or a few: `found` is the part of it that is not as expected.
    pub(crate) fn new(text: &str, found: &str, field: &'static str, expected: &str) -> FieldError {
        let at = found.as_ptr().addr().saturating_sub(text.as_ptr().addr());
        let before = text.get(..at).unwrap_or_default();
        // What is missing at the end of a line is not the next line's fault.
        let skipped = found.len() - found.trim_start_matches('\n').len();
        let last_line = before.rsplit('\n').next().unwrap_or_default();
        let column = if skipped > 0 { 1 } else { last_line.chars().count() + 1 };
        FieldError {
            field,
            expected: expected.to_owned(),
            found: shown(found.trim_start_matches('\n').lines().next().unwrap_or_default().trim()),
            lines_before: before.matches('\n').count() + skipped,
            column,
            missing: false,
        }
    }
}
