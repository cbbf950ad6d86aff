//! Killing (`oom_kill_process`, `__oom_kill_process`, `mark_oom_victim`).

use super::log::{KillReason, OomRecord};
use super::{OomControl, Reapable};
use crate::event::{Event, OomEvent, Sink, emit};
use crate::lru::memcg::MemoryEvent;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::task::Task;
use crate::task::mm::{MmFlags, MmId, RssKind};
use crate::task::process::{OOM_SCORE_ADJ_MIN, Pid, Process, ProcessFlags};
use crate::vmstat::VmEvent;

impl Process {
    /// Whether it ends whatever happens (`__task_will_free_mem`).
    fn is_ending(&self) -> bool {
        let ending = self.flags.intersects(ProcessFlags::GROUP_EXIT | ProcessFlags::EXITING);
        ending && !self.flags.contains(ProcessFlags::COREDUMP)
    }
}

impl<S: Sink> Machine<S> {
    /// Whether a process will give its memory back by itself: it ends, and so does everybody who shares its address
    /// space (`task_will_free_mem`).
    pub(super) fn task_will_free_mem(&self, pid: Pid) -> bool {
        let Some(process) = self.user.processes.get(pid) else { return false };
        let Some(mm) = process.mm.filter(|_| process.is_ending()) else { return false };
        let Some(space) = self.user.mms.get(mm) else { return false };
        if space.flags.contains(MmFlags::OOM_SKIP) {
            return false;
        }
        let mut others = self.user.processes.iter().filter(|other| other.pid != pid && other.mm == Some(mm));
        space.users <= 1 || others.all(Process::is_ending)
    }

    /// Kills a victim, and its whole group if it is set to (`oom_kill_process`).
    pub(super) fn oom_kill_process(&mut self, task: &Task, oc: &OomControl, victim: Pid, reason: KillReason) {
        if self.task_will_free_mem(victim) {
            self.mark_oom_victim(victim);
            self.wake_oom_reaper(victim);
            return;
        }
        let allowed = self.oom.rate.allows(self.jiffies);
        if let Some(suppressed) = allowed.suppressed {
            self.log_oom(OomRecord::Suppressed { callbacks: suppressed });
        }
        if allowed.go {
            self.dump_header(task, oc, Some(victim));
        }
        let group = self.oom_group(victim, oc.memcg);
        self.kill_victim(victim, reason);
        if let Some(group) = group {
            emit!(self, Event::Oom(OomEvent::GroupKill { memcg: group }));
            self.log_oom(OomRecord::GroupKill { memcg: group });
            for pid in self.oom_candidates(&OomControl { memcg: Some(group), ..*oc }) {
                let spared = |process: &Process| {
                    process.oom_score_adj == OOM_SCORE_ADJ_MIN || process.flags.contains(ProcessFlags::INIT)
                };
                if !self.user.processes.get(pid).is_none_or(spared) {
                    self.kill_victim(pid, reason);
                }
            }
        }
    }

    /// The highest group up to where memory is short whose members are to be killed together
    /// (`mem_cgroup_get_oom_group`).
    fn oom_group(&self, victim: Pid, domain: Option<MemcgId>) -> Option<MemcgId> {
        let domain = domain.unwrap_or(MemcgId::ROOT);
        let mut at = Some(self.user.processes.get(victim)?.memcg).filter(|&memcg| memcg != MemcgId::ROOT);
        let mut found = None;
        while let Some(memcg) = at {
            if self.memcg_oom_group(memcg) {
                found = at;
            }
            if memcg == domain {
                break;
            }
            at = self.memcg_parent(memcg);
        }
        found
    }

    /// Sends SIGKILL to a victim and to everybody who shares its address space; only the victim may use reserves
    /// (`__oom_kill_process`).
    fn kill_victim(&mut self, pid: Pid, reason: KillReason) {
        let Some(process) = self.user.processes.get(pid) else { return };
        let (comm, uid, adj) = (process.comm.clone(), process.uid, process.oom_score_adj);
        let Some((mm, space)) = process.mm.and_then(|mm| Some((mm, self.user.mms.get(mm)?))) else {
            return self.log_oom(OomRecord::AlreadyExiting { reason, pid, comm });
        };
        let [file, anon, shmem] = [RssKind::File, RssKind::Anon, RssKind::Shmem].map(|kind| space.rss(kind));
        let (total_vm, pgtables_bytes, memcg) = (space.total_vm(), space.pgtables_bytes(), space.memcg);
        self.global.events.add(VmEvent::OomKill, 1);
        self.memcgs.count_event(memcg, MemoryEvent::OomKill);
        self.send_sigkill(pid);
        self.mark_oom_victim(pid);
        emit!(self, Event::Oom(OomEvent::Killed { pid, total_vm, anon, file, shmem }));
        self.log_oom(OomRecord::Killed {
            reason,
            pid,
            comm,
            total_vm,
            anon_rss: anon,
            file_rss: file,
            shmem_rss: shmem,
            uid,
            pgtables_bytes,
            oom_score_adj: adj,
        });
        if self.kill_sharers(pid, mm) {
            self.wake_oom_reaper(pid);
        }
    }

    /// Kills the others who share a victim's address space; says whether it may be reaped.
    fn kill_sharers(&mut self, victim: Pid, mm: MmId) -> bool {
        let sharers: Vec<Pid> = self
            .user
            .processes
            .iter()
            .filter(|other| other.pid != victim && other.mm == Some(mm))
            .map(|other| other.pid)
            .collect();
        let mut may_reap = true;
        for pid in sharers {
            let Some(process) = self.user.processes.get(pid) else { continue };
            if process.flags.contains(ProcessFlags::INIT) {
                may_reap = false;
                self.set_oom_skip(mm);
                self.log_oom(OomRecord::MmPinned { victim, by: pid });
            } else if !process.flags.contains(ProcessFlags::KTHREAD) {
                emit!(self, Event::Oom(OomEvent::KilledToo { pid }));
                self.send_sigkill(pid);
            }
        }
        may_reap
    }

    /// SIGKILL to a whole process (`do_send_sig_info`).
    pub fn send_sigkill(&mut self, pid: Pid) {
        if let Some(process) = self.user.processes.get_mut(pid) {
            process.flags |= ProcessFlags::KILLED | ProcessFlags::GROUP_EXIT;
        }
    }

    /// A process becomes a victim: its thread may use reserves until it is gone (`mark_oom_victim`).
    pub(super) fn mark_oom_victim(&mut self, pid: Pid) {
        let Some(process) = self.user.processes.get_mut(pid) else { return };
        if process.flags.contains(ProcessFlags::MEMDIE) {
            return;
        }
        process.flags |= ProcessFlags::MEMDIE;
        process.oom_mm = process.oom_mm.or(process.mm);
        if let Some(mm) = process.oom_mm.and_then(|mm| self.user.mms.get_mut(mm)) {
            mm.flags |= MmFlags::OOM_VICTIM;
        }
        self.oom.victims += 1;
        emit!(self, Event::Oom(OomEvent::MarkVictim { pid }));
    }

    /// A victim is gone (`exit_oom_victim`).
    pub(crate) fn exit_oom_victim(&mut self) {
        self.oom.victims = self.oom.victims.saturating_sub(1);
    }

    /// Queues a victim's address space for the reaper, once (`wake_oom_reaper`).
    pub(super) fn wake_oom_reaper(&mut self, pid: Pid) {
        let Some(mm) = self.user.processes.get(pid).and_then(|process| process.oom_mm) else { return };
        let Some(space) = self.user.mms.get_mut(mm) else { return };
        if space.flags.contains(MmFlags::OOM_REAP_QUEUED) {
            return;
        }
        space.flags |= MmFlags::OOM_REAP_QUEUED;
        self.oom.reapable.push(Reapable { pid, mm: Some(mm) });
        emit!(self, Event::Oom(OomEvent::WakeReaper { pid }));
    }

    /// The killer leaves an address space aside from now on (`MMF_OOM_SKIP`).
    pub(crate) fn set_oom_skip(&mut self, mm: MmId) {
        if let Some(space) = self.user.mms.get_mut(mm) {
            space.flags |= MmFlags::OOM_SKIP;
        }
    }
}
