//! Decisions about memory cgroups.

use super::{StepKind, Told};
use crate::scenario::HZ;
use crate::sentence::{Arg, Args};
use crate::session::Trace;
use buddyscope_mm::event::{ChargeRung, MemcgEvent, PressureLevel};
use buddyscope_mm::{Machine, MemcgId};

/// Charges below every limit and groups without protection are nothing to talk about.
pub(super) fn is_told(event: &MemcgEvent) -> bool {
    match event {
        MemcgEvent::Charge { rung, .. } => !rung.is_charged(),
        MemcgEvent::Considered { below_min, below_low, .. } => *below_min || *below_low,
        _ => true,
    }
}

/// The path of a group.
pub(super) fn path(machine: &Machine<Trace>, memcg: MemcgId) -> String {
    machine.memcg(memcg).map_or_else(String::new, |group| group.name.clone())
}

pub(super) fn tell(event: MemcgEvent, machine: &Machine<Trace>) -> Told {
    use MemcgEvent as E;
    let told =
        |memcg, key, function, args: Args| Told::new("cgroup", key, function, args.with("group", path(machine, memcg)));
    let args = Args::new();
    match event {
        E::Considered { memcg, usage, emin, elow, below_min, low_reclaim, .. } => {
            let (key, protected) = match (below_min, low_reclaim) {
                (true, _) => ("memcg.min", emin),
                (false, true) => ("memcg.lowReclaim", elow),
                (false, false) => ("memcg.low", elow),
            };
            told(memcg, key, "shrink_node_memcgs", args.with("usage", usage).with("protected", protected))
        }
        E::ReclaimBegin { memcg, .. } => told(memcg, "memcg.begin", "try_to_free_mem_cgroup_pages", args),
        E::ReclaimEnd { memcg, reclaimed } => {
            told(memcg, "memcg.end", "try_to_free_mem_cgroup_pages", args.with("reclaimed", reclaimed))
        }
        E::SoftReclaimBegin { memcg, .. } => told(memcg, "memcg.softBegin", "mem_cgroup_soft_reclaim", args),
        E::SoftReclaimEnd { memcg, reclaimed } => {
            told(memcg, "memcg.softEnd", "mem_cgroup_soft_reclaim", args.with("reclaimed", reclaimed))
        }
        E::Charge { memcg, pages, rung } => {
            let args = args.with("pages", pages).with("how", Arg::Phrase(rung_key(rung)));
            let kind = if rung.fails() { StepKind::Fail } else { StepKind::Info };
            told(memcg, "memcg.charge", "try_charge", args).kind(kind)
        }
        E::HighDelay { memcg, jiffies, .. } => {
            let args = args.with("ms", u64::from(jiffies) * 1000 / HZ);
            told(memcg, "memcg.high", "mem_cgroup_handle_over_high", args)
        }
        E::Oom { memcg, .. } => told(memcg, "memcg.oom", "mem_cgroup_oom", args).kind(StepKind::Fail),
        E::Pressure { memcg, scanned, reclaimed, level } => {
            let key = match level {
                PressureLevel::Low => "memcg.pressureLow",
                PressureLevel::Medium => "memcg.pressureMedium",
                PressureLevel::Critical => "memcg.pressureCritical",
            };
            told(memcg, key, "vmpressure", args.with("scanned", scanned).with("reclaimed", reclaimed))
        }
    }
}

const fn rung_key(rung: ChargeRung) -> &'static str {
    match rung {
        ChargeRung::Stock | ChargeRung::Charged => "rung.charged",
        ChargeRung::Margin => "rung.margin",
        ChargeRung::Drained => "rung.drained",
        ChargeRung::Progress => "rung.progress",
        ChargeRung::Retry => "rung.retry",
        ChargeRung::OomSuccess => "rung.oomSuccess",
        ChargeRung::Atomic => "rung.atomic",
        ChargeRung::Dying => "rung.dying",
        ChargeRung::Memalloc => "rung.memalloc",
        ChargeRung::NoFail => "rung.noFail",
        ChargeRung::OomFailed => "rung.oomFailed",
        ChargeRung::InOom => "rung.inOom",
        ChargeRung::CannotReclaim => "rung.cannotReclaim",
        ChargeRung::NoRetry => "rung.noRetry",
        ChargeRung::MayFail => "rung.mayFail",
        ChargeRung::OomSkipped => "rung.oomSkipped",
    }
}
