//! Huge page faults, the client of compaction: how hard they try (`alloc_hugepage_direct_gfpmask`, mm/huge_memory.c).

use crate::gfp::Gfp;

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
    /// Flags of a huge page fault; `madvised` where the program asked for huge pages (`MADV_HUGEPAGE`).
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
    fn each_mode_decides_who_reclaims() {
        let bits = |mode: ThpDefrag| [mode.gfp(false).bits(), mode.gfp(true).bits()];
        assert_eq!(bits(ThpDefrag::Always), [0x1d_24ca, 0x1c_24ca]);
        assert_eq!(bits(ThpDefrag::Defer), [0x1c_28ca, 0x1c_28ca]);
        assert_eq!(bits(ThpDefrag::DeferMadvise), [0x1c_28ca, 0x1c_24ca]);
        assert_eq!(bits(ThpDefrag::Madvise), [0x1c_20ca, 0x1c_24ca]);
        assert_eq!(bits(ThpDefrag::Never), [0x1c_20ca, 0x1c_20ca]);
    }
}
