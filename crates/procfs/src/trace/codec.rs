//! The ways in which trace events show values.

use super::PageFlagsShown;
use crate::line::Codec;
use crate::line::codec::word;
use crate::line::places::ZoneName;
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::parse_gfp;
use buddyscope_mm::pfn::ZoneType;
use std::fmt::{Display, Formatter, Result};

/// `0x%lx`.
pub(super) struct Hex;

impl Codec<u64> for Hex {
    fn write(value: &u64, f: &mut Formatter<'_>) -> Result {
        write!(f, "{value:#x}")
    }

    fn read(text: &str) -> Option<u64> {
        u64::from_str_radix(word(text).strip_prefix("0x")?, 16).ok()
    }
}

/// A page's number: `%lu`, newer kernels have `0x%lx`.
pub(super) struct PfnNumber;

impl Codec<u64> for PfnNumber {
    fn write(value: &u64, f: &mut Formatter<'_>) -> Result {
        value.fmt(f)
    }

    fn read(text: &str) -> Option<u64> {
        word(text).parse().ok().or_else(|| Hex::read(text))
    }
}

/// 0 or 1.
pub(super) struct Bit;

impl Codec<bool> for Bit {
    fn write(value: &bool, f: &mut Formatter<'_>) -> Result {
        u8::from(*value).fmt(f)
    }

    fn read(text: &str) -> Option<bool> {
        [("0", false), ("1", true)].into_iter().find(|(known, _)| *known == word(text)).map(|(_, value)| value)
    }
}

/// Request flags as trace events show them (`show_gfp_flags`).
pub(super) struct TraceGfp;

impl Codec<Gfp> for TraceGfp {
    fn write(gfp: &Gfp, f: &mut Formatter<'_>) -> Result {
        gfp.fmt(f)
    }

    fn read(text: &str) -> Option<Gfp> {
        parse_gfp(word(text)).ok().map(|parsed| parsed.gfp)
    }
}

/// A zone's name in eight columns (`%-8s`).
pub(super) struct ZoneColumn;

impl Codec<ZoneType> for ZoneColumn {
    fn write(zone: &ZoneType, f: &mut Formatter<'_>) -> Result {
        write!(f, "{:<8}", zone.name())
    }

    fn read(text: &str) -> Option<ZoneType> {
        ZoneName::read(text)
    }
}

/// Kind of the reclaimed pages (`trace_reclaim_flags`): file pages or anonymous ones, always written asynchronously.
pub(super) struct ReclaimFlags;

impl Codec<bool> for ReclaimFlags {
    fn write(file: &bool, f: &mut Formatter<'_>) -> Result {
        write!(f, "RECLAIM_WB_{}|RECLAIM_WB_ASYNC", if *file { "FILE" } else { "ANON" })
    }

    fn read(text: &str) -> Option<bool> {
        let kind = word(text).strip_prefix("RECLAIM_WB_")?.strip_suffix("|RECLAIM_WB_ASYNC")?;
        [("ANON", false), ("FILE", true)].into_iter().find(|(known, _)| *known == kind).map(|(_, file)| file)
    }
}

/// A page's flags, a column each.
pub(super) struct ShownFlags;

impl Codec<PageFlagsShown> for ShownFlags {
    fn write(flags: &PageFlagsShown, f: &mut Formatter<'_>) -> Result {
        let PageFlagsShown { mapped, anon, swap_cache, swap_backed, mapped_to_disk, buffers } = *flags;
        let column = |set, letter| if set { letter } else { ' ' };
        write!(f, "{}{}", column(mapped, 'M'), if anon { 'a' } else { 'f' })?;
        write!(f, "{}{}", column(swap_cache, 's'), column(swap_backed, 'b'))?;
        write!(f, "{}{}", column(mapped_to_disk, 'd'), column(buffers, 'B'))
    }

    fn read(text: &str) -> Option<PageFlagsShown> {
        // Blanks at the end of a line may be lost.
        let mut columns = text.chars().chain(std::iter::repeat(' '));
        let mut column = |letter, other| columns.next().filter(|&c| c == letter || c == other).map(|c| c == letter);
        Some(PageFlagsShown {
            mapped: column('M', ' ')?,
            anon: column('a', 'f')?,
            swap_cache: column('s', ' ')?,
            swap_backed: column('b', ' ')?,
            mapped_to_disk: column('d', ' ')?,
            buffers: column('B', ' ')?,
        })
    }
}
