//! From a machine description to nodes and zones: what the kernel works out before its buddy allocator has a page.
//!
//! The steps follow the kernel's: the firmware map and the boot parameters give the memory of each node
//! ([`memory`]), CPUs bring memoryless nodes online ([`nodes`]), each node's memory is cut into zones ([`span`],
//! [`movable`]), the free part is found ([`memblock`]), and the zonelists are built ([`super::zonelist_build`]).

mod deferred;
mod e820;
mod memblock;
mod memory;
mod movable;
mod nodes;
mod span;

use super::zonelist_build::build_all_zonelists;
use super::{Cpu, Node, Zone};
use crate::config::{ByteRange, ConfigError, MachineConfig};
use crate::pfn::{MAX_NR_ZONES, NodeId, NodeMask, Pfn, ZoneId, ZoneType};

/// Something the kernel would have complained about in its log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BootWarning {
    /// The firmware's node ranges leave memory out or there is none left for them: one node holds everything.
    NumaIgnored,
    /// The node's memory spans less than 4 MiB and it has no CPU: it stays offline and its memory unused.
    NodeTooSmall(NodeId),
    /// `cma=` asks for a place that is taken, too small or not aligned to 4 MiB.
    CmaNotReserved,
    /// The contiguous area would lie in two zones: its memory stays reserved and unused.
    CmaNotActivated,
    /// With `kernelcore=mirror`, memory below 4 GiB without a mirror stays with the kernel.
    UnmirroredLowMemory,
}

/// Sets of nodes by what they have (`node_states`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NodeStates {
    /// Nodes that exist for the kernel (`N_ONLINE`).
    pub online: NodeMask,
    /// Nodes with memory (`N_MEMORY`).
    pub memory: NodeMask,
    /// Nodes with memory below the Movable zone (`N_NORMAL_MEMORY`).
    pub normal_memory: NodeMask,
    /// Nodes with an online CPU (`N_CPU`), once all CPUs are up.
    pub cpu: NodeMask,
}

/// The machine before the buddy allocator has its first page.
#[derive(Clone, Debug)]
pub struct Layout {
    /// All nodes by id; those not in [`NodeStates::online`] are empty.
    pub nodes: Vec<Node>,
    /// Four zones a node, by [`ZoneId`]. `managed_pages` is the early estimate that zonelists are built from.
    pub zones: Vec<Zone>,
    /// The CPUs by id, all of which come online.
    pub cpus: Vec<Cpu>,
    /// Which nodes have what.
    pub states: NodeStates,
    /// Page frames that exist with the zone they belong to, ascending, reserved ones included.
    pub zone_ranges: Vec<(Pfn, Pfn, ZoneId)>,
    /// Page frames that exist and are not free, ascending.
    pub reserved: Vec<(Pfn, Pfn)>,
    /// What `memblock_free_all` hands to the buddy allocator, ascending.
    pub free_ranges: Vec<(Pfn, Pfn)>,
    /// Contiguous memory areas to activate: first page frame and pages.
    pub cma: Vec<(Pfn, u64)>,
    /// With deferred struct pages, the first page frame of each node that is not initialized at boot.
    pub first_deferred_pfn: Vec<Option<Pfn>>,
    /// Highest zone that memory policies apply to (`policy_zone`).
    pub policy_zone: ZoneType,
    /// The zone that Movable zones are cut from (`movable_zone`).
    pub movable_zone: ZoneType,
    /// Too little memory to keep migrate types apart (`page_group_by_mobility_disabled`).
    pub page_group_by_mobility_disabled: bool,
    /// Estimated pages of all zones, which decides that.
    pub vm_total_pages: u64,
    /// What the kernel would have complained about.
    pub warnings: Vec<BootWarning>,
}

/// Lays out the machine as `setup_arch` and `build_all_zonelists` do.
///
/// # Errors
///
/// [`ConfigError`] if the description breaks a limit or leaves no usable memory.
pub fn layout(config: &MachineConfig) -> Result<Layout, ConfigError> {
    config.validate()?;
    let mut warnings = Vec::new();
    let mut memory = memory::detect(config, &mut warnings)?;
    let (nodes, mut states, cpus) = nodes::bring_up(config, &mut memory, &mut warnings);
    if states.memory.is_empty() {
        return Err(ConfigError::NoMemory);
    }
    let cma = memblock::reserve_cma(config, &memory, &mut warnings);
    let reserved_bytes = all_reserved(config, cma);
    let free_ranges = memblock::free_ranges(&memory, &reserved_bytes);

    let bounds = span::zone_bounds(&memory);
    let movable = movable::find_zone_movable_pfns(&config.boot, &memory, &bounds, &mut warnings);
    let mut layout = Layout {
        zones: empty_zones(nodes.len()),
        nodes,
        cpus,
        states,
        zone_ranges: Vec::new(),
        reserved: memblock::pages_without(&memory, &free_ranges),
        free_ranges,
        cma: Vec::new(),
        first_deferred_pfn: Vec::new(),
        policy_zone: ZoneType::Dma,
        movable_zone: bounds.movable_zone,
        page_group_by_mobility_disabled: false,
        vm_total_pages: 0,
        warnings,
    };
    let dma_reserve = span::dma_reserve(&memory, &layout.free_ranges);
    let spans = span::Spans { memory: &memory, bounds: &bounds, movable: &movable, dma_reserve };
    spans.init_nodes(&mut layout.nodes, &mut layout.zones, &mut states);
    layout.states = states;
    layout.zone_ranges = spans.zone_ranges(&layout.zones);
    if movable.mirrored_kernelcore {
        leave_out_pages_without_zone(&mut layout);
    }
    layout.first_deferred_pfn = deferred::first_deferred(config, &layout);
    activate_cma(&mut layout, cma);
    build_all_zonelists(&mut layout);
    Ok(layout)
}

/// Mirrored memory behind the start of a node's Movable zone has no zone if that start leaves Normal nothing. The
/// kernel frees such pages with records it has never written; the model leaves them out.
fn leave_out_pages_without_zone(layout: &mut Layout) {
    let zoned: Vec<(Pfn, Pfn)> = layout.zone_ranges.iter().map(|range| (range.0, range.1)).collect();
    layout.free_ranges = memblock::intersection(&layout.free_ranges, &zoned);
    layout.reserved = memblock::intersection(&layout.reserved, &zoned);
}

fn empty_zones(nodes: usize) -> Vec<Zone> {
    let ids = (0..nodes).map(|id| NodeId(id as u8));
    ids.flat_map(|node| ZoneType::ALL.map(|zone| Zone::empty(node, zone))).collect()
}

fn all_reserved(config: &MachineConfig, cma: Option<ByteRange>) -> Vec<ByteRange> {
    let mut reserved = config.reserved.clone();
    reserved.extend(cma);
    reserved.sort_unstable();
    reserved
}

/// Keeps the area if it lies in one zone (`cma_activate_area`).
fn activate_cma(layout: &mut Layout, cma: Option<ByteRange>) {
    let Some((start, end)) = cma.and_then(ByteRange::pages_inside) else { return };
    let mut homes = layout.zone_ranges.iter().filter(|range| range.0 < end && start < range.1).map(|range| range.2);
    let first = homes.next();
    if first.is_some() && homes.all(|zone| Some(zone) == first) {
        layout.cma.push((start, end.0 - start.0));
    } else {
        layout.warnings.push(BootWarning::CmaNotActivated);
    }
}

/// Index of a node's zone in the table of zones.
const fn zone_index(node: usize, zone: ZoneType) -> usize {
    node * MAX_NR_ZONES + zone.index()
}

#[cfg(test)]
mod tests;
