//! Words, numbers and labels.

use super::{Part, Unread, Wanted};
use winnow::Parser;
use winnow::ascii::{Int, Uint, dec_int, dec_uint, multispace0};
use winnow::combinator::{eof, preceded, repeat, terminated};
use winnow::token::{one_of, take_while};

/// A decimal number without sign.
pub(crate) fn number<'a, T: Uint>(field: &'static str) -> impl Parser<&'a str, T, Unread> {
    dec_uint.context(Wanted(field, "a number"))
}

/// A decimal number.
pub(crate) fn signed<'a, T: Int>(field: &'static str) -> impl Parser<&'a str, T, Unread> {
    dec_int.context(Wanted(field, "a number"))
}

/// One blank at least.
pub(crate) fn blank<'a>(input: &mut &'a str) -> Part<&'a str> {
    take_while(1.., [' ', '\t']).context(Wanted("blank", "a blank")).parse_next(input)
}

/// Blanks at the end of a line, if any.
pub(crate) fn end<'a>(input: &mut &'a str) -> Part<&'a str> {
    terminated(multispace0, eof).context(Wanted("end of line", "nothing more")).parse_next(input)
}

/// Numbers, blanks before each, to the end of the line.
pub(crate) fn numbers<'a, T: Uint>(field: &'static str) -> impl Parser<&'a str, Vec<T>, Unread> {
    terminated(repeat(0.., preceded(gap, number(field))), end_after(field))
}

/// The same, one number at least.
pub(crate) fn some_numbers<'a, T: Uint>(field: &'static str) -> impl Parser<&'a str, Vec<T>, Unread> {
    let number = preceded(gap, number(field)).context(Wanted(field, "a number"));
    terminated(repeat(1.., number), end_after(field))
}

/// Blanks between values that say themselves what they should be.
fn gap<'a>(input: &mut &'a str) -> Part<&'a str> {
    take_while(1.., [' ', '\t']).parse_next(input)
}

/// The end of a line of numbers; what is there instead should be a number.
pub(crate) fn end_after<'a>(field: &'static str) -> impl Parser<&'a str, &'a str, Unread> {
    terminated(multispace0, eof).context(Wanted(field, "a number"))
}

/// Whether a character belongs to a word.
pub(crate) fn is_word(c: char) -> bool {
    !c.is_whitespace()
}

/// What stands between blanks.
pub(crate) fn word<'a>(field: &'static str) -> impl Parser<&'a str, &'a str, Unread> {
    take_while(1.., is_word).context(Wanted(field, "a word"))
}

/// Words that do not start with a digit, with the blanks after each: what stands before a value.
pub(crate) fn label<'a>(input: &mut &'a str) -> Part<&'a str> {
    let word = (one_of(|c: char| c.is_ascii_alphabetic() || c == '_'), take_while(0.., is_word));
    let words = repeat::<_, _, (), _, _>(1.., (word, blank));
    words.take().map(str::trim_end).context(Wanted("name", "a counter's name and its value")).parse_next(input)
}
