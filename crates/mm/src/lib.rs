//! The Linux 5.10 page allocator as a deterministic model: NUMA nodes, zones, watermarks, buddy lists, per-CPU lists
//! and everything that decides which page a request gets.
//!
//! [`Machine`] owns all state. Build one from a [`config::MachineConfig`], or restore a recorded moment with
//! [`restore::MachineParts`]; then allocate and free. Every decision is an [`event::Event`] for the machine's sink.

pub mod alloc;
pub mod audit;
mod boot;
mod buddy;
pub mod compact;
pub mod config;
pub mod console;
pub mod daemon;
pub mod event;
pub mod gfp;
mod gfp_text;
mod inspect;
pub mod io;
mod judge;
pub mod lru;
mod machine;
#[cfg(test)]
#[path = "../tests/noted/mod.rs"]
mod noted;
pub mod oom;
mod page;
mod part;
pub mod pfn;
mod preview;
pub mod reclaim;
pub mod restore;
mod rmap;
pub mod rng;
pub mod sched;
mod settle;
mod sparse;
mod state_hash;
pub mod task;
pub mod user;
pub mod vmstat;
pub mod wait;
pub mod zone;

/// Whether this build can get memory back. Without, whatever would begin to is left out, and the request ends there.
pub(crate) const RECLAIMS: bool = cfg!(feature = "reclaim");
/// Whether this build knows what lives in pages.
pub(crate) const LIVES: bool = cfg!(feature = "lives");

pub use alloc::{Alloc, Answer, Fault};
pub use boot::Booting;
pub use buddy::BuddyOptions;
pub use buddy::reporting::Reporting;
pub use gfp_text::{FLAG_NAMES, GfpNote, GfpParseError, GfpParseErrorKind, ParsedGfp, parse_gfp};
pub use inspect::{Block, PageFlags, PageInfo};
pub use judge::ZoneNumbers;
pub use machine::{Machine, PageError};
pub use page::life::{LifeFlags, MappingId, MemcgId};
pub use page::meta::PageState;
pub use preview::Tuned;

/// The tests' own modules name the crate as others do.
#[cfg(test)]
extern crate self as buddyscope_mm;
