//! What the grammars of the kernel's texts share: errors that name field and expectation, numbers, names and places.

mod places;
mod words;

pub(crate) use places::{Place, node, node_zone};
pub(crate) use words::{blank, end, end_after, is_word, label, number, numbers, signed, some_numbers, word};

use crate::error::LogError;
use winnow::Parser;
use winnow::error::{AddContext, ParserError};
use winnow::stream::Stream;

/// Why a grammar does not fit: what it wanted where it stopped, if a part of it said so.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Unread(Option<Wanted>);

/// A value's name and what it looks like: the context of a part of a grammar.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted(pub(crate) &'static str, pub(crate) &'static str);

/// What a part of a grammar gives.
pub(crate) type Part<T> = Result<T, Unread>;

impl<I: Stream> ParserError<I> for Unread {
    type Inner = Unread;

    fn from_input(_: &I) -> Unread {
        Unread::default()
    }

    fn into_inner(self) -> Result<Unread, Unread> {
        Ok(self)
    }
}

impl<I: Stream> AddContext<I, Wanted> for Unread {
    /// The innermost part knows best.
    fn add_context(self, _: &I, _: &<I as Stream>::Checkpoint, wanted: Wanted) -> Unread {
        Unread(self.0.or(Some(wanted)))
    }
}

/// Reads all of a line by a grammar.
pub(crate) fn read<'a, T>(
    mut grammar: impl Parser<&'a str, T, Unread>,
    line: &'a str,
    number: usize,
) -> Result<T, LogError> {
    grammar.parse(line).map_err(|error| {
        let Wanted(field, expected) = error.inner().0.unwrap_or(Wanted("end of line", "nothing more"));
        LogError::within(number, line, error.offset(), field, expected)
    })
}
