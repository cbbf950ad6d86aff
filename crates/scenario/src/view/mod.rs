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
