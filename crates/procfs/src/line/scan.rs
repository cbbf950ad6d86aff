//! Taking a line's values apart.

use super::{Codec, Part};

/// A value that is missing or unreadable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldError {
    /// The value's name.
    pub(crate) field: &'static str,
    /// What should be there.
    pub(crate) expected: String,
    /// What is there.
    pub(crate) found: String,
    /// Lines before the bad one, for texts of several lines.
    pub(crate) lines_before: usize,
}

impl FieldError {
    /// An error in a text of one line.
    pub(crate) fn new(field: &'static str, expected: &str, found: &str) -> FieldError {
        FieldError { field, expected: expected.to_owned(), found: found.chars().take(40).collect(), lines_before: 0 }
    }
}

/// Reads the values of one line, first to last.
pub(crate) struct Scan<'a> {
    text: &'a str,
    at: usize,
    parts: &'static [Part],
    tail: &'static str,
}

impl<'a> Scan<'a> {
    pub(crate) fn new(text: &'a str, parts: &'static [Part], tail: &'static str) -> Scan<'a> {
        Scan { text, at: 0, parts, tail }
    }

    /// The next value.
    pub(crate) fn value<T, C: Codec<T>>(&mut self) -> Result<T, FieldError> {
        let (field, before) = self.parts.split_first().map_or(("", ""), |(part, _)| (part.field, part.before));
        match self.read::<T, C>()? {
            Some(value) => Ok(value),
            None => Err(self.error(field, format!("`{}`", before.trim()), self.at)),
        }
    }

    /// The next value, or its default if the line lacks it.
    pub(crate) fn value_or_default<T: Default, C: Codec<T>>(&mut self) -> Result<T, FieldError> {
        Ok(self.read::<T, C>()?.unwrap_or_default())
    }

    /// The next value, `None` if the text before it is not there.
    fn read<T, C: Codec<T>>(&mut self) -> Result<Option<T>, FieldError> {
        let Some((part, following)) = self.parts.split_first() else { return Ok(None) };
        self.parts = following;
        if !self.text[self.at..].starts_with(part.before) {
            return Ok(None);
        }
        let start = self.at + part.before.len();
        let end = self.end(start)?;
        self.at = end;
        match C::read(&self.text[start..end]) {
            Some(value) => Ok(Some(value)),
            None => {
                let expected = match part.before.trim() {
                    "" => "a value".to_owned(),
                    before => format!("a value after `{before}`"),
                };
                let mut error = self.error(part.field, expected, start);
                error.found = self.text[start..end].trim().chars().take(40).collect();
                Err(error)
            }
        }
    }

    /// Where the value that starts here ends: at the text before the next value that the line has.
    fn end(&self, start: usize) -> Result<usize, FieldError> {
        let rest = &self.text[start..];
        for part in self.parts {
            match rest.find(part.before) {
                Some(at) => return Ok(start + at),
                None if part.optional => {}
                None => return Err(self.error(part.field, format!("`{}`", part.before.trim()), start)),
            }
        }
        match self.tail {
            "" => Ok(self.text.len()),
            tail => match rest.find(tail) {
                Some(at) => Ok(start + at),
                None => Err(self.error("end of line", format!("`{tail}`"), start)),
            },
        }
    }

    fn error(&self, field: &'static str, expected: String, at: usize) -> FieldError {
        let rest = self.text[at..].trim_start_matches('\n').lines().next().unwrap_or_default();
        let found = rest.chars().take(40).collect();
        FieldError { field, expected, found, lines_before: self.text[..at].matches('\n').count() }
    }
}
