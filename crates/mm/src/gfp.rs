//! Allocation request flags (`gfp_t`) and what follows from them by table: zone, mobility, allocator flags.
//!
//! Values and names are those of include/linux/gfp.h and mm/internal.h, v5.10. Reading and printing them as text is
//! in [`crate::gfp_text`].

use crate::pfn::{MigrateType, ZoneType};
use bitflags::bitflags;
use thiserror::Error;

bitflags! {
    /// Flags of an allocation request: the `__GFP_*` bits (include/linux/gfp.h, v5.10, without `CONFIG_LOCKDEP`).
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
    pub struct Gfp: u32 {
        /// From the DMA zone (`__GFP_DMA`).
        const DMA = 0x1;
        /// High memory will do (`__GFP_HIGHMEM`); x86-64 has none, but with [`Gfp::MOVABLE`] it opens `ZONE_MOVABLE`.
        const HIGHMEM = 0x2;
        /// From below 4 GiB (`__GFP_DMA32`).
        const DMA32 = 0x4;
        /// The page can be migrated (`__GFP_MOVABLE`).
        const MOVABLE = 0x8;
        /// The page is freed by a shrinker (`__GFP_RECLAIMABLE`).
        const RECLAIMABLE = 0x10;
        /// May go half-way into the min reserve (`__GFP_HIGH`).
        const HIGH = 0x20;
        /// Reclaim may start physical I/O (`__GFP_IO`).
        const IO = 0x40;
        /// Reclaim may call into the file system (`__GFP_FS`).
        const FS = 0x80;
        /// Give zeroed pages (`__GFP_ZERO`).
        const ZERO = 0x100;
        /// Cannot sleep and matters much (`__GFP_ATOMIC`).
        const ATOMIC = 0x200;
        /// The caller may reclaim for itself (`__GFP_DIRECT_RECLAIM`).
        const DIRECT_RECLAIM = 0x400;
        /// Wake kswapd when low (`__GFP_KSWAPD_RECLAIM`).
        const KSWAPD_RECLAIM = 0x800;
        /// The page will be dirtied soon (`__GFP_WRITE`): spread it by dirty limits.
        const WRITE = 0x1000;
        /// No failure report (`__GFP_NOWARN`).
        const NOWARN = 0x2000;
        /// Try hard, but fail rather than kill (`__GFP_RETRY_MAYFAIL`).
        const RETRY_MAYFAIL = 0x4000;
        /// Never fail (`__GFP_NOFAIL`).
        const NOFAIL = 0x8000;
        /// Give up after one light attempt (`__GFP_NORETRY`).
        const NORETRY = 0x1_0000;
        /// May use all reserves (`__GFP_MEMALLOC`).
        const MEMALLOC = 0x2_0000;
        /// Make it a compound page (`__GFP_COMP`).
        const COMP = 0x4_0000;
        /// Never use the emergency reserves (`__GFP_NOMEMALLOC`); wins over [`Gfp::MEMALLOC`].
        const NOMEMALLOC = 0x8_0000;
        /// Stay within the task's cpuset (`__GFP_HARDWALL`).
        const HARDWALL = 0x10_0000;
        /// From the preferred node or not at all (`__GFP_THISNODE`).
        const THISNODE = 0x20_0000;
        /// Charge to the kernel memory cgroup (`__GFP_ACCOUNT`).
        const ACCOUNT = 0x40_0000;
    }
}

/// Composites and masks.
impl Gfp {
    /// May reclaim directly and wake kswapd (`__GFP_RECLAIM`).
    pub const RECLAIM: Gfp = Gfp::DIRECT_RECLAIM.union(Gfp::KSWAPD_RECLAIM);
    /// `GFP_ATOMIC`, 0xa20.
    pub const GFP_ATOMIC: Gfp = Gfp::HIGH.union(Gfp::ATOMIC).union(Gfp::KSWAPD_RECLAIM);
    /// `GFP_KERNEL`, 0xcc0.
    pub const GFP_KERNEL: Gfp = Gfp::RECLAIM.union(Gfp::IO).union(Gfp::FS);
    /// `GFP_KERNEL_ACCOUNT`, 0x400cc0.
    pub const GFP_KERNEL_ACCOUNT: Gfp = Gfp::GFP_KERNEL.union(Gfp::ACCOUNT);
    /// `GFP_NOWAIT`, 0x800.
    pub const GFP_NOWAIT: Gfp = Gfp::KSWAPD_RECLAIM;
    /// `GFP_NOIO`, 0xc00.
    pub const GFP_NOIO: Gfp = Gfp::RECLAIM;
    /// `GFP_NOFS`, 0xc40.
    pub const GFP_NOFS: Gfp = Gfp::RECLAIM.union(Gfp::IO);
    /// `GFP_USER`, 0x100cc0.
    pub const GFP_USER: Gfp = Gfp::GFP_KERNEL.union(Gfp::HARDWALL);
    /// `GFP_DMA`, 0x1.
    pub const GFP_DMA: Gfp = Gfp::DMA;
    /// `GFP_DMA32`, 0x4.
    pub const GFP_DMA32: Gfp = Gfp::DMA32;
    /// `GFP_HIGHUSER`, 0x100cc2.
    pub const GFP_HIGHUSER: Gfp = Gfp::GFP_USER.union(Gfp::HIGHMEM);
    /// `GFP_HIGHUSER_MOVABLE`, 0x100cca.
    pub const GFP_HIGHUSER_MOVABLE: Gfp = Gfp::GFP_HIGHUSER.union(Gfp::MOVABLE);
    /// `GFP_TRANSHUGE_LIGHT`, 0x1c20ca.
    pub const GFP_TRANSHUGE_LIGHT: Gfp =
        Gfp::GFP_HIGHUSER_MOVABLE.union(Gfp::COMP).union(Gfp::NOMEMALLOC).union(Gfp::NOWARN).difference(Gfp::RECLAIM);
    /// `GFP_TRANSHUGE`, 0x1c24ca.
    pub const GFP_TRANSHUGE: Gfp = Gfp::GFP_TRANSHUGE_LIGHT.union(Gfp::DIRECT_RECLAIM);

    /// Every bit that means something (`__GFP_BITS_MASK`), 0x7fffff.
    pub const BITS_MASK: Gfp = Gfp::all();
    /// What is honored before the scheduler runs (`GFP_BOOT_MASK`, mm/internal.h), 0x7ff33f.
    pub const BOOT_MASK: Gfp = Gfp::BITS_MASK.difference(Gfp::GFP_KERNEL);
    /// The bits that select a zone (`GFP_ZONEMASK`).
    pub const ZONE_MASK: Gfp = Gfp::DMA.union(Gfp::HIGHMEM).union(Gfp::DMA32).union(Gfp::MOVABLE);
    /// The bits that say where the page can go later (`GFP_MOVABLE_MASK`).
    pub const MOBILITY_MASK: Gfp = Gfp::MOVABLE.union(Gfp::RECLAIMABLE);
    /// Bits that steer reclaim and watermarks (`GFP_RECLAIM_MASK`, mm/internal.h).
    pub const RECLAIM_MASK: Gfp = Gfp::RECLAIM
        .union(Gfp::HIGH)
        .union(Gfp::IO)
        .union(Gfp::FS)
        .union(Gfp::NOWARN)
        .union(Gfp::RETRY_MAYFAIL)
        .union(Gfp::NOFAIL)
        .union(Gfp::NORETRY)
        .union(Gfp::MEMALLOC)
        .union(Gfp::NOMEMALLOC)
        .union(Gfp::ATOMIC);
    /// Bits that constrain placement (`GFP_CONSTRAINT_MASK`, mm/internal.h).
    pub const CONSTRAINT_MASK: Gfp = Gfp::HARDWALL.union(Gfp::THISNODE);
}

/// Zone index by zone nibble, two bits each (`GFP_ZONE_TABLE`).
const GFP_ZONE_TABLE: u32 = 0x0132_0122;
/// Bit n set: the zone nibble n is a contradiction (`GFP_ZONE_BAD`).
const GFP_ZONE_BAD: u32 = 0xE8E8;

/// The highest zone the request may use (`gfp_zone`). A contradictory nibble reads as the DMA zone, as it does in a
/// kernel without `CONFIG_DEBUG_VM`; [`Gfp::check`] rejects it.
#[inline]
#[must_use]
pub const fn gfp_zone(gfp: Gfp) -> ZoneType {
    let nibble = gfp.bits() & Gfp::ZONE_MASK.bits();
    match GFP_ZONE_TABLE >> (2 * nibble) & 3 {
        0 => ZoneType::Dma,
        1 => ZoneType::Dma32,
        2 => ZoneType::Normal,
        _ => ZoneType::Movable,
    }
}

/// The mobility of the request (`gfp_migratetype`), with grouping by mobility on. Both mobility bits together give
/// the number of [`MigrateType::HighAtomic`], as in the kernel; [`Gfp::check`] rejects that.
#[inline]
#[must_use]
pub const fn gfp_migratetype(gfp: Gfp) -> MigrateType {
    MigrateType::from_bits((gfp.bits() & Gfp::MOBILITY_MASK.bits()) >> 3)
}

/// Why a set of request flags cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum GfpError {
    /// Bits above the last flag of 5.10.
    #[error("gfp bits {0:#x} mean nothing in Linux 5.10 (known bits: 0x7fffff)")]
    UnknownBits(u32),
    /// The zone bits contradict each other.
    #[error("the zone bits of gfp {0:#x} contradict each other: at most one of DMA, DMA32 and HIGHMEM")]
    BadZone(u32),
    /// Both mobility bits.
    #[error("gfp {0:#x} has both __GFP_MOVABLE and __GFP_RECLAIMABLE: a page has one mobility")]
    BadMobility(u32),
}

impl Gfp {
    /// Whether the zone bits contradict each other (`GFP_ZONE_BAD`).
    #[inline]
    #[must_use]
    pub const fn is_zone_bad(self) -> bool {
        GFP_ZONE_BAD >> (self.bits() & Gfp::ZONE_MASK.bits()) & 1 != 0
    }

    /// Whether the caller can sleep in reclaim (`gfpflags_allow_blocking`).
    #[inline]
    #[must_use]
    pub const fn allows_blocking(self) -> bool {
        self.contains(Gfp::DIRECT_RECLAIM)
    }

    /// Checks the combinations that a debug kernel stops at (`VM_BUG_ON`, `VM_WARN_ON` in `gfp_zone` and
    /// `gfp_migratetype`).
    ///
    /// # Errors
    /// [`GfpError::UnknownBits`], [`GfpError::BadZone`] or [`GfpError::BadMobility`], the first that applies.
    pub const fn check(self) -> Result<(), GfpError> {
        let bits = self.bits();
        if bits & !Gfp::BITS_MASK.bits() != 0 {
            return Err(GfpError::UnknownBits(bits & !Gfp::BITS_MASK.bits()));
        }
        if self.is_zone_bad() {
            return Err(GfpError::BadZone(bits));
        }
        if self.contains(Gfp::MOBILITY_MASK) {
            return Err(GfpError::BadMobility(bits));
        }
        Ok(())
    }
}

bitflags! {
    /// Flags of one walk over the zonelist (`ALLOC_*`, mm/internal.h). The low two bits pick the watermark.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
    pub struct AllocFlags: u32 {
        /// Check against the low mark (`ALLOC_WMARK_LOW`).
        const WMARK_LOW = 0x1;
        /// Check against the high mark (`ALLOC_WMARK_HIGH`).
        const WMARK_HIGH = 0x2;
        /// Do not check watermarks (`ALLOC_NO_WATERMARKS`).
        const NO_WATERMARKS = 0x4;
        /// An OOM victim: half of the min reserve is open (`ALLOC_OOM`).
        const OOM = 0x8;
        /// Try harder: a quarter of the rest of the min reserve is open (`ALLOC_HARDER`).
        const HARDER = 0x10;
        /// `__GFP_HIGH`: half of the min reserve is open (`ALLOC_HIGH`).
        const HIGH = 0x20;
        /// Check each zone's node against the cpuset (`ALLOC_CPUSET`).
        const CPUSET = 0x40;
        /// CMA blocks will do (`ALLOC_CMA`).
        const CMA = 0x80;
        /// Do not mix mobility types in a pageblock (`ALLOC_NOFRAGMENT`).
        const NOFRAGMENT = 0x100;
        /// Wake kswapd after a watermark boost (`ALLOC_KSWAPD`).
        const KSWAPD = 0x800;
    }
}

impl AllocFlags {
    /// Check against the min mark (`ALLOC_WMARK_MIN`): no bit.
    pub const WMARK_MIN: AllocFlags = AllocFlags::empty();
    /// The bits that pick the mark (`ALLOC_WMARK_MASK`).
    pub const WMARK_MASK: AllocFlags = AllocFlags::WMARK_LOW.union(AllocFlags::WMARK_HIGH);

    /// Which mark to check: 0 min, 1 low, 2 high.
    #[inline]
    #[must_use]
    pub const fn wmark(self) -> usize {
        (self.bits() & AllocFlags::WMARK_MASK.bits()) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_nibble_maps_as_in_the_kernel_table() {
        use ZoneType::{Dma, Dma32, Movable, Normal};
        let zones = [
            (0x0, Normal),
            (0x1, Dma),
            (0x2, Normal),
            (0x4, Dma32),
            (0x8, Normal),
            (0x9, Dma),
            (0xa, Movable),
            (0xc, Dma32),
        ];
        for (nibble, zone) in zones {
            let gfp = Gfp::from_bits_retain(nibble);
            assert_eq!(gfp_zone(gfp), zone, "nibble {nibble:#x}");
            assert_eq!(gfp.check(), Ok(()), "nibble {nibble:#x}");
        }
        for nibble in [0x3, 0x5, 0x6, 0x7, 0xb, 0xd, 0xe, 0xf] {
            let gfp = Gfp::from_bits_retain(nibble);
            assert_eq!(gfp_zone(gfp), Dma, "a bad nibble reads zero from the table");
            assert_eq!(gfp.check(), Err(GfpError::BadZone(nibble)));
        }
    }

    #[test]
    fn mobility_is_bits_three_and_four() {
        assert_eq!(gfp_migratetype(Gfp::GFP_KERNEL), MigrateType::Unmovable);
        assert_eq!(gfp_migratetype(Gfp::GFP_HIGHUSER_MOVABLE), MigrateType::Movable);
        assert_eq!(gfp_migratetype(Gfp::RECLAIMABLE), MigrateType::Reclaimable);
        assert_eq!(gfp_migratetype(Gfp::MOBILITY_MASK), MigrateType::HighAtomic);
        assert_eq!(Gfp::MOBILITY_MASK.check(), Err(GfpError::BadMobility(0x18)));
    }

    #[test]
    fn composites_have_the_kernel_values() {
        let values = [
            (Gfp::GFP_ATOMIC, 0xa20),
            (Gfp::GFP_KERNEL, 0xcc0),
            (Gfp::GFP_KERNEL_ACCOUNT, 0x40_0cc0),
            (Gfp::GFP_NOWAIT, 0x800),
            (Gfp::GFP_NOIO, 0xc00),
            (Gfp::GFP_NOFS, 0xc40),
            (Gfp::GFP_USER, 0x10_0cc0),
            (Gfp::GFP_HIGHUSER, 0x10_0cc2),
            (Gfp::GFP_HIGHUSER_MOVABLE, 0x10_0cca),
            (Gfp::GFP_TRANSHUGE_LIGHT, 0x1c_20ca),
            (Gfp::GFP_TRANSHUGE, 0x1c_24ca),
            (Gfp::BITS_MASK, 0x7f_ffff),
            (Gfp::BOOT_MASK, 0x7f_f33f),
        ];
        for (gfp, bits) in values {
            assert_eq!(gfp.bits(), bits, "{gfp:?}");
        }
    }

    #[test]
    fn bits_beyond_the_last_flag_are_rejected() {
        assert_eq!(Gfp::from_bits_retain(0x80_0cc0).check(), Err(GfpError::UnknownBits(0x80_0000)));
    }

    #[test]
    fn the_watermark_is_the_low_two_bits() {
        assert_eq!((AllocFlags::WMARK_MIN | AllocFlags::HARDER).wmark(), 0);
        assert_eq!((AllocFlags::WMARK_LOW | AllocFlags::KSWAPD).wmark(), 1);
        assert_eq!((AllocFlags::WMARK_HIGH | AllocFlags::CPUSET).wmark(), 2);
    }
}
