//! Decisions of the OOM killer (mm/oom_kill.c). The tracepoints of the `oom` group are a subset.

use crate::gfp::Gfp;
use crate::page::life::MemcgId;
use crate::task::process::Pid;

/// What limits the request (`enum oom_constraint`, include/linux/oom.h, v5.10).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(u8)]
pub enum OomConstraint {
    /// Nothing but the machine's memory.
    #[default]
    None = 0,
    /// The task's cpuset.
    Cpuset = 1,
    /// A memory policy.
    MemoryPolicy = 2,
    /// A memory cgroup.
    Memcg = 3,
}

impl OomConstraint {
    /// The name in the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        ["CONSTRAINT_NONE", "CONSTRAINT_CPUSET", "CONSTRAINT_MEMORY_POLICY", "CONSTRAINT_MEMCG"][self as usize]
    }
}

/// Where the killer turns back or takes a short cut (`out_of_memory`), in its order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum OomGate {
    /// Somebody asked to be told had memory to give (`oom_notify_list`).
    Notified,
    /// The task that asks is ending and will free its memory.
    CurrentIsDying,
    /// The request may not enter file systems, so reclaim was held back; it is told to try again.
    NoFs,
    /// The machine is set to panic rather than kill (`panic_on_oom`).
    Panics,
    /// The task that asks is killed, whoever uses more (`oom_kill_allocating_task`).
    KillsCurrent,
    /// A victim has yet to give its memory back; nobody else is killed.
    VictimPending,
    /// Nobody can be killed.
    NobodyLeft,
    /// Somebody was chosen.
    Chosen,
}

/// Why a process is passed over (`oom_evaluate_task`, `oom_badness`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum OomPass {
    /// It is the first process or a kernel thread.
    Unkillable,
    /// None of its memory can be on the nodes in question.
    OtherNodes,
    /// It is a victim already and has nothing more to give.
    SpentVictim,
    /// It has no address space any more.
    NoMemory,
    /// Its `oom_score_adj` is -1000.
    NeverKilled,
    /// The reaper has been through its address space.
    Reaped,
    /// It borrows its parent's address space.
    Vfork,
    /// Another scored higher.
    LowerScore,
}

/// One decision of the OOM killer. Fields are named as the kernel names them; counts are in pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "each variant explains its fields together")]
pub enum OomEvent {
    /// The OOM killer was called although it is off (`oom_killer_disable`).
    Disabled,
    /// The OOM killer is called, for a group or for the machine.
    Begin { gfp: Gfp, order: u8, memcg: Option<MemcgId> },
    /// What limits the request, and the pages that scores are measured by.
    Constraint { constraint: OomConstraint, totalpages: u64 },
    /// A gate was taken.
    Gate { gate: OomGate },
    /// A process was scored: its pages in memory, in swap and in page tables, what its `oom_score_adj` adds, the sum.
    Scored { pid: Pid, rss: u64, swapents: u64, pgtables: u64, adj: i64, points: i64 },
    /// A process was passed over.
    Passed { pid: Pid, reason: OomPass },
    /// The killer tells what it saw (`dump_header`).
    Report { victim: Option<Pid>, constraint: OomConstraint },
    /// A process became a victim, with access to reserves. Tracepoint `mark_victim`.
    MarkVictim { pid: Pid },
    /// A process was killed as a victim.
    Killed { pid: Pid, total_vm: u64, anon: u64, file: u64, shmem: u64 },
    /// A process was killed for it shares a victim's address space.
    KilledToo { pid: Pid },
    /// Everybody in a group is killed (`memory.oom.group`).
    GroupKill { memcg: MemcgId },
    /// An address space waits for the reaper. Tracepoint `wake_reaper`.
    WakeReaper { pid: Pid },
    /// The reaper begins. Tracepoint `start_task_reaping`.
    StartReaping { pid: Pid },
    /// The reaper is done. Tracepoint `finish_task_reaping`.
    FinishReaping { pid: Pid },
    /// The reaper could not get in, or need not. Tracepoint `skip_task_reaping`.
    SkipReaping { pid: Pid },
    /// The reaper gave up.
    UnableToReap { pid: Pid },
    /// The machine stops.
    Panic,
}
