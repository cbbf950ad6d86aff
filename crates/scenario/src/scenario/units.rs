//! Quantities as people write them: `400M`, `2.5s`, `20k/s`, `80%`.

/// Jiffies in a second (`HZ`).
pub const HZ: u64 = 250;

const PAGE_SHIFT: u32 = 12;
/// Largest size, 16 TiB: what a machine can have.
const MAX_BYTES: u64 = 1 << 44;
/// Longest time, a day.
const MAX_MILLISECONDS: u64 = 24 * 60 * 60 * 1000;
/// Most pages or operations a second.
const MAX_RATE: u64 = 100_000_000;

/// Thousandths of a decimal number with at most three decimals, and what follows it.
fn thousandths(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || whole.len() > 15 || part.len() > 3 || (number.contains('.') && part.is_empty()) {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let part: u64 = format!("{part:0<3}").parse().ok()?;
    Some((whole * 1000 + part, unit.trim()))
}

/// Whole pages of a size such as `64K`, `1.5G`.
///
/// # Errors
/// What is wrong with the text.
pub(super) fn pages(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no size; sizes look like `64K`, `400M`, `1.5G`");
    let (amount, unit) = thousandths(text).ok_or_else(wrong)?;
    let shift = match unit {
        "K" | "KiB" => 10,
        "M" | "MiB" => 20,
        "G" | "GiB" => 30,
        "T" | "TiB" => 40,
        _ => return Err(wrong()),
    };
    let bytes = (u128::from(amount) << shift) / 1000;
    if bytes > u128::from(MAX_BYTES) {
        return Err(format!("`{text}` is more than 16T"));
    }
    match bytes as u64 >> PAGE_SHIFT {
        0 => Err(format!("`{text}` is less than a page (4K)")),
        pages => Ok(pages),
    }
}

/// Jiffies of a time such as `250ms`, `2s`, `1m`; a jiffy is 4 ms and parts of one count as one.
///
/// # Errors
/// What is wrong with the text.
pub fn jiffies(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no time; times look like `20ms`, `2.5s`, `1m`");
    let (amount, unit) = thousandths(text).ok_or_else(wrong)?;
    let thousandths_of_ms = match unit {
        "ms" => amount,
        "s" => amount.saturating_mul(1000),
        "m" => amount.saturating_mul(60_000),
        _ => return Err(wrong()),
    };
    if thousandths_of_ms > MAX_MILLISECONDS * 1000 {
        return Err(format!("`{text}` is more than a day"));
    }
    Ok(thousandths_of_ms.div_ceil(1000 * 1000 / HZ))
}

/// Pages or operations a second, from `500/s`, `20k/s` (thousands) or, for pages, `80M/s` (MiB).
///
/// # Errors
/// What is wrong with the text.
pub(super) fn per_second(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no rate; rates look like `500/s`, `20k/s`, `80M/s`");
    let amount = text.strip_suffix("/s").ok_or_else(wrong)?;
    let rate = match thousandths(amount).ok_or_else(wrong)? {
        (amount, "") => amount / 1000,
        (amount, "k") => amount,
        _ => pages(amount).map_err(|_| wrong())?,
    };
    if (1..=MAX_RATE).contains(&rate) { Ok(rate) } else { Err(format!("`{text}` is not between 1/s and 100000k/s")) }
}

/// Thousandths of a share such as `80%` or `2.5%`.
///
/// # Errors
/// What is wrong with the text.
pub(super) fn permille(text: &str) -> Result<u32, String> {
    let wrong = || format!("`{text}` is no share; shares look like `80%`, at most `100%`");
    match thousandths(text).ok_or_else(wrong)? {
        (amount, "%") if amount <= 100_000 => Ok((amount / 100) as u32),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_whole_pages() {
        assert_eq!(pages("4K"), Ok(1));
        assert_eq!(pages("400M"), Ok(102_400));
        assert_eq!(pages("1.5G"), Ok(393_216));
        assert_eq!(pages("6KiB"), Ok(1));
        for wrong in ["400", "1K", "-4K", "4 apples", "17T", "1.5.5M", "1.M", ".5M", "99999999999999999T"] {
            assert!(pages(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_round_up_to_jiffies() {
        assert_eq!(jiffies("1ms"), Ok(1));
        assert_eq!(jiffies("100ms"), Ok(25));
        assert_eq!(jiffies("2.5s"), Ok(625));
        assert_eq!(jiffies("1m"), Ok(15_000));
        assert!(jiffies("3").is_err() && jiffies("25h").is_err() && jiffies("1441m").is_err());
    }

    #[test]
    fn rates_and_shares() {
        assert_eq!(per_second("500/s"), Ok(500));
        assert_eq!(per_second("20k/s"), Ok(20_000));
        assert_eq!(per_second("80M/s"), Ok(20_480));
        assert!(per_second("0/s").is_err() && per_second("5").is_err());
        assert_eq!(permille("2.5%"), Ok(25));
        assert!(permille("101%").is_err() && permille("0.8").is_err());
    }
}
