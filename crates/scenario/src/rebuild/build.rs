//! From what is told to a machine.

use super::error::RebuildError;
use super::layout::{Place, places};
use super::plan::{Block, Plan};
use super::told::{Told, ToldNode, ToldZone};
use crate::sentence::Args;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::{
    CpuId, MAX_NR_ZONES, MAX_ORDER, MigrateType, NodeId, NodeMask, Order, PAGEBLOCK_NR_PAGES, Pfn, ZoneId, ZoneType,
};
use buddyscope_mm::restore::MachineParts;
use buddyscope_mm::vmstat::ZoneItem;
use buddyscope_mm::zone::{Cpu, MAX_RECLAIM_RETRIES, Node, Zone, build_node_zonelists};
use buddyscope_mm::{BuddyOptions, Machine};

/// Distance of a node to itself and to others where nothing is told.
const NEAR_FAR: [u8; 2] = [10, 20];

/// A machine that was made from texts.
#[derive(Clone)]
pub struct Rebuilt<S> {
    /// The machine, in the state that is told.
    pub machine: Machine<S>,
    /// What was told, and what was assumed.
    pub told: Told,
    /// Blocks in use, by zone, largest last: what could be freed.
    pub in_use: Vec<(ZoneId, Vec<Block>)>,
}

impl<S: Sink> Rebuilt<S> {
    /// Makes the machine. Nobody runs on it, so its requests do not reclaim.
    ///
    /// # Errors
    /// [`RebuildError`] if the texts contradict themselves or tell of more than the model can hold.
    pub fn new(mut told: Told, sink: S) -> Result<Rebuilt<S>, RebuildError> {
        if told.zones.is_empty() {
            return Err(RebuildError::NoZones);
        }
        let places = places(&mut told)?;
        let plans: Vec<Plan> =
            told.zones.iter().zip(&places).map(|(zone, place)| Plan::new(zone, place)).collect::<Result<_, _>>()?;
        let mut machine = Machine::new(parts(&told, &places, &plans), sink)?;
        machine.set_reclaims(false);
        machine.init_pageblocks();
        machine.restore_limits();
        let mut in_use = Vec::with_capacity(plans.len());
        for (zone, plan) in told.zones.clone().iter().zip(plans) {
            if plan.highatomic != zone.highatomic {
                told.keep_highatomic(zone.id, plan.highatomic);
            }
            fill(&mut machine, zone, &plan)?;
            if plan.left_out > 0 {
                told.assume("assume.leftOut", Args::new().zone(zone.id).with("pages", plan.left_out));
            }
            set_counters(&mut machine, &mut told, zone);
            in_use.push((zone.id, plan.in_use));
        }
        for node in &told.nodes {
            node.counters.iter().for_each(|&(item, value)| machine.restore_node_stat(node.id, item, value as i64));
        }
        Ok(Rebuilt { machine, told, in_use })
    }
}

fn parts(told: &Told, places: &[Place], plans: &[Plan]) -> MachineParts {
    let ids = told.zones.iter().map(|zone| zone.id.node()).chain(told.nodes.iter().map(|node| node.id));
    let online: NodeMask = ids.chain(told.cpus.iter().map(|&(_, node)| node)).collect();
    let count = online.iter().last().map_or(1, |last| last.index() + 1);
    let mut zones: Vec<Zone> =
        (0..count).flat_map(|id| ZoneType::ALL.map(|kind| Zone::empty(NodeId(id as u8), kind))).collect();
    for ((zone, place), plan) in told.zones.iter().zip(places).zip(plans) {
        zones[zone.id.index()] = numbers(zone, place, plan);
    }
    let mut nodes: Vec<Node> = (0..count).map(|id| node(told, &zones, NodeId(id as u8), count)).collect();
    let with_memory = nodes.iter().filter(|node| node.present_pages > 0).map(|node| node.id).collect();
    build_node_zonelists(&mut nodes, &zones, with_memory, online);
    let mut zone_ranges: Vec<(Pfn, Pfn, ZoneId)> = places
        .iter()
        .flat_map(|place| place.present.iter().map(|range| (Pfn(range.start), Pfn(range.end), place.id)))
        .collect();
    zone_ranges.sort_unstable();
    MachineParts {
        nodes,
        zones,
        cpus: told.cpus.iter().map(|&(id, node)| Cpu { id, node }).collect(),
        zone_ranges,
        reserved: plans.iter().flat_map(|plan| plan.reserved.iter().copied()).collect(),
        online_nodes: online,
        options: BuddyOptions {
            group_by_mobility_disabled: false,
            guardpage_minorder: 0,
            watermark_boost_factor: told.sysctls.watermark_boost_factor.into(),
            numa_stat: true,
        },
        sysctl: told.sysctls.clone(),
        min_free_kbytes: told.min_free_kbytes,
        totalreserve_pages: 0,
        fault: None,
        seed: 0,
    }
}

fn numbers(told: &ToldZone, place: &Place, plan: &Plan) -> Zone {
    let mut zone = Zone::empty(told.id.node(), told.id.zone_type());
    zone.start_pfn = place.start;
    zone.spanned_pages = place.spanned;
    zone.present_pages = told.present;
    zone.managed_pages = told.managed;
    zone.watermark = told.marks;
    zone.lowmem_reserve = told.reserve;
    zone.nr_reserved_highatomic = plan.highatomic;
    zone
}

fn node(told: &Told, zones: &[Zone], id: NodeId, count: usize) -> Node {
    let mut own = zones[id.index() * MAX_NR_ZONES..][..MAX_NR_ZONES].iter().filter(|zone| zone.is_populated());
    let mut node = Node::new(id);
    let [near, far] = NEAR_FAR;
    let guess = |to: usize| if to == id.index() { near } else { far };
    let row = told.distances.as_ref().and_then(|rows| rows.get(id.index()));
    node.distance = (0..count).map(|to| row.and_then(|row| row.get(to)).copied().unwrap_or(guess(to))).collect();
    node.start_pfn = own.clone().map(|zone| zone.start_pfn).min().unwrap_or(Pfn(0));
    node.spanned_pages = own.clone().map(|zone| zone.end_pfn().0).max().unwrap_or(0) - node.start_pfn.0;
    node.present_pages = own.clone().map(|zone| zone.present_pages).sum();
    node.nr_zones = own.next_back().map_or(0, |zone| zone.id.zone_type() as u8 + 1);
    let hopeless = |told: &ToldNode| told.id == id && told.hopeless;
    node.kswapd_failures = if told.nodes.iter().any(hopeless) { MAX_RECLAIM_RETRIES } else { 0 };
    node
}

/// Puts everything into its place.
fn fill<S: Sink>(machine: &mut Machine<S>, told: &ToldZone, plan: &Plan) -> Result<(), RebuildError> {
    for &((start, order), list) in &plan.typed {
        for at in (start.0..start.0 + order.pages()).step_by(PAGEBLOCK_NR_PAGES as usize) {
            machine.restore_pageblock(Pfn(at), list);
        }
    }
    for &((pfn, order), list) in &plan.free {
        machine.restore_free_block(told.id, pfn, order, list)?;
    }
    let movable = MigrateType::Movable;
    for &(cpu, pfn) in &plan.pcp {
        machine.restore_pcp_page(told.id, cpu, movable.index(), pfn, movable)?;
    }
    for set in &told.pcp {
        if let Some((high, batch)) = set.limits {
            let threshold = machine.pcp(told.id, set.cpu).stat_threshold;
            machine.restore_pcp(told.id, set.cpu, high, batch, threshold)?;
        }
    }
    plan.in_use.iter().try_for_each(|&(pfn, order)| machine.restore_block_in_use(told.id, pfn, order))?;
    Ok(())
}

fn set_counters<S: Sink>(machine: &mut Machine<S>, told: &mut Told, zone: &ToldZone) {
    zone.counters.iter().for_each(|&(item, value)| machine.restore_zone_stat(zone.id, item, value as i64));
    let listed = |list: MigrateType| -> i64 {
        let orders = (0..MAX_ORDER as u32).filter_map(Order::new);
        orders.map(|order| (machine.free_list(zone.id, order, list).count() << order.get()) as i64).sum()
    };
    let cma = listed(MigrateType::Cma);
    let isolated = listed(MigrateType::Isolate);
    let all: i64 = MigrateType::ALL.into_iter().map(listed).sum();
    set_counter(machine, told, zone.id, (ZoneItem::FreePages, zone.free), all - isolated);
    set_counter(machine, told, zone.id, (ZoneItem::FreeCma, zone.free_cma), cma);
}

/// A counter lags behind the lists by what CPUs keep to themselves, and by what happened while the text was printed. The
/// CPUs keep the difference, unless it is larger than they can: then the lists are right.
fn set_counter<S: Sink>(
    machine: &mut Machine<S>,
    told: &mut Told,
    zone: ZoneId,
    counter: (ZoneItem, u64),
    listed: i64,
) {
    let (item, value) = counter;
    let difference = listed.saturating_sub_unsigned(value);
    let shares = shares(machine, zone, difference);
    machine.restore_zone_stat(zone, item, if shares.is_some() { value as i64 } else { listed });
    if difference == 0 {
        return;
    }
    let args = Args::new().zone(zone).with("free", value).with("listed", listed);
    told.assume(if shares.is_some() { "assume.counter" } else { "assume.lists" }, args);
    for (cpu, share) in shares.unwrap_or_default() {
        // The CPU is there: it was asked for its threshold.
        let _ = machine.restore_delta(zone, cpu, item, share);
    }
}

/// What each CPU keeps of a difference; `None` if all together cannot keep it.
fn shares<S: Sink>(machine: &Machine<S>, zone: ZoneId, difference: i64) -> Option<Vec<(CpuId, i16)>> {
    let mut left = difference;
    let share = |cpu: &Cpu| {
        let threshold = i64::from(machine.pcp(zone, cpu.id).stat_threshold);
        let share = left.clamp(-threshold, threshold);
        left -= share;
        (cpu.id, share as i16)
    };
    let shares = machine.cpus().iter().map(share).collect();
    (left == 0).then_some(shares)
}
