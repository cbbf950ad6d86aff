//! A process ends (`do_exit`, `exit_mm`, `exit_mmap`).

use crate::event::Sink;
use crate::machine::Machine;
use crate::pfn::CpuId;
use crate::task::mm::{MmFlags, MmId, VmaId};
use crate::task::process::{Pid, ProcessFlags};

impl<S: Sink> Machine<S> {
    /// Ends a process and gives back what only it holds.
    pub fn exit_process(&mut self, cpu: CpuId, pid: Pid) {
        let Some(process) = self.user.processes.get_mut(pid) else { return };
        process.flags |= ProcessFlags::EXITING;
        let mm = process.mm.take();
        let memdie = process.flags.contains(ProcessFlags::MEMDIE);
        if let Some(mm) = mm {
            self.mmput(cpu, mm);
        }
        if memdie {
            self.exit_oom_victim();
        }
        self.user.processes.remove(pid);
    }

    /// A user of an address space leaves it; the last one ends it (`mmput`).
    fn mmput(&mut self, cpu: CpuId, mm: MmId) {
        let Some(space) = self.user.mms.get_mut(mm) else { return };
        space.users = space.users.saturating_sub(1);
        if space.users == 0 {
            self.exit_mmap(cpu, mm);
            self.put_huge_zero_page(mm);
            self.forget_reapable(mm);
            self.user.mms.remove(mm);
        }
    }

    fn exit_mmap(&mut self, cpu: CpuId, mm: MmId) {
        let victim = self.user.mms.get(mm).is_some_and(|mm| mm.flags.contains(MmFlags::OOM_VICTIM));
        if victim {
            self.oom_reap_mm(cpu, mm);
            self.set_oom_skip(mm);
        }
        let vmas: Vec<VmaId> =
            self.user.mms.get(mm).map(|mm| mm.vmas().map(|(id, _)| id).collect()).unwrap_or_default();
        for &vma in &vmas {
            self.munlock_vma(cpu, mm, vma);
        }
        self.lru_add_drain(cpu);
        self.free_together(cpu, |machine, gather| {
            for &vma in &vmas {
                machine.zap_vma(cpu, mm, vma, gather);
            }
            for &vma in &vmas {
                machine.remove_vma(cpu, mm, vma, gather);
            }
        });
        self.unpin_mm(cpu, mm, usize::MAX);
    }
}
