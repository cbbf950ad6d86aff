//! Decisions about memory cgroups (mm/memcontrol.c).

use crate::page::life::MemcgId;

/// One decision. Fields are named as the kernel names them; counts are in pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "each variant explains its fields together")]
pub enum MemcgEvent {
    /// Reclaim comes to a group below the root: what it holds and what of that is protected.
    Considered { memcg: MemcgId, usage: u64, emin: u64, elow: u64, below_min: bool, below_low: bool, low_reclaim: bool },
}
