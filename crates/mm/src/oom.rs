//! The OOM killer (mm/oom_kill.c).

use crate::alloc::AllocContext;
use crate::event::{Event, OomEvent, Sink, emit};
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::task::Task;

impl<S: Sink> Machine<S> {
    /// Kills a process so that others can go on (`out_of_memory`). Says whether to try again.
    pub(crate) fn out_of_memory(&mut self, task: &Task, ac: &AllocContext) -> bool {
        let _ = (task, ac);
        if self.oom_killer_disabled {
            emit!(self, Event::Oom(OomEvent::Disabled));
        }
        false
    }

    /// The same for a memory cgroup that met its limit.
    pub(crate) fn out_of_memory_in_memcg(&mut self, task: &Task, memcg: MemcgId, gfp: Gfp, order: u8) -> bool {
        let _ = (task, memcg, gfp, order);
        if self.oom_killer_disabled {
            emit!(self, Event::Oom(OomEvent::Disabled));
        }
        false
    }
}

impl<S: Sink> Machine<S> {
    /// Without memory for a fault: kills somebody (`pagefault_out_of_memory`).
    pub(crate) fn pagefault_out_of_memory(&mut self, _: &Task) {}

    /// A victim is gone (`exit_oom_victim`).
    pub(crate) fn exit_oom_victim(&mut self) {}

    /// Takes what nobody needs out of a victim's address space (`__oom_reap_task_mm`).
    pub(crate) fn oom_reap_mm(&mut self, _: crate::pfn::CpuId, _: crate::task::mm::MmId) {}

    /// The killer leaves an address space aside (`MMF_OOM_SKIP`).
    pub(crate) fn set_oom_skip(&mut self, _: crate::task::mm::MmId) {}
}
