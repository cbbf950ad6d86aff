//! Giving charges back.

use super::{CgroupVersion, Counted};
use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::MemcgId;

impl<S: Sink> Machine<S> {
    /// Takes pages off a group's counters, and off those above it (`uncharge_batch`).
    pub(crate) fn uncharge_memcg(&mut self, memcg: MemcgId, pages: u64) {
        self.memcgs.uncharge(Counted::Memory, memcg, pages);
        if self.memcgs.version != CgroupVersion::V2 {
            self.memcgs.uncharge(Counted::MemorySwap, memcg, pages);
        }
    }
}
