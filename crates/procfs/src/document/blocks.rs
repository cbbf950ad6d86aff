//! Taking a text apart into stretches of one kind each.

use super::sniff::{announces, begins, goes_on, has_blank_lines};
use super::{Content, DocumentPart, Kind};
use crate::error::LogError;

/// A text's lines with their ends, and where each starts.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Lines<'a> {
        let ends = text.split_inclusive('\n').scan(0, |end, line| {
            *end += line.len();
            Some(*end)
        });
        Lines { text, starts: [0].into_iter().chain(ends).collect() }
    }

    fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// A line without its end, empty beyond the last.
    fn get(&self, at: usize) -> &'a str {
        self.range(at, at + 1).trim_end_matches(['\r', '\n'])
    }

    fn range(&self, from: usize, to: usize) -> &'a str {
        let place = |at: usize| self.starts.get(at).copied().unwrap_or(self.text.len());
        self.text.get(place(from)..place(to)).unwrap_or_default()
    }

    /// Where a text ends that begins with a line.
    fn end(&self, kind: Kind, from: usize) -> usize {
        let mut end = from + 1;
        let mut next = end;
        while next < self.len() {
            let line = self.get(next);
            let is_blank = line.trim().is_empty();
            if !is_blank && !goes_on(kind, line) || is_blank && !has_blank_lines(kind) {
                break;
            }
            next += 1;
            if !is_blank {
                end = next;
            }
        }
        end
    }
}

pub(super) fn read(text: &str) -> Result<Vec<DocumentPart>, LogError> {
    let lines = Lines::new(text);
    let mut parts = Vec::new();
    // Lines since the last known text are a log.
    let (mut log, mut at) = (0, 0);
    while at < lines.len() {
        let line = lines.get(at);
        let announced = at.checked_sub(1).and_then(|before| announces(lines.get(before)));
        let alone = announced.filter(|kind| matches!(kind, Kind::Distance | Kind::Ids));
        let Some(kind) = alone.or_else(|| begins(line, lines.get(at + 1))) else {
            at += 1;
            continue;
        };
        let end = lines.end(kind, at);
        part(&mut parts, &lines, Kind::Log, log, at)?;
        part(&mut parts, &lines, kind, at, end)?;
        (log, at) = (end, end);
    }
    part(&mut parts, &lines, Kind::Log, log, lines.len())?;
    Ok(parts)
}

fn part(parts: &mut Vec<DocumentPart>, lines: &Lines<'_>, kind: Kind, from: usize, to: usize) -> Result<(), LogError> {
    if from < to {
        let content = Content::read(kind, lines.range(from, to)).map_err(|error| error.after(from))?;
        parts.push(DocumentPart { line: from + 1, lines: to - from, content });
    }
    Ok(())
}
