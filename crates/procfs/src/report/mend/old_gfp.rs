//! Request flags of kernels that print them as a number alone: until 4.6 bits meant something else than in 5.10.

use super::Row;
use super::blocks::number;
use buddyscope_mm::gfp::Gfp;

/// Most lines between a request's first line and the one that names the kernel.
const MOST_LINES: usize = 6;

/// Bits that 4.4 and 4.3 agree about (include/linux/gfp.h).
const SAME: [(u32, Gfp); 15] = [
    (0x1, Gfp::DMA),
    (0x2, Gfp::HIGHMEM),
    (0x4, Gfp::DMA32),
    (0x8, Gfp::MOVABLE),
    (0x20, Gfp::HIGH),
    (0x40, Gfp::IO),
    (0x80, Gfp::FS),
    (0x200, Gfp::NOWARN),
    // __GFP_REPEAT.
    (0x400, Gfp::RETRY_MAYFAIL),
    (0x800, Gfp::NOFAIL),
    (0x1000, Gfp::NORETRY),
    (0x2000, Gfp::MEMALLOC),
    (0x4000, Gfp::COMP),
    (0x8000, Gfp::ZERO),
    (0x10000, Gfp::NOMEMALLOC),
];
const ALSO_SAME: [(u32, Gfp); 3] = [(0x20000, Gfp::HARDWALL), (0x40000, Gfp::THISNODE), (0x100_0000, Gfp::WRITE)];
/// Those that 4.4 brought.
const SINCE_4_4: [(u32, Gfp); 4] = [
    (0x10, Gfp::RECLAIMABLE),
    (0x80000, Gfp::ATOMIC),
    (0x40_0000, Gfp::DIRECT_RECLAIM),
    (0x200_0000, Gfp::KSWAPD_RECLAIM),
];
/// Before: a request may wait, is for reclaimable pages, or leaves kswapd alone.
const WAIT: u32 = 0x10;
const RECLAIMABLE: u32 = 0x80000;
const NO_KSWAPD: u32 = 0x40_0000;

/// Writes the flags of each request as 5.10 would.
pub(super) fn translate(rows: &mut [Row]) {
    for at in 0..rows.len() {
        let text = rows[at].text.as_str();
        let label = if text.contains(": page allocation failure: ") {
            "mode:0x"
        } else if text.contains(" invoked oom-killer: ") {
            "gfp_mask=0x"
        } else {
            continue;
        };
        let Some(version) = rows[at + 1..].iter().take(MOST_LINES).find_map(|row| version(&row.text)) else { continue };
        if let Some(text) = translated(text, label, version) {
            rows[at].text = text;
        }
        rows[at].kernel = Some(version);
    }
}

/// A request's line with the flags of 5.10; `None` if they are told by name, or by the same numbers.
fn translated(text: &str, label: &str, version: (u64, u64)) -> Option<String> {
    let (front, rest) = text.split_once(label)?;
    let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
    let (bits, rest) = rest.split_at(digits);
    if version >= (4, 7) || rest.starts_with('(') {
        return None;
    }
    let bits = u32::from_str_radix(bits, 16).ok()?;
    let gfp = if version >= (4, 4) { of_4_4(bits) } else { before_4_4(bits) };
    Some(format!("{front}{label}{:x}{rest}", gfp.bits()))
}

fn mapped(bits: u32, tables: &[&[(u32, Gfp)]]) -> Gfp {
    tables.iter().copied().flatten().filter(|(bit, _)| bits & bit != 0).map(|(_, gfp)| *gfp).collect()
}

fn of_4_4(bits: u32) -> Gfp {
    mapped(bits, &[&SAME, &ALSO_SAME, &SINCE_4_4])
}

fn before_4_4(bits: u32) -> Gfp {
    let mut gfp = mapped(bits, &[&SAME, &ALSO_SAME]);
    gfp.set(Gfp::RECLAIMABLE, bits & RECLAIMABLE != 0);
    gfp.set(Gfp::DIRECT_RECLAIM, bits & WAIT != 0);
    gfp.set(Gfp::KSWAPD_RECLAIM, bits & NO_KSWAPD == 0);
    // Whoever could not wait had a claim on the reserves.
    gfp.set(Gfp::ATOMIC, bits & (WAIT | NO_KSWAPD) == 0);
    gfp
}

/// The kernel's version in a stack trace's first lines, such as `4.1` in `Not tainted 4.1.12-3 #1`.
fn version(text: &str) -> Option<(u64, u64)> {
    text.split(' ').find_map(|word| {
        let (major, rest) = word.split_once('.').filter(|(major, _)| major.len() == 1)?;
        let minor = number(rest, "").filter(|_| rest.contains(['.', '-']))?;
        major.parse().ok().filter(|major| (2..=9).contains(major)).map(|major| (major, minor))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_log(first: &str, second: &str) -> String {
        let mut rows = [first, second].map(|text| Row::new(text.to_owned(), 1));
        translate(&mut rows);
        rows[0].text.clone()
    }

    #[test]
    fn numbers_of_old_kernels_mean_what_they_meant_then() {
        let gfp = |bits: &str, kernel: &str| {
            let text = in_log(
                &format!("x: page allocation failure: order:0, mode:0x{bits}"),
                &format!("CPU: 0 PID: 1 Comm: x Not tainted {kernel} #1"),
            );
            let bits = text.rsplit_once("0x").map(|(_, bits)| u32::from_str_radix(bits, 16));
            Gfp::from_bits(bits.and_then(Result::ok).unwrap_or_default()).unwrap_or_default()
        };
        assert_eq!(gfp("20", "3.2.4"), Gfp::GFP_ATOMIC);
        assert_eq!(gfp("201da", "4.0.0-rc1-dgc+"), Gfp::GFP_HIGHUSER_MOVABLE);
        assert_eq!(gfp("d0", "3.10.0-514.el7"), Gfp::GFP_KERNEL);
        assert_eq!(gfp("24201ca", "4.4.169-x"), Gfp::GFP_HIGHUSER_MOVABLE);
        assert_eq!(gfp("2204020", "4.4.114+"), Gfp::HIGH | Gfp::COMP | Gfp::KSWAPD_RECLAIM);
        assert_eq!(gfp("cc0", "5.10.35"), Gfp::GFP_KERNEL);
    }

    #[test]
    fn names_need_no_translation() {
        let text = "x invoked oom-killer: gfp_mask=0x24200ca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0";
        assert_eq!(in_log(text, "CPU: 0 PID: 1 Comm: x Not tainted 4.6.0 #1"), text);
    }
}
