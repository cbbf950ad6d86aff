//! Trace events: known ones as values, every other line as it is.

use super::Coverage;
use crate::error::LogError;
use crate::shape::Shape;
use crate::trace::{Layout, TraceLine, check_context, placed, split, trace_line};
use std::fmt::{Display, Formatter, Result as FmtResult};

/// Lines of a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceText {
    rows: Vec<Row>,
}

/// A line, or several.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Row {
    /// Comments and other events: how many lines, and their text.
    Kept(u32, String),
    /// A known event.
    Event(Box<TraceRow>),
}

/// A line with a known event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceRow {
    /// How the line is set.
    pub layout: Layout,
    /// What it says.
    pub line: TraceLine,
    /// The event's group, which only `perf script` tells.
    group: String,
    shape: Shape,
    /// Its end.
    after: &'static str,
}

impl TraceText {
    /// Reads a trace of any layout. Comments, other events, and known ones with the values of another kernel are kept.
    ///
    /// # Errors
    /// [`LogError`] with line, column and value, where a known event has something else where a value should be.
    pub fn read(text: &str) -> Result<TraceText, LogError> {
        let mut trace = TraceText::default();
        for (line, number) in text.split_inclusive('\n').zip(1..) {
            match row(line, number)? {
                Some(row) => trace.rows.push(Row::Event(Box::new(row))),
                None => match trace.rows.last_mut() {
                    Some(Row::Kept(count, text)) => {
                        *count += 1;
                        text.push_str(line);
                    }
                    _ => trace.rows.push(Row::Kept(1, line.to_owned())),
                },
            }
        }
        Ok(trace)
    }

    /// The known events, each with its line from 1.
    pub fn events(&self) -> impl Iterator<Item = (usize, &TraceRow)> {
        let mut next = 1;
        self.rows.iter().filter_map(move |row| {
            let number = next;
            next += row.lines();
            if let Row::Event(event) = row { Some((number, event.as_ref())) } else { None }
        })
    }

    pub(super) fn cover(&self, mut line: usize, coverage: &mut Coverage) {
        for row in &self.rows {
            match row {
                Row::Kept(count, _) => (line..line + *count as usize).for_each(|line| coverage.keep(line)),
                Row::Event(event) => {
                    coverage.understood += 1;
                    coverage.kept_words += event.shape.kept_words().count();
                }
            }
            line += row.lines();
        }
    }
}

impl Row {
    fn lines(&self) -> usize {
        if let Row::Kept(count, _) = self { *count as usize } else { 1 }
    }
}

/// A line with a known event.
fn row(line: &str, number: usize) -> Result<Option<TraceRow>, LogError> {
    let text = line.trim_end_matches(['\r', '\n']);
    let after = match line.get(text.len()..) {
        Some("\r\n") => "\r\n",
        Some("\n") => "\n",
        Some("") => "",
        _ => return Ok(None),
    };
    let Some(split) = split(text) else { return check_context(text, number).map(|()| None) };
    match trace_line(&split) {
        Ok(None) => Ok(None),
        // The event has other fields in another kernel.
        Err(error) if error.missing => Ok(None),
        Err(error) => Err(placed(error, text, split.values, number)),
        Ok(Some(line)) => {
            let group = split.group.to_owned();
            let mut row = TraceRow { layout: split.layout, line, group, shape: Shape::default(), after };
            row.shape = Shape::of_line(text, &Plain(&row).to_string());
            Ok(Some(row))
        }
    }
}

/// A line as its layout has it.
struct Plain<'r>(&'r TraceRow);

impl Display for Plain<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        self.0.layout.write(&self.0.line, &self.0.group, f)
    }
}

impl Display for TraceRow {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        if self.shape.is_plain() {
            return Plain(self).fmt(f);
        }
        self.shape.write(&Plain(self).to_string(), f)
    }
}

impl Display for TraceText {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        self.rows.iter().try_for_each(|row| match row {
            Row::Kept(_, text) => f.write_str(text),
            Row::Event(event) => write!(f, "{event}{}", event.after),
        })
    }
}
