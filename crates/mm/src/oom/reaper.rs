//! Taking memory back from a victim that has not come to end (`oom_reaper`, `oom_reap_task`, `__oom_reap_task_mm`).

use super::log::OomRecord;
use crate::event::{Event, OomEvent, Sink, emit};
use crate::machine::Machine;
use crate::pfn::CpuId;
use crate::task::mm::{MmFlags, MmId, RssKind, VmFlags, VmaId};
use crate::task::process::Pid;
use crate::wait::{Step, Wait};

/// Tries for one victim (`MAX_OOM_REAP_RETRIES`).
const MAX_TRIES: u32 = 10;
/// Jiffies between them.
const RETRY_DELAY: u32 = crate::sched::HZ as u32 / 10;

/// An address space that waits for the reaper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reapable {
    /// The victim.
    pub(crate) pid: Pid,
    /// `None` once the address space is gone.
    pub(crate) mm: Option<MmId>,
}

/// The reaper, a kernel thread that works on one victim after another.
#[derive(Clone, Debug)]
pub struct OomReaper {
    cpu: CpuId,
    /// The victim it works on, and the tries so far.
    at: Option<(Reapable, u32)>,
}

impl OomReaper {
    /// A reaper that runs on a CPU.
    #[must_use]
    pub fn new(cpu: CpuId) -> OomReaper {
        OomReaper { cpu, at: None }
    }

    /// Goes on; never done.
    pub fn resume<S: Sink>(&mut self, machine: &mut Machine<S>) -> Step<()> {
        let (target, tries) = match self.at {
            Some((target, tries)) => (machine.still(target), tries),
            None => match machine.oom.reapable.pop() {
                Some(target) => (target, 0),
                None => return Step::Wait(Wait::OomReaper),
            },
        };
        if machine.oom_reap_task_mm(self.cpu, target) {
            self.at = None;
        } else if tries + 1 < MAX_TRIES {
            self.at = Some((target, tries + 1));
            return Step::Wait(Wait::Sleep(RETRY_DELAY));
        } else {
            // The tenth try is followed by its rest, too, and then by giving up.
            machine.give_up_reaping(target);
            self.at = None;
        }
        if let Some(mm) = target.mm {
            machine.set_oom_skip(mm);
        }
        Step::Wait(Wait::Yield)
    }
}

impl<S: Sink> Machine<S> {
    /// A victim that the reaper has in hand, as it is now: its address space may be gone.
    fn still(&self, target: Reapable) -> Reapable {
        let here = self.user.processes.get(target.pid).is_some_and(|process| process.oom_mm == target.mm);
        Reapable { mm: target.mm.filter(|_| here), ..target }
    }

    /// One try; says whether nothing more is to be done for the victim (`oom_reap_task_mm`).
    fn oom_reap_task_mm(&mut self, cpu: CpuId, Reapable { pid, mm }: Reapable) -> bool {
        let Some((id, mm)) = mm.and_then(|id| Some((id, self.user.mms.get(id)?))) else {
            emit!(self, Event::Oom(OomEvent::SkipReaping { pid }));
            return true;
        };
        if mm.write_locked {
            emit!(self, Event::Oom(OomEvent::SkipReaping { pid }));
            return false;
        }
        if mm.flags.contains(MmFlags::OOM_SKIP) {
            emit!(self, Event::Oom(OomEvent::SkipReaping { pid }));
            return true;
        }
        emit!(self, Event::Oom(OomEvent::StartReaping { pid }));
        self.oom_reap_mm(cpu, id);
        if let Some(mm) = self.user.mms.get(id) {
            let [file, anon, shmem] = [RssKind::File, RssKind::Anon, RssKind::Shmem].map(|kind| mm.rss(kind));
            let comm = self.user.processes.get(pid).map(|process| process.comm.clone()).unwrap_or_default();
            self.log_oom(OomRecord::Reaped { pid, comm, anon_rss: anon, file_rss: file, shmem_rss: shmem });
        }
        emit!(self, Event::Oom(OomEvent::FinishReaping { pid }));
        true
    }

    fn give_up_reaping(&mut self, target: Reapable) {
        let pid = target.pid;
        emit!(self, Event::Oom(OomEvent::UnableToReap { pid }));
        let comm = self.user.processes.get(pid).map(|process| process.comm.clone()).unwrap_or_default();
        self.log_oom(OomRecord::UnableToReap { pid, comm });
    }

    /// Empties every mapping that is anonymous or private and not locked; the address space must not be used any more
    /// (`__oom_reap_task_mm`).
    pub(crate) fn oom_reap_mm(&mut self, cpu: CpuId, mm: MmId) {
        let Some(space) = self.user.mms.get_mut(mm) else { return };
        space.flags |= MmFlags::UNSTABLE;
        let reapable = |flags: VmFlags, anonymous: bool| {
            !flags.contains(VmFlags::LOCKED) && (anonymous || !flags.contains(VmFlags::SHARED))
        };
        let vmas: Vec<VmaId> =
            space.vmas().filter(|(_, vma)| reapable(vma.flags, vma.file.is_none())).map(|(id, _)| id).collect();
        for vma in vmas {
            self.free_together(cpu, |machine, gather| machine.zap_vma(cpu, mm, vma, gather));
        }
    }

    /// An address space ends: the reaper need not look at it any more.
    pub(crate) fn forget_reapable(&mut self, mm: MmId) {
        for waiting in &mut self.oom.reapable {
            if waiting.mm == Some(mm) {
                waiting.mm = None;
            }
        }
    }

    /// Whether an address space waits for the reaper.
    pub(crate) fn oom_reaper_has_work(&self) -> bool {
        !self.oom.reapable.is_empty()
    }
}
