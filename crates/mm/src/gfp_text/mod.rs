//! Request flags as text: printed as the kernel prints them, read in any spelling people and logs use.

mod error;
mod names;
mod parse;

pub use error::{GfpNote, GfpParseError, GfpParseErrorKind};
pub use names::FLAG_NAMES;
pub use parse::{ParsedGfp, parse_gfp};

use crate::gfp::Gfp;
use core::fmt;
use core::str::FromStr;
use names::PRINT_ORDER;

/// Prints as trace events and failure reports do (`show_gfp_flags`, include/trace/events/mmflags.h, v5.10): `none`
/// for no flag, else names joined by `|`, each taking its bits, then the bits without a name in hexadecimal.
impl fmt::Display for Gfp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        let mut left = *self;
        let mut separator = "";
        for &(name, bits) in PRINT_ORDER {
            if left.contains(bits) {
                write!(f, "{separator}{name}")?;
                left.remove(bits);
                separator = "|";
            }
        }
        if left.bits() != 0 {
            write!(f, "{separator}{:#x}", left.bits())?;
        }
        Ok(())
    }
}

/// Reads flags as [`parse_gfp`] does, without its notes.
impl FromStr for Gfp {
    type Err = GfpParseError;

    fn from_str(text: &str) -> Result<Gfp, GfpParseError> {
        parse_gfp(text).map(|parsed| parsed.gfp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(bits: u32) -> String {
        Gfp::from_bits_retain(bits).to_string()
    }

    #[test]
    fn flags_print_in_the_kernels_order() {
        assert_eq!(printed(0), "none");
        assert_eq!(printed(0xcc0), "GFP_KERNEL");
        assert_eq!(printed(0x10_0dca), "GFP_HIGHUSER_MOVABLE|__GFP_ZERO");
        assert_eq!(printed(0x4_0dc0), "GFP_KERNEL|__GFP_COMP|__GFP_ZERO");
        assert_eq!(printed(0x10_0cc0), "GFP_USER");
        assert_eq!(printed(0xd), "GFP_DMA|GFP_DMA32|__GFP_MOVABLE");
        assert_eq!(printed(0x400), "__GFP_DIRECT_RECLAIM");
        assert_eq!(printed(0x80_0cc0), "GFP_KERNEL|0x800000");
        assert_eq!(printed(0x180_0000), "0x1800000");
    }

    #[test]
    fn every_composite_and_every_bit_reads_back() {
        for &(name, bits) in PRINT_ORDER {
            assert_eq!(name.parse(), Ok(bits), "{name}");
            assert_eq!(bits.to_string().parse(), Ok(bits), "{name}");
        }
        for (name, bits) in FLAG_NAMES {
            assert_eq!(name.parse(), Ok(bits), "{name}");
        }
    }

    #[test]
    fn any_mask_reads_back_what_it_prints() {
        let mut bits = 1u32;
        for _ in 0..2000 {
            bits = bits.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let gfp = Gfp::from_bits_retain(bits & 0x1ff_ffff);
            assert_eq!(gfp.to_string().parse(), Ok(gfp), "{gfp:?}");
        }
    }
}
