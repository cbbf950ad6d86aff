//! What happens to the model: recordings of real kernels, scenarios and workloads.

#[cfg(feature = "files")]
pub mod check_boot;
#[cfg(feature = "files")]
pub mod compare;
#[cfg(feature = "reader")]
pub mod diagnose;
pub mod explain;
#[cfg(feature = "show")]
pub mod export;
pub mod pagemap;
#[cfg(feature = "reader")]
pub mod rebuild;
pub mod recording;
pub mod replay;
pub mod run;
pub mod scenario;
mod sentence;
pub mod session;
#[cfg(feature = "show")]
pub mod show;
mod tell;
#[cfg(feature = "reader")]
pub mod trace_replay;
pub mod view;
