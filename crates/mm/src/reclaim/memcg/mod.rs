//! Memory cgroups at their limits: charging, the ladder of a charge that fails, slowing down above `memory.high`
//! (mm/memcontrol.c).

mod charge;
mod high;
mod kmem;
mod limits;
mod oom;
mod page;
mod reclaim;
mod remove;
#[cfg(test)]
mod tests;

pub(crate) use charge::Charge;
pub(crate) use high::{HighWork, OverHigh};
pub use limits::MemcgLimit;
pub(crate) use page::ChargePage;
pub(crate) use reclaim::{MemcgReclaim, reclaim_gfp};
