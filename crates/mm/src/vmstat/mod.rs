//! Counters with per-CPU drift, as the kernel really counts (mm/vmstat.c).
//!
//! A change lands in a small per-CPU delta first and reaches the zone's counter only when the delta passes the
//! CPU's `stat_threshold`. Watermark checks read the zone counter alone, so they see a value that can be off by
//! threshold × CPUs: the model keeps exactly that error.

mod events;
mod node;

pub use events::{VmEvent, VmEvents};
pub use node::{NodeItem, NodeStat};

/// An enum of counters with their /proc names.
macro_rules! counters {
    ($(#[$meta:meta])* pub enum $name:ident { $($item:ident => $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        #[repr(u8)]
        #[expect(missing_docs, reason = "the kernel's names are known, and the names in /proc say the same")]
        pub enum $name { $($item,)* }

        impl $name {
            /// Every counter, in the kernel's order.
            pub const ALL: [$name; $name::COUNT] = [$($name::$item,)*];
            /// How many there are.
            pub const COUNT: usize = [$($text,)*].len();

            /// The name in /proc/vmstat.
            #[must_use]
            pub const fn name(self) -> &'static str {
                [$($text,)*][self as usize]
            }

            /// The counter of that name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<$name> {
                $name::ALL.into_iter().find(|item| item.name() == name)
            }
        }
    };
}
use counters;

/// Per-zone counters (`enum zone_stat_item`, include/linux/mmzone.h, without zsmalloc).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum ZoneItem {
    /// Free pages on the buddy lists, without isolated ones and without per-CPU lists.
    FreePages = 0,
    /// Pages on the inactive anonymous list.
    InactiveAnon = 1,
    /// Pages on the active anonymous list.
    ActiveAnon = 2,
    /// Pages on the inactive file list.
    InactiveFile = 3,
    /// Pages on the active file list.
    ActiveFile = 4,
    /// Pages that cannot be evicted.
    Unevictable = 5,
    /// Dirty and writeback pages.
    WritePending = 6,
    /// Locked pages.
    Mlock = 7,
    /// Page tables.
    PageTable = 8,
    /// Bounce buffers.
    Bounce = 9,
    /// Free pages in CMA pageblocks.
    FreeCma = 10,
}

/// Number of zone counters.
pub const NR_ZONE_ITEMS: usize = 11;

impl ZoneItem {
    /// All of them, in order.
    pub const ALL: [ZoneItem; NR_ZONE_ITEMS] = [
        ZoneItem::FreePages,
        ZoneItem::InactiveAnon,
        ZoneItem::ActiveAnon,
        ZoneItem::InactiveFile,
        ZoneItem::ActiveFile,
        ZoneItem::Unevictable,
        ZoneItem::WritePending,
        ZoneItem::Mlock,
        ZoneItem::PageTable,
        ZoneItem::Bounce,
        ZoneItem::FreeCma,
    ];

    /// The names that /proc/zoneinfo prints, in order.
    pub const NAMES: [&'static str; NR_ZONE_ITEMS] = [
        "nr_free_pages",
        "nr_zone_inactive_anon",
        "nr_zone_active_anon",
        "nr_zone_inactive_file",
        "nr_zone_active_file",
        "nr_zone_unevictable",
        "nr_zone_write_pending",
        "nr_mlock",
        "nr_page_table_pages",
        "nr_bounce",
        "nr_free_cma",
    ];
}

/// NUMA event counters of a zone (`enum numa_stat_item`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum NumaItem {
    /// Served by the preferred node.
    Hit = 0,
    /// Served here although another node was preferred.
    Miss = 1,
    /// Preferred here but served elsewhere.
    Foreign = 2,
    /// Interleaving chose this node and got it.
    InterleaveHit = 3,
    /// Served to a CPU of this node.
    Local = 4,
    /// Served to a CPU of another node.
    Other = 5,
}

/// Number of NUMA counters.
pub const NR_NUMA_ITEMS: usize = 6;

impl NumaItem {
    /// The names that /proc/zoneinfo prints, in order.
    pub const NAMES: [&'static str; NR_NUMA_ITEMS] =
        ["numa_hit", "numa_miss", "numa_foreign", "numa_interleave", "numa_local", "numa_other"];
}

/// A per-CPU NUMA counter folds when it passes this value (`NUMA_STATS_THRESHOLD`, mm/vmstat.c: U16_MAX - 2).
pub(crate) const NUMA_STATS_THRESHOLD: u16 = u16::MAX - 2;

/// One step of `__mod_zone_page_state`: returns what moves to the zone's and the global counter, 0 if nothing.
#[inline]
pub(crate) fn fold_delta(stored: &mut i16, delta: i64, threshold: i64) -> i64 {
    let sum = i64::from(*stored) + delta;
    let folded = if sum.abs() > threshold { sum } else { 0 };
    *stored = (sum - folded) as i16;
    folded
}

/// The same change so many times, one after the other.
#[inline]
pub(crate) fn fold_deltas(stored: &mut i16, delta: i64, times: u32, threshold: i64) -> i64 {
    let sum = i64::from(*stored) + delta * i64::from(times);
    if sum.abs() <= threshold {
        // As it goes one way only, it was never above.
        *stored = sum as i16;
        return 0;
    }
    (0..times).map(|_| fold_delta(stored, delta, threshold)).sum()
}

#[cfg(test)]
mod tests {
    use super::{fold_delta, fold_deltas};

    #[test]
    fn the_31st_increment_over_threshold_30_folds_31() {
        let mut stored = 0;
        let folded: Vec<i64> = (0..31).map(|_| fold_delta(&mut stored, 1, 30)).collect();
        assert!(folded[..30].iter().all(|&f| f == 0));
        assert_eq!((folded[30], stored), (31, 0));
    }

    #[test]
    fn a_change_made_many_times_at_once_is_that_change_made_many_times() {
        let (mut at_once, mut one_by_one) = (0, 0);
        for (delta, times) in [(1, 20), (1, 20), (-1, 90), (1, 0), (-3, 15), (1, 31)] {
            let folded: i64 = (0..times).map(|_| fold_delta(&mut one_by_one, delta, 30)).sum();
            assert_eq!(fold_deltas(&mut at_once, delta, times, 30), folded);
            assert_eq!(at_once, one_by_one);
        }
    }

    #[test]
    fn a_large_change_carries_the_old_delta_along() {
        let mut stored = -7;
        assert_eq!(fold_delta(&mut stored, 128, 125), 0);
        assert_eq!(stored, 121);
        assert_eq!(fold_delta(&mut stored, 128, 125), 249);
        assert_eq!(stored, 0);
    }
}
