//! Tracepoints of waiting for writeback (include/trace/events/writeback.h): written when the wait is over.

use crate::scenario::HZ;
use buddyscope_mm::sched::{Activity, ContextId};
use buddyscope_mm::wait::Wait;
use buddyscope_procfs::trace::{TraceEvent, Waited, WritebackEvent};
use std::collections::BTreeMap;

/// Microseconds of a jiffy.
const JIFFY_US: u64 = 1_000_000 / HZ;

/// Contexts that wait, and since when.
#[derive(Clone, Debug, Default)]
pub(super) struct Waits(BTreeMap<ContextId, (Wait, u64)>);

impl Waits {
    /// What a context is up to after its turn.
    pub(super) fn note(&mut self, who: ContextId, activity: Activity, now: u64) {
        if let Activity::Waiting { wait: wait @ (Wait::Congestion(_) | Wait::IfCongested(_)) } = activity {
            self.0.insert(who, (wait, now));
        }
    }

    /// The tracepoint with which a context's turn begins, if it has waited.
    pub(super) fn end(&mut self, who: ContextId, now: u64) -> Option<TraceEvent> {
        let (wait, since) = self.0.remove(&who)?;
        let micros = |jiffies: u64| u32::try_from(jiffies.saturating_mul(JIFFY_US)).unwrap_or(u32::MAX);
        let waited =
            |timeout: u32| Waited { timeout: micros(timeout.into()), delayed: micros(now.saturating_sub(since)) };
        Some(TraceEvent::Writeback(match wait {
            Wait::Congestion(timeout) => WritebackEvent::CongestionWait(waited(timeout)),
            Wait::IfCongested(timeout) => WritebackEvent::WaitIffCongested(waited(timeout)),
            _ => return None,
        }))
    }
}
