//! What a text has besides the lines that its values print.
//!
//! Values print as Linux 5.10 prints them. Texts of other kernels have lines that 5.10 does not know, lack some that it
//! has, or set them in another order; editors and loggers change blanks. A [`Shape`] remembers the difference, so
//! that values print as the text had them. Only what no value prints is kept as text.

mod apply;
mod find;
#[cfg(test)]
mod tests;

use std::fmt::{Formatter, Result};

/// How a text differs from what its values print. The default is no difference.
///
/// It counts lines. After a change of values that prints another number of lines it no longer fits, and [`Shape::clear`]
/// goes back to the words of 5.10.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    rows: Vec<Row>,
}

/// What a line of the text is, or several.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Row {
    /// Lines as printed: the first of them, and how many.
    Printed(u32, u32),
    /// A printed line with other blanks or more words: its number, and what stands there.
    Set(u32, Vec<Piece>),
    /// A line that no value prints, with its end.
    Kept(String),
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// A word of the printed line by its number.
    Word(u32),
    /// Such a word whose number is in hexadecimal (`0x…`).
    Hex(u32),
    /// Such a word without the comma at its end.
    Last(u32),
    /// Blanks, or words that no value prints.
    Text(String),
}

impl Shape {
    /// The difference between a text and what its values print. Lines are looked for under their own heading, the last
    /// line before them that is not indented.
    #[must_use]
    pub fn of(text: &str, printed: &str) -> Shape {
        if text == printed { Shape::default() } else { find::shape(text, printed) }
    }

    /// The difference between two lines, which may have other words between the printed ones.
    #[must_use]
    pub fn of_line(text: &str, printed: &str) -> Shape {
        if text == printed { Shape::default() } else { Shape { rows: vec![Row::Set(0, find::pieces(text, printed))] } }
    }

    /// Whether there is no difference.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.rows.is_empty()
    }

    /// Forgets the difference.
    pub fn clear(&mut self) {
        self.rows.clear();
    }

    /// Lines that no value prints, with their numbers from 1.
    pub fn kept(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut next = 1;
        self.rows.iter().filter_map(move |row| {
            let number = next;
            next += row.lines();
            match row {
                Row::Kept(line) => Some((number, line.trim_end_matches(['\r', '\n']))),
                _ => None,
            }
        })
    }

    /// Words of the lines that are printed which no value prints.
    pub fn kept_words(&self) -> impl Iterator<Item = &str> {
        let pieces = self.rows.iter().filter_map(|row| if let Row::Set(_, pieces) = row { Some(pieces) } else { None });
        let texts = pieces.flatten().filter_map(|piece| if let Piece::Text(text) = piece { Some(text) } else { None });
        texts.flat_map(|text| text.split_whitespace())
    }

    /// Lines that values print and the text does not have.
    #[must_use]
    pub fn missing<'a>(&self, printed: &'a str) -> Vec<&'a str> {
        if self.is_plain() {
            return Vec::new();
        }
        let mut lines: Vec<Option<&str>> = printed.lines().map(Some).collect();
        for row in &self.rows {
            if let Row::Printed(first, count) = *row {
                lines.iter_mut().skip(first as usize).take(count as usize).for_each(|line| *line = None);
            } else if let Row::Set(line, _) = row
                && let Some(line) = lines.get_mut(*line as usize)
            {
                *line = None;
            }
        }
        lines.into_iter().flatten().collect()
    }

    /// Writes the printed lines as the text had them.
    pub(crate) fn write(&self, printed: &str, f: &mut Formatter<'_>) -> Result {
        if self.is_plain() { f.write_str(printed) } else { apply::write(&self.rows, printed, f) }
    }
}

impl Row {
    /// Lines of the text.
    fn lines(&self) -> usize {
        if let Row::Printed(_, count) = self { *count as usize } else { 1 }
    }
}
