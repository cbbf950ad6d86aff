//! What the OOM killer and the reaper do, a line each (mm/oom_kill.c).

use crate::line::codec::{Kb, Number, PagesKb, Text};
use crate::line::{Named, line, named};

named! {
    /// Why a process is killed.
    pub enum KillReason {
        /// The machine is out of memory.
        OutOfMemory = "Out of memory",
        /// The machine is, and `vm.oom_kill_allocating_task` chose the one who asked.
        AllocatingTask = "Out of memory (oom_kill_allocating_task)",
        /// A memory cgroup is out of memory.
        Cgroup = "Memory cgroup out of memory",
    }
}

named! {
    /// Why the kernel stops.
    pub enum PanicReason {
        /// Nothing is left to be killed (`out_of_memory`).
        Deadlocked = "Kernel panic - not syncing: System is deadlocked on memory",
        /// `vm.panic_on_oom` is 2 (`check_panic_on_oom`).
        Compulsory = "Kernel panic - not syncing: Out of memory: compulsory panic_on_oom is enabled",
        /// `vm.panic_on_oom` is 1 and the whole machine is out of memory.
        SystemWide = "Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled",
    }
}

line! {
    /// A process was killed (`__oom_kill_process`). Memory is in pages but for page tables.
    pub struct Killed {
        /// Why.
        "" reason: KillReason = Named,
        /// Process id.
        ": Killed process " pid: i32 = Number,
        /// Name.
        " (" comm: String = Text,
        /// Pages of all mappings.
        ") total-vm:" total_vm: u64 = PagesKb,
        /// Anonymous pages in memory.
        ", anon-rss:" anon_rss: u64 = PagesKb,
        /// File pages in memory.
        ", file-rss:" file_rss: u64 = PagesKb,
        /// Shared memory.
        ", shmem-rss:" [or default] shmem_rss: u64 = PagesKb,
        /// User id.
        ", UID:" [or default] uid: u32 = Number,
        /// Page tables in kB.
        " pgtables:" [or default] pgtables_kb: u64 = Kb,
        /// `oom_score_adj`.
        " oom_score_adj:" [or default] oom_score_adj: i16 = Number,
    }
    ""
}

line! {
    /// A victim's memory was taken away before its exit (`oom_reap_task_mm`). In pages.
    pub struct Reaped {
        /// Process id.
        "oom_reaper: reaped process " pid: i32 = Number,
        /// Name.
        " (" comm: String = Text,
        /// Anonymous pages left.
        "), now anon-rss:" anon_rss: u64 = PagesKb,
        /// File pages left.
        ", file-rss:" file_rss: u64 = PagesKb,
        /// Shared memory left.
        ", shmem-rss:" shmem_rss: u64 = PagesKb,
    }
    ""
}

line! {
    /// The reaper has given up on a victim (`oom_reap_task`).
    pub struct UnableToReap {
        /// Process id.
        "oom_reaper: unable to reap pid:" pid: i32 = Number,
        /// Name.
        " (" comm: String = Text,
    }
    ")"
}

line! {
    /// The victim is gone already (`__oom_kill_process`).
    pub struct AlreadyExiting {
        /// Why it was to be killed.
        "" reason: KillReason = Named,
        /// Process id.
        ": OOM victim " pid: i32 = Number,
        /// Name.
        " (" comm: String = Text,
    }
    ") is already exiting. Skip killing the task"
}

line! {
    /// A victim shares its memory with init, so that it cannot be reaped.
    pub struct MmPinned {
        /// The victim's process id.
        "oom killer " victim_pid: i32 = Number,
        /// The victim's name.
        " (" victim_comm: String = Text,
        /// Process id of who shares it.
        ") has mm pinned by " pid: i32 = Number,
        /// Name of who shares it.
        " (" comm: String = Text,
    }
    ")"
}

line! {
    /// All of a cgroup is killed with the victim (`mem_cgroup_print_oom_group`).
    pub struct GroupKill {
        /// The cgroup's path.
        "Tasks in " path: String = Text,
    }
    " are going to be killed due to memory.oom.group set"
}

line! {
    /// Reports that were not printed because there were too many (`___ratelimit`, lib/ratelimit.c).
    pub struct Suppressed {
        /// The function that would have printed them, `warn_alloc` or `oom_kill_process`.
        "" function: String = Text,
        /// How many.
        ": " count: u32 = Number,
    }
    " callbacks suppressed"
}

/// One line about an OOM kill, or about reports that are missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OomNotice {
    /// A process was killed.
    Killed(Killed),
    /// Its memory was taken away.
    Reaped(Reaped),
    /// Its memory could not be taken away.
    UnableToReap(UnableToReap),
    /// It is gone already.
    AlreadyExiting(AlreadyExiting),
    /// It shares its memory with init.
    MmPinned(MmPinned),
    /// Its whole cgroup is killed.
    GroupKill(GroupKill),
    /// There is nothing to kill.
    NoKillableProcesses,
    /// The kernel stops.
    Panic(PanicReason),
    /// Reports are missing.
    Suppressed(Suppressed),
}
