//! What describes a machine before it boots: memory map, distances, CPUs, boot parameters and sysctls.

mod boot_params;
mod distances;
mod error;
mod pc;
mod ranges;
mod size;
mod sysctl;
mod thp;

pub use boot_params::{BootParams, CmaRequest, CoreSize, MapEdit, MapType, Thp};
pub use distances::Distances;
pub use error::ConfigError;
pub use pc::{PcNode, PcSpec};
pub use ranges::{ByteRange, MemoryRange};
pub use size::parse_size;
pub use sysctl::{Sysctl, Sysctls};
pub use thp::{ThpDefrag, ThpSettings};

use crate::pfn::{MAX_CPUS, MAX_NUMNODES, NodeId, PAGE_SHIFT, Pfn};

/// Most memory a machine may have: 16 TiB.
pub const MAX_MEMORY_BYTES: u64 = 16 << 40;
/// First address the model does not accept: 46 bits of physical address.
pub const ADDRESS_LIMIT: u64 = Pfn::LIMIT.0 << PAGE_SHIFT;

/// A machine as its firmware presents it, with what its owner asks of the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineConfig {
    /// Usable memory (e820 RAM) with the node each range belongs to (SRAT). Ranges may not overlap.
    pub memory: Vec<MemoryRange>,
    /// Memory in use before the buddy allocator starts: firmware, kernel image, page records. May overlap.
    pub reserved: Vec<ByteRange>,
    /// The node of each CPU by CPU id, all online; `None` where firmware does not tell.
    pub cpus: Vec<Option<NodeId>>,
    /// Distances between nodes (SLIT).
    pub distances: Distances,
    /// The kernel command line.
    pub boot: BootParams,
    /// Values of `/proc/sys/vm` files at boot.
    pub sysctls: Sysctls,
}

impl MachineConfig {
    /// Nodes a table has to have room for: one more than the highest node of a memory range or CPU.
    #[must_use]
    pub fn node_count(&self) -> usize {
        let of_memory = self.memory.iter().map(|m| m.node);
        let of_cpus = self.cpus.iter().flatten().copied();
        of_memory.chain(of_cpus).map(|node| node.index() + 1).max().unwrap_or(1)
    }

    /// Bytes of all memory ranges.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        self.memory.iter().fold(0, |sum, m| sum.saturating_add(m.range.len()))
    }

    /// Checks every limit of the model.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the first field that is out of range, or two memory ranges that overlap.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.validate_memory()?;
        for (i, range) in self.reserved.iter().enumerate() {
            range.validate(&format!("reserved[{i}]"))?;
        }
        self.validate_cpus()?;
        self.sysctls.validate()
    }

    fn validate_memory(&self) -> Result<(), ConfigError> {
        if self.memory.is_empty() {
            return Err(ConfigError::out_of_range("memory", "no range", "at least one range"));
        }
        for (i, memory) in self.memory.iter().enumerate() {
            memory.range.validate(&format!("memory[{i}]"))?;
            check_node(memory.node, || format!("memory[{i}].node"))?;
        }
        if self.memory_bytes() > MAX_MEMORY_BYTES {
            return Err(ConfigError::out_of_range("memory", self.memory_bytes(), "at most 16 TiB in all"));
        }
        let mut sorted: Vec<ByteRange> = self.memory.iter().map(|m| m.range).collect();
        sorted.sort_unstable();
        match sorted.windows(2).find(|pair| pair[0].end > pair[1].start) {
            Some(pair) => Err(ConfigError::Overlap { first: pair[0], second: pair[1] }),
            None => Ok(()),
        }
    }

    fn validate_cpus(&self) -> Result<(), ConfigError> {
        if self.cpus.is_empty() || self.cpus.len() > MAX_CPUS {
            return Err(ConfigError::out_of_range("cpus", self.cpus.len(), format!("1..={MAX_CPUS} CPUs")));
        }
        for (cpu, node) in self.cpus.iter().enumerate() {
            if let Some(node) = node {
                check_node(*node, || format!("cpus[{cpu}]"))?;
            }
        }
        Ok(())
    }
}

fn check_node(node: NodeId, field: impl FnOnce() -> String) -> Result<(), ConfigError> {
    if node.index() < MAX_NUMNODES {
        Ok(())
    } else {
        Err(ConfigError::out_of_range(field(), node, format!("0..{MAX_NUMNODES}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> MachineConfig {
        let spec = PcSpec::uniform(2, 1 << 30, 2, 20).expect("a plain machine");
        MachineConfig::pc(&spec).expect("a plain machine")
    }

    fn message(result: Result<(), ConfigError>) -> String {
        result.expect_err("the configuration is bad").to_string()
    }

    #[test]
    fn a_plain_machine_is_valid() {
        let config = config();
        assert_eq!(config.validate(), Ok(()));
        assert_eq!(config.node_count(), 2);
    }

    #[test]
    fn overlapping_memory_is_named() {
        let mut config = config();
        config.memory.push(MemoryRange::new(0x200000, 0x300000, NodeId(1)));
        assert_eq!(message(config.validate()), "memory 0x100000-0x40000000 overlaps 0x200000-0x300000");
    }

    #[test]
    fn bad_fields_are_named_with_their_range() {
        let mut config = config();
        config.cpus.push(Some(NodeId(64)));
        assert_eq!(message(config.validate()), "cpus[4] is 64; allowed: 0..64");
        config.cpus.clear();
        assert_eq!(message(config.validate()), "cpus is 0; allowed: 1..=1024 CPUs");
        config.reserved.push(ByteRange { start: 8, end: 4 });
        assert!(message(config.validate()).starts_with("reserved["));
        config.memory.clear();
        assert_eq!(message(config.validate()), "memory is no range; allowed: at least one range");
    }
}
