//! What is wrong with a text, and where.

use crate::line::FieldError;

/// Most characters of a bad text that an error repeats.
const SHOWN: usize = 40;

/// Text of the kernel that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}, {field}: expected {expected}, found `{found}`")]
pub struct LogError {
    /// Line number from 1.
    pub line: usize,
    /// Column from 1, in characters.
    pub column: usize,
    /// The value that is missing or unreadable.
    pub field: String,
    /// What should be there.
    pub expected: String,
    /// What is there, its first characters.
    pub found: String,
}

impl LogError {
    /// An error at the start of a line.
    pub(crate) fn new(line: usize, field: &str, expected: &str, found: &str) -> LogError {
        LogError { line, column: 1, field: field.to_owned(), expected: expected.to_owned(), found: shown(found) }
    }

    /// An error at a byte of a line; `found` is what stands there.
    pub(crate) fn within(line: usize, text: &str, at: usize, field: &str, expected: &str) -> LogError {
        let (before, found) = text.split_at_checked(at).unwrap_or((text, ""));
        LogError { column: before.chars().count() + 1, ..LogError::new(line, field, expected, found) }
    }

    /// An error in a text that starts at a line, after so many characters of it.
    pub(crate) fn at(line: usize, before: usize, error: FieldError) -> LogError {
        let FieldError { field, expected, found, lines_before, column, .. } = error;
        LogError { line: line + lines_before, column: before + column, field: field.to_owned(), expected, found }
    }

    /// The same error in a text that has so many lines before this one.
    #[must_use]
    pub fn after(self, lines: usize) -> LogError {
        LogError { line: self.line + lines, ..self }
    }
}

/// The first characters of a text.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}
