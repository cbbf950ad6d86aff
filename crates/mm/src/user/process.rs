//! Processes come into being and are looked at.

use crate::event::Sink;
use crate::io::limits::FIRST_PAUSE;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::task::Task;
use crate::task::mm::{Mm, MmFlags, MmId};
use crate::task::process::{Pid, Process, ProcessFlags};

/// A process that is to be.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ProcessSpec {
    /// Name (`comm`).
    pub comm: String,
    /// User id.
    pub uid: u32,
    /// -1000 (never killed) ..= 1000 (killed first).
    pub oom_score_adj: i16,
    /// Its memory cgroup.
    pub memcg: MemcgId,
    /// What it is; kernel threads have no address space.
    pub flags: ProcessFlags,
}

impl<S: Sink> Machine<S> {
    /// Starts a process that runs as `task`; its address space is empty.
    pub fn start_process(&mut self, spec: ProcessSpec, task: &mut Task) -> Pid {
        let mm = (!spec.flags.contains(ProcessFlags::KTHREAD))
            .then(|| self.user.mms.add(Mm { users: 1, memcg: spec.memcg, ..Mm::default() }));
        let pid = self.user.processes.add(Process {
            pid: Pid::default(),
            uid: spec.uid,
            comm: spec.comm,
            mm,
            oom_mm: None,
            oom_score_adj: spec.oom_score_adj.clamp(-1000, 1000),
            memcg: spec.memcg,
            flags: spec.flags,
            mems_allowed: task.mems_allowed,
            policy: task.policy,
            dirtied: 0,
            dirtied_pause: FIRST_PAUSE,
        });
        (task.pid, task.memcg.id) = (pid, spec.memcg);
        pid
    }

    /// Starts a process that shares the address space of another (`CLONE_VM`). `None` if that has none.
    pub fn start_sharing(&mut self, spec: ProcessSpec, with: Pid, task: &mut Task) -> Option<Pid> {
        let mm = self.user.processes.get(with)?.mm?;
        self.user.mms.get_mut(mm)?.users += 1;
        let alone = ProcessFlags::KTHREAD;
        let flags = spec.flags;
        let pid = self.start_process(ProcessSpec { flags: flags | alone, ..spec }, task);
        let process = self.user.processes.get_mut(pid)?;
        process.flags = flags;
        process.mm = Some(mm);
        Some(pid)
    }

    /// Gives the next process this id or a higher one.
    pub fn number_processes_from(&mut self, pid: Pid) {
        self.user.processes.number_from(pid.0);
    }

    /// The processes, in the order of creation.
    pub fn processes(&self) -> impl Iterator<Item = &Process> + '_ {
        self.user.processes.iter()
    }

    /// A process.
    #[must_use]
    pub fn process(&self, pid: Pid) -> Option<&Process> {
        self.user.processes.get(pid)
    }

    /// A process, to be changed. Its memory is not.
    pub fn process_mut(&mut self, pid: Pid) -> Option<&mut Process> {
        self.user.processes.get_mut(pid)
    }

    /// An address space.
    #[must_use]
    pub fn mm(&self, mm: MmId) -> Option<&Mm> {
        self.user.mms.get(mm)
    }

    /// The address space of a process.
    #[must_use]
    pub fn mm_of(&self, pid: Pid) -> Option<&Mm> {
        self.user.mms.get(self.user.processes.get(pid)?.mm?)
    }

    /// Whether somebody changes the mappings of an address space for so long that the OOM reaper may not get in
    /// (`mmap_lock`).
    pub fn set_write_locked(&mut self, pid: Pid, locked: bool) {
        let mm = self.user.processes.get(pid).and_then(|process| process.mm);
        if let Some(mm) = mm.and_then(|mm| self.user.mms.get_mut(mm)) {
            mm.write_locked = locked;
        }
    }

    /// Lets a process have no huge pages from now on, or lets it have them again (`PR_SET_THP_DISABLE`).
    pub fn set_thp_disabled(&mut self, pid: Pid, disabled: bool) {
        let mm = self.user.processes.get(pid).and_then(|process| process.mm);
        if let Some(mm) = mm.and_then(|mm| self.user.mms.get_mut(mm)) {
            mm.flags.set(MmFlags::DISABLE_THP, disabled);
        }
    }

    /// Tells a task what became of its process meanwhile. To be called whenever it goes on.
    pub fn update_task(&self, task: &mut Task) {
        let Some(process) = self.user.processes.get(task.pid) else { return };
        task.oom_victim = process.is_oom_victim();
        (task.killed, task.memcg.id) = (process.is_killed(), process.memcg);
        task.flags.set(crate::task::TaskFlags::EXITING, process.flags.contains(ProcessFlags::EXITING));
    }

    /// Whether the task has to end (`fatal_signal_pending`).
    #[must_use]
    pub fn is_killed(&self, task: &Task) -> bool {
        self.user.processes.get(task.pid).is_some_and(Process::is_killed)
    }

    /// Whether the OOM reaper was at work in an address space, so that it must not be used (`MMF_UNSTABLE`).
    pub(crate) fn is_unstable(&self, mm: MmId) -> bool {
        self.user.mms.get(mm).is_some_and(|mm| mm.flags.contains(MmFlags::UNSTABLE))
    }
}
