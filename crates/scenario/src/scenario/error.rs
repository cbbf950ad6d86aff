//! What is wrong with a scenario file, and where.

use core::fmt;

/// A scenario that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError {
    /// The line, counted from 1.
    pub line: u32,
    /// The field as a path into the file: `task[0].do[2].rate`; empty for the file as such.
    pub field: String,
    /// What is wrong with it and what would do.
    pub message: String,
}

impl ScenarioError {
    pub(super) fn new(line: u32, field: impl Into<String>, message: impl Into<String>) -> ScenarioError {
        ScenarioError { line, field: field.into(), message: message.into() }
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            write!(f, "line {}: {}", self.line, self.message)
        } else {
            write!(f, "line {}, {}: {}", self.line, self.field, self.message)
        }
    }
}

impl core::error::Error for ScenarioError {}
