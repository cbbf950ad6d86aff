//! A booted machine as JSON.

use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::MAX_ORDER;
use buddyscope_mm::vmstat::ZoneItem;
use buddyscope_mm::zone::zonelist::Zonelist;
use buddyscope_mm::zone::{Node, Zone};
use serde_json::{Value, json};

/// Nodes, populated zones, CPUs and the values that hold for all.
pub(crate) fn describe<S: Sink>(machine: &Machine<S>) -> Value {
    let online = machine.online_nodes();
    let nodes = machine.nodes().iter().filter(|node| online.contains(node.id));
    let zones = machine.zones().iter().filter(|zone| zone.is_populated());
    let cpus = machine.cpus().iter().map(|cpu| json!({"id": cpu.id.0, "node": cpu.node.0}));
    json!({
        "minFreeKbytes": machine.min_free_kbytes(),
        "totalreservePages": machine.totalreserve_pages(),
        "nodes": nodes.map(node).collect::<Vec<_>>(),
        "zones": zones.map(|z| zone(machine, z)).collect::<Vec<_>>(),
        "cpus": cpus.collect::<Vec<_>>(),
    })
}

fn node(node: &Node) -> Value {
    json!({
        "id": node.id.0,
        "startPfn": node.start_pfn.0,
        "presentPages": node.present_pages,
        "spannedPages": node.spanned_pages,
        "distance": node.distance,
        "fallback": zonelist(&node.fallback),
        "nofallback": zonelist(&node.nofallback),
        "totalreservePages": node.totalreserve_pages,
    })
}

fn zonelist(list: &Zonelist) -> Vec<Value> {
    list.refs.iter().map(|r| json!({"node": r.node.0, "zone": r.zone.zone_type().name()})).collect()
}

fn zone<S: Sink>(machine: &Machine<S>, zone: &Zone) -> Value {
    let [min, low, high] = zone.watermark;
    json!({
        "node": zone.id.node().0,
        "name": zone.id.zone_type().name(),
        "startPfn": zone.start_pfn.0,
        "spannedPages": zone.spanned_pages,
        "presentPages": zone.present_pages,
        "managedPages": zone.managed_pages,
        "watermark": {"min": min, "low": low, "high": high, "boost": zone.watermark_boost},
        "percpuDriftMark": zone.percpu_drift_mark,
        "lowmemReserve": zone.lowmem_reserve,
        "freePages": zone.page_state(ZoneItem::FreePages),
        "freeCmaPages": zone.page_state(ZoneItem::FreeCma),
        "nrFree": (0..MAX_ORDER).map(|order| zone.nr_free(order)).collect::<Vec<_>>(),
        "pagesets": machine.cpus().iter().map(|cpu| pageset(machine, zone, cpu.id)).collect::<Vec<_>>(),
    })
}

fn pageset<S: Sink>(machine: &Machine<S>, zone: &Zone, cpu: buddyscope_mm::pfn::CpuId) -> Value {
    let pcp = machine.pcp(zone.id, cpu);
    json!({
        "cpu": cpu.0,
        "count": pcp.count,
        "high": pcp.high,
        "batch": pcp.batch,
        "statThreshold": pcp.stat_threshold,
    })
}
