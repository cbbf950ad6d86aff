//! The worker that folds each CPU's counter deltas (`vmstat_update`, mm/vmstat.c).

use crate::event::Sink;
use crate::machine::Machine;
use crate::pfn::CpuId;
use crate::sched::HZ;
use crate::wait::{Step, Wait};

/// The worker of one CPU.
#[derive(Clone, Copy, Debug)]
pub struct VmstatWorker {
    cpu: CpuId,
    begun: bool,
}

impl VmstatWorker {
    /// The worker of a CPU.
    #[must_use]
    pub fn new(cpu: CpuId) -> VmstatWorker {
        VmstatWorker { cpu, begun: false }
    }

    /// Its CPU.
    #[must_use]
    pub fn cpu(&self) -> CpuId {
        self.cpu
    }

    /// Folds the deltas, once every `vm.stat_interval`. It is never done.
    pub fn resume<S: Sink>(&mut self, machine: &mut Machine<S>) -> Step<()> {
        if core::mem::replace(&mut self.begun, true) {
            machine.vmstat_update(self.cpu);
        }
        let jiffies = u64::from(machine.sysctl.stat_interval) * HZ;
        Step::Wait(Wait::Sleep(jiffies.clamp(1, u64::from(u32::MAX)) as u32))
    }
}
