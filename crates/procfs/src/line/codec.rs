//! The ways in which values look.

use super::Codec;
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::parse_gfp;
use std::fmt::{Display, Formatter, Result};
use std::str::FromStr;

/// A value's first word: what follows it is of fields this kernel does not have.
pub(crate) fn word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}

/// A decimal number (`%d`, `%lu`).
pub(crate) struct Number;

impl<T: Display + FromStr> Codec<T> for Number {
    fn write(value: &T, f: &mut Formatter<'_>) -> Result {
        value.fmt(f)
    }

    fn read(text: &str) -> Option<T> {
        word(text).parse().ok()
    }
}

/// Any text (`%s`).
pub(crate) struct Text;

impl Codec<String> for Text {
    fn write(value: &String, f: &mut Formatter<'_>) -> Result {
        f.write_str(value)
    }

    fn read(text: &str) -> Option<String> {
        Some(text.to_owned())
    }
}

/// Pages shown as `%lukB`.
pub(crate) struct PagesKb;

impl Codec<u64> for PagesKb {
    fn write(pages: &u64, f: &mut Formatter<'_>) -> Result {
        // Like the kernel's K(), the shift drops what does not fit.
        write!(f, "{}kB", pages << 2)
    }

    fn read(text: &str) -> Option<u64> {
        pages(word(text).strip_suffix("kB")?)
    }
}

/// Pages shown as `%luKB`.
pub(crate) struct PagesKB;

impl Codec<u64> for PagesKB {
    fn write(pages: &u64, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}KB", pages << 2)
    }

    fn read(text: &str) -> Option<u64> {
        pages(word(text).strip_suffix("KB")?)
    }
}

/// Pages of so many kB, which must be whole pages.
fn pages(kb: &str) -> Option<u64> {
    kb.parse::<u64>().ok().filter(|kb| kb % 4 == 0).map(|kb| kb / 4)
}

/// A number of kB shown as `%lukB`.
pub(crate) struct Kb;

impl Codec<u64> for Kb {
    fn write(kb: &u64, f: &mut Formatter<'_>) -> Result {
        write!(f, "{kb}kB")
    }

    fn read(text: &str) -> Option<u64> {
        word(text).strip_suffix("kB")?.parse().ok()
    }
}

/// A user id shown as `%d`, negative from 2^31 on.
pub(crate) struct SignedId;

impl Codec<u32> for SignedId {
    fn write(id: &u32, f: &mut Formatter<'_>) -> Result {
        id.cast_signed().fmt(f)
    }

    fn read(text: &str) -> Option<u32> {
        word(text).parse::<i32>().ok().map(i32::cast_unsigned)
    }
}

/// `yes` or `no`.
pub(crate) struct YesNo;

impl Codec<bool> for YesNo {
    fn write(value: &bool, f: &mut Formatter<'_>) -> Result {
        f.write_str(if *value { "yes" } else { "no" })
    }

    fn read(text: &str) -> Option<bool> {
        [("no", false), ("yes", true)].into_iter().find(|(known, _)| *known == word(text)).map(|(_, value)| value)
    }
}

/// Request flags as logs show them (`%#x(%pGg)`): the number, then names; no name for no flag.
pub(crate) struct LogGfp;

impl Codec<Gfp> for LogGfp {
    fn write(gfp: &Gfp, f: &mut Formatter<'_>) -> Result {
        write!(f, "{:#x}(", gfp.bits())?;
        if !gfp.is_empty() {
            gfp.fmt(f)?;
        }
        f.write_str(")")
    }

    fn read(text: &str) -> Option<Gfp> {
        // Older kernels have more after it.
        let end = text.find(')').map(|at| at + 1).or(text.find(',')).unwrap_or(text.len());
        // A number of another kernel's version may mean other bits; then the names decide.
        parse_gfp(text.get(..end)?).ok().map(|parsed| parsed.gfp)
    }
}
