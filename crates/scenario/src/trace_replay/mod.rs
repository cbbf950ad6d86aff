//! A kernel's trace of page allocation made again on the model: every `mm_page_alloc` as the same request, every
//! `mm_page_free` as the return of the block that stands for the one in the trace; and where the two part.
//!
//! A trace does not tell the state that it starts from. With that state (a recording, or a scenario's beginning) page
//! frames agree; without it zones, refills and steals can.

mod blocks;
mod engine;
mod pending;
mod tally;

pub use engine::{TraceReplay, TraceReplayError};
pub use tally::{Parting, Side, Tally};
