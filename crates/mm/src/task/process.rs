//! Processes: who holds memory, and whom the OOM killer chooses from (`struct signal_struct`, `struct task_struct`).

use crate::page::life::MemcgId;
use crate::part::Part;
use crate::pfn::NodeMask;
use crate::task::mempolicy::Mempolicy;
use crate::task::mm::MmId;

/// A process id (`tgid`); 0 for none, such as a kernel thread that nobody counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Pid(pub u32);

/// `oom_score_adj` of a process that is never killed (`OOM_SCORE_ADJ_MIN`, include/uapi/linux/oom.h, v5.10).
pub const OOM_SCORE_ADJ_MIN: i16 = -1000;

/// Most processes at a time (`pid_max`, kernel/pid.c).
pub const PID_MAX: usize = 32_768;

bitflags::bitflags! {
    /// What a process is and what becomes of it.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct ProcessFlags: u32 {
        /// The first process: it cannot be killed (`is_global_init`).
        const INIT = 1;
        /// A kernel thread (`PF_KTHREAD`).
        const KTHREAD = 2;
        /// It has to end: SIGKILL is pending (`fatal_signal_pending`).
        const KILLED = 4;
        /// The whole thread group ends (`SIGNAL_GROUP_EXIT`).
        const GROUP_EXIT = 8;
        /// It is ending (`PF_EXITING`).
        const EXITING = 16;
        /// It writes its memory to a core file (`SIGNAL_GROUP_COREDUMP`).
        const COREDUMP = 32;
        /// The OOM killer's mark on the one thread it chose (`TIF_MEMDIE`).
        const MEMDIE = 64;
        /// To be chosen first, such as one that runs swapoff (`oom_task_origin`).
        const OOM_ORIGIN = 128;
        /// Its parent waits for it and lends it its address space (`in_vfork`).
        const VFORK = 256;
    }
}

/// A process. It has one thread.
#[derive(Clone, Debug)]
pub struct Process {
    /// Its id.
    pub pid: Pid,
    /// User id.
    pub uid: u32,
    /// Name (`comm`).
    pub comm: String,
    /// Its address space; `None` for kernel threads and once it is gone.
    pub mm: Option<MmId>,
    /// The address space it had when the OOM killer chose it (`signal->oom_mm`).
    pub oom_mm: Option<MmId>,
    /// -1000 (never killed) ..= 1000 (killed first).
    pub oom_score_adj: i16,
    /// Its memory cgroup.
    pub memcg: MemcgId,
    /// What becomes of it.
    pub flags: ProcessFlags,
    /// The nodes it may use.
    pub mems_allowed: NodeMask,
    /// Its memory policy.
    pub policy: Option<Mempolicy>,
    /// Pages it made dirty since it was last looked at (`nr_dirtied`).
    pub(crate) dirtied: u32,
    /// Pages after which it is looked at (`nr_dirtied_pause`).
    pub(crate) dirtied_pause: u32,
}

impl Process {
    /// Whether it has to end.
    #[must_use]
    pub fn is_killed(&self) -> bool {
        self.flags.contains(ProcessFlags::KILLED)
    }

    /// Whether the OOM killer chose it (`tsk_is_oom_victim`).
    #[must_use]
    pub fn is_oom_victim(&self) -> bool {
        self.oom_mm.is_some()
    }
}

/// All processes. The order of ids is that of creation, as the kernel's list of tasks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Processes {
    list: Part<Vec<Process>>,
    last: u32,
}

impl Processes {
    /// Adds a process; its `pid` is set.
    pub(crate) fn add(&mut self, mut process: Process) -> Pid {
        self.last += 1;
        process.pid = Pid(self.last);
        self.list.push(process);
        Pid(self.last)
    }

    /// Whether there can be no more.
    pub(crate) fn is_full(&self) -> bool {
        self.list.len() >= PID_MAX
    }

    /// Where a process is: as far behind the first one as their ids are apart, less those between that have gone.
    #[inline]
    fn find(&self, pid: Pid) -> Option<usize> {
        let behind = pid.0.checked_sub(self.list.first()?.pid.0)? as usize;
        let last = behind.min(self.list.len() - 1);
        if self.list[last].pid == pid {
            return Some(last);
        }
        self.list[..last].binary_search_by_key(&pid, |process| process.pid).ok()
    }

    #[inline]
    pub(crate) fn get(&self, pid: Pid) -> Option<&Process> {
        self.find(pid).map(|at| &self.list[at])
    }

    pub(crate) fn get_mut(&mut self, pid: Pid) -> Option<&mut Process> {
        self.find(pid).map(|at| &mut self.list[at])
    }

    pub(crate) fn remove(&mut self, pid: Pid) -> Option<Process> {
        self.find(pid).map(|at| self.list.remove(at))
    }

    /// The processes in the order of creation (`for_each_process`).
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Process> + '_ {
        self.list.iter()
    }

    /// Whether there ever was one.
    pub(crate) fn any(&self) -> bool {
        self.last != 0
    }

    /// Numbers ids from here on, as after a boot that started many.
    pub(crate) fn number_from(&mut self, pid: u32) {
        self.last = self.last.max(pid.saturating_sub(1));
    }
}
