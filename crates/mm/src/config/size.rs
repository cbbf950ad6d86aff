//! Numbers as the kernel reads them from its command line.

/// A leading number in decimal, `0x` hexadecimal or `0` octal, and what follows it (`simple_strtoull` with base 0).
/// `None` without a digit or above 64 bits.
pub(crate) fn split_number(text: &str) -> Option<(u64, &str)> {
    let (radix, digits) = radix_of(text);
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    let (number, rest) = digits.split_at_checked(end)?;
    Some((u64::from_str_radix(number, radix).ok()?, rest))
}

fn radix_of(text: &str) -> (u32, &str) {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    match hex {
        Some(digits) if digits.starts_with(|c: char| c.is_ascii_hexdigit()) => (16, digits),
        _ if text.starts_with('0') => (8, text),
        _ => (10, text),
    }
}

/// A leading number with an optional suffix K, M, G, T, P or E (powers of 1024), and what follows (`memparse`).
pub(crate) fn split_size(text: &str) -> Option<(u64, &str)> {
    let (value, rest) = split_number(text)?;
    let shift = match rest.bytes().next().map(|c| c.to_ascii_uppercase()) {
        Some(b'K') => 10,
        Some(b'M') => 20,
        Some(b'G') => 30,
        Some(b'T') => 40,
        Some(b'P') => 50,
        Some(b'E') => 60,
        _ => return Some((value, rest)),
    };
    Some((value.checked_mul(1 << shift)?, rest.get(1..)?))
}

/// A size in bytes with an optional suffix K, M, G, T, P or E and nothing else; `None` for any other text.
#[must_use]
pub fn parse_size(text: &str) -> Option<u64> {
    split_size(text).filter(|(_, rest)| rest.is_empty()).map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_as_memparse_reads_them() {
        assert_eq!(parse_size("700M"), Some(700 << 20));
        assert_eq!(parse_size("0x10k"), Some(16 << 10));
        assert_eq!(parse_size("010"), Some(8));
        assert_eq!(parse_size("0"), Some(0));
        assert_eq!(split_size("64M$256M"), Some((64 << 20, "$256M")));
    }

    #[test]
    fn other_texts_are_no_sizes() {
        for text in ["", "M", "-1", "12x", "08", "1MB", "16E", "99999999999999999999"] {
            assert_eq!(parse_size(text), None, "{text}");
        }
    }
}
