//! Getting memory back (mm/vmscan.c) and, until then, avoiding nodes with too much dirty memory.

mod direct;
mod dirty;
mod node;
mod reclaimable;
mod scan_control;
pub mod shrinker;

pub(crate) use direct::DirectReclaim;
pub(crate) use scan_control::ScanControl;
pub(crate) use shrinker::Shrinkers;
