//! What a face shows, as plain data: the shapes that `web/worker/model.ts` declares.

mod allocation;
mod areas;
mod machine;
mod marks;
mod page;
mod request;

pub use allocation::{AllocationList, AllocationView};
pub use areas::{FreeAreas, PcpView};
pub use machine::{MachineView, NodeView, ZoneView};
pub use marks::MarksView;
pub(crate) use page::buddy_of;
pub use page::{BuddyView, PageView};
pub use request::GfpView;

use crate::pagemap::Classes;
use crate::session::{Allocations, Trace};
use buddyscope_mm::Machine;

/// A machine to look at, whether a person runs it or a recording.
#[derive(Clone, Copy)]
pub struct Sight<'a> {
    /// The machine.
    pub machine: &'a Machine<Trace>,
    /// Who holds its pages.
    pub allocations: &'a Allocations,
    /// What its pages look like, up to date.
    pub classes: &'a Classes,
    /// A short name.
    pub title: &'a str,
    /// Texts tell of it; nobody booted it.
    pub rebuilt: bool,
    /// Rises with every change.
    pub version: u64,
}

impl Sight<'_> {
    /// A hash of the whole state, 16 hexadecimal digits.
    #[must_use]
    pub fn hash(&self) -> String {
        format!("{:016x}", self.machine.state_hash())
    }
}
