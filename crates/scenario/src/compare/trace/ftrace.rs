//! The same events from the kernel's own trace file. Samples it has none.

use super::{Entry, LoadEvent, SlabEnd, SlabStart, Trace, What};
use buddyscope_mm::pfn::{CpuId, NodeId};
use buddyscope_procfs::report::LogError;
use buddyscope_procfs::trace::{
    CompactionEvent, LruIsolate, ShrinkInactive, ShrinkSlabEnd, ShrinkSlabStart, TraceEvent, VmscanEvent, read_trace,
};

impl Trace {
    /// The events of a `trace` file that a load is judged by.
    ///
    /// # Errors
    /// [`LogError`] with line and value for an event that is not as it should be.
    pub(crate) fn of_ftrace(text: &str) -> Result<Trace, LogError> {
        let lines = read_trace(text)?;
        let entries = lines.into_iter().filter_map(|(_, line)| {
            let event = event(line.event)?;
            let what = What::Event { cpu: CpuId(line.cpu as u16), pid: line.pid.unsigned_abs(), event };
            Some(Entry { micros: line.micros, what })
        });
        Ok(Trace { entries: entries.collect() })
    }
}

fn event(event: TraceEvent) -> Option<LoadEvent> {
    match event {
        TraceEvent::Vmscan(event) => vmscan(event),
        TraceEvent::Compaction(CompactionEvent::KcompactdWake(wake)) => Some(LoadEvent::KcompactdWake {
            node: wake.nid,
            order: wake.order.into(),
            highest_zoneidx: wake.highest_zone as u8,
        }),
        _ => None,
    }
}

fn vmscan(event: VmscanEvent) -> Option<LoadEvent> {
    Some(match event {
        VmscanEvent::KswapdSleep(sleep) => LoadEvent::KswapdSleep { node: sleep.nid },
        // The kernel's text does not tell the zone.
        VmscanEvent::KswapdWake(wake) => {
            LoadEvent::KswapdWake { node: wake.nid, highest_zoneidx: 0, order: small(wake.order) }
        }
        VmscanEvent::DirectReclaimBegin(request) => {
            LoadEvent::DirectBegin { order: small(request.order), gfp: request.gfp }
        }
        VmscanEvent::DirectReclaimEnd(end) => LoadEvent::DirectEnd { reclaimed: end.nr_reclaimed },
        VmscanEvent::LruIsolate(isolate) => isolated(&isolate),
        VmscanEvent::ShrinkInactive(shrink) => shrunk(&shrink),
        VmscanEvent::ShrinkSlabStart(start) => LoadEvent::SlabStart(slab_start(start)),
        VmscanEvent::ShrinkSlabEnd(end) => LoadEvent::SlabEnd(slab_end(end)),
        _ => return None,
    })
}

/// Orders, priorities and zones are small and not negative.
fn small(number: i32) -> u8 {
    u8::try_from(number).unwrap_or_default()
}

fn isolated(event: &LruIsolate) -> LoadEvent {
    LoadEvent::Isolate {
        highest_zoneidx: small(event.highest_zoneidx),
        order: small(event.order),
        requested: event.requested,
        scanned: event.scanned,
        skipped: event.skipped,
        taken: event.taken,
        mode: event.mode,
        list: event.lru as usize,
    }
}

fn shrunk(event: &ShrinkInactive) -> LoadEvent {
    LoadEvent::ShrinkInactive {
        node: event.nid,
        scanned: event.scanned,
        reclaimed: event.reclaimed,
        dirty: event.dirty,
        writeback: event.writeback,
        congested: event.congested,
        immediate: event.immediate,
        activated_anon: event.activate_anon.into(),
        activated_file: event.activate_file.into(),
        kept_referenced: event.ref_keep,
        unmap_failed: event.unmap_fail,
        priority: small(event.priority),
        file: event.file,
    }
}

fn slab_start(event: ShrinkSlabStart) -> SlabStart {
    SlabStart {
        shrinker: event.scan,
        node: NodeId(small(event.nid)),
        deferred: event.deferred,
        freeable: event.freeable,
        delta: event.delta,
        total_scan: event.total_scan,
        priority: event.priority.into(),
    }
}

fn slab_end(event: ShrinkSlabEnd) -> SlabEnd {
    SlabEnd {
        shrinker: event.scan,
        node: NodeId(small(event.nid)),
        freed: event.freed.into(),
        unused: event.deferred,
        new_deferred: event.new_deferred,
        total_left: event.total_scan,
    }
}
