use crate::line::FieldError;

/// Text of the kernel that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, {field}: expected {expected}, found `{found}`")]
pub struct LogError {
    /// Line number from 1.
    pub line: usize,
    /// The value that is missing or unreadable.
    pub field: String,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl LogError {
    pub(crate) fn new(line: usize, field: &str, expected: &str, found: &str) -> LogError {
        let found = found.chars().take(40).collect();
        LogError { line, field: field.to_owned(), expected: expected.to_owned(), found }
    }

    /// An error in a text that starts at a line.
    pub(crate) fn at(line: usize, error: FieldError) -> LogError {
        let FieldError { field, expected, found, lines_before } = error;
        LogError { line: line + lines_before, field: field.to_owned(), expected, found }
    }
}
