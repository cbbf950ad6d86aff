//! Decisions about memory cgroups (mm/memcontrol.c).

use crate::gfp::Gfp;
use crate::page::life::MemcgId;

/// How a charge went on, from best to worst (`try_charge`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum ChargeRung {
    /// Nothing to do: the group is the root, or the CPU's stock had enough.
    Stock,
    /// Charged below every limit.
    Charged,
    /// After reclaim there is room: try again.
    Margin,
    /// What CPUs kept ahead of need is given back: try again.
    Drained,
    /// Something was reclaimed, and the request is small: try again.
    Progress,
    /// Nothing was reclaimed: try again, at most 16 times.
    Retry,
    /// A process was killed: try again from the beginning.
    OomSuccess,
    /// Charged over the limit: an atomic request.
    Atomic,
    /// Charged over the limit: the task is about to end.
    Dying,
    /// Charged over the limit: the task is itself reclaiming.
    Memalloc,
    /// Charged over the limit: the request must not fail.
    NoFail,
    /// Charged over the limit: the OOM killer found nobody to kill.
    OomFailed,
    /// Fails: the task waits for somebody to end the group's lack of memory.
    InOom,
    /// Fails: the request must not reclaim.
    CannotReclaim,
    /// Fails: one round of reclaim was not enough (`__GFP_NORETRY`).
    NoRetry,
    /// Fails: no round of reclaim was enough (`__GFP_RETRY_MAYFAIL`).
    MayFail,
    /// Fails: the request is too large to kill for, or killing is off.
    OomSkipped,
}

impl ChargeRung {
    /// Whether the charge is tried again.
    #[must_use]
    pub const fn retries(self) -> bool {
        let rung = self as u8;
        ChargeRung::Margin as u8 <= rung && rung <= ChargeRung::OomSuccess as u8
    }

    /// Whether it is charged below the limits.
    #[must_use]
    pub const fn is_charged(self) -> bool {
        matches!(self, ChargeRung::Stock | ChargeRung::Charged)
    }

    /// Whether the charge fails unless the request must not.
    #[must_use]
    pub const fn fails(self) -> bool {
        self as u8 >= ChargeRung::InOom as u8
    }
}

/// One decision. Fields are named as the kernel names them; counts are in pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "each variant explains its fields together")]
pub enum MemcgEvent {
    /// Reclaim comes to a group below the root: what it holds and what of that is protected.
    Considered { memcg: MemcgId, usage: u64, emin: u64, elow: u64, below_min: bool, below_low: bool, low_reclaim: bool },
    /// Reclaim of a group begins. Tracepoint `mm_vmscan_memcg_reclaim_begin`.
    ReclaimBegin { memcg: MemcgId, gfp: Gfp },
    /// It ends. Tracepoint `mm_vmscan_memcg_reclaim_end`.
    ReclaimEnd { memcg: MemcgId, reclaimed: u64 },
    /// Reclaim of what a group holds above its soft limit begins. Tracepoint `mm_vmscan_memcg_softlimit_reclaim_begin`.
    SoftReclaimBegin { memcg: MemcgId, gfp: Gfp },
    /// It ends. Tracepoint `mm_vmscan_memcg_softlimit_reclaim_end`.
    SoftReclaimEnd { memcg: MemcgId, reclaimed: u64 },
    /// How a charge goes on.
    Charge { memcg: MemcgId, pages: u32, rung: ChargeRung },
    /// A task that took the group above `memory.high` is slowed down for so many jiffies.
    HighDelay { memcg: MemcgId, reclaimed: u64, jiffies: u32 },
    /// The OOM killer is called for a group.
    Oom { memcg: MemcgId, gfp: Gfp, order: u8 },
    /// A group's listeners are told of pressure: share of scanned pages that were not reclaimed, roughly.
    Pressure { memcg: MemcgId, scanned: u64, reclaimed: u64, level: PressureLevel },
}

/// How hard memory is to get back (`enum vmpressure_levels`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum PressureLevel {
    /// Reclaim works.
    Low = 0,
    /// Some of it is in vain.
    Medium = 1,
    /// Nearly all of it is in vain.
    Critical = 2,
}
