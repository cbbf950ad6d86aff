//! Tracepoints of reclaim (include/trace/events/vmscan.h).

use super::{Doing, HIDDEN, oom};
use crate::session::Trace;
use buddyscope_mm::Machine;
use buddyscope_mm::event::{MemcgEvent, ReclaimEvent, SlabEvent, SlowEvent};
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::lru::LruIndex;
use buddyscope_mm::pfn::NodeId;
use buddyscope_procfs::trace::{
    KswapdWake, Lru, LruIsolate, NodeOnly, NodeRequest, Reclaimed, Request, ShrinkActive, ShrinkInactive,
    ShrinkSlabEnd, ShrinkSlabStart, TraceEvent, VmscanEvent, WritePage,
};

pub(super) fn wakeup_kswapd(nid: NodeId, order: u8, gfp: Gfp) -> TraceEvent {
    TraceEvent::Vmscan(VmscanEvent::WakeupKswapd(NodeRequest { nid, order: order.into(), gfp }))
}

impl Doing {
    pub(super) fn reclaim(&mut self, event: &ReclaimEvent) -> Option<VmscanEvent> {
        Some(match *event {
            ReclaimEvent::DirectBegin { order, gfp } => VmscanEvent::DirectReclaimBegin(self.begin(order, gfp)),
            ReclaimEvent::DirectEnd { reclaimed } => VmscanEvent::DirectReclaimEnd(self.end(reclaimed)),
            ReclaimEvent::KswapdWake { node, order, .. } => {
                VmscanEvent::KswapdWake(KswapdWake { nid: node, order: order.into() })
            }
            ReclaimEvent::KswapdSleep { node } => VmscanEvent::KswapdSleep(NodeOnly { nid: node }),
            ReclaimEvent::Isolate { highest_zoneidx, order, lru, mode, requested, scanned, skipped, taken } => {
                self.file = matches!(lru, LruIndex::InactiveFile | LruIndex::ActiveFile);
                VmscanEvent::LruIsolate(LruIsolate {
                    mode: mode.into(),
                    highest_zoneidx: highest_zoneidx.into(),
                    order: order.into(),
                    requested: requested.into(),
                    scanned: scanned.into(),
                    skipped: skipped.into(),
                    taken: taken.into(),
                    lru: list(lru),
                })
            }
            ReclaimEvent::Pageout { pfn } => {
                VmscanEvent::WritePage(WritePage { page: HIDDEN.to_owned(), pfn: pfn.0, file: self.file })
            }
            ReclaimEvent::InactiveKept { activated: [anon, file], ref_keep, unmap_fail } => {
                VmscanEvent::ShrinkInactive(ShrinkInactive {
                    activate_anon: anon,
                    activate_file: file,
                    ref_keep: ref_keep.into(),
                    unmap_fail: unmap_fail.into(),
                    ..self.scanned.take()?
                })
            }
            ReclaimEvent::ActiveScanned { node, file, priority, taken, active, deactivated, referenced } => {
                VmscanEvent::ShrinkActive(ShrinkActive {
                    nid: node,
                    taken: taken.into(),
                    active: active.into(),
                    deactivated: deactivated.into(),
                    referenced: referenced.into(),
                    priority: priority.into(),
                    file,
                })
            }
            _ => {
                self.scanned = scanned(event).or(self.scanned.take());
                return None;
            }
        })
    }

    pub(super) fn memcg(&mut self, event: &MemcgEvent) -> Option<VmscanEvent> {
        Some(match *event {
            MemcgEvent::ReclaimBegin { gfp, .. } => VmscanEvent::MemcgReclaimBegin(self.begin(0, gfp)),
            MemcgEvent::ReclaimEnd { reclaimed, .. } => VmscanEvent::MemcgReclaimEnd(self.end(reclaimed)),
            MemcgEvent::SoftReclaimBegin { gfp, .. } => VmscanEvent::MemcgSoftlimitReclaimBegin(self.begin(0, gfp)),
            MemcgEvent::SoftReclaimEnd { reclaimed, .. } => VmscanEvent::MemcgSoftlimitReclaimEnd(self.end(reclaimed)),
            _ => return None,
        })
    }

    pub(super) fn slow(&mut self, event: &SlowEvent) -> Option<TraceEvent> {
        match *event {
            SlowEvent::NodeReclaimBegin { node, order, gfp } => {
                self.gfp = gfp;
                let request = NodeRequest { nid: node, order: order.into(), gfp };
                Some(TraceEvent::Vmscan(VmscanEvent::NodeReclaimBegin(request)))
            }
            SlowEvent::NodeReclaimEnd { reclaimed } => {
                Some(TraceEvent::Vmscan(VmscanEvent::NodeReclaimEnd(self.end(reclaimed))))
            }
            _ => oom::retry(event).map(TraceEvent::Oom),
        }
    }

    fn begin(&mut self, order: u8, gfp: Gfp) -> Request {
        self.gfp = gfp;
        Request { order: order.into(), gfp }
    }

    fn end(&mut self, nr_reclaimed: u64) -> Reclaimed {
        self.gfp = Gfp::GFP_KERNEL;
        Reclaimed { nr_reclaimed }
    }
}

/// The first half of what was found on an inactive list.
fn scanned(event: &ReclaimEvent) -> Option<ShrinkInactive> {
    let ReclaimEvent::InactiveScanned {
        node,
        file,
        priority,
        scanned,
        reclaimed,
        dirty,
        writeback,
        congested,
        immediate,
    } = *event
    else {
        return None;
    };
    Some(ShrinkInactive {
        nid: node,
        scanned: scanned.into(),
        reclaimed: reclaimed.into(),
        dirty: dirty.into(),
        writeback: writeback.into(),
        congested: congested.into(),
        immediate: immediate.into(),
        activate_anon: 0,
        activate_file: 0,
        ref_keep: 0,
        unmap_fail: 0,
        priority: priority.into(),
        file,
    })
}

pub(super) fn slab(event: &SlabEvent, gfp: Gfp, machine: &Machine<Trace>) -> Option<VmscanEvent> {
    let scan = |id| machine.shrinker_name(id).unwrap_or_default().to_owned();
    let shrinker = HIDDEN.to_owned();
    Some(match *event {
        SlabEvent::Start { shrinker: id, node, deferred, freeable, delta, total_scan, priority } => {
            VmscanEvent::ShrinkSlabStart(ShrinkSlabStart {
                scan: scan(id),
                shrinker,
                nid: node.0.into(),
                deferred,
                gfp,
                freeable: i64::try_from(freeable).ok()?,
                delta: i64::try_from(delta).ok()?,
                total_scan,
                priority: priority.into(),
            })
        }
        SlabEvent::End { shrinker: id, node, freed, deferred, new, total_scan } => {
            VmscanEvent::ShrinkSlabEnd(ShrinkSlabEnd {
                scan: scan(id),
                shrinker,
                nid: node.0.into(),
                deferred,
                new_deferred: new,
                total_scan,
                freed: freed as i32,
            })
        }
    })
}

fn list(lru: LruIndex) -> Lru {
    match lru {
        LruIndex::InactiveAnon => Lru::InactiveAnon,
        LruIndex::ActiveAnon => Lru::ActiveAnon,
        LruIndex::InactiveFile => Lru::InactiveFile,
        LruIndex::ActiveFile => Lru::ActiveFile,
        LruIndex::Unevictable => Lru::Unevictable,
    }
}
