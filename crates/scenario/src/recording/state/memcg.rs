//! Memory cgroups and swap.

use crate::recording::cursor::{Cursor, Read};

/// `MEMCG`: a memory cgroup; sizes in pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemcgState {
    /// The group.
    pub id: u32,
    /// The group above; 0 for the root.
    pub parent: u32,
    /// Pages charged.
    pub usage: u64,
    /// `memory.min`.
    pub min: u64,
    /// `memory.low`.
    pub low: u64,
    /// `memory.high`; [`MemcgState::NO_LIMIT`] for none.
    pub high: u64,
    /// `memory.max`; [`MemcgState::NO_LIMIT`] for none.
    pub max: u64,
    /// Effective `min`, as the last reclaim computed it.
    pub effective_min: u64,
    /// Effective `low`, as the last reclaim computed it.
    pub effective_low: u64,
    /// Its swappiness.
    pub swappiness: u32,
}

impl MemcgState {
    /// `PAGE_COUNTER_MAX`: no limit.
    pub const NO_LIMIT: u64 = i64::MAX as u64 / 4096;

    /// Reads a line.
    pub(super) fn read(c: &mut Cursor<'_>) -> Read<MemcgState> {
        Ok(MemcgState {
            id: c.number("MEMCG id=")?,
            parent: c.number(" parent=")?,
            usage: c.number(" usage=")?,
            min: c.number(" min=")?,
            low: c.number(" low=")?,
            high: c.number(" high=")?,
            max: c.number(" max=")?,
            effective_min: c.number(" emin=")?,
            effective_low: c.number(" elow=")?,
            swappiness: c.number(" swappiness=")?,
        })
    }
}

/// `SWAP`: what was left at the end, and whether anything happened that should not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SwapState {
    /// Free pages of swap.
    pub free: u64,
    /// Softirqs that were pending.
    pub softirq: u32,
    /// Ticks since the start; 0 in a frozen machine.
    pub ticks: u64,
}

impl SwapState {
    /// Reads a line.
    pub(super) fn read(c: &mut Cursor<'_>) -> Read<SwapState> {
        Ok(SwapState { free: c.number("SWAP free=")?, softirq: c.hex32(" softirq=")?, ticks: c.number(" ticks=")? })
    }
}
