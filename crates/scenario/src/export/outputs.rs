//! The formats, by name.

use super::chrome::Chrome;
use super::ftrace::Ftrace;
use super::series::{Series, Style};
use super::{ExportError, Group, Output, Stop, record};
use crate::scenario::Scenario;
use std::io::Write;

/// Entries that a trace in a file keeps, so that a long run does not fill memory.
const MAX_ENTRIES: usize = 1 << 20;
/// Entries of a trace that is text in memory, a few tens of megabytes.
const MAX_TEXT_ENTRIES: usize = 1 << 17;

/// A format that tells a whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The `trace` file of tracefs, the newest entries of it.
    Ftrace,
    /// Chrome's trace event format, the first entries of it.
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

/// Writes a format to a writer: at most 2^20 entries of a trace, rows of series at least `every` jiffies apart.
pub fn to_writer<'a>(format: Format, every: u64, out: impl Write + 'a) -> Box<dyn Output + 'a> {
    output(format, every, MAX_ENTRIES, out)
}

fn output<'a>(format: Format, every: u64, most: usize, out: impl Write + 'a) -> Box<dyn Output + 'a> {
    match format {
        Format::Ftrace => Box::new(Ftrace::new(out, most)),
        Format::Chrome => Box::new(Chrome::new(out, most as u64)),
        Format::Csv => Box::new(Series::new(out, Style::Csv, every)),
        Format::Json => Box::new(Series::new(out, Style::Json, every)),
    }
}

/// A scenario's run up to some point as text: at most 2^17 entries of a trace.
///
/// # Errors
/// [`ExportError`].
pub fn to_text(scenario: &Scenario, stop: Stop, every: u64, format: Format) -> Result<String, ExportError> {
    let mut bytes = Vec::new();
    record(scenario, stop, &Group::ALL, &mut [output(format, every, MAX_TEXT_ENTRIES, &mut bytes)])?;
    String::from_utf8(bytes).map_err(|error| ExportError::Write(std::io::Error::other(error)))
}
