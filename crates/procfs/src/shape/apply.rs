//! Printing values as a text had them.

use super::{Piece, Row};
use std::fmt::{Formatter, Result};

pub(super) fn write(rows: &[Row], printed: &str, f: &mut Formatter<'_>) -> Result {
    let lines: Vec<&str> = printed.split_inclusive('\n').collect();
    for row in rows {
        match row {
            Row::Printed(first, count) => {
                lines.iter().skip(*first as usize).take(*count as usize).try_for_each(|line| f.write_str(line))?;
            }
            Row::Set(line, pieces) => set(lines.get(*line as usize).copied().unwrap_or_default(), pieces, f)?,
            Row::Kept(line) => f.write_str(line)?,
        }
    }
    Ok(())
}

fn set(line: &str, pieces: &[Piece], f: &mut Formatter<'_>) -> Result {
    let words: Vec<&str> = line.split_whitespace().collect();
    let word = |at: u32| words.get(at as usize).copied().unwrap_or_default();
    pieces.iter().try_for_each(|piece| match piece {
        Piece::Word(at) => f.write_str(word(*at)),
        Piece::Hex(at) => match in_hex(word(*at)) {
            Some((name, number)) => write!(f, "{name}{number:#x}"),
            None => f.write_str(word(*at)),
        },
        Piece::Last(at) => f.write_str(word(*at).trim_end_matches(',')),
        Piece::Text(text) => f.write_str(text),
    })
}

/// A word that ends with a decimal number, taken apart.
pub(super) fn in_hex(word: &str) -> Option<(&str, u64)> {
    let name = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = word.strip_prefix(name)?.parse().ok()?;
    Some((name, number))
}
