//! Loads of a real kernel beside the model under the same load.
//!
//! A load depends on timing, so no two runs of it are equal. What does not depend on timing has to be equal all the
//! same: marks, identities, the arithmetic of reports. The rest has to be of the same size. `docs/compare.md` says
//! how both are checked.

mod check;
mod error;
mod model;
mod report;
mod run;
mod shell;
mod spread;
mod trace;
mod volume;
mod whole;
mod window;
mod within;

pub use check::{Check, Kind, RunReport};
pub use error::CompareError;
pub use shell::ShellError;

use crate::recording::Recording;
use run::Run;
use spread::Spread;

/// All checks of each run. Where runs of one load are among them, they tell how far the kernel itself differs.
#[must_use]
pub fn compare(recordings: &[Recording]) -> Vec<Result<RunReport, CompareError>> {
    let runs: Vec<Result<Run, CompareError>> = recordings.iter().map(Run::read).collect();
    let spread = Spread::of(runs.iter().flatten());
    runs.into_iter().map(|run| report(&run?, &spread)).collect()
}

fn report(run: &Run, spread: &Spread) -> Result<RunReport, CompareError> {
    let mut checks = within::checks(run);
    checks.extend(report::checks(run)?);
    checks.extend(repeated(run, spread));
    Ok(RunReport { name: run.name.clone(), checks })
}

/// The load repeated on the model, or why it could not be.
fn repeated(run: &Run, spread: &Spread) -> Vec<Check> {
    let outcome = match model::run(run) {
        Ok(outcome) => outcome,
        Err(error) => return vec![Check::failed("the load repeated on the model", error.to_string())],
    };
    let names: Vec<String> = run.labels().into_iter().map(|label| label.0).collect();
    let model = window::windows(&outcome.trace, &names);
    let kernel = run.windows();
    let mut checks = vec![Check::equal("labels of the load", kernel.len(), model.len())];
    checks.extend(within::rules(&outcome.trace, &run.machine).into_iter().map(Check::of_model));
    checks.extend(report::kills(run, &outcome.machine));
    checks.extend(whole::checks(run, &outcome));
    for (kernel, model) in kernel.iter().zip(&model) {
        checks.extend(volume::checks(kernel, model, &spread.ranges(run, kernel)));
    }
    checks
}
