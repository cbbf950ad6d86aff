//! A machine description from a few numbers: the memory map of an ordinary PC.

use super::{BootParams, ByteRange, ConfigError, Distances, MachineConfig, MemoryRange, Sysctls};
use crate::pfn::{MAX_CPUS, MAX_NUMNODES, NodeId, PAGE_SHIFT, PAGES_PER_SECTION};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const PAGE: u64 = 1 << PAGE_SHIFT;
/// Where conventional memory below the BIOS area starts and ends.
const LOW_RAM: ByteRange = ByteRange::new(PAGE, 0x9f000);
/// Memory below 1 MiB that firmware and the real-mode trampoline keep.
const LOW_RESERVED: [ByteRange; 2] = [ByteRange::new(0, 0x10000), ByteRange::new(0x99000, MIB)];
/// Where a kernel is loaded, and how much its image takes with all options of a distribution off.
const KERNEL_START: u64 = 16 * MIB;
const KERNEL_BYTES: u64 = 14 * MIB;
/// `pg_data_t` of a node, rounded up to pages.
const NODE_DATA_BYTES: u64 = 3 * PAGE;
/// Page records of one section (64 bytes a page).
const SECTION_MEMMAP_BYTES: u64 = PAGES_PER_SECTION * 64;

/// One node of a [`PcSpec`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct PcNode {
    /// Memory of the node, a multiple of 4096; 0 for a memoryless node.
    pub bytes: u64,
    /// CPUs of the node; 0 for a CPU-less node.
    pub cpus: u32,
    /// Whether its memory can be unplugged.
    pub hotpluggable: bool,
}

/// A PC from a few numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PcSpec {
    /// The nodes; memory and CPU ids are dealt out in their order.
    pub nodes: Vec<PcNode>,
    /// Distances between them.
    pub distances: Distances,
    /// Memory that may lie below 4 GiB; the rest starts at 4 GiB. 2 MiB..=4 GiB.
    pub max_ram_below_4g: u64,
}

impl PcSpec {
    /// `nodes` equal nodes, `remote_distance` from one another, with the PCI hole at 3 GiB.
    ///
    /// # Errors
    ///
    /// If there are more than 64 nodes or the distance is not in 11..=255.
    pub fn uniform(
        nodes: usize,
        bytes_per_node: u64,
        cpus_per_node: u32,
        remote_distance: u32,
    ) -> Result<PcSpec, ConfigError> {
        let node = PcNode { bytes: bytes_per_node, cpus: cpus_per_node, hotpluggable: false };
        Ok(PcSpec {
            distances: Distances::uniform(nodes, remote_distance)?,
            nodes: vec![node; nodes],
            max_ram_below_4g: 3 * GIB,
        })
    }

    fn validate(&self) -> Result<(), ConfigError> {
        let bad = |field: String, value: u64, allowed: &str| Err(ConfigError::out_of_range(field, value, allowed));
        if self.nodes.is_empty() || self.nodes.len() > MAX_NUMNODES {
            return bad("nodes".into(), self.nodes.len() as u64, "1..=64 nodes");
        }
        if !(2 * MIB..=4 * GIB).contains(&self.max_ram_below_4g) || !self.max_ram_below_4g.is_multiple_of(PAGE) {
            return bad("max_ram_below_4g".into(), self.max_ram_below_4g, "2 MiB..=4 GiB in pages of 4096 bytes");
        }
        for (i, node) in self.nodes.iter().enumerate() {
            if node.bytes > super::MAX_MEMORY_BYTES || !node.bytes.is_multiple_of(PAGE) {
                return bad(format!("nodes[{i}].bytes"), node.bytes, "0..=16 TiB in pages of 4096 bytes");
            }
            if node.cpus as usize > MAX_CPUS {
                return bad(format!("nodes[{i}].cpus"), u64::from(node.cpus), "0..=1024 CPUs");
            }
        }
        Ok(())
    }
}

impl MachineConfig {
    /// Lays out a PC: memory from 4 KiB to 636 KiB and from 1 MiB up to the PCI hole, the rest above 4 GiB; the
    /// ranges a kernel of modest size reserves; no boot parameters.
    ///
    /// # Errors
    ///
    /// [`ConfigError::OutOfRange`] names the field that breaks a limit.
    pub fn pc(spec: &PcSpec) -> Result<MachineConfig, ConfigError> {
        spec.validate()?;
        let memory = lay_out(spec);
        let config = MachineConfig {
            reserved: reserve(spec, &memory),
            memory,
            cpus: spec.nodes.iter().enumerate().flat_map(cpus_of_node).collect(),
            distances: spec.distances.clone(),
            boot: BootParams::default(),
            sysctls: Sysctls::default(),
        };
        config.validate()?;
        Ok(config)
    }
}

fn cpus_of_node((id, node): (usize, &PcNode)) -> impl Iterator<Item = Option<NodeId>> {
    (0..node.cpus).map(move |_| Some(NodeId(id as u8)))
}

/// Deals out addresses to the nodes in order.
fn lay_out(spec: &PcSpec) -> Vec<MemoryRange> {
    let low_end = spec.max_ram_below_4g;
    let usable = [LOW_RAM, ByteRange::new(MIB, low_end), ByteRange::new(4 * GIB, u64::MAX)];
    let mut memory = Vec::new();
    let mut next = 0;
    for (id, node) in spec.nodes.iter().enumerate() {
        // What does not fit below the hole moves up; the hole is skipped once, whoever reaches it.
        let mut left = node.bytes;
        while left != 0 {
            let room = if next < low_end { low_end - next } else { u64::MAX };
            let taken = ByteRange::new(next, next + left.min(room));
            for part in usable.iter().map(|&u| u.intersection(taken)).filter(|part| !part.is_empty()) {
                let hotpluggable = node.hotpluggable;
                memory.push(MemoryRange { range: part, node: NodeId(id as u8), hotpluggable, mirrored: false });
            }
            left -= taken.len();
            next = if taken.end == low_end { 4 * GIB } else { taken.end };
        }
    }
    memory
}

/// What a kernel has taken by the time its buddy allocator starts.
fn reserve(spec: &PcSpec, memory: &[MemoryRange]) -> Vec<ByteRange> {
    let mut reserved = LOW_RESERVED.to_vec();
    if let Some(home) = memory.iter().find(|m| m.range.start <= KERNEL_START && KERNEL_START < m.range.end) {
        // A machine too small for the usual image gets a smaller one, so that something is left to play with.
        let bytes = KERNEL_BYTES.min((home.range.end - KERNEL_START) / 2 / PAGE * PAGE);
        reserved.push(ByteRange::new(KERNEL_START, KERNEL_START + bytes));
    }
    for (id, node) in spec.nodes.iter().enumerate().filter(|(_, node)| node.bytes != 0) {
        // Records of memory that can be unplugged must not lie in it.
        let host =
            if node.hotpluggable { spec.nodes.iter().position(|n| !n.hotpluggable && n.bytes != 0) } else { None };
        reserve_records(NodeId(host.unwrap_or(id) as u8), node, memory, &mut reserved);
    }
    reserved
}

/// Puts a node's `pg_data_t` and page records at the top of its memory, as memblock's top-down search does.
fn reserve_records(host: NodeId, node: &PcNode, memory: &[MemoryRange], reserved: &mut Vec<ByteRange>) {
    let sections = node.bytes.div_ceil(PAGES_PER_SECTION << PAGE_SHIFT);
    for (bytes, align) in [(NODE_DATA_BYTES, PAGE), (sections * SECTION_MEMMAP_BYTES, SECTION_MEMMAP_BYTES)] {
        let home = memory.iter().rev().filter(|m| m.node == host).find_map(|m| {
            // At most half a range, so that small nodes keep free memory.
            let top = lowest_reserved(m.range, reserved);
            let start = top.checked_sub(bytes)? / align * align;
            (start >= m.range.start + m.range.len() / 2).then(|| ByteRange::new(start, start + bytes))
        });
        reserved.extend(home);
    }
}

/// End of the free memory below everything that is reserved in the upper half of the range.
fn lowest_reserved(range: ByteRange, reserved: &[ByteRange]) -> u64 {
    let half = range.start + range.len() / 2;
    let upper = reserved.iter().filter(|r| r.start >= half && r.start < range.end);
    upper.map(|r| r.start).fold(range.end, u64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(nodes: usize, bytes: u64) -> MachineConfig {
        MachineConfig::pc(&PcSpec::uniform(nodes, bytes, 1, 20).expect("spec")).expect("config")
    }

    #[test]
    fn memory_goes_around_the_holes() {
        let ranges: Vec<(u64, u64, u8)> =
            config(2, 2 * GIB).memory.iter().map(|m| (m.range.start, m.range.end, m.node.0)).collect();
        let expected = [(0x1000, 0x9f000, 0), (MIB, 2 * GIB, 0), (2 * GIB, 3 * GIB, 1), (4 * GIB, 5 * GIB, 1)];
        assert_eq!(ranges, expected);
    }

    #[test]
    fn the_largest_machine_fits() {
        let config = config(64, 256 * GIB);
        assert_eq!(config.validate(), Ok(()));
        let reserved: u64 = config.reserved.iter().map(|r| r.len()).sum();
        assert!(reserved > super::super::MAX_MEMORY_BYTES / 64, "page records are reserved");
    }

    #[test]
    fn small_nodes_keep_free_memory() {
        for mib in [4, 8, 20, 64] {
            let config = config(2, mib * MIB);
            let reserved: u64 = config.reserved.iter().map(|r| r.len()).sum();
            assert!(reserved < config.memory_bytes(), "{mib} MiB");
        }
    }

    #[test]
    fn too_much_is_refused_by_name() {
        let error = |nodes, bytes, cpus| {
            let spec = PcSpec::uniform(nodes, bytes, cpus, 20).expect("spec");
            MachineConfig::pc(&spec).expect_err("too much").to_string()
        };
        assert!(error(64, 512 * GIB, 1).starts_with("memory is "));
        assert!(error(2, GIB + 1, 1).starts_with("nodes[0].bytes is "));
        assert!(error(2, GIB, 600).starts_with("cpus is 1200"));
        assert!(error(2, GIB, 0).starts_with("cpus is 0"));
        assert!(error(0, GIB, 1).starts_with("nodes is 0"));
        assert!(PcSpec::uniform(65, GIB, 1, 20).is_err());
    }
}
