//! What a modeled machine logs, in the kernel's words.

use super::{
    AllocFailure, AlreadyExiting, Caller, CgroupCounter, CgroupMemory, CmaFailure, CmaRequest, Constraint, CounterName,
    FailedRequest, GroupKill, KillReason, Killed, MemInfo, Message, MmPinned, OomContext, OomInvocation, OomMemory,
    OomNotice, OomReport, OomSummary, OomVictim, PanicReason, Reaped, Suppressed, Surroundings, SwapCache, TaskState,
    UnableToReap,
};
use buddyscope_mm::console::{AllocWarning, Notice};
use buddyscope_mm::event::{OomConstraint, Sink};
use buddyscope_mm::lru::memcg::Counted;
use buddyscope_mm::oom::{self, OomRecord, OomTask};
use buddyscope_mm::pfn::{CpuId, MigrateType, NodeMask, PAGE_SHIFT, PAGEBLOCK_NR_PAGES, Pfn};
use buddyscope_mm::task::cpuset::CpusetId;
use buddyscope_mm::task::process::Pid;
use buddyscope_mm::vmstat::NodeItem;
use buddyscope_mm::{Machine, MemcgId};

/// The kernel that the model follows, as stack traces name it.
const KERNEL: &str = "Not tainted 5.10.35 #1";

/// Puts a notice of a machine into the kernel's words: the
/// [log writer](Machine::set_log_writer) of a machine whose log is to be read.
pub fn print<S: Sink>(machine: &Machine<S>, notice: Notice<'_>) -> String {
    match notice {
        Notice::Failure(warning) => Message::AllocFailure(Box::new(failure(machine, warning))),
        Notice::Suppressed { callbacks } => suppressed("warn_alloc", callbacks),
        Notice::Oom(OomRecord::Report(report), cpu) => Message::Oom(Box::new(oom_report(machine, report, cpu))),
        Notice::Oom(OomRecord::Suppressed { callbacks }, _) => suppressed("oom_kill_process", *callbacks),
        Notice::Oom(record, _) => Message::OomNotice(oom_notice(machine, record)),
        Notice::Cma { pages, errno } => {
            let request = CmaRequest { place: "cma_alloc".to_owned(), pages, error: errno };
            Message::Cma(CmaFailure { request, area: None })
        }
    }
    .to_string()
}

fn suppressed(function: &str, count: u32) -> Message {
    Message::OomNotice(OomNotice::Suppressed(Suppressed { function: function.to_owned(), count }))
}

fn failure<S: Sink>(machine: &Machine<S>, warning: &AllocWarning) -> AllocFailure {
    let comm = comm(machine, warning.pid);
    let mem = mem_info(machine, warning.cpu);
    AllocFailure {
        request: FailedRequest {
            comm: comm.clone(),
            order: warning.order.into(),
            gfp: warning.gfp,
            nodemask: warning.nodemask,
            cpuset: cpuset(machine, warning.cpuset),
            mems_allowed: warning.mems_allowed,
        },
        caller: Some(caller(warning.cpu, warning.pid, comm)),
        mem: Some(match warning.shown {
            Some(nodes) => mem.shown_for(nodes),
            None => mem,
        }),
    }
}

/// What the OOM killer saw, and whom it chose; memory is as the machine has it now.
pub fn oom_report<S: Sink>(machine: &Machine<S>, report: &oom::OomReport, cpu: CpuId) -> OomReport {
    let (pid, comm, oom_score_adj) = report.current.clone();
    let shown = report.nodemask.unwrap_or(report.mems_allowed);
    let path = |memcg| machine.memcg(memcg).map_or_else(|| "/".to_owned(), |group| group.name.clone());
    OomReport {
        invocation: OomInvocation { comm: comm.clone(), gfp: report.gfp, order: report.order.into(), oom_score_adj },
        compaction_is_disabled: false,
        caller: Some(caller(cpu, pid, comm)),
        memory: Some(match report.memcg {
            None => OomMemory::Machine { mem: Box::new(mem_info(machine, cpu).shown_for(shown)), slabs: None },
            Some(memcg) => OomMemory::Cgroup(cgroup(machine, memcg, path(memcg))),
        }),
        tasks: report.tasks.as_ref().map(|tasks| tasks.iter().map(task_state).collect()),
        summary: report.victim.as_ref().map(|victim| OomSummary {
            context: OomContext {
                constraint: match report.constraint {
                    OomConstraint::None => Constraint::None,
                    OomConstraint::Cpuset => Constraint::Cpuset,
                    OomConstraint::MemoryPolicy => Constraint::MemoryPolicy,
                    OomConstraint::Memcg => Constraint::Memcg,
                },
                nodemask: report.nodemask,
                cpuset: cpuset(machine, report.cpuset),
                mems_allowed: report.mems_allowed,
            },
            oom_memcg: report.memcg.map(path),
            victim: OomVictim {
                memcg: path(victim.memcg),
                comm: victim.comm.clone(),
                pid: number(victim.pid),
                uid: victim.uid,
            },
        }),
    }
}

fn oom_notice<S: Sink>(machine: &Machine<S>, record: &OomRecord) -> OomNotice {
    let reason = |reason| match reason {
        oom::KillReason::OutOfMemory => KillReason::OutOfMemory,
        oom::KillReason::AllocatingTask => KillReason::AllocatingTask,
        oom::KillReason::Memcg => KillReason::Cgroup,
    };
    match record.clone() {
        OomRecord::Killed {
            reason: why,
            pid,
            comm,
            total_vm,
            anon_rss,
            file_rss,
            shmem_rss,
            uid,
            pgtables_bytes,
            oom_score_adj,
        } => OomNotice::Killed(Killed {
            reason: reason(why),
            pid: number(pid),
            comm,
            total_vm,
            anon_rss,
            file_rss,
            shmem_rss,
            uid,
            pgtables_kb: pgtables_bytes / 1024,
            oom_score_adj,
        }),
        OomRecord::AlreadyExiting { reason: why, pid, comm } => {
            OomNotice::AlreadyExiting(AlreadyExiting { reason: reason(why), pid: number(pid), comm })
        }
        OomRecord::MmPinned { victim, by } => OomNotice::MmPinned(MmPinned {
            victim_pid: number(victim),
            victim_comm: comm(machine, victim),
            pid: number(by),
            comm: comm(machine, by),
        }),
        OomRecord::GroupKill { memcg } => OomNotice::GroupKill(GroupKill {
            path: machine.memcg(memcg).map(|group| group.name.clone()).unwrap_or_default(),
        }),
        OomRecord::Reaped { pid, comm, anon_rss, file_rss, shmem_rss } => {
            OomNotice::Reaped(Reaped { pid: number(pid), comm, anon_rss, file_rss, shmem_rss })
        }
        OomRecord::UnableToReap { pid, comm } => OomNotice::UnableToReap(UnableToReap { pid: number(pid), comm }),
        OomRecord::Panic(why) => OomNotice::Panic(match why {
            oom::PanicReason::SystemWide => PanicReason::SystemWide,
            oom::PanicReason::Compulsory => PanicReason::Compulsory,
            oom::PanicReason::Deadlocked => PanicReason::Deadlocked,
        }),
        OomRecord::NoKillable | OomRecord::Report(_) | OomRecord::Suppressed { .. } => OomNotice::NoKillableProcesses,
    }
}

/// Process ids of the model are those of the kernel: positive and small.
fn number(pid: Pid) -> i32 {
    pid.0.cast_signed()
}

fn comm<S: Sink>(machine: &Machine<S>, pid: Pid) -> String {
    machine.process(pid).map_or_else(|| "swapper/0".to_owned(), |process| process.comm.clone())
}

fn caller(cpu: CpuId, pid: Pid, comm: String) -> Caller {
    Caller { cpu: cpu.0.into(), pid: number(pid), comm, kernel: KERNEL.to_owned(), hardware: None }
}

/// The name of a cpuset (`cpuset_print_current_mems_allowed` prints the last part of its path).
fn cpuset<S: Sink>(machine: &Machine<S>, id: CpusetId) -> String {
    let name = machine.cpusets().get(id).map(|cpuset| cpuset.name.as_str());
    name.filter(|name| !name.is_empty()).unwrap_or("/").to_owned()
}

fn mem_info<S: Sink>(machine: &Machine<S>, cpu: CpuId) -> MemInfo {
    let stats = machine.swap_cache_stats();
    let surroundings = Surroundings {
        swap_cached: machine.swap_cache_pages(),
        swap_cache: SwapCache {
            added: stats.add,
            deleted: stats.delete,
            found: stats.find_success,
            looked_up: stats.find_total,
        },
        cma: cma_pages(machine),
        hugepages: Vec::new(),
    };
    MemInfo::of(machine, cpu, &surroundings)
}

fn cma_pages<S: Sink>(machine: &Machine<S>) -> u64 {
    let blocks = |(start, end, _): (Pfn, Pfn, _)| {
        (start.0.next_multiple_of(PAGEBLOCK_NR_PAGES)..end.0).step_by(PAGEBLOCK_NR_PAGES as usize)
    };
    let cma = |pfn: &u64| machine.pageblock_type(Pfn(*pfn)) == Some(MigrateType::Cma);
    machine.memory_ranges().flat_map(blocks).filter(cma).count() as u64 * PAGEBLOCK_NR_PAGES
}

fn task_state(task: &OomTask) -> TaskState {
    TaskState {
        pid: number(task.pid),
        uid: task.uid,
        tgid: number(task.pid),
        total_vm: task.total_vm,
        rss: task.rss,
        pgtables_bytes: task.pgtables_bytes.cast_signed(),
        swapents: task.swapents,
        oom_score_adj: task.oom_score_adj,
        comm: task.comm.clone(),
    }
}

/// A group's counters, and of its `memory.stat` what the model counts by group.
fn cgroup<S: Sink>(machine: &Machine<S>, memcg: MemcgId, path: String) -> CgroupMemory {
    let counter = |name, kind| {
        let counter = machine.memcg(memcg).map(|group| *group.counter(kind)).unwrap_or_default();
        CgroupCounter { name, usage: counter.usage, limit: counter.max, failcnt: counter.failures }
    };
    let nodes: NodeMask = machine.memory_nodes();
    let count = |item| nodes.iter().filter_map(|node| machine.lruvec_stat(memcg, node, item)).sum::<u64>();
    let page = 1 << PAGE_SHIFT;
    let stats = [
        ("anon", NodeItem::AnonPages, page),
        ("file", NodeItem::FilePages, page),
        ("shmem", NodeItem::Shmem, page),
        ("file_mapped", NodeItem::Mapped, page),
        ("file_dirty", NodeItem::Dirty, page),
        ("file_writeback", NodeItem::Writeback, page),
        ("anon_thp", NodeItem::AnonTransparentHugepages, PAGEBLOCK_NR_PAGES << PAGE_SHIFT),
        ("inactive_anon", NodeItem::InactiveAnon, page),
        ("active_anon", NodeItem::ActiveAnon, page),
        ("inactive_file", NodeItem::InactiveFile, page),
        ("active_file", NodeItem::ActiveFile, page),
        ("unevictable", NodeItem::Unevictable, page),
        ("workingset_refault_anon", NodeItem::WorkingsetRefaultAnon, 1),
        ("workingset_refault_file", NodeItem::WorkingsetRefaultFile, 1),
        ("workingset_activate_anon", NodeItem::WorkingsetActivateAnon, 1),
        ("workingset_activate_file", NodeItem::WorkingsetActivateFile, 1),
        ("workingset_restore_anon", NodeItem::WorkingsetRestoreAnon, 1),
        ("workingset_restore_file", NodeItem::WorkingsetRestoreFile, 1),
    ];
    CgroupMemory {
        counters: vec![counter(CounterName::Memory, Counted::Memory), counter(CounterName::Swap, Counted::Swap)],
        path,
        stats: stats.into_iter().map(|(name, item, unit)| (name.to_owned(), count(item) * unit)).collect(),
    }
}
