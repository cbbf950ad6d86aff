//! How fast the recorded machine was. An emulated machine may be a hundred times slower in one run than in the next,
//! so each run's speed is taken from its own beginning, before any page was reclaimed.

use crate::compare::run::Run;
use crate::compare::trace::{LoadEvent, Moment, Trace, What, Why};
use buddyscope_mm::pfn::CpuId;
use buddyscope_mm::sched::HZ;
use std::collections::BTreeMap;

/// What time work takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Speed {
    /// Pages taken in a second.
    pub(super) pages_per_second: u64,
    /// Pages that the swap disk writes or reads in a second.
    pub(super) swapped_per_second: u64,
}

/// A speed for runs that tell none: 100 MiB a second.
const DEFAULT: u64 = 25_600;

impl Speed {
    /// Pages that left the free lists between the beginning of the load and the first wake of kswapd, and how long
    /// that took.
    pub(super) fn of(run: &Run) -> Speed {
        let taken = before_reclaim(&run.trace).and_then(|[(start, first), (end, last)]| {
            let free = |moment: &Moment| moment.zones.iter().map(|zone| zone.free_exact).sum::<i64>();
            let pages = u64::try_from(free(first) - free(last)).ok()?;
            (pages * 1_000_000).checked_div(end - start)
        });
        let pages_per_second = taken.filter(|&speed| speed > HZ).unwrap_or(DEFAULT);
        Speed { pages_per_second, swapped_per_second: swap_speed(&run.trace).unwrap_or(pages_per_second) }
    }

    /// Pages of a jiffy.
    pub(super) fn per_jiffy(self) -> u64 {
        (self.pages_per_second / HZ).max(1)
    }
}

/// How fast the swap disk is when it has most to do. The time that a page takes to be written follows from how many were
/// on their way on average, and how many were written (Little's law).
fn swap_speed(trace: &Trace) -> Option<u64> {
    let mut before: Option<(u64, i64)> = None;
    let (mut waiting, mut samples, mut most) = (0, 0, 0);
    let (mut written, mut time) = (0, 0);
    for (micros, moment) in trace.moments().filter(|(_, moment)| moment.why == Why::Timer) {
        let out = moment.event("pswpout");
        if let Some((then, out_then)) = before.filter(|before| out > before.1) {
            let writeback = moment.nodes.iter().map(|node| node.writeback).sum::<u64>();
            (waiting, samples, most) = (waiting + writeback, samples + 1, most.max(writeback));
            (written, time) = (written + (out - out_then) as u64, time + (micros - then));
        }
        before = Some((micros, out));
    }
    // Pages a second = most / time of a page, which is (waiting / samples) / (written / time).
    let speed = u128::from(most) * u128::from(written) * u128::from(samples as u64) * 1_000_000;
    speed.checked_div(u128::from(waiting) * u128::from(time)).map(|speed| (speed as u64).max(HZ))
}

/// The sample at the first label, and the last one before kswapd was woken for the first time.
fn before_reclaim(trace: &Trace) -> Option<[(u64, &Moment); 2]> {
    let mut ends: Option<[(u64, &Moment); 2]> = None;
    for entry in &trace.entries {
        match &entry.what {
            What::Event { event: LoadEvent::WakeupKswapd { .. }, .. } => break,
            What::Moment(moment) => match &mut ends {
                None if moment.why == Why::Mark => ends = Some([(entry.micros, moment); 2]),
                None => {}
                Some([_, last]) => *last = (entry.micros, moment),
            },
            _ => {}
        }
    }
    ends.filter(|[first, last]| first.0 < last.0)
}

/// The CPU on which a load that is bound to none ran: where most of its own events happened.
pub(super) fn cpu(trace: &Trace) -> CpuId {
    let mut counts: BTreeMap<CpuId, u32> = BTreeMap::new();
    for entry in &trace.entries {
        if let What::Event { cpu, event: LoadEvent::ExtFrag { .. } | LoadEvent::WakeupKswapd { .. }, .. } = &entry.what
        {
            *counts.entry(*cpu).or_default() += 1;
        }
    }
    counts.into_iter().max_by_key(|&(cpu, count)| (count, core::cmp::Reverse(cpu))).map_or(CpuId(0), |found| found.0)
}
