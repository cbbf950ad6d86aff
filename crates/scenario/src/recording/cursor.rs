//! Reading the words and numbers of a recording's lines, straight from the bytes.

use super::error::RecordingError;
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::{CpuId, MAX_CPUS, MAX_NUMNODES, MigrateType, NodeId, NodeMask, Pfn, ZoneId, ZoneType};
use core::fmt::Write as _;

/// What a field should have held. Small, because it is the error half of every hot read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    /// The field.
    pub(crate) field: &'static str,
    /// What should be there.
    pub(crate) what: &'static str,
}

/// A read from a line.
pub(crate) type Read<T> = Result<T, Expected>;

/// A position in the bytes of a file.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// At the beginning.
    #[inline]
    pub(crate) fn new(bytes: &'a [u8]) -> Cursor<'a> {
        Cursor { bytes, at: 0 }
    }

    /// At a byte position.
    #[inline]
    pub(crate) fn at(bytes: &'a [u8], at: usize) -> Cursor<'a> {
        Cursor { bytes, at: at.min(bytes.len()) }
    }

    /// The byte position.
    #[inline]
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// The next byte.
    #[inline]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The bytes from here on.
    #[inline]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Steps over `text` if it is next.
    #[inline]
    pub(crate) fn eat(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text.as_bytes());
        if found {
            self.at += text.len();
        }
        found
    }

    /// Steps over so many bytes, at most to the end.
    pub(crate) fn skip(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes).min(self.bytes.len());
    }

    /// Steps over `text`, which must be next.
    #[inline]
    pub(crate) fn expect(&mut self, text: &'static str) -> Read<()> {
        if self.eat(text) { Ok(()) } else { Err(Expected { field: text, what: "this text" }) }
    }

    /// Steps over the rest of the line and its end; returns that rest.
    #[inline]
    pub(crate) fn rest_of_line(&mut self) -> &'a [u8] {
        let rest = self.rest();
        let length = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
        self.at += (length + 1).min(rest.len());
        let line = &rest[..length];
        line.strip_suffix(b"\r").unwrap_or(line)
    }

    /// Steps over the end of the line, which must be next.
    #[inline]
    pub(crate) fn end_of_line(&mut self) -> Read<()> {
        match self.rest() {
            [] => Ok(()),
            [b'\n', ..] => {
                self.at += 1;
                Ok(())
            }
            [b'\r', b'\n', ..] => {
                self.at += 2;
                Ok(())
            }
            _ => Err(Expected { field: "end", what: "the end of the line" }),
        }
    }

    /// Steps over the letters and underscores of a key.
    pub(crate) fn key(&mut self) -> &'a [u8] {
        let rest = self.rest();
        let length = rest.iter().position(|&b| !b.is_ascii_lowercase() && b != b'_').unwrap_or(rest.len());
        self.skip(length);
        &rest[..length]
    }

    /// A decimal number.
    #[inline]
    pub(crate) fn decimal(&mut self, field: &'static str) -> Read<u64> {
        let error = Expected { field, what: "a decimal number of at most 18 digits" };
        let start = self.at;
        let mut value = 0u64;
        while let Some(digit) = self.peek().map(|b| b.wrapping_sub(b'0')).filter(|&d| d < 10) {
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            self.at += 1;
        }
        if matches!(self.at - start, 1..=18) {
            Ok(value)
        } else {
            self.at = start;
            Err(error)
        }
    }

    /// A decimal number with or without a minus.
    pub(crate) fn signed(&mut self, field: &'static str) -> Read<i64> {
        let negative = self.eat("-");
        let value = self.decimal(field)? as i64;
        Ok(if negative { -value } else { value })
    }

    /// Hexadecimal digits without 0x.
    #[inline]
    pub(crate) fn hex_digits(&mut self, field: &'static str) -> Read<u64> {
        let start = self.at;
        let mut value = 0u64;
        while let Some(digit) = self.peek().and_then(|b| char::from(b).to_digit(16)) {
            value = value << 4 | u64::from(digit);
            self.at += 1;
        }
        if matches!(self.at - start, 1..=16) {
            Ok(value)
        } else {
            self.at = start;
            Err(Expected { field, what: "a hexadecimal number of at most 64 bits" })
        }
    }

    /// A hexadecimal number, its 0x included.
    #[inline]
    pub(crate) fn hex(&mut self, field: &'static str) -> Read<u64> {
        if self.eat("0x") {
            self.hex_digits(field)
        } else {
            Err(Expected { field, what: "a hexadecimal number with 0x" })
        }
    }

    /// `key` (such as ` cpu=`) and a decimal number that fits `T`.
    #[inline]
    pub(crate) fn number<T: TryFrom<u64>>(&mut self, key: &'static str) -> Read<T> {
        self.expect(key)?;
        self.fitting(key)
    }

    /// A decimal number that fits `T`.
    #[inline]
    pub(crate) fn fitting<T: TryFrom<u64>>(&mut self, field: &'static str) -> Read<T> {
        let start = self.at;
        let value = self.decimal(field)?;
        T::try_from(value).map_err(|_| self.back_to(start, field, "a smaller number"))
    }

    /// `key` and a number with or without a minus.
    pub(crate) fn signed_number(&mut self, key: &'static str) -> Read<i64> {
        self.expect(key)?;
        self.signed(key)
    }

    /// `key` and a hexadecimal number of 32 bits with 0x.
    #[inline]
    pub(crate) fn hex32(&mut self, key: &'static str) -> Read<u32> {
        self.expect(key)?;
        let start = self.at;
        u32::try_from(self.hex(key)?).map_err(|_| self.back_to(start, key, "at most 32 bits"))
    }

    /// `key` and a 0 or a 1.
    pub(crate) fn flag(&mut self, key: &'static str) -> Read<bool> {
        self.expect(key)?;
        match self.peek() {
            Some(digit @ (b'0' | b'1')) => {
                self.at += 1;
                Ok(digit == b'1')
            }
            _ => Err(Expected { field: key, what: "0 or 1" }),
        }
    }

    /// `key` and a CPU id.
    #[inline]
    pub(crate) fn cpu(&mut self, key: &'static str) -> Read<CpuId> {
        self.expect(key)?;
        let start = self.at;
        match self.decimal(key)? {
            cpu if cpu < MAX_CPUS as u64 => Ok(CpuId(cpu as u16)),
            _ => Err(self.back_to(start, key, "a CPU id below 1024")),
        }
    }

    /// `key` and a node id.
    #[inline]
    pub(crate) fn node(&mut self, key: &'static str) -> Read<NodeId> {
        self.expect(key)?;
        self.node_id(key)
    }

    /// A node id.
    #[inline]
    pub(crate) fn node_id(&mut self, field: &'static str) -> Read<NodeId> {
        let start = self.at;
        match self.decimal(field)? {
            node if node < MAX_NUMNODES as u64 => Ok(NodeId(node as u8)),
            _ => Err(self.back_to(start, field, "a node id below 64")),
        }
    }

    /// A zone as `nid:idx`.
    #[inline]
    pub(crate) fn zone_id(&mut self, field: &'static str) -> Read<ZoneId> {
        let node = self.node_id(field)?;
        let start = self.at;
        let zone = if self.eat(":") { ZoneType::from_index(self.decimal(field)? as usize) } else { None };
        zone.map(|zone| ZoneId::new(node, zone)).ok_or_else(|| self.back_to(start, field, "node:zone, zones 0 to 3"))
    }

    /// `key` and a zone as `nid:idx`.
    #[cfg(feature = "files")]
    pub(crate) fn zone(&mut self, key: &'static str) -> Read<ZoneId> {
        self.expect(key)?;
        self.zone_id(key)
    }

    /// `key` and a page frame number.
    #[cfg(feature = "files")]
    pub(crate) fn pfn_at(&mut self, key: &'static str) -> Read<Pfn> {
        self.expect(key)?;
        self.pfn(key)
    }

    /// A page frame number.
    #[inline]
    pub(crate) fn pfn(&mut self, field: &'static str) -> Read<Pfn> {
        let start = self.at;
        match self.decimal(field)? {
            pfn if pfn < Pfn::LIMIT.0 => Ok(Pfn(pfn)),
            _ => Err(self.back_to(start, field, "a page frame number of at most 34 bits")),
        }
    }

    /// `key` and request flags. Recorders try contradictory zones, which the kernel reads in a way of its own, but a
    /// request of two mobilities has no list to come from.
    #[inline]
    pub(crate) fn gfp(&mut self, key: &'static str) -> Read<Gfp> {
        let start = self.at;
        let gfp = Gfp::from_bits_retain(self.hex32(key)?);
        if gfp.contains(Gfp::MOBILITY_MASK) || !Gfp::BITS_MASK.contains(gfp) {
            return Err(self.back_to(start, key, "request flags of 5.10, of one mobility,"));
        }
        Ok(gfp)
    }

    /// `key` and a migrate type's number.
    pub(crate) fn migrate_type(&mut self, key: &'static str) -> Read<MigrateType> {
        self.expect(key)?;
        self.migrate_type_number()
    }

    /// A migrate type's number.
    pub(crate) fn migrate_type_number(&mut self) -> Read<MigrateType> {
        let start = self.at;
        let known = MigrateType::ALL.get(self.decimal("mt")? as usize).copied();
        known.ok_or_else(|| self.back_to(start, "mt", "a migrate type, 0 to 5"))
    }

    /// `key` and a set of nodes as 0x number.
    #[inline]
    pub(crate) fn nodes(&mut self, key: &'static str) -> Read<NodeMask> {
        self.expect(key)?;
        self.hex(key).map(NodeMask)
    }

    /// An error about what starts at `start`, where the cursor goes back to.
    #[cold]
    pub(crate) fn back_to(&mut self, start: usize, field: &'static str, what: &'static str) -> Expected {
        self.at = start;
        Expected { field, what }
    }

    /// The whole error, with what stands here instead.
    #[cold]
    pub(crate) fn error(&self, expected: Expected, file: &str, line: u32) -> RecordingError {
        let field = expected.field.trim();
        let name = field.trim_end_matches('=');
        let problem = match expected.what {
            "this text" => format!("`{field}` expected, found {}", self.found()),
            what => format!("{what} expected, found {}", self.found()),
        };
        RecordingError { file: file.to_owned(), line: Some(line), field: Some(name), problem }
    }

    /// The next few characters, made printable.
    fn found(&self) -> String {
        let rest = self.rest();
        let end = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
        if end == 0 {
            return if rest.is_empty() { "the end of the file".to_owned() } else { "the end of the line".to_owned() };
        }
        let mut text = String::from("`");
        for &byte in &rest[..end.min(24)] {
            match byte {
                b' '..=b'~' => text.push(char::from(byte)),
                // Writing to a string cannot fail.
                _ => _ = write!(text, "\\x{byte:02x}"),
            }
        }
        text.push('`');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stop_at_the_first_other_character() {
        let mut cursor = Cursor::new(b"12 0xcc0,-7");
        assert_eq!(cursor.decimal("n"), Ok(12));
        assert_eq!(cursor.hex32(" "), Ok(0xcc0));
        assert_eq!(cursor.expect(","), Ok(()));
        assert_eq!(cursor.signed("n"), Ok(-7));
        assert_eq!(cursor.end_of_line(), Ok(()));
    }

    #[test]
    fn numbers_that_are_too_long_or_missing_are_errors() {
        for text in ["", "x", "1234567890123456789", "99999999999999999999999"] {
            assert!(Cursor::new(text.as_bytes()).decimal("n").is_err(), "{text}");
        }
        assert!(Cursor::new(b"12345678901234567").hex_digits("h").is_err());
        assert!(Cursor::new(b"ffffffffffffffff").hex_digits("h").is_ok());
        assert!(Cursor::new(b" cpu=1024").cpu(" cpu=").is_err());
        assert!(Cursor::new(b"64:0").zone_id("zone").is_err());
        assert!(Cursor::new(b"3:4").zone_id("zone").is_err());
        assert!(Cursor::new(b"17179869184").pfn("pfn").is_err());
        for gfp in ["0x18", "0x1000000", "0xffffffffff"] {
            assert!(Cursor::new(gfp.as_bytes()).gfp("").is_err(), "{gfp}");
        }
    }

    #[test]
    fn an_error_shows_what_stands_there_instead() {
        let mut cursor = Cursor::new(b"ab\x00c\n");
        let Err(expected) = cursor.number::<u8>(" cpu=") else { panic!("read") };
        let error = cursor.error(expected, "ops.txt", 7);
        assert_eq!(error.to_string(), "ops.txt, line 7, field `cpu`: `cpu=` expected, found `ab\\x00c`");
    }
}
