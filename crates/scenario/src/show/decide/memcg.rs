//! Decisions about memory cgroups.

use super::Told;
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

pub(super) fn tell(event: MemcgEvent, machine: &Machine<Trace>) -> Told {
    use MemcgEvent as E;
    let path = |id: MemcgId| machine.memcg(id).map_or_else(String::new, |group| group.name.clone());
    let told = |memcg, function, text: String| Told::new("cgroup", function, format!("{}: {text}", path(memcg)));
    match event {
        E::Considered { memcg, usage, emin, elow, below_min, low_reclaim, .. } => {
            let how = if below_min {
                format!("{usage} pages are within its min of {emin}: passed over")
            } else if low_reclaim {
                format!("{usage} pages are within its low of {elow}, but nothing else is left")
            } else {
                format!("{usage} pages are within its low of {elow}: passed over")
            };
            told(memcg, "shrink_node_memcgs", how)
        }
        E::ReclaimBegin { memcg, .. } => told(memcg, "try_to_free_mem_cgroup_pages", "reclaim begins".to_owned()),
        E::ReclaimEnd { memcg, reclaimed } => {
            told(memcg, "try_to_free_mem_cgroup_pages", format!("reclaim ends with {reclaimed} pages"))
        }
        E::SoftReclaimBegin { memcg, .. } => {
            told(memcg, "mem_cgroup_soft_reclaim", "furthest above its soft limit, reclaim begins".to_owned())
        }
        E::SoftReclaimEnd { memcg, reclaimed } => {
            told(memcg, "mem_cgroup_soft_reclaim", format!("reclaim ends with {reclaimed} pages"))
        }
        E::Charge { memcg, pages, rung } => {
            told(memcg, "try_charge", format!("charge of {pages} pages: {}", rung_name(rung)))
        }
        E::HighDelay { memcg, jiffies, .. } => {
            let text = format!("above memory.high, the task is slowed down for {} ms", jiffies * 4);
            told(memcg, "mem_cgroup_handle_over_high", text)
        }
        E::Oom { memcg, .. } => told(memcg, "mem_cgroup_oom", "out of memory".to_owned()),
        E::Pressure { memcg, scanned, reclaimed, level } => {
            let level = match level {
                PressureLevel::Low => "low",
                PressureLevel::Medium => "medium",
                PressureLevel::Critical => "critical",
            };
            told(memcg, "vmpressure", format!("{level} pressure, {reclaimed} of {scanned} pages reclaimed"))
        }
    }
}

const fn rung_name(rung: ChargeRung) -> &'static str {
    match rung {
        ChargeRung::Stock | ChargeRung::Charged => "below every limit",
        ChargeRung::Margin => "there is room after reclaim, again",
        ChargeRung::Drained => "CPUs gave back what they kept, again",
        ChargeRung::Progress => "something was reclaimed, again",
        ChargeRung::Retry => "nothing was reclaimed, again",
        ChargeRung::OomSuccess => "somebody was killed, again",
        ChargeRung::Atomic => "over the limit, it is atomic",
        ChargeRung::Dying => "over the limit, the task is about to end",
        ChargeRung::Memalloc => "over the limit, the task is itself reclaiming",
        ChargeRung::NoFail => "over the limit, it must not fail",
        ChargeRung::OomFailed => "over the limit, there is nobody to kill",
        ChargeRung::InOom => "fails, the group is out of memory",
        ChargeRung::CannotReclaim => "fails, it must not reclaim",
        ChargeRung::NoRetry => "fails after one round (__GFP_NORETRY)",
        ChargeRung::MayFail => "fails after all rounds (__GFP_RETRY_MAYFAIL)",
        ChargeRung::OomSkipped => "fails, nobody may be killed for it",
    }
}
