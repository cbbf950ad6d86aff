//! Limits and protection as a user writes them (`memory.min` … `memory.max`, `memory.swap.max`).

use super::{Counted, MemcgError};
use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::MemcgId;

/// What a group may hold and keep, in pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Pages that reclaim never takes (`memory.min`).
    pub min: u64,
    /// Pages that reclaim takes only if it finds nothing else (`memory.low`).
    pub low: u64,
    /// Above it, the group's tasks are slowed down (`memory.high`).
    pub high: u64,
    /// No charge may pass it (`memory.max`).
    pub max: u64,
    /// No page goes to swap above it (`memory.swap.max`).
    pub swap_max: u64,
}

impl<S: Sink> Machine<S> {
    /// Sets a group's limits. Pages above a lower limit stay until the next charge meets it.
    ///
    /// # Errors
    /// [`MemcgError::NoGroup`].
    pub fn set_memcg_limits(&mut self, memcg: MemcgId, limits: Limits) -> Result<(), MemcgError> {
        let group = self.memcgs.get_mut(memcg).ok_or(MemcgError::NoGroup(memcg))?;
        let memory = &mut group.counters[Counted::Memory as usize];
        (memory.high, memory.max) = (limits.high, limits.max);
        group.counters[Counted::Swap as usize].max = limits.swap_max;
        self.memcgs.set_protection(memcg, limits.min, limits.low);
        Ok(())
    }
}
