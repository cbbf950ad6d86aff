//! Getting memory back (mm/vmscan.c) and, until then, avoiding nodes with too much dirty memory.

mod active;
mod balance;
mod buffers;
mod direct;
mod dirty;
mod evict;
mod inactive;
mod isolate;
mod kswapd;
mod lruvec;
mod mapping;
pub mod memcg;
mod named;
mod node;
mod pageout;
mod scan_control;
mod scan_count;
mod script;
mod shrink_node;
pub mod shrinker;
mod soft_limit;
mod synchronous;
#[cfg(test)]
pub(crate) mod testing;
mod try_to_free;
mod vmpressure;

pub(crate) use direct::DirectReclaim;
pub(crate) use kswapd::BalancePgdat;
pub use memcg::MemcgLimit;
pub(crate) use scan_control::ScanControl;
pub(crate) use script::ReclaimScript;
pub use script::{BufferRelease, SlabRequest};
pub(crate) use shrink_node::NodeShrink;
pub(crate) use shrinker::Shrinkers;
pub(crate) use try_to_free::TryToFree;
