//! From what is told to a machine.

use super::error::RebuildError;
use super::layout::{Place, places};
use super::room::{Room, Untouched};
use super::told::{Told, ToldNode, ToldPcp, ToldZone};
use crate::sentence::Args;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::{
    CpuId, MAX_NR_ZONES, MIGRATE_TYPES, MigrateType, NodeId, NodeMask, Order, PAGEBLOCK_NR_PAGES, Pfn, ZoneId, ZoneType,
};
use buddyscope_mm::restore::MachineParts;
use buddyscope_mm::vmstat::ZoneItem;
use buddyscope_mm::zone::{Cpu, Node, Zone, build_node_zonelists};
use buddyscope_mm::{BuddyOptions, Machine};

/// Most free blocks of a zone that are placed: 16 TiB in the largest blocks.
const MAX_BLOCKS: u64 = 1 << 22;
/// Fruitless runs after which kswapd has given up on a node (`MAX_RECLAIM_RETRIES`).
const GIVEN_UP: u32 = 16;
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
    pub in_use: Vec<(ZoneId, Vec<(Pfn, Order)>)>,
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
        let mut machine = Machine::new(parts(&told, &places), sink)?;
        machine.set_reclaims(false);
        machine.init_pageblocks();
        machine.restore_limits();
        let mut in_use = Vec::with_capacity(places.len());
        for (nth, place) in places.into_iter().enumerate() {
            let zone = told.zones[nth].clone();
            let (blocks, left_out) = fill(&mut machine, &zone, place)?;
            in_use.push((zone.id, blocks));
            if left_out > 0 {
                told.assume("assume.leftOut", Args::new().zone(zone.id).with("pages", left_out));
            }
            set_counters(&mut machine, &mut told, &zone);
        }
        for node in &told.nodes {
            node.counters.iter().for_each(|&(item, value)| machine.restore_node_stat(node.id, item, value as i64));
        }
        Ok(Rebuilt { machine, told, in_use })
    }
}

fn parts(told: &Told, places: &[Place]) -> MachineParts {
    let ids = told.zones.iter().map(|zone| zone.id.node()).chain(told.nodes.iter().map(|node| node.id));
    let online: NodeMask = ids.chain(told.cpus.iter().map(|&(_, node)| node)).collect();
    let count = online.iter().last().map_or(1, |last| last.index() + 1);
    let mut zones: Vec<Zone> =
        (0..count).flat_map(|id| ZoneType::ALL.map(|kind| Zone::empty(NodeId(id as u8), kind))).collect();
    for (zone, place) in told.zones.iter().zip(places) {
        zones[zone.id.index()] = numbers(zone, place);
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
        reserved: places.iter().flat_map(reserved).collect(),
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

fn numbers(told: &ToldZone, place: &Place) -> Zone {
    let mut zone = Zone::empty(told.id.node(), told.id.zone_type());
    zone.start_pfn = place.start;
    zone.spanned_pages = place.spanned;
    zone.present_pages = told.present;
    zone.managed_pages = told.managed;
    zone.watermark = told.marks;
    zone.lowmem_reserve = told.reserve;
    zone.nr_reserved_highatomic = told.highatomic;
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
    node.kswapd_failures = if told.nodes.iter().any(hopeless) { GIVEN_UP } else { 0 };
    node
}

/// Pages that exist and that the buddy allocator never got.
fn reserved(place: &Place) -> Vec<(Pfn, Pfn)> {
    let mut reserved = Vec::new();
    for present in &place.present {
        let mut at = present.start;
        for managed in place.managed.iter().filter(|range| present.start <= range.start && range.end <= present.end) {
            reserved.extend((at < managed.start).then_some((Pfn(at), Pfn(managed.start))));
            at = managed.end;
        }
        reserved.extend((at < present.end).then_some((Pfn(at), Pfn(present.end))));
    }
    reserved
}

/// Blocks in use, and pages that are told to be free and have no place.
type Filled = (Vec<(Pfn, Order)>, u64);

/// Places a zone's free blocks and per-CPU pages; all else is in use.
fn fill<S: Sink>(machine: &mut Machine<S>, told: &ToldZone, place: Place) -> Result<Filled, RebuildError> {
    let blocks: u64 = told.blocks.iter().flatten().fold(0, |sum: u64, &count| sum.saturating_add(count));
    if blocks > MAX_BLOCKS {
        return Err(RebuildError::TooManyBlocks(told.id, blocks));
    }
    let mut untouched = Untouched::new(place.managed);
    // Each type has pageblocks of its own.
    let mut rooms: [Room; MIGRATE_TYPES] = Default::default();
    let mut left_out = 0;
    for (order, counts) in told.blocks.iter().enumerate().rev() {
        for (list, room) in MigrateType::ALL.into_iter().zip(&mut rooms) {
            for _ in 0..counts[list.index()] {
                let Some(placed) = room.take(&mut untouched, order) else {
                    left_out += 1 << order;
                    continue;
                };
                if let Some((begun, size)) = placed.begun {
                    set_pageblocks(machine, begun, size, list);
                }
                machine.restore_free_block(told.id, placed.pfn, order_of(order), list)?;
            }
        }
    }
    for set in &told.pcp {
        left_out += fill_pcp(machine, told.id, set, &mut rooms[MigrateType::Movable.index()], &mut untouched)?;
    }
    let parts = rooms.into_iter().flat_map(Room::into_blocks);
    let mut rest: Vec<(Pfn, usize)> = parts.chain(untouched.into_blocks()).collect();
    split_largest(&mut rest);
    rest.sort_unstable_by_key(|&(pfn, order)| (order, pfn));
    let rest: Vec<(Pfn, Order)> = rest.into_iter().map(|(pfn, order)| (pfn, order_of(order))).collect();
    rest.iter().try_for_each(|&(pfn, order)| machine.restore_block_in_use(told.id, pfn, order))?;
    Ok((rest, left_out))
}

/// Puts pages on a per-CPU list; how many have no place.
fn fill_pcp<S: Sink>(
    machine: &mut Machine<S>,
    zone: ZoneId,
    set: &ToldPcp,
    room: &mut Room,
    untouched: &mut Untouched,
) -> Result<u64, RebuildError> {
    let list = MigrateType::Movable;
    for nth in 0..set.count {
        let Some(placed) = room.take(untouched, 0) else { return Ok(set.count - nth) };
        machine.restore_pcp_page(zone, set.cpu, list.index(), placed.pfn, list)?;
    }
    if let Some((high, batch)) = set.limits {
        let threshold = machine.pcp(zone, set.cpu).stat_threshold;
        machine.restore_pcp(zone, set.cpu, high, batch, threshold)?;
    }
    Ok(0)
}

/// Splits the largest block into halves down to order 1, so that nearly any number of pages can be freed. Single pages
/// would go to per-CPU lists, where they do not count as free.
fn split_largest(blocks: &mut Vec<(Pfn, usize)>) {
    let Some(at) = (0..blocks.len()).max_by_key(|&at| blocks[at].1).filter(|&at| blocks[at].1 > 1) else { return };
    let (pfn, order) = blocks.swap_remove(at);
    blocks.extend((1..order).map(|size| (Pfn(pfn.0 + (1 << size)), size)));
    blocks.push((pfn, 1));
}

fn order_of(order: usize) -> Order {
    Order::new(order as u32).unwrap_or_default()
}

fn set_pageblocks<S: Sink>(machine: &mut Machine<S>, start: Pfn, order: usize, list: MigrateType) {
    for at in (start.0..start.0 + (1 << order)).step_by(PAGEBLOCK_NR_PAGES as usize) {
        machine.restore_pageblock(Pfn(at), list);
    }
}

fn set_counters<S: Sink>(machine: &mut Machine<S>, told: &mut Told, zone: &ToldZone) {
    machine.restore_zone_stat(zone.id, ZoneItem::FreePages, zone.free as i64);
    machine.restore_zone_stat(zone.id, ZoneItem::FreeCma, zone.free_cma as i64);
    zone.counters.iter().for_each(|&(item, value)| machine.restore_zone_stat(zone.id, item, value as i64));
    keep_difference(machine, told, zone);
}

/// The counter of free pages lags behind the lists by what CPUs keep to themselves, and by what happened while the text
/// was printed. The first CPU keeps the difference.
fn keep_difference<S: Sink>(machine: &mut Machine<S>, told: &mut Told, zone: &ToldZone) {
    let listed: i64 = (0..)
        .zip(&zone.blocks)
        .map(|(order, _)| (machine.zones()[zone.id.index()].nr_free(order) << order) as i64)
        .sum();
    let difference = listed - zone.free as i64;
    if difference == 0 {
        return;
    }
    let args = Args::new().zone(zone.id).with("free", zone.free).with("listed", listed);
    told.assume("assume.counter", args);
    let kept = difference.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
    // The first CPU is there, or there would be no machine.
    let _ = machine.restore_delta(zone.id, CpuId(0), ZoneItem::FreePages, kept);
}
