//! What /sys/devices/system/node and numactl tell of nodes.

mod ids;
mod meminfo;
mod numactl;
mod of;

pub use ids::{Distances, IdList};
pub use meminfo::meminfo;
pub use numactl::{Hardware, HardwareNode};
pub use of::cpulist;
