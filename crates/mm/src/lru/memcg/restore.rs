//! Putting groups into a known state.

use super::{Counted, PageCounter};
use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::restore::RestoreError;

impl<S: Sink> Machine<S> {
    /// Makes a group under a number of its own, behind its siblings, with what its memory counter says. Groups above it
    /// come first.
    ///
    /// # Errors
    /// [`RestoreError`] if the number is taken or there is no such parent.
    pub fn restore_memcg(
        &mut self,
        memcg: MemcgId,
        parent: MemcgId,
        memory: PageCounter,
        swappiness: u8,
    ) -> Result<(), RestoreError> {
        if !self.memcgs.insert(memcg, parent, &format!("/{}", memcg.0)) {
            return Err(RestoreError::Inconsistent { what: "a memory cgroup is there twice, or its parent is not" });
        }
        self.lru.add_memcg(memcg);
        if let Some(group) = self.memcgs.get_mut(memcg) {
            group.swappiness = swappiness;
            group.counters[Counted::Memory as usize] = PageCounter { highest: memory.usage, ..memory };
        }
        self.memcgs.set_protection(memcg, memory.min, memory.low);
        Ok(())
    }

    /// Sets how many pages a group and all below it hold; nothing else changes.
    pub fn restore_memcg_usage(&mut self, memcg: MemcgId, usage: u64) {
        if let Some(group) = self.memcgs.get_mut(memcg) {
            group.counters[Counted::Memory as usize].usage = usage;
        }
    }
}
