//! How long machines take to boot, and what their page records weigh then.

use crate::measure::{Clock, Times};
use buddyscope_mm::Machine;
use buddyscope_mm::config::{ConfigError, MachineConfig, PcSpec};
use buddyscope_mm::event::NullSink;
use serde::Serialize;

/// A machine to boot: equal nodes with four CPUs each.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct MachineSize {
    /// Memory of all nodes together.
    pub bytes: u64,
    /// Nodes.
    pub nodes: usize,
}

/// From a small machine to the largest.
pub const MACHINES: [MachineSize; 5] = [
    MachineSize { bytes: 1 << 30, nodes: 1 },
    MachineSize { bytes: 16 << 30, nodes: 1 },
    MachineSize { bytes: 64 << 30, nodes: 2 },
    MachineSize { bytes: 1 << 40, nodes: 4 },
    MachineSize { bytes: 16 << 40, nodes: 64 },
];

/// What one boot took.
#[derive(Clone, Debug, Serialize)]
pub struct BootFigures {
    /// The machine.
    pub machine: MachineSize,
    /// Milliseconds in the best round.
    pub best_ms: f64,
    /// The same in the median round.
    pub median_ms: f64,
    /// Bytes of page records after it.
    pub page_state_bytes: u64,
}

/// Boots a machine so many times.
///
/// # Errors
/// [`ConfigError`] if there can be no such machine.
pub fn boot(size: MachineSize, rounds: usize, clock: Clock<'_>) -> Result<BootFigures, ConfigError> {
    let spec = PcSpec::uniform(size.nodes, size.bytes / size.nodes as u64, 4, 20)?;
    let config = MachineConfig::pc(&spec)?;
    let mut times = Times::default();
    let mut page_state_bytes = 0;
    for _ in 0..rounds.max(1) {
        let start = clock();
        let machine = Machine::boot(&config, NullSink)?;
        times.add(clock() - start);
        page_state_bytes = machine.page_state_bytes() as u64;
    }
    Ok(BootFigures { machine: size, best_ms: times.best(), median_ms: times.median(), page_state_bytes })
}
