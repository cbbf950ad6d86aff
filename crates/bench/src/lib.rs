//! Benchmarks of the model beside other buddy allocators: the same operations for all, in one process, turn by turn.
//!
//! Nothing here reads a clock by itself: natively it is the system's, in a browser the page's. See [`Clock`].

mod allocator;
mod boot;
mod busy;
pub mod contender;
mod measure;
mod replay;
mod workload;

pub use allocator::{Allocator, Block};
pub use boot::{BootFigures, MACHINES, MachineSize, boot};
pub use busy::{BUSY_GIB, BusyFailure, BusyFigures, busy};
pub use measure::{Clock, Contender, Effort, Entrant, Figures, enter, measure};
pub use replay::{ReplayFailure, ReplayFigures, replay};
pub use workload::Workload;
