//! Texts as people paste them: one of the kernel's files, or several with what a shell puts between them, or a log.
//!
//! A [`Document`] is read from any such text and prints it byte for byte. What it understands are values, which print
//! themselves; everything else is kept as text, and it tells how much and where.

mod blocks;
mod content;
mod format;
mod kind;
mod log;
mod sniff;
mod trace;

pub use content::Content;
pub use format::{EventField, EventFormat};
pub use kind::Kind;
pub use log::LogText;
pub use trace::{TraceRow, TraceText};

use crate::error::LogError;
use std::fmt::{Display, Formatter, Result as FmtResult};

/// Largest text that is read: 32 MiB.
pub const MAX_BYTES: usize = 32 << 20;
/// Most lines that are read.
pub const MAX_LINES: usize = 1 << 20;
/// Longest line that is read: 64 KiB. The kernel's own are a tenth of it at most.
pub const MAX_LINE_BYTES: usize = 64 << 10;

/// A text, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// Its parts, in order.
    pub parts: Vec<DocumentPart>,
}

/// A stretch of lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentPart {
    /// Number of its first line, from 1.
    pub line: usize,
    /// How many lines it has.
    pub lines: usize,
    /// What it is.
    pub content: Content,
}

/// How much of a text is understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Lines that values print.
    pub understood: usize,
    /// Numbers from 1 of lines that are kept as text: first and last of each stretch.
    pub kept: Vec<(usize, usize)>,
    /// How many those are.
    pub kept_lines: usize,
    /// Words within understood lines that are kept as text.
    pub kept_words: usize,
}

impl Coverage {
    /// Adds a line that is kept.
    fn keep(&mut self, line: usize) {
        self.kept_lines += 1;
        match self.kept.last_mut() {
            Some((_, last)) if *last + 1 == line => *last = line,
            _ => self.kept.push((line, line)),
        }
    }
}

impl Document {
    /// Reads a text of any kinds.
    ///
    /// # Errors
    /// [`LogError`] with line, column and value where a known text is not as it should be, and where it grows beyond
    /// [`MAX_BYTES`], [`MAX_LINES`] or [`MAX_LINE_BYTES`].
    pub fn read(text: &str) -> Result<Document, LogError> {
        check_size(text)?;
        blocks::read(text).map(|parts| Document { parts })
    }

    /// Reads a text of a known kind.
    ///
    /// # Errors
    /// As [`Document::read`].
    pub fn read_as(kind: Kind, text: &str) -> Result<Document, LogError> {
        check_size(text)?;
        let content = Content::read(kind, text)?;
        Ok(Document { parts: vec![DocumentPart { line: 1, lines: text.lines().count(), content }] })
    }

    /// Reads bytes, which have to be UTF-8.
    ///
    /// # Errors
    /// As [`Document::read`], and where a byte is not UTF-8.
    pub fn read_bytes(kind: Option<Kind>, bytes: &[u8]) -> Result<Document, LogError> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let (before, after) = bytes.split_at_checked(error.valid_up_to()).unwrap_or_default();
            let before = String::from_utf8_lossy(before);
            let line = before.matches('\n').count() + 1;
            let last = before.rsplit('\n').next().unwrap_or_default();
            let found = after.iter().take(4).map(|byte| format!("{byte:02x} ")).collect::<String>();
            LogError { column: last.chars().count() + 1, ..LogError::new(line, "text", "UTF-8", found.trim_end()) }
        })?;
        match kind {
            Some(kind) => Document::read_as(kind, text),
            None => Document::read(text),
        }
    }

    /// How much is understood, and where text is kept.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        let mut coverage = Coverage::default();
        for part in &self.parts {
            part.content.cover(part.line, part.lines, &mut coverage);
        }
        coverage
    }
}

fn check_size(text: &str) -> Result<(), LogError> {
    let mut left = MAX_BYTES;
    for (line, number) in text.split_inclusive('\n').zip(1..) {
        let problem = if line.len() > left {
            "the end of the text after 32 MiB"
        } else if number > MAX_LINES {
            "the end of the text after a million lines"
        } else if line.len() > MAX_LINE_BYTES {
            "the end of the line after 64 KiB"
        } else {
            left -= line.len();
            continue;
        };
        return Err(LogError::new(number, "size", problem, line.trim_end()));
    }
    Ok(())
}

impl Display for Document {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        self.parts.iter().try_for_each(|part| part.content.fmt(f))
    }
}
