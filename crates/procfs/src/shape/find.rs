//! Finding out how a text differs from what its values print.

use super::apply::in_hex;
use super::{Piece, Row, Shape};
use std::collections::{BTreeMap, VecDeque};

/// A line's heading and its words.
type Key = (String, String);

pub(super) fn shape(text: &str, printed: &str) -> Shape {
    let lines: Vec<&str> = printed.split_inclusive('\n').collect();
    let mut places: BTreeMap<Key, VecDeque<u32>> = BTreeMap::new();
    for (key, number) in keys(&lines).zip(0..) {
        places.entry(key).or_default().push_back(number);
    }
    let mut rows = Vec::new();
    let text: Vec<&str> = text.split_inclusive('\n').collect();
    for (key, line) in keys(&text).zip(&text) {
        let place = places.get_mut(&key).and_then(VecDeque::pop_front);
        let printed = place.and_then(|number| Some((number, *lines.get(number as usize)?)));
        match (printed, rows.last_mut()) {
            (None, _) => rows.push(Row::Kept((*line).to_owned())),
            (Some((number, printed)), Some(Row::Printed(first, count)))
                if printed == *line && *first + *count == number =>
            {
                *count += 1;
            }
            (Some((number, printed)), _) if printed == *line => rows.push(Row::Printed(number, 1)),
            (Some((number, printed)), _) => rows.push(Row::Set(number, pieces(line, printed))),
        }
    }
    Shape { rows }
}

/// Each line's heading and words, blanks made equal.
fn keys<'a>(lines: &'a [&'a str]) -> impl Iterator<Item = Key> + 'a {
    let mut heading = String::new();
    lines.iter().map(move |line| {
        let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
        if !line.starts_with([' ', '\t']) {
            heading.clone_from(&words);
        }
        (heading.clone(), words)
    })
}

/// A line in words of the printed one, in its order, as far as it has them.
pub(super) fn pieces(line: &str, printed: &str) -> Vec<Piece> {
    let words: Vec<&str> = printed.split_whitespace().collect();
    let mut pieces: Vec<Piece> = Vec::new();
    let mut next = 0;
    let mut rest = line;
    while !rest.is_empty() {
        let blanks = rest.len() - rest.trim_start().len();
        let (before, after) = rest.split_at(blanks);
        keep(&mut pieces, before);
        let end = after.find(char::is_whitespace).unwrap_or(after.len());
        let (word, after) = after.split_at(end);
        rest = after;
        // A word that is far off is another one.
        let near = words.iter().enumerate().skip(next).take(NEAR);
        match near.filter_map(|(at, printed)| Some((at, same(word, printed, at as u32)?))).next() {
            Some((at, piece)) => {
                pieces.push(piece);
                next = at + 1;
            }
            None => keep(&mut pieces, word),
        }
    }
    pieces
}

/// Printed words that a line may lack at one place.
const NEAR: usize = 24;

/// How a word shows a printed one, if it does.
fn same(word: &str, printed: &str, at: u32) -> Option<Piece> {
    if word == printed {
        return Some(Piece::Word(at));
    }
    if printed.strip_suffix(',') == Some(word) {
        return Some(Piece::Last(at));
    }
    let (name, number) = in_hex(printed)?;
    let hex = word.strip_prefix(name)?.strip_prefix("0x")?;
    let canonical =
        hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) && (hex == "0" || !hex.starts_with('0'));
    (canonical && u64::from_str_radix(hex, 16) == Ok(number)).then_some(Piece::Hex(at))
}

/// Adds text to the last piece.
fn keep(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some(Piece::Text(last)) => last.push_str(text),
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}
