//! The formats, by name.

use super::chrome::Chrome;
use super::ftrace::Ftrace;
use super::series::{Series, Style};
use super::{ExportError, Group, Output, Stop, record};
use crate::scenario::Scenario;
use std::io::Write;

/// Entries that a trace keeps, so that a long run does not fill memory.
const MAX_ENTRIES: usize = 1 << 20;

/// A format that tells a whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The `trace` file of tracefs; its newest 2^20 entries.
    Ftrace,
    /// Chrome's trace event format; its first 2^20 entries.
    Chrome,
    /// Levels and counters as comma-separated values.
    Csv,
    /// The same as JSON.
    Json,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 4] = [Format::Ftrace, Format::Chrome, Format::Csv, Format::Json];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Format::Ftrace => "ftrace",
            Format::Chrome => "chrome",
            Format::Csv => "csv",
            Format::Json => "json",
        }
    }

    /// The format of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.name() == name)
    }
}

/// Writes a format to a writer. Rows of series are at least `every` jiffies apart.
pub fn to_writer<'a>(format: Format, every: u64, out: impl Write + 'a) -> Box<dyn Output + 'a> {
    match format {
        Format::Ftrace => Box::new(Ftrace::new(out, MAX_ENTRIES)),
        Format::Chrome => Box::new(Chrome::new(out, MAX_ENTRIES as u64)),
        Format::Csv => Box::new(Series::new(out, Style::Csv, every)),
        Format::Json => Box::new(Series::new(out, Style::Json, every)),
    }
}

/// A scenario's run up to some point as text.
///
/// # Errors
/// [`ExportError`].
pub fn to_text(scenario: &Scenario, stop: Stop, every: u64, format: Format) -> Result<String, ExportError> {
    let mut bytes = Vec::new();
    record(scenario, stop, &Group::ALL, &mut [to_writer(format, every, &mut bytes)])?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
