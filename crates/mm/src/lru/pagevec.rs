//! Batches of pages on their way to and between the lists, one set for each CPU (mm/swap.c).

use crate::event::Sink;
use crate::machine::Machine;
use crate::pfn::CpuId;

impl<S: Sink> Machine<S> {
    /// Empties the batches of a CPU (`lru_add_drain_cpu`).
    pub(crate) fn lru_add_drain(&mut self, cpu: CpuId) {
        let _ = cpu;
    }

    /// Empties the batches of a CPU (`lru_add_drain`).
    pub fn drain_lru(&mut self, cpu: CpuId) {
        self.lru_add_drain(cpu);
    }
}
