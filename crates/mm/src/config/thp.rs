//! Who gets huge pages, and how hard faults try (`/sys/kernel/mm/transparent_hugepage`, mm/huge_memory.c).

use crate::config::Thp;
use crate::gfp::Gfp;

/// The settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ThpSettings {
    /// `enabled`: which mappings get huge pages.
    pub enabled: Thp,
    /// `defrag`: what a fault may do to get one.
    pub defrag: ThpDefrag,
    /// `use_zero_page`: reads get the huge page of zeros.
    pub zero_page: bool,
}

impl ThpSettings {
    /// Nobody gets any.
    pub const OFF: ThpSettings = ThpSettings { enabled: Thp::Never, defrag: ThpDefrag::Never, zero_page: false };

    /// What a boot parameter makes of the defaults (`transparent_hugepage_flags`).
    #[must_use]
    pub const fn at_boot(enabled: Thp) -> ThpSettings {
        ThpSettings { enabled, defrag: ThpDefrag::Madvise, zero_page: true }
    }

    /// Whether an anonymous mapping gets huge pages; `madvised` where the program asked for them
    /// (`__transparent_hugepage_enabled`).
    #[must_use]
    pub fn wanted(&self, madvised: bool) -> bool {
        match self.enabled {
            Thp::Always => true,
            Thp::Madvise => madvised,
            Thp::Never => false,
        }
    }
}

/// What a huge page fault may do to get a block (`/sys/kernel/mm/transparent_hugepage/defrag`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ThpDefrag {
    /// Reclaim and compact, always.
    Always,
    /// Leave it to the daemons.
    Defer,
    /// Reclaim and compact where the program asked for huge pages, else leave it to the daemons.
    DeferMadvise,
    /// Reclaim and compact where the program asked for huge pages, else take what is there.
    #[default]
    Madvise,
    /// Take what is there.
    Never,
}

impl ThpDefrag {
    /// Flags of a huge page fault; `madvised` where the program asked for huge pages (`MADV_HUGEPAGE`,
    /// `alloc_hugepage_direct_gfpmask`).
    #[must_use]
    pub const fn gfp(self, madvised: bool) -> Gfp {
        let light = Gfp::GFP_TRANSHUGE_LIGHT;
        match (self, madvised) {
            (ThpDefrag::Always, true) => Gfp::GFP_TRANSHUGE,
            (ThpDefrag::Always, false) => Gfp::GFP_TRANSHUGE.union(Gfp::NORETRY),
            (ThpDefrag::Defer, _) | (ThpDefrag::DeferMadvise, false) => light.union(Gfp::KSWAPD_RECLAIM),
            (ThpDefrag::DeferMadvise | ThpDefrag::Madvise, true) => light.union(Gfp::DIRECT_RECLAIM),
            (ThpDefrag::Madvise, false) | (ThpDefrag::Never, _) => light,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_mappings_those_that_ask_or_none_get_huge_pages() {
        let wanted = |enabled| [false, true].map(|madvised| ThpSettings::at_boot(enabled).wanted(madvised));
        assert_eq!(wanted(Thp::Always), [true, true]);
        assert_eq!(wanted(Thp::Madvise), [false, true]);
        assert_eq!(wanted(Thp::Never), [false, false]);
    }

    #[test]
    fn each_mode_decides_who_reclaims() {
        let bits = |mode: ThpDefrag| [mode.gfp(false).bits(), mode.gfp(true).bits()];
        assert_eq!(bits(ThpDefrag::Always), [0x1d_24ca, 0x1c_24ca]);
        assert_eq!(bits(ThpDefrag::Defer), [0x1c_28ca, 0x1c_28ca]);
        assert_eq!(bits(ThpDefrag::DeferMadvise), [0x1c_28ca, 0x1c_24ca]);
        assert_eq!(bits(ThpDefrag::Madvise), [0x1c_20ca, 0x1c_24ca]);
        assert_eq!(bits(ThpDefrag::Never), [0x1c_20ca, 0x1c_20ca]);
    }
}
