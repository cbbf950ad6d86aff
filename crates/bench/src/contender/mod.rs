//! The allocators that are compared.

mod buddy_alloc;
mod buddy_system;
mod floor;
mod model;

use crate::measure::{Entrant, enter};

pub use buddy_alloc::BuddyAlloc;
pub use buddy_system::BuddySystem;
pub use floor::Floor;
pub use model::Model;

/// The model with events discarded: what every ratio is taken to.
pub const MODEL: Entrant =
    Entrant { name: "buddyscope", enter: |workload, frames| enter(Model::new(frames), workload, frames) };
/// The model with events kept in a ring.
pub const MODEL_WITH_RING: Entrant = Entrant {
    name: "buddyscope, ring sink",
    enter: |workload, frames| enter(Model::with_ring(frames), workload, frames),
};
/// Crate `buddy_system_allocator`, its frame allocator.
pub const BUDDY_SYSTEM: Entrant = Entrant {
    name: "buddy_system_allocator",
    enter: |workload, frames| enter(BuddySystem::new(frames), workload, frames),
};
/// Crate `buddy-alloc`.
pub const BUDDY_ALLOC: Entrant =
    Entrant { name: "buddy-alloc", enter: |workload, frames| enter(BuddyAlloc::new(frames), workload, frames) };
/// What the benchmark itself costs.
pub const FLOOR: Entrant =
    Entrant { name: "free stacks (the floor)", enter: |workload, frames| enter(Floor::new(frames), workload, frames) };

/// All of them, the model first.
pub const ALL: [Entrant; 5] = [MODEL, MODEL_WITH_RING, BUDDY_SYSTEM, BUDDY_ALLOC, FLOOR];
