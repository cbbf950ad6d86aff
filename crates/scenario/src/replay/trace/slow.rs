//! Lines of the slow path: walks, wakeups, decisions between attempts, frees.

use buddyscope_mm::event::{Event, OomEvent, Outcome, SlowEvent, Wakeup};
use buddyscope_mm::gfp::{AllocFlags, Gfp};
use buddyscope_mm::pfn::{NodeMask, Pfn, ZoneId};

/// A request that has begun; reclaim makes requests of its own within another.
struct Request {
    order: u8,
    highest_zoneidx: u8,
    walk: Option<Walk>,
}

/// A walk of the zonelist that has begun.
#[derive(Clone, Copy)]
struct Walk {
    alloc_flags: AllocFlags,
    gfp: Gfp,
    preferred: Option<ZoneId>,
    nodemask: Option<NodeMask>,
}

/// Writes the lines of the slow path.
#[derive(Default)]
pub(super) struct Writer {
    /// Whether every request is one that reclaim makes: there is none around.
    all_inner: bool,
    requests: Vec<Request>,
    /// CPUs that a drain has reached so far.
    draining: Option<u64>,
}

impl Writer {
    /// A writer for a run of reclaim, which no request is around.
    pub(super) fn for_run() -> Writer {
        Writer { all_inner: true, ..Writer::default() }
    }

    /// Takes the next event.
    pub(super) fn hear(&mut self, event: &Event, lines: &mut Vec<String>) {
        self.end_drain(event, lines);
        match *event {
            Event::AllocBegin { gfp, order, node, nodemask, highest_zoneidx, task_flags, .. } => {
                if self.all_inner || !self.requests.is_empty() {
                    let (mask, gfp, flags) = (mask(nodemask), gfp.bits(), task_flags);
                    lines.push(format!("a begin nid={node} nodemask={mask} gfp={gfp:#x} order={order} pf={flags:#x}"));
                }
                self.requests.push(Request { order, highest_zoneidx, walk: None });
            }
            Event::AllocEnd { pfn, zone, outcome, .. } => {
                if outcome == Outcome::Fast {
                    self.end_walk(pfn, zone, lines);
                }
                self.requests.pop();
                if self.all_inner || !self.requests.is_empty() {
                    lines.push(format!("a end -> {}", page(pfn, zone)));
                }
            }
            Event::Walk { alloc_flags, gfp, preferred, nodemask } => {
                if let Some(request) = self.requests.last_mut() {
                    request.walk = Some(Walk { alloc_flags, gfp, preferred, nodemask });
                }
            }
            Event::WakeKswapd { node, order, highest_zoneidx, gfp, wakeup: Wakeup::Woken } => {
                let gfp = gfp.bits();
                lines.push(format!("e wakeup_kswapd nid={node} zid={highest_zoneidx} order={order} gfp={gfp:#x}"));
            }
            Event::Steal { pfn, order, fallback_order, start, fallback, .. } => lines.push(format!(
                "e extfrag pfn={pfn} alloc_order={order} fallback_order={fallback_order} alloc_mt={} fallback_mt={}",
                start as u8, fallback as u8
            )),
            Event::Free { pfn, order, .. } => lines.push(format!("f {pfn} {order}")),
            Event::Oom(OomEvent::Disabled) => lines.push("e oom_disabled".to_owned()),
            Event::Slow(event) => self.hear_slow(event, lines),
            _ => {}
        }
    }

    fn hear_slow(&mut self, event: SlowEvent, lines: &mut Vec<String>) {
        lines.push(match event {
            SlowEvent::Walked { pfn, zone } => return self.end_walk(pfn, zone, lines),
            SlowEvent::DrainAll => return self.draining = Some(0),
            SlowEvent::DrainCpu { cpu } => {
                self.draining = self.draining.map(|cpus| cpus | 1 << cpu.0);
                return;
            }
            SlowEvent::Progress { pages } => format!("e progress={pages}"),
            SlowEvent::ReclaimRetryZone {
                zone,
                order,
                reclaimable,
                available,
                min_wmark,
                no_progress_loops,
                wmark,
            } => format!(
                "e reclaim_retry_zone zone={} order={order} reclaimable={reclaimable} available={available} \
                 min={min_wmark} no_progress={no_progress_loops} ok={}",
                name(zone),
                u8::from(wmark)
            ),
            SlowEvent::CongestionWait { jiffies } => format!("e congestion_wait sync=0 jiffies={jiffies}"),
            SlowEvent::CompactRetry { order, priority, result, retries, max_retries, retry } => format!(
                "e compact_retry order={order} prio={priority} result={} retries={retries} max={max_retries} ret={}",
                result as u8,
                u8::from(retry)
            ),
            SlowEvent::Unreserve { zone, pfn, order, migratetype, force, moved, reserved } => format!(
                "e unreserve zone={} pfn={pfn} order={order} mt={} force={} moved={} ha={reserved}",
                name(zone),
                migratetype as u8,
                u8::from(force),
                u8::from(moved > 0)
            ),
            SlowEvent::NodeReclaim { zone, order, result } => {
                format!("e node_reclaim nid={} zone={} order={order} ret={}", zone.node(), name(zone), result as i8)
            }
            SlowEvent::NodeReclaimBegin { node, order, gfp } => {
                format!("e node_reclaim_begin nid={node} order={order} gfp={:#x}", gfp.bits())
            }
            SlowEvent::NodeReclaimEnd { reclaimed } => format!("e node_reclaim_end reclaimed={reclaimed}"),
            SlowEvent::MayOom { order, gfp } => format!("e may_oom order={order} gfp={:#x}", gfp.bits()),
            _ => return,
        });
    }

    fn end_walk(&mut self, pfn: Option<Pfn>, zone: Option<ZoneId>, lines: &mut Vec<String>) {
        let Some(request) = self.requests.last_mut() else { return };
        let Some(walk) = request.walk.take() else { return };
        lines.push(format!(
            "e get_page gfp={:#x} order={} alloc_flags={:#x} nodemask={} pref={} hzi={} -> {}",
            walk.gfp.bits(),
            request.order,
            walk.alloc_flags.bits(),
            mask(walk.nodemask),
            walk.preferred.map_or_else(|| "-1:-1".to_owned(), name),
            request.highest_zoneidx,
            page(pfn, zone)
        ));
    }

    /// The drain's line tells the CPUs that took part: any other event comes after the last of them.
    fn end_drain(&mut self, event: &Event, lines: &mut Vec<String>) {
        if !matches!(event, Event::Slow(SlowEvent::DrainCpu { .. }))
            && let Some(cpus) = self.draining.take()
        {
            lines.push(format!("e drain_all zone=-1:-1 cpus={cpus:#x}"));
        }
    }
}

/// Node and index of a zone.
fn name(zone: ZoneId) -> String {
    format!("{}:{}", zone.node(), zone.zone_type().index())
}

fn mask(nodemask: Option<NodeMask>) -> String {
    nodemask.map_or_else(|| "-".to_owned(), |mask| format!("{:#x}", mask.0))
}

fn page(pfn: Option<Pfn>, zone: Option<ZoneId>) -> String {
    match (pfn, zone) {
        (Some(pfn), Some(zone)) => format!("pfn={pfn} zone={}", name(zone)),
        _ => "pfn=FAIL".to_owned(),
    }
}
