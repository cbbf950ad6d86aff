//! The lines of a log without what loggers put before them.

use super::LogError;
use crate::line::{FieldError, Line as Pattern};
use std::borrow::Cow;

/// A line of a log.
#[derive(Clone, Copy)]
struct Line<'a> {
    /// What the kernel said.
    message: &'a str,
    /// Characters before it.
    before: usize,
}

impl<'a> Line<'a> {
    fn new(line: &'a str) -> Line<'a> {
        let message = message(line);
        let before = message.as_ptr().addr() - line.as_ptr().addr();
        Line { message, before: line.get(..before).unwrap_or_default().chars().count() }
    }
}

/// A log's lines, read in order.
pub(super) struct Lines<'a> {
    lines: Vec<Line<'a>>,
    at: usize,
    /// Numbers from 0 of the lines that were read, not passed over.
    taken: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Lines<'a> {
        Lines { lines: text.lines().map(Line::new).collect(), at: 0, taken: Vec::new() }
    }

    /// The next line, `None` at the end.
    pub(super) fn peek(&self) -> Option<&'a str> {
        self.lines.get(self.at).map(|line| line.message)
    }

    /// Goes on after a line that belongs to the message.
    pub(super) fn take(&mut self) {
        self.take_or_skip(true);
    }

    /// Goes on after a line that belongs to the message, or not.
    pub(super) fn take_or_skip(&mut self, taken: bool) {
        if taken {
            self.taken.push(self.at);
        }
        self.at += 1;
    }

    /// The lines taken since the last call.
    pub(super) fn taken(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.taken)
    }

    /// The next line's number.
    pub(super) fn number(&self) -> usize {
        self.at + 1
    }

    /// Reads the next line, which is known by how it starts.
    pub(super) fn read<T: Pattern>(&mut self) -> Result<T, LogError> {
        let (line, added) = as_5_10(self.peek().unwrap_or_default());
        let value = T::read_line(&line)
            .map_err(|error| self.placed(FieldError { column: error.column.saturating_sub(added).max(1), ..error }))?;
        self.take();
        Ok(value)
    }

    /// Reads what the kernel printed as one message of several lines, each but the first with a blank before it.
    /// The last of them is known by how it starts; kernels differ in which they have.
    pub(super) fn read_joined<T: Pattern>(&mut self, last: &str, most: usize) -> Result<T, LogError> {
        let lines = self.lines.get(self.at..).unwrap_or_default();
        let count = lines.iter().take(most).position(|line| line.message.starts_with(last)).map_or(most, |at| at + 1);
        let end = (self.at + count).min(self.lines.len());
        let text = self.lines[self.at..end].iter().map(|line| line.message).collect::<Vec<_>>().join("\n ");
        let value = T::read_line(&text).map_err(|error| self.placed(error))?;
        while self.at < end {
            self.take();
        }
        Ok(value)
    }

    /// An error in the next line, or in one of those after it that were read with it.
    fn placed(&self, error: FieldError) -> LogError {
        let before = self.lines.get(self.at + error.lines_before).map_or(0, |line| line.before);
        LogError::at(self.number(), before, error)
    }

    /// Fails at a part of the next line.
    pub(super) fn error_at<T>(&self, found: &str, field: &'static str, expected: &str) -> Result<T, LogError> {
        Err(self.placed(FieldError::new(self.peek().unwrap_or_default(), found, field, expected)))
    }

    /// Fails at the next line.
    pub(super) fn error<T>(&self, field: &str, expected: &str) -> Result<T, LogError> {
        let error = LogError::new(self.number(), field, expected, self.peek().unwrap_or("the end of the log"));
        let before = self.lines.get(self.at).map_or(0, |line| line.before);
        Err(LogError { column: before + 1, ..error })
    }
}

/// What 5.10 has before a line of older kernels.
const REASON: &str = "Out of memory: ";

/// A line of an older kernel as 5.10 has it, and characters added before it.
fn as_5_10(line: &str) -> (Cow<'_, str>, usize) {
    if line.starts_with("Killed process ") {
        (Cow::Owned(format!("{REASON}{line}")), REASON.len())
    } else if line.contains(" invoked oom-killer: ") {
        (Cow::Owned(line.replacen(",  order=", ", order=", 1)), 0)
    } else {
        (Cow::Borrowed(line), 0)
    }
}

/// A line's message: without a mail's quotation marks, the journal's or syslog's host and time, levels, timestamps and
/// callers, and blanks on either side.
pub(crate) fn message(line: &str) -> &str {
    let mut rest = line.trim_start_matches(['>', ' ', '\t']);
    if let Some((before, message)) = rest.split_once("kernel: ") {
        // The words of a journal line before its message never hold one of these.
        if !before.contains(['=', '(', '<']) {
            rest = message;
        }
    }
    if let Some(message) = without_facility(rest) {
        rest = message;
    }
    rest = rest.trim_start();
    while let Some(message) = without_level(rest).or_else(|| without_time(rest)) {
        rest = message.trim_start();
    }
    rest.trim_end()
}

/// Without what `dmesg -x` puts first, such as `kern  :warn  : `.
fn without_facility(text: &str) -> Option<&str> {
    let (facility, rest) = text.split_once(':')?;
    let (level, message) = rest.split_once(':')?;
    let known = ["kern", "user", "daemon", "syslog"].contains(&facility.trim_end());
    let is_level = level.len() <= 6 && level.trim_end().bytes().all(|b| b.is_ascii_lowercase());
    (known && is_level).then_some(message)
}

/// Without a level such as `<4>`.
fn without_level(text: &str) -> Option<&str> {
    let (level, message) = text.strip_prefix('<')?.split_once('>')?;
    (!level.is_empty() && level.bytes().all(|b| b.is_ascii_digit())).then_some(message)
}

/// Without a time such as `[   12.345678]`, `[Mon Jan  4 12:00:00 2021]` or `[  +0.000012]`, or a caller such as `[  T71]`.
/// A task's `[     71]` is neither.
fn without_time(text: &str) -> Option<&str> {
    let (inside, message) = text.strip_prefix('[')?.split_once(']')?;
    let inside = inside.trim();
    let is_time = inside.contains(['.', ':']) && inside.contains(|c: char| c.is_ascii_digit());
    let is_caller = inside.strip_prefix(['T', 'C']).is_some_and(|id| id.bytes().all(|b| b.is_ascii_digit()));
    (is_time || is_caller).then_some(message)
}

#[cfg(test)]
mod tests {
    use super::message;

    #[test]
    fn what_loggers_add_is_taken_away() {
        for line in [
            "Mem-Info:",
            "[    4.279458] Mem-Info:",
            "<4>[    4.279458] Mem-Info:\r",
            "[    4.279458][   T71] Mem-Info:",
            "[Mon Jan  4 12:00:00 2021] Mem-Info:",
            "[  +0.000012] Mem-Info:",
            "Jan 04 12:00:00 host kernel: Mem-Info:",
            "2021-01-04T12:00:00+0100 host kernel: [    4.279458] Mem-Info:",
            "kern  :warn  : [    4.279458] Mem-Info:",
            "> > <4> Mem-Info:",
        ] {
            assert_eq!(message(line), "Mem-Info:", "{line}");
        }
    }

    #[test]
    fn messages_that_look_alike_stay() {
        for line in
            ["[     71]     0    71   128246", "[  pid  ]   uid", "Node 0 DMA: 1*4kB (M)", "<x>", "[", "kern: x"]
        {
            assert_eq!(message(line), line);
        }
    }
}
