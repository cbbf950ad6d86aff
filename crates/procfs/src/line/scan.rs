//! Taking a line's values apart.

use super::{Codec, FieldError, Part};
use crate::grammar;
use winnow::Parser;
use winnow::combinator::opt;
use winnow::token::{rest, take_until};

/// Reads the values of one line, first to last.
pub(crate) struct Scan<'a> {
    text: &'a str,
    /// What is left of it.
    input: &'a str,
    parts: &'static [Part],
    tail: &'static str,
}

impl<'a> Scan<'a> {
    pub(crate) fn new(text: &'a str, parts: &'static [Part], tail: &'static str) -> Scan<'a> {
        Scan { text, input: text, parts, tail }
    }

    /// The next value.
    pub(crate) fn value<T, C: Codec<T>>(&mut self) -> Result<T, FieldError> {
        let (field, before) = self.parts.first().map_or(("", ""), |part| (part.field, part.before));
        match self.read::<T, C>()? {
            Some(value) => Ok(value),
            None => Err(self.missing(field, before)),
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
        let before: grammar::Part<Option<&str>> = opt(part.before).parse_next(&mut self.input);
        if !before.is_ok_and(|before| before.is_some()) {
            return Ok(None);
        }
        let value = self.up_to_next()?;
        match C::read(value) {
            Some(value) => Ok(Some(value)),
            None => {
                let expected = match part.before.trim() {
                    "" => "a value".to_owned(),
                    before => format!("a value after `{before}`"),
                };
                Err(self.error(part.field, &expected, value))
            }
        }
    }

    /// The value that starts here: up to the text before the next value that the line has.
    fn up_to_next(&mut self) -> Result<&'a str, FieldError> {
        for part in self.parts {
            if let Some(value) = self.up_to(part.before) {
                return Ok(value);
            }
            if !part.optional {
                return Err(self.missing(part.field, part.before));
            }
        }
        let value = if self.tail.is_empty() { self.all() } else { self.up_to(self.tail) };
        value.ok_or_else(|| self.missing("end of line", self.tail))
    }

    fn up_to(&mut self, text: &'static str) -> Option<&'a str> {
        let value: grammar::Part<&str> = take_until(0.., text).parse_next(&mut self.input);
        value.ok()
    }

    fn all(&mut self) -> Option<&'a str> {
        let value: grammar::Part<&str> = rest.parse_next(&mut self.input);
        value.ok()
    }

    fn missing(&self, field: &'static str, before: &str) -> FieldError {
        FieldError { missing: true, ..self.error(field, &format!("`{}`", before.trim()), self.input) }
    }

    fn error(&self, field: &'static str, expected: &str, found: &str) -> FieldError {
        FieldError::new(self.text, found, field, expected)
    }
}
