//! A machine from what texts tell of it: sizes, marks, reserves, free blocks, per-CPU pages and counters as told, the
//! rest assumed, and every assumption named.

mod build;
mod error;
mod from_proc;
mod from_report;
mod layout;
mod plan;
mod room;
mod told;

pub use build::Rebuilt;
pub use error::RebuildError;
pub use from_proc::ProcTexts;
#[cfg(feature = "files")]
pub(crate) use from_report::{node_counters, zone_counters};
pub use plan::Block;
#[cfg(feature = "files")]
pub(crate) use room::{Room, Untouched};
pub use told::{BlockCounts, Told, ToldNode, ToldPcp, ToldZone};
