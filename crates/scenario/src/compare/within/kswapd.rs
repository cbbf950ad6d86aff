//! When kswapd is woken and when it sleeps: both at the marks, never between.

use super::set;
use crate::compare::check::{Check, Tally};
use crate::compare::trace::{LoadEvent, Moment, Trace, What, Why};
use buddyscope_mm::Machine;
use buddyscope_mm::event::NullSink;
use buddyscope_mm::gfp::{AllocFlags, Gfp};
use buddyscope_mm::pfn::{MAX_NR_ZONES, NodeId};

/// Fruitless runs after which kswapd gives up on a node (`MAX_RECLAIM_RETRIES`).
const HOPELESS: u32 = 16;

pub(super) fn checks(trace: &Trace, machine: &mut Machine<NullSink>) -> Vec<Check> {
    let mut below_low = Tally::default();
    let mut needed = Tally::default();
    for (_, event, moment) in trace.sampled(Why::Wakeup) {
        let LoadEvent::WakeupKswapd { node, highest_zoneidx, order, gfp } = *event else { continue };
        // A sample does not tell which blocks are free, so nothing can be said about higher orders.
        if order > 0 {
            continue;
        }
        set(machine, moment);
        // Without flags it was the boost that woke it (`rmqueue`), not a failed attempt.
        if gfp != Gfp::empty() {
            let above = zone_above_low(machine, moment, node, highest_zoneidx, gfp);
            below_low.add(above.is_none(), || above.unwrap_or_default());
        }
        let failures = moment.node(node).map_or(0, |node| node.kswapd_failures);
        let needs = machine.needs_kswapd(node, order, highest_zoneidx) && failures < HOPELESS;
        needed.add(needs, || format!("node {node} is balanced and not boosted, or hopeless: {:?}", moment.zones));
    }
    let checks = [
        below_low.check("kswapd woken by requests: no zone of the node above its low mark"),
        needed.check("kswapd woken: its node unbalanced or boosted, and not given up"),
        sleeps(trace, machine).check("kswapd asleep: its node balanced or given up"),
    ];
    checks.into_iter().flatten().collect()
}

/// A zone of the node, up to an index, that would have served the request at the low mark.
fn zone_above_low(
    machine: &Machine<NullSink>,
    moment: &Moment,
    node: NodeId,
    highest_zoneidx: u8,
    gfp: Gfp,
) -> Option<String> {
    // Only movable requests may have pages of CMA areas (`current_alloc_flags`).
    let cma = if gfp.contains(Gfp::MOVABLE) { AllocFlags::CMA } else { AllocFlags::empty() };
    let zones = moment.zones_of(node).filter(|zone| zone.id.zone_type().index() <= highest_zoneidx.into());
    let mut checks = zones.map(|zone| machine.check_mark(zone.id, 0, highest_zoneidx, AllocFlags::WMARK_LOW | cma));
    checks.find(|check| check.verdict.passed()).map(|check| format!("{check:?}"))
}

fn sleeps(trace: &Trace, machine: &mut Machine<NullSink>) -> Tally {
    let mut tally = Tally::default();
    // What each node's kswapd works on; at first any zone.
    let mut working_on = std::collections::BTreeMap::new();
    let mut falls_asleep = None;
    for entry in &trace.entries {
        match &entry.what {
            What::Event { event: LoadEvent::KswapdWake { node, highest_zoneidx, .. }, .. } => {
                working_on.insert(*node, *highest_zoneidx);
            }
            What::Event { event: LoadEvent::KswapdSleep { node }, .. } => falls_asleep = Some(*node),
            What::Moment(moment) if moment.why == Why::KswapdSleep => {
                let Some(node) = falls_asleep else { continue };
                set(machine, moment);
                let zone = *working_on.get(&node).unwrap_or(&(MAX_NR_ZONES as u8 - 1));
                let hopeless = moment.node(node).is_some_and(|node| node.kswapd_failures >= HOPELESS);
                tally.add(hopeless || machine.is_balanced(node, 0, zone), || format!("{:?}", moment.zones));
            }
            _ => {}
        }
    }
    tally
}
