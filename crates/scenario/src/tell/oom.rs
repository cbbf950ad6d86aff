//! Decisions of the OOM killer.

use super::{StepKind, Told, memcg};
use crate::sentence::{Arg, Args};
use crate::session::Trace;
use buddyscope_mm::Machine;
use buddyscope_mm::event::{OomConstraint, OomEvent, OomGate, OomPass};
use buddyscope_mm::task::process::Pid;

pub(super) fn tell(event: OomEvent, machine: &Machine<Trace>) -> Told {
    use OomEvent as E;
    let told = |key, function, args| Told::new("oom", key, function, args);
    let about = |pid, key, function| told(key, function, Args::new().with("task", task(machine, pid)));
    let args = Args::new();
    match event {
        E::Disabled => told("slow.oomDisabled", "out_of_memory", args).kind(StepKind::Fail),
        E::Begin { gfp, order, memcg } => {
            let args = args.with("order", order).with("gfp", gfp.to_string());
            match memcg {
                None => told("oom.begin", "out_of_memory", args),
                Some(id) => told("oom.beginGroup", "out_of_memory", args.with("group", memcg::path(machine, id))),
            }
        }
        E::Constraint { constraint, totalpages } => {
            let args = args.with("constraint", Arg::Phrase(constraint_key(constraint))).with("pages", totalpages);
            told("oom.constraint", "constrained_alloc", args)
        }
        E::Gate { gate } => told(gate_key(gate), "out_of_memory", args),
        E::Scored { pid, rss, swapents, pgtables, adj, points } => {
            let told = about(pid, "oom.scored", "oom_badness");
            let args = told.args.with("points", points).with("rss", rss).with("swap", swapents);
            Told { args: args.with("tables", pgtables).with("adj", adj), ..told }
        }
        E::Passed { pid, reason } => {
            let told = about(pid, "oom.passed", "oom_evaluate_task");
            Told { args: told.args.with("why", Arg::Phrase(pass_key(reason))), ..told }
        }
        E::Report { .. } => told("oom.report", "dump_header", args),
        E::MarkVictim { pid } => about(pid, "oom.victim", "mark_oom_victim"),
        E::Killed { pid, anon, file, shmem, .. } => {
            let told = about(pid, "oom.killed", "__oom_kill_process").kind(StepKind::Fail);
            Told { args: told.args.with("anon", anon).with("file", file).with("shmem", shmem), ..told }
        }
        E::KilledToo { pid } => about(pid, "oom.killedToo", "__oom_kill_process").kind(StepKind::Fail),
        E::GroupKill { memcg } => {
            told("oom.group", "mem_cgroup_print_oom_group", args.with("group", memcg::path(machine, memcg)))
        }
        E::WakeReaper { pid } => about(pid, "oom.wakeReaper", "wake_oom_reaper"),
        E::StartReaping { pid } => about(pid, "oom.reaping", "__oom_reap_task_mm"),
        E::FinishReaping { pid } => about(pid, "oom.reaped", "__oom_reap_task_mm").kind(StepKind::Pass),
        E::SkipReaping { pid } => about(pid, "oom.skipped", "oom_reap_task_mm"),
        E::UnableToReap { pid } => about(pid, "oom.unable", "oom_reap_task"),
        E::Panic => told("oom.panic", "panic", args).kind(StepKind::Fail),
    }
}

/// Name and id of a process, as the log writes them.
fn task(machine: &Machine<Trace>, pid: Pid) -> String {
    let comm = machine.process(pid).map_or("", |process| &process.comm);
    format!("{comm} ({})", pid.0)
}

const fn constraint_key(constraint: OomConstraint) -> &'static str {
    match constraint {
        OomConstraint::None => "constraint.none",
        OomConstraint::Cpuset => "constraint.cpuset",
        OomConstraint::MemoryPolicy => "constraint.policy",
        OomConstraint::Memcg => "constraint.memcg",
    }
}

const fn gate_key(gate: OomGate) -> &'static str {
    match gate {
        OomGate::Notified => "oom.notified",
        OomGate::CurrentIsDying => "oom.dying",
        OomGate::NoFs => "oom.noFs",
        OomGate::Panics => "oom.panics",
        OomGate::KillsCurrent => "oom.killsCurrent",
        OomGate::VictimPending => "oom.pending",
        OomGate::NobodyLeft => "oom.nobody",
        OomGate::Chosen => "oom.chosen",
    }
}

const fn pass_key(reason: OomPass) -> &'static str {
    match reason {
        OomPass::Unkillable => "passed.unkillable",
        OomPass::OtherNodes => "passed.otherNodes",
        OomPass::SpentVictim => "passed.spent",
        OomPass::NoMemory => "passed.noMemory",
        OomPass::NeverKilled => "passed.never",
        OomPass::Reaped => "passed.reaped",
        OomPass::Vfork => "passed.vfork",
        OomPass::LowerScore => "passed.lower",
    }
}
