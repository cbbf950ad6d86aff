//! What /sys/devices/system/node and numactl tell of nodes.

mod ids;
mod numactl;

pub use ids::{Distances, IdList};
pub use numactl::{Hardware, HardwareNode};
