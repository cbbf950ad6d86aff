//! The kernel's log: messages about memory as values, every other line as it is.

use super::Coverage;
use crate::boot::BootLine;
use crate::error::LogError;
use crate::report::{Logged, message, read_messages};
use crate::shape::Shape;
use std::fmt::{Display, Formatter, Result as FmtResult};
use std::iter::Peekable;

/// A log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogText {
    /// Its messages about failed requests and OOM kills. They print their lines.
    pub messages: Vec<Logged>,
    rows: Vec<Row>,
}

/// A line, or several.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Row {
    /// Lines that are not about memory, or that cannot be printed from a message: how many, and their text.
    Kept(u32, String),
    /// A line of a message.
    Known(Box<Known>),
}

/// A line of a message and what stands around it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    /// What loggers put before it: quotes, host, level, time.
    before: String,
    source: Source,
    /// What the line has besides.
    shape: Shape,
    /// Blanks and the line's end.
    after: String,
}

/// What prints a line.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    /// A line of a message: both by number from 0.
    Message(u32, u32),
    /// A line logged at boot.
    Boot(BootLine),
}

/// The lines of messages, in the order of the log.
type Places = Vec<(usize, Source, Shape)>;

impl LogText {
    /// Reads a log.
    ///
    /// # Errors
    /// [`LogError`] with line, column and value, where a message is cut off or has something else where a value should be.
    pub fn read(text: &str) -> Result<LogText, LogError> {
        let lines: Vec<&str> = text.lines().map(message).collect();
        let mut log = LogText::default();
        let mut places = Places::new();
        for (logged, taken) in read_messages(text)? {
            align(&lines, &taken, &logged.message.to_string(), log.messages.len() as u32, &mut places);
            log.messages.push(logged);
        }
        let mut places = places.into_iter().peekable();
        for (number, line) in text.split_inclusive('\n').enumerate() {
            log.add(number, line, &mut places);
        }
        Ok(log)
    }

    /// What the kernel logged about memory while it booted.
    pub fn boot_lines(&self) -> impl Iterator<Item = &BootLine> {
        self.rows.iter().filter_map(|row| match row {
            Row::Known(known) => {
                if let Source::Boot(line) = &known.source {
                    Some(line)
                } else {
                    None
                }
            }
            Row::Kept(..) => None,
        })
    }

    fn add(&mut self, number: usize, line: &str, places: &mut Peekable<impl Iterator<Item = (usize, Source, Shape)>>) {
        let said = message(line);
        let known = places.next_if(|(at, ..)| *at == number).map(|(_, source, shape)| (source, shape));
        let (source, shape) = match known.or_else(|| boot_line(said)) {
            Some(known) => known,
            None => {
                match self.rows.last_mut() {
                    Some(Row::Kept(count, text)) => {
                        *count += 1;
                        text.push_str(line);
                    }
                    _ => self.rows.push(Row::Kept(1, line.to_owned())),
                }
                return;
            }
        };
        let at = said.as_ptr().addr() - line.as_ptr().addr();
        let (before, rest) = line.split_at_checked(at).unwrap_or(("", line));
        let after = rest.strip_prefix(said).unwrap_or_default().to_owned();
        self.rows.push(Row::Known(Box::new(Known { before: before.to_owned(), source, shape, after })));
    }

    pub(super) fn cover(&self, mut line: usize, coverage: &mut Coverage) {
        for row in &self.rows {
            match row {
                Row::Kept(count, _) => {
                    (line..line + *count as usize).for_each(|line| coverage.keep(line));
                    line += *count as usize;
                }
                Row::Known(known) => {
                    coverage.understood += 1;
                    coverage.kept_words += known.shape.kept_words().count();
                    line += 1;
                }
            }
        }
    }
}

/// A line that is logged at boot.
fn boot_line(said: &str) -> Option<(Source, Shape)> {
    let line = BootLine::read(said)?;
    let shape = Shape::of_line(said, line.to_string().trim());
    Some((Source::Boot(line), shape))
}

/// Printed lines that a log may lack at one place.
const NEAR: usize = 8;

/// Finds for each line of a message the printed line that shows it. Lines that none shows are left out.
fn align(lines: &[&str], taken: &[usize], printed: &str, message: u32, places: &mut Places) {
    let printed: Vec<&str> = printed.lines().map(str::trim).collect();
    let mut next = 0;
    for &at in taken {
        let Some(line) = lines.get(at) else { continue };
        let near = || printed.iter().enumerate().skip(next).take(NEAR);
        let same = near().find(|(_, printed)| *printed == line);
        let Some((number, shown)) = same.or_else(|| near().find(|(_, printed)| start(printed) == start(line))) else {
            continue;
        };
        places.push((at, Source::Message(message, number as u32), Shape::of_line(line, shown)));
        next = number + 1;
    }
}

/// What tells a kind of line from others: its first word that is not a name or number of something, up to its value.
fn start(line: &str) -> &str {
    // Older kernels have the reason in a line of its own.
    let line = line.strip_prefix("Out of memory: ").unwrap_or(line);
    let words = line.split(' ').scan(0, |at, word| {
        *at += word.len() + 1;
        Some((*at, word))
    });
    // After `Node 0` comes the kind of line, or a zone and then the kind.
    let count = if line.starts_with("Node ") { 4 } else { 1 };
    let end = words.take(count).last().map_or(0, |(at, _)| at - 1);
    let start = line.get(..end).unwrap_or(line);
    start.rsplit_once([':', '=']).map_or(start, |(start, _)| start)
}

impl Display for LogText {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        // Lines of one message follow each other, so that each is printed once and gone through once.
        let mut printed = (u32::MAX, Vec::new());
        for row in &self.rows {
            let known = match row {
                Row::Kept(_, text) => {
                    f.write_str(text)?;
                    continue;
                }
                Row::Known(known) => known,
            };
            f.write_str(&known.before)?;
            match &known.source {
                Source::Message(message, line) => {
                    if printed.0 != *message {
                        let text = self.messages.get(*message as usize).map(|logged| logged.message.to_string());
                        let lines = text.iter().flat_map(|text| text.lines());
                        printed = (*message, lines.map(|line| line.trim().to_owned()).collect());
                    }
                    known.shape.write(printed.1.get(*line as usize).map_or("", String::as_str), f)?;
                }
                Source::Boot(line) => known.shape.write(line.to_string().trim(), f)?,
            }
            f.write_str(&known.after)?;
        }
        Ok(())
    }
}
