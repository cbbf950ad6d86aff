//! What the recorder would have seen of the model.

use crate::compare::trace::{Entry, LoadEvent, Moment, NodeMoment, SlabEnd, SlabStart, Trace, What, Why, ZoneMoment};
use buddyscope_mm::Machine;
use buddyscope_mm::event::{CompactEvent, Event, MemcgEvent, ReclaimEvent, Sink, SlabEvent, SlowEvent, Wakeup};
use buddyscope_mm::pfn::{CpuId, NodeId, ZoneId};
use buddyscope_mm::reclaim::shrinker::ShrinkerId;
use buddyscope_mm::vmstat::{NodeItem, VmEvent, ZoneItem};
use std::collections::BTreeMap;

/// Vm events that samples show, by the recorder's short names.
const COUNTERS: [(&str, &[VmEvent]); 20] = [
    ("scan_k", &[VmEvent::PgScanKswapd]),
    ("scan_d", &[VmEvent::PgScanDirect]),
    ("steal_k", &[VmEvent::PgStealKswapd]),
    ("steal_d", &[VmEvent::PgStealDirect]),
    ("act", &[VmEvent::PgActivate]),
    ("deact", &[VmEvent::PgDeactivate]),
    ("pswpin", &[VmEvent::PswpIn]),
    ("pswpout", &[VmEvent::PswpOut]),
    ("fault", &[VmEvent::PgFault]),
    ("majfault", &[VmEvent::PgMajFault]),
    ("free", &[VmEvent::PgFree]),
    ("kswapd_low_q", &[VmEvent::KswapdLowWmarkHitQuickly]),
    ("kswapd_high_q", &[VmEvent::KswapdHighWmarkHitQuickly]),
    ("pageoutrun", &[VmEvent::PageOutRun]),
    ("oom", &[VmEvent::OomKill]),
    ("slabs", &[VmEvent::SlabsScanned]),
    ("compact_stall", &[VmEvent::CompactStall]),
    ("compact_fail", &[VmEvent::CompactFail]),
    ("compact_success", &[VmEvent::CompactSuccess]),
    ("mig_ok", &[VmEvent::PgMigrateSuccess]),
];

/// Takes the model's events as the recorder's.
#[derive(Clone, Debug, Default)]
pub(in crate::compare) struct Observer {
    entries: Vec<Entry>,
    micros: u64,
    cpu: CpuId,
    pid: u32,
    /// Free pages of zones as checks of this turn have seen them.
    seen: BTreeMap<ZoneId, i64>,
    /// Places of events that a sample has to follow, and what was known of free pages then.
    unsampled: Vec<(usize, Why, BTreeMap<ZoneId, i64>)>,
    /// The node of which kswapd has begun to run.
    pub(super) kswapd_woke: Option<NodeId>,
    /// The last failed request of this turn.
    pub(super) failed: Option<SlowEvent>,
}

impl Observer {
    /// A turn of somebody begins.
    pub(super) fn begin_turn(&mut self, micros: u64, cpu: CpuId, pid: u32) {
        self.micros = micros;
        (self.cpu, self.pid) = (cpu, pid);
        self.seen.clear();
    }

    /// Notes an event.
    pub(super) fn note(&mut self, event: LoadEvent) {
        if let Some(why) = event.sample() {
            self.unsampled.push((self.entries.len(), why, self.seen.clone()));
        }
        self.entries.push(Entry { micros: self.micros, what: What::Event { cpu: self.cpu, pid: self.pid, event } });
    }

    /// Notes a value.
    pub(super) fn note_value(&mut self, value: String) {
        self.entries.push(Entry { micros: self.micros, what: What::Note(value) });
    }

    pub(super) fn into_trace(self) -> Trace {
        Trace { entries: self.entries }
    }

    fn reclaim(&mut self, event: ReclaimEvent) {
        if let ReclaimEvent::KswapdWake { node, .. } = event {
            self.kswapd_woke = Some(node);
        }
        self.note(match event {
            ReclaimEvent::DirectBegin { order, gfp } => LoadEvent::DirectBegin { order, gfp },
            ReclaimEvent::DirectEnd { reclaimed } => LoadEvent::DirectEnd { reclaimed },
            ReclaimEvent::KswapdWake { node, order, highest_zoneidx } => {
                LoadEvent::KswapdWake { node, highest_zoneidx, order }
            }
            ReclaimEvent::KswapdSleep { node } => LoadEvent::KswapdSleep { node },
            ReclaimEvent::Isolate { highest_zoneidx, order, lru, mode, requested, scanned, skipped, taken } => {
                LoadEvent::Isolate {
                    highest_zoneidx,
                    order,
                    requested: requested.into(),
                    scanned: scanned.into(),
                    skipped: skipped.into(),
                    taken: taken.into(),
                    mode: mode.into(),
                    list: lru as usize,
                }
            }
            ReclaimEvent::InactiveScanned {
                node,
                file,
                priority,
                scanned,
                reclaimed,
                dirty,
                writeback,
                congested,
                immediate,
            } => LoadEvent::ShrinkInactive {
                node,
                scanned: scanned.into(),
                reclaimed: reclaimed.into(),
                dirty: dirty.into(),
                writeback: writeback.into(),
                congested: congested.into(),
                immediate: immediate.into(),
                activated_anon: 0,
                activated_file: 0,
                kept_referenced: 0,
                unmap_failed: 0,
                priority: priority.unsigned_abs(),
                file,
            },
            ReclaimEvent::ActiveScanned { node, file, priority, taken, active, deactivated, referenced } => {
                LoadEvent::ShrinkActive {
                    node,
                    taken: taken.into(),
                    active: active.into(),
                    deactivated: deactivated.into(),
                    referenced: referenced.into(),
                    priority: priority.unsigned_abs(),
                    file,
                }
            }
            _ => return,
        });
    }

    fn slow(&mut self, event: SlowEvent) {
        self.note(match event {
            SlowEvent::ReclaimRetryZone {
                zone,
                order,
                reclaimable,
                available,
                min_wmark,
                no_progress_loops,
                wmark,
            } => LoadEvent::ReclaimRetry {
                zone,
                order,
                reclaimable,
                available,
                min: min_wmark,
                loops: no_progress_loops,
                ok: wmark,
            },
            SlowEvent::NodeReclaimBegin { node, order, gfp } => LoadEvent::NodeReclaimBegin { node, order, gfp },
            SlowEvent::NodeReclaimEnd { reclaimed } => LoadEvent::NodeReclaimEnd { reclaimed },
            SlowEvent::Warn { .. } => {
                self.failed = Some(event);
                return;
            }
            _ => return,
        });
    }

    fn compact(&mut self, event: CompactEvent) {
        self.note(match event {
            CompactEvent::TryToCompact { order, gfp, priority } => LoadEvent::CompactTry { order, gfp, priority },
            CompactEvent::Deferred { zone, order, considered, shift, failed } => {
                let (order, shift, failed) = (order.into(), shift.into(), failed.into());
                LoadEvent::CompactDeferred { zone, order, considered, shift, failed }
            }
            CompactEvent::DeferCompaction { zone, order, considered, shift, failed } => {
                let (order, shift, failed) = (order.into(), shift.into(), failed.into());
                LoadEvent::CompactDefer { zone, order, considered, shift, failed }
            }
            CompactEvent::DeferReset { zone, order, considered, shift, failed } => {
                let (order, shift, failed) = (order.into(), shift.into(), failed.into());
                LoadEvent::CompactDeferReset { zone, order, considered, shift, failed }
            }
            _ => return,
        });
    }

    fn slab(&mut self, event: SlabEvent) {
        let name = |shrinker: ShrinkerId| format!("{shrinker:?}");
        self.note(match event {
            SlabEvent::Start { shrinker, node, deferred, freeable, delta, total_scan, priority } => {
                LoadEvent::SlabStart(SlabStart {
                    shrinker: name(shrinker),
                    node,
                    deferred,
                    freeable: freeable as i64,
                    delta: delta as i64,
                    total_scan,
                    priority: priority.into(),
                })
            }
            SlabEvent::End { shrinker, node, freed, deferred, new, total_scan } => LoadEvent::SlabEnd(SlabEnd {
                shrinker: name(shrinker),
                node,
                freed: freed as i64,
                unused: deferred,
                new_deferred: new,
                total_left: total_scan,
            }),
        });
    }
}

impl Sink for Observer {
    fn record(&mut self, event: Event) {
        match event {
            Event::Watermark(check) => {
                self.seen.insert(check.zone, check.free);
            }
            Event::WakeKswapd { node, order, highest_zoneidx, gfp, wakeup: Wakeup::Woken } => {
                self.note(LoadEvent::WakeupKswapd { node, highest_zoneidx, order, gfp });
            }
            Event::Reclaim(event) => self.reclaim(event),
            Event::Slow(event) => self.slow(event),
            Event::Compact(event) => self.compact(event),
            Event::Slab(event) => self.slab(event),
            Event::Memcg(MemcgEvent::ReclaimBegin { gfp, .. }) => self.note(LoadEvent::MemcgBegin { order: 0, gfp }),
            Event::Memcg(MemcgEvent::ReclaimEnd { reclaimed, .. }) => self.note(LoadEvent::MemcgEnd { reclaimed }),
            _ => {}
        }
    }
}

/// Puts a sample behind each event of the turn that has one. Free pages are those that the event's decision went by,
/// where a check told them.
pub(super) fn end_turn(machine: &mut Machine<Observer>) {
    let unsampled = core::mem::take(&mut machine.sink_mut().unsampled);
    // From the last to the first, so that places stay right.
    for (at, why, seen) in unsampled.into_iter().rev() {
        let mut moment = sample(machine, why);
        for zone in &mut moment.zones {
            if let (Some(&free), true) = (seen.get(&zone.id), why == Why::Wakeup) {
                zone.free_exact += free - zone.free;
                zone.free = free;
            }
        }
        let micros = machine.sink().micros;
        machine.sink_mut().entries.insert(at + 1, Entry { micros, what: What::Moment(moment) });
    }
}

fn sample(machine: &Machine<Observer>, why: Why) -> Moment {
    let nodes = machine.nodes().iter().filter(|node| node.present_pages > 0).map(|node| {
        let stat = |item| node.stat.get(item);
        NodeMoment {
            id: node.id,
            lists: [
                stat(NodeItem::InactiveAnon),
                stat(NodeItem::ActiveAnon),
                stat(NodeItem::InactiveFile),
                stat(NodeItem::ActiveFile),
                stat(NodeItem::Unevictable),
            ],
            isolated: [stat(NodeItem::IsolatedAnon), stat(NodeItem::IsolatedFile)],
            dirty: stat(NodeItem::Dirty),
            writeback: stat(NodeItem::Writeback),
            slab: [stat(NodeItem::SlabReclaimable), stat(NodeItem::SlabUnreclaimable)],
            kswapd_order: node.kswapd_order,
            kswapd_highest_zoneidx: node.kswapd_highest_zoneidx,
            kswapd_failures: node.kswapd_failures,
            kswapd_asleep: node.kswapd_asleep,
        }
    });
    let zones = machine.zones().iter().filter(|zone| zone.is_populated()).map(|zone| ZoneMoment {
        id: zone.id,
        free: zone.page_state(ZoneItem::FreePages),
        free_exact: machine.zone_page_state_snapshot(zone, ZoneItem::FreePages),
        free_cma: zone.page_state(ZoneItem::FreeCma),
        boost: zone.watermark_boost,
        highatomic: zone.nr_reserved_highatomic,
        lists: [ZoneItem::InactiveAnon, ZoneItem::ActiveAnon, ZoneItem::InactiveFile, ZoneItem::ActiveFile]
            .map(|item| zone.page_state(item) as u64),
    });
    let count = |events: &[VmEvent]| events.iter().map(|&event| machine.vm_events().get(event) as i64).sum();
    let events = COUNTERS.iter().map(|(name, events)| ((*name).to_owned(), count(events))).collect();
    Moment { why, nodes: nodes.collect(), zones: zones.collect(), events }
}
