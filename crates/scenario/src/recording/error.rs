//! What is wrong with a recording: the file, the line, the field, and what was expected there.

use core::fmt;

/// Something in a recording that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingError {
    /// The file, as a path within the recording.
    pub file: String,
    /// The line, counted from 1; `None` if it is about the whole file.
    pub line: Option<u32>,
    /// The field within the line, if it is about one.
    pub field: Option<&'static str>,
    /// What was expected, and what is there.
    pub problem: String,
}

impl RecordingError {
    /// An error about a whole file.
    #[must_use]
    pub fn in_file(file: &str, problem: impl Into<String>) -> RecordingError {
        RecordingError { file: file.to_owned(), line: None, field: None, problem: problem.into() }
    }

    /// An error about one line.
    #[must_use]
    pub fn in_line(file: &str, line: u32, problem: impl Into<String>) -> RecordingError {
        RecordingError { file: file.to_owned(), line: Some(line), field: None, problem: problem.into() }
    }
}

impl fmt::Display for RecordingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(field) = self.field {
            write!(f, ", field `{field}`")?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl std::error::Error for RecordingError {}
