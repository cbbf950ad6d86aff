//! Reading request flags.
//!
//! ```text
//! text    = [label] sum                 label as in logs: `mode:`, `gfp_mask=`, `gfp_flags=`, `gfp=`
//! sum     = product { [| , +] product } a complement here takes its flags away: `GFP_KERNEL, ~__GFP_FS`
//!         | sum - product
//! product = factor { & factor }         as in C
//! factor  = ~ factor | ( sum ) | number [ ( sum ) ] | name
//! ```

use super::error::{GfpNote, GfpParseError, GfpParseErrorKind as Kind};
use super::names::{self, Meaning};
use crate::gfp::Gfp;

/// Longest text taken; a failure report's line is far shorter.
const MAX_BYTES: usize = 4096;
/// Deepest parentheses taken.
const MAX_DEPTH: u32 = 32;
/// Words that introduce flags in logs and traces.
const LABELS: [&str; 5] = ["gfp_mask", "gfp_flags", "gfpmask", "gfp", "mode"];

/// Flags that were read, and what should be said about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedGfp {
    /// The flags; not checked for contradictions (see [`Gfp::check`]).
    pub gfp: Gfp,
    /// What was read differently from how it was written.
    pub notes: Vec<GfpNote>,
}

/// Reads request flags: names of any version in any case joined by `|`, `+`, commas or spaces, hexadecimal numbers,
/// `~` and `-` to take flags away, and the forms of logs, such as `mode:0x40dc0(GFP_KERNEL|__GFP_COMP|__GFP_ZERO)`.
/// Where a log gives number and names, the names decide if they disagree.
///
/// # Errors
/// [`GfpParseError`] with the position for empty text, unknown names (with the nearest known one), decimal or
/// oversized numbers, characters out of place and unbalanced parentheses.
pub fn parse_gfp(text: &str) -> Result<ParsedGfp, GfpParseError> {
    if text.len() > MAX_BYTES {
        return Err(GfpParseError { position: MAX_BYTES, kind: Kind::TooLong });
    }
    let label_end = label_end(text);
    let mut reader =
        Reader { text, at: label_end.unwrap_or(0), labeled: label_end.is_some(), depth: 0, notes: Vec::new() };
    reader.skip_space();
    if reader.peek().is_none() {
        return Err(reader.error_at(reader.at, Kind::Empty));
    }
    let value = reader.sum()?;
    match reader.peek() {
        Some(')') => return Err(reader.error_at(reader.at, Kind::Unbalanced)),
        Some(c) if !reader.labeled => return Err(reader.error_at(reader.at, Kind::Unexpected(c))),
        _ => {}
    }
    Ok(ParsedGfp { gfp: Gfp::from_bits_retain(value), notes: reader.notes })
}

/// Where the flags start after a word such as `mode:`, if the text has one.
fn label_end(text: &str) -> Option<usize> {
    let ends = text.match_indices([':', '=']).map(|(at, _)| at);
    ends.filter(|&at| is_label(word_before(text, at))).map(|at| at + 1).next()
}

/// The word that ends just before a byte position.
fn word_before(text: &str, end: usize) -> &str {
    text.get(..end).unwrap_or_default().rsplit(|c: char| !is_word(c)).next().unwrap_or_default()
}

fn is_label(word: &str) -> bool {
    LABELS.iter().any(|label| word.eq_ignore_ascii_case(label))
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Bits named by a part of the text.
#[derive(Clone, Copy)]
enum Operand {
    /// These bits.
    Bits(u32),
    /// All bits but these.
    AllBut(u32),
}

impl Operand {
    fn complement(self) -> Operand {
        match self {
            Operand::Bits(bits) => Operand::AllBut(bits),
            Operand::AllBut(bits) => Operand::Bits(bits),
        }
    }

    fn and(self, other: Operand) -> Operand {
        use Operand::{AllBut, Bits};
        match (self, other) {
            (Bits(a), Bits(b)) => Bits(a & b),
            (Bits(a), AllBut(b)) | (AllBut(b), Bits(a)) => Bits(a & !b),
            (AllBut(a), AllBut(b)) => AllBut(a | b),
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// A log line: what follows the flags is not ours.
    labeled: bool,
    depth: u32,
    notes: Vec<GfpNote>,
}

impl<'a> Reader<'a> {
    fn sum(&mut self) -> Result<u32, GfpParseError> {
        let start = self.at;
        let Operand::Bits(mut bits) = self.product()? else {
            return Err(self.error_at(start, Kind::NothingToTakeFrom));
        };
        while let Some(takes_away) = self.joined()? {
            let part = self.product()?;
            bits = match if takes_away { part.complement() } else { part } {
                Operand::Bits(more) => bits | more,
                Operand::AllBut(fewer) => bits & !fewer,
            };
        }
        Ok(bits)
    }

    fn product(&mut self) -> Result<Operand, GfpParseError> {
        let mut value = self.factor()?;
        while self.eat('&') {
            value = value.and(self.factor()?);
        }
        Ok(value)
    }

    fn factor(&mut self) -> Result<Operand, GfpParseError> {
        self.skip_space();
        let start = self.at;
        match self.peek() {
            None => Err(self.error_at(start, Kind::UnexpectedEnd)),
            Some('~' | '!') => {
                self.at += 1;
                self.deeper(start, Self::factor).map(Operand::complement)
            }
            Some('(') => self.group().map(Operand::Bits),
            Some(c) if c.is_ascii_digit() => self.number().map(Operand::Bits),
            Some(c) if is_word(c) => Ok(self.name(start)?),
            Some(c) => Err(self.error_at(start, Kind::Unexpected(c))),
        }
    }

    /// A sum in parentheses; an empty pair is no flag.
    fn group(&mut self) -> Result<u32, GfpParseError> {
        let open = self.at;
        self.at += 1;
        if self.eat(')') {
            return Ok(0);
        }
        let bits = self.deeper(open, Self::sum)?;
        if self.eat(')') { Ok(bits) } else { Err(self.error_at(open, Kind::Unbalanced)) }
    }

    /// A number, and the names a log prints behind it.
    fn number(&mut self) -> Result<u32, GfpParseError> {
        let (start, token) = (self.at, self.word());
        let number = hexadecimal(token).map_err(|kind| self.error_at(start, kind))?;
        self.skip_space();
        if self.peek() != Some('(') {
            return Ok(number);
        }
        let had_names = !self.rest().get(1..).unwrap_or_default().trim_start().starts_with(')');
        let names = self.group()?;
        if names != number && had_names {
            self.notes.push(GfpNote::NumberDisagrees { number, names: Gfp::from_bits_retain(names) });
            return Ok(names);
        }
        Ok(number)
    }

    fn name(&mut self, start: usize) -> Result<Operand, GfpParseError> {
        let token = self.word();
        match names::lookup(token) {
            Some(Meaning::Set(gfp)) => Ok(Operand::Bits(gfp.bits())),
            Some(Meaning::Clear(gfp)) => Ok(Operand::AllBut(gfp.bits())),
            Some(Meaning::Ignored(reason)) => {
                self.notes.push(GfpNote::Ignored { token: token.to_owned(), reason });
                Ok(Operand::Bits(0))
            }
            None => {
                let suggestion = names::nearest(token);
                Err(self.error_at(start, Kind::UnknownName { token: shortened(token), suggestion }))
            }
        }
    }

    /// Moves to the next part of a sum: whether it is taken away, or `None` where the sum ends.
    fn joined(&mut self) -> Result<Option<bool>, GfpParseError> {
        self.skip_space();
        if self.at_next_key() {
            return Ok(None);
        }
        let takes_away = match self.peek() {
            None | Some(')') => return Ok(None),
            Some('-') => true,
            Some('|' | ',' | '+') => false,
            Some(c) if is_word(c) || c == '~' || c == '!' || c == '(' => return Ok(Some(false)),
            Some(_) if self.labeled && self.depth == 0 => return Ok(None),
            Some(c) => return Err(self.error_at(self.at, Kind::Unexpected(c))),
        };
        self.at += 1;
        self.skip_space();
        let ends = self.labeled && self.depth == 0 && (self.peek().is_none() || self.at_next_key());
        Ok(if ends { None } else { Some(takes_away) })
    }

    /// Whether a log line goes on with another `key=value` here.
    fn at_next_key(&self) -> bool {
        let (word, rest) = self.next_word();
        self.labeled && self.depth == 0 && !word.is_empty() && rest.starts_with([':', '='])
    }

    /// Runs a part of the grammar one level deeper.
    fn deeper<T>(
        &mut self,
        start: usize,
        part: impl FnOnce(&mut Self) -> Result<T, GfpParseError>,
    ) -> Result<T, GfpParseError> {
        if self.depth == MAX_DEPTH {
            return Err(self.error_at(start, Kind::TooLong));
        }
        self.depth += 1;
        let value = part(self);
        self.depth -= 1;
        value
    }

    fn word(&mut self) -> &'a str {
        let word = self.next_word().0;
        self.at += word.len();
        word
    }

    /// The word that the rest of the text begins with, maybe an empty one, and what follows it.
    fn next_word(&self) -> (&'a str, &'a str) {
        let rest = self.rest();
        rest.split_at_checked(rest.find(|c| !is_word(c)).unwrap_or(rest.len())).unwrap_or_default()
    }

    /// What is still to be read.
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn eat(&mut self, c: char) -> bool {
        self.skip_space();
        let found = self.peek() == Some(c);
        if found {
            self.at += c.len_utf8();
        }
        found
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn error_at(&self, at: usize, kind: Kind) -> GfpParseError {
        GfpParseError { position: self.text.get(..at).unwrap_or_default().chars().count() + 1, kind }
    }
}

/// Reads a 0x number; a lone 0 is no flag.
fn hexadecimal(token: &str) -> Result<u32, Kind> {
    if token == "0" {
        return Ok(0);
    }
    match token.strip_prefix("0x").or_else(|| token.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).map_err(|_| Kind::BadNumber(shortened(token))),
        None if token.bytes().all(|b| b.is_ascii_digit()) => Err(Kind::Decimal(shortened(token))),
        None => Err(Kind::BadNumber(shortened(token))),
    }
}

/// A token as an error shows it. Tokens are ASCII, so cutting at a byte is safe.
fn shortened(token: &str) -> String {
    token.get(..40).unwrap_or(token).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(text: &str) -> u32 {
        match parse_gfp(text) {
            Ok(parsed) => parsed.gfp.bits(),
            Err(error) => panic!("{text}: {error}"),
        }
    }

    fn error(text: &str) -> String {
        match parse_gfp(text) {
            Ok(parsed) => panic!("{text} was read as {}", parsed.gfp),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn names_may_be_joined_in_any_way() {
        for text in [
            "GFP_KERNEL|__GFP_NOWARN",
            "GFP_KERNEL | __GFP_NOWARN",
            "gfp_kernel, nowarn",
            "kernel nowarn",
            "GFP_KERNEL + __GFP_NOWARN",
            "(GFP_KERNEL) | (__GFP_NOWARN)",
            "0xcc0|__GFP_NOWARN",
            "0x2cc0",
        ] {
            assert_eq!(bits(text), 0x2cc0, "{text}");
        }
    }

    #[test]
    fn flags_can_be_taken_away() {
        for text in
            ["GFP_KERNEL & ~__GFP_FS", "GFP_KERNEL - __GFP_FS", "kernel ~fs", "GFP_KERNEL,~(__GFP_FS|__GFP_ZERO)"]
        {
            assert_eq!(bits(text), 0xc40, "{text}");
        }
        assert_eq!(bits("(GFP_KERNEL | __GFP_NOWARN) & ~(__GFP_IO|__GFP_FS)"), 0x2c00);
        assert_eq!(bits("GFP_KERNEL|__GFP_NO_KSWAPD"), 0x4c0);
    }

    #[test]
    fn and_binds_tighter_than_or_as_in_c() {
        assert_eq!(bits("GFP_KERNEL | __GFP_NOWARN & ~__GFP_FS"), 0x2cc0);
        assert_eq!(bits("GFP_KERNEL & __GFP_FS"), 0x80);
    }

    #[test]
    fn log_lines_are_read_as_they_are() {
        assert_eq!(bits("mode:0x40dc0(GFP_KERNEL|__GFP_COMP|__GFP_ZERO)"), 0x4_0dc0);
        assert_eq!(
            bits(
                "insmod: page allocation failure: order:4, mode:0x40dc0(GFP_KERNEL|__GFP_COMP|__GFP_ZERO), nodemask=(null),cpuset=/,mems_allowed=0"
            ),
            0x4_0dc0
        );
        assert_eq!(
            bits("a invoked oom-killer: gfp_mask=0x100cca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0"),
            0x10_0cca
        );
        assert_eq!(bits("mm_page_alloc: page=0 pfn=5 order=0 migratetype=1 gfp_flags=GFP_KERNEL|__GFP_ZERO"), 0xdc0);
        assert_eq!(bits("gfp=0xcc0 order=3"), 0xcc0);
        assert_eq!(bits("order=3 gfp=none pf=0x800"), 0);
    }

    #[test]
    fn names_decide_when_another_version_numbers_the_bits_differently() {
        let parsed = parse_gfp("gfp_mask=0x14200ca(GFP_HIGHUSER_MOVABLE)");
        let names = Gfp::GFP_HIGHUSER_MOVABLE;
        let notes = vec![GfpNote::NumberDisagrees { number: 0x142_00ca, names }];
        assert_eq!(parsed, Ok(ParsedGfp { gfp: names, notes }));
        assert_eq!(bits("mode:0xcc0()"), 0xcc0);
    }

    #[test]
    fn names_of_other_versions_are_understood() {
        assert_eq!(bits("__GFP_WAIT|__GFP_IO"), 0xc40);
        assert_eq!(bits("GFP_KERNEL|__GFP_REPEAT"), 0x4cc0);
        assert_eq!(bits("GFP_TEMPORARY"), 0xcd0);
        assert_eq!(bits("GFP_IOFS"), 0xc0);
        assert_eq!(bits("GFP_NOFS|__GFP_NOLOCKDEP"), 0xc40);
        let parsed = parse_gfp("GFP_KERNEL|__GFP_COLD");
        assert!(matches!(parsed, Ok(p) if p.gfp == Gfp::GFP_KERNEL && p.notes.len() == 1));
    }

    #[test]
    fn errors_name_the_token_its_position_and_the_nearest_name() {
        assert_eq!(
            error("GFP_KERNEL|__GFP_NOWARM"),
            "gfp flags, character 12: `__GFP_NOWARM` is not a gfp flag; did you mean __GFP_NOWARN?"
        );
        assert_eq!(error("banana"), "gfp flags, character 1: `banana` is not a gfp flag");
        assert_eq!(
            error("GFP_KERNEL|3264"),
            "gfp flags, character 12: `3264` is a decimal number; gfp masks are hexadecimal, such as 0xcc0"
        );
        assert_eq!(
            error("0x1ffffffff"),
            "gfp flags, character 1: `0x1ffffffff` is not a hexadecimal number of at most 32 bits"
        );
        assert_eq!(error("  "), "gfp flags, character 3: no flag; write `none` for no flags");
        assert_eq!(error("GFP_KERNEL|"), "gfp flags, character 12: the text ends where a flag should follow");
        assert_eq!(error("(GFP_KERNEL"), "gfp flags, character 1: this parenthesis has no partner");
        assert_eq!(error("GFP_KERNEL)"), "gfp flags, character 11: this parenthesis has no partner");
    }

    #[test]
    fn hostile_text_is_an_error_not_a_panic() {
        for text in
            ["é", "GFP_KERNEL é", "~", "~__GFP_FS", "|", "((((", "0x", "0xzz", "\0", "mode:", "mode:é", "a=b", "0x1(é)"]
        {
            assert!(parse_gfp(text).is_err(), "{text:?}");
        }
        assert!(parse_gfp(&"(".repeat(4000)).is_err());
        assert!(parse_gfp(&"~".repeat(4000)).is_err());
        assert!(parse_gfp(&"x".repeat(100_000)).is_err());
    }
}
