//! What can be said about flags that were read: errors, and notes about what was read differently.

use crate::gfp::Gfp;
use core::fmt;
use thiserror::Error;

/// Why text could not be read as request flags.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("gfp flags, character {position}: {kind}")]
pub struct GfpParseError {
    /// Where in the text, in characters counted from 1.
    pub position: usize,
    /// What is wrong there.
    pub kind: GfpParseErrorKind,
}

/// What is wrong with text that should be request flags.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GfpParseErrorKind {
    /// No flag at all.
    #[error("no flag; write `none` for no flags")]
    Empty,
    /// A name that no version of the kernel has.
    #[error("`{token}` is not a gfp flag{}", Suggestion(*.suggestion))]
    UnknownName {
        /// The name as written, cut at 40 characters.
        token: String,
        /// The known name nearest to it.
        suggestion: Option<&'static str>,
    },
    /// A number without 0x.
    #[error("`{0}` is a decimal number; gfp masks are hexadecimal, such as 0xcc0")]
    Decimal(String),
    /// A hexadecimal number that does not fit 32 bits or has other characters in it.
    #[error("`{0}` is not a hexadecimal number of at most 32 bits")]
    BadNumber(String),
    /// A character that can not stand here.
    #[error("`{0}` cannot stand here; a flag name, a 0x number, `~` or `(` is expected")]
    Unexpected(char),
    /// The text ends where a flag should follow.
    #[error("the text ends where a flag should follow")]
    UnexpectedEnd,
    /// A parenthesis without its partner.
    #[error("this parenthesis has no partner")]
    Unbalanced,
    /// Flags are taken away, but from nothing.
    #[error("flags are taken away here, but there is nothing to take them from")]
    NothingToTakeFrom,
    /// More text or deeper parentheses than any flags need.
    #[error("this is longer or deeper than gfp flags can be")]
    TooLong,
}

/// The tail of a message that offers another name.
struct Suggestion(Option<&'static str>);

impl fmt::Display for Suggestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(name) => write!(f, "; did you mean {name}?"),
            None => Ok(()),
        }
    }
}

/// Something a reader should know about how text was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GfpNote {
    /// A flag of another version that means nothing in 5.10.
    Ignored {
        /// The name as written.
        token: String,
        /// Why.
        reason: &'static str,
    },
    /// The number and the names of a log line disagree, as they do in logs of other versions, which number the bits
    /// differently; the names were taken.
    NumberDisagrees {
        /// The number as written.
        number: u32,
        /// What the names mean in 5.10.
        names: Gfp,
    },
}

impl fmt::Display for GfpNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GfpNote::Ignored { token, reason } => write!(f, "{token} is ignored: {reason}"),
            GfpNote::NumberDisagrees { number, names } => write!(
                f,
                "the number {number:#x} does not match the names, which are {:#x} in 5.10; the names were taken",
                names.bits()
            ),
        }
    }
}
