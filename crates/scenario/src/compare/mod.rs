//! Loads of a real kernel beside the model under the same load.
//!
//! A load depends on timing, so no two runs of it are equal. What does not depend on timing has to be equal all the
//! same: marks, identities, the arithmetic of reports. The rest has to be of the same size. `docs/compare.md` says
//! how both are checked.

mod check;
mod error;
mod report;
mod run;
mod shell;
mod trace;
mod within;

pub use check::{Check, Kind, RunReport};
pub use error::CompareError;
pub use shell::ShellError;

use crate::recording::Recording;
use run::Run;

/// All checks of a run.
///
/// # Errors
/// [`CompareError`] if a file of the recording is missing or is not as it should be.
pub fn compare(recording: &Recording) -> Result<RunReport, CompareError> {
    let run = Run::read(recording)?;
    let mut checks = within::checks(&run);
    checks.extend(report::checks(&run)?);
    Ok(RunReport { name: run.name, checks })
}
