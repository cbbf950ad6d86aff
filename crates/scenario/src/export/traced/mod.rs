//! The decisions that are tracepoints of the kernel, with the values it gives them.

mod compaction;
mod kmem;
mod oom;
mod pagemap;
mod vmscan;

use crate::session::Trace;
use buddyscope_mm::Machine;
use buddyscope_mm::event::{
    CompactEvent, CompactResult, Event, MemcgEvent, OomEvent, Outcome, ReclaimEvent, SlowEvent, Wakeup,
};
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::Pfn;
use buddyscope_mm::sched::ContextId;
use buddyscope_procfs::trace::{Freed, FreedBatched, KmemEvent, ShrinkInactive, TraceEvent, VmscanEvent};
use std::collections::BTreeMap;

/// What a kernel prints for an address (`%p`) before it has the random numbers to hide it by.
const HIDDEN: &str = "(____ptrval____)";
/// What it prints where there is no page.
const NO_PAGE: &str = "0000000000000000";

/// Whether an event is a tracepoint, or part of one.
pub(super) fn is_traced(event: &Event) -> bool {
    match event {
        Event::AllocEnd { outcome, .. } => !matches!(outcome, Outcome::Injected | Outcome::OrderTooLarge),
        Event::TakeBlock { .. } | Event::Steal { .. } | Event::Free { .. } | Event::PcpDrain { .. } => true,
        Event::WakeKswapd { wakeup, .. } => *wakeup == Wakeup::Woken,
        Event::Slab(_) => true,
        Event::Reclaim(event) => is_reclaim_traced(event),
        Event::Slow(event) => matches!(
            event,
            SlowEvent::ReclaimRetryZone { .. }
                | SlowEvent::CompactRetry { .. }
                | SlowEvent::NodeReclaimBegin { .. }
                | SlowEvent::NodeReclaimEnd { .. }
        ),
        Event::Memcg(event) => matches!(
            event,
            MemcgEvent::ReclaimBegin { .. }
                | MemcgEvent::ReclaimEnd { .. }
                | MemcgEvent::SoftReclaimBegin { .. }
                | MemcgEvent::SoftReclaimEnd { .. }
        ),
        Event::Compact(event) => !matches!(event, CompactEvent::Migrate { .. } | CompactEvent::Capture { .. }),
        Event::Oom(event) => matches!(
            event,
            OomEvent::MarkVictim { .. }
                | OomEvent::WakeReaper { .. }
                | OomEvent::StartReaping { .. }
                | OomEvent::FinishReaping { .. }
                | OomEvent::SkipReaping { .. }
        ),
        _ => false,
    }
}

fn is_reclaim_traced(event: &ReclaimEvent) -> bool {
    matches!(
        event,
        ReclaimEvent::DirectBegin { .. }
            | ReclaimEvent::DirectEnd { .. }
            | ReclaimEvent::KswapdWake { .. }
            | ReclaimEvent::KswapdSleep { .. }
            | ReclaimEvent::Isolate { .. }
            | ReclaimEvent::Pageout { .. }
            | ReclaimEvent::InactiveScanned { .. }
            | ReclaimEvent::InactiveKept { .. }
            | ReclaimEvent::ActiveScanned { .. }
            | ReclaimEvent::FreeBatch { .. }
            | ReclaimEvent::Listed { .. }
            | ReclaimEvent::Activated { .. }
    )
}

/// What tracepoints of a context say beyond the decision they come with.
#[derive(Clone, Debug)]
struct Doing {
    /// Flags of the request that it reclaims for.
    gfp: Gfp,
    /// Whether the list it reclaims from is of file pages.
    file: bool,
    /// The first half of what was found on an inactive list.
    scanned: Option<ShrinkInactive>,
}

impl Default for Doing {
    fn default() -> Doing {
        // As kswapd does and whoever drops caches.
        Doing { gfp: Gfp::GFP_KERNEL, file: false, scanned: None }
    }
}

/// Turns decisions into tracepoints.
#[derive(Clone, Debug, Default)]
pub(super) struct Tracer {
    doing: BTreeMap<ContextId, Doing>,
    /// I/O that ends while nobody runs.
    idle: Doing,
}

impl Tracer {
    /// The tracepoint of a context's decision, if it is one.
    pub(super) fn trace(
        &mut self,
        who: Option<ContextId>,
        event: &Event,
        machine: &Machine<Trace>,
    ) -> Option<TraceEvent> {
        let doing = match who {
            Some(who) => self.doing.entry(who).or_default(),
            None => &mut self.idle,
        };
        match *event {
            Event::WakeKswapd { node, order, gfp, .. } => Some(vmscan::wakeup_kswapd(node, order, gfp)),
            Event::Reclaim(ref event) => {
                let listed = pagemap::trace(event).map(TraceEvent::Pagemap);
                listed.or_else(|| doing.reclaim(event).map(TraceEvent::Vmscan))
            }
            Event::Slab(ref event) => vmscan::slab(event, doing.gfp, machine).map(TraceEvent::Vmscan),
            Event::Memcg(ref event) => doing.memcg(event).map(TraceEvent::Vmscan),
            Event::Slow(ref event) => doing.slow(event),
            Event::Compact(ref event) => compaction::trace(event).map(TraceEvent::Compaction),
            Event::Oom(ref event) => oom::trace(event).map(TraceEvent::Oom),
            ref event => kmem::trace(event).map(TraceEvent::Kmem),
        }
    }
}

/// Interrupts off, rescheduling needed, in an interrupt, preemption depth: where the kernel is when it says this.
/// `idle` is for what an I/O that ends does.
pub(super) fn flags(event: &TraceEvent, idle: bool) -> &'static str {
    let locked = matches!(
        event,
        TraceEvent::Kmem(
            KmemEvent::ZoneLocked(_) | KmemEvent::ExtFrag(_) | KmemEvent::Drained(_) | KmemEvent::FreedBatched(_)
        ) | TraceEvent::Vmscan(VmscanEvent::LruIsolate(_))
            | TraceEvent::Pagemap(_)
    );
    match (locked, idle) {
        (false, false) => "....",
        (true, false) => "d...",
        (false, true) => "..s.",
        (true, true) => "d.s.",
    }
}

/// A page that is freed with others goes to its CPU's list.
pub(super) fn freed_batched(block: &Freed) -> TraceEvent {
    TraceEvent::Kmem(KmemEvent::FreedBatched(FreedBatched { page: block.page.clone(), pfn: block.pfn }))
}

fn page_of(pfn: Option<Pfn>) -> (String, u64) {
    match pfn {
        Some(pfn) => (HIDDEN.to_owned(), pfn.0),
        None => (NO_PAGE.to_owned(), 0),
    }
}

fn result_of(result: CompactResult) -> buddyscope_procfs::trace::CompactResult {
    use buddyscope_procfs::trace::CompactResult as Shown;
    match result {
        CompactResult::NotSuitableZone => Shown::NotSuitableZone,
        CompactResult::Skipped => Shown::Skipped,
        CompactResult::Deferred => Shown::Deferred,
        CompactResult::NoSuitablePage => Shown::NoSuitablePage,
        CompactResult::Continue => Shown::Continue,
        CompactResult::Complete => Shown::Complete,
        CompactResult::PartialSkipped => Shown::PartialSkipped,
        CompactResult::Contended => Shown::Contended,
        CompactResult::Success => Shown::Success,
    }
}
