//! How fast recordings replay: reading the lines, doing what they say and comparing every page frame number, digest
//! and daemon state. Restoring the start and comparing whole states is left out.

use crate::measure::{Clock, Times};
use buddyscope_mm::event::NullSink;
use buddyscope_scenario::recording::{OpReader, Recording};
use buddyscope_scenario::replay::{Checked, Replay, ReplayError, Runner};
use serde::Serialize;
use thiserror::Error;

/// How long one recording took.
#[derive(Clone, Debug, Serialize)]
pub struct ReplayFigures {
    /// The recording.
    pub name: String,
    /// Its operations: allocations, frees, drains and the like.
    pub operations: u64,
    /// Milliseconds in the best round.
    pub best_ms: f64,
    /// The same in the median round.
    pub median_ms: f64,
}

/// Why a recording cannot be measured.
#[derive(Debug, Error)]
pub enum ReplayFailure {
    /// It is broken.
    #[error(transparent)]
    Broken(#[from] ReplayError),
    /// The model does something else than the kernel did.
    #[error("line {line} differs: {model}")]
    Differs {
        /// The line of `ops.txt`.
        line: u32,
        /// What the model did.
        model: String,
    },
}

/// Replays a recording so many times.
///
/// # Errors
/// [`ReplayFailure`] if it is broken or differs.
pub fn replay(recording: &Recording, rounds: usize, clock: Clock<'_>) -> Result<ReplayFigures, ReplayFailure> {
    let ops = recording.ops().map_err(ReplayError::from)?;
    let operations = count(&ops)?;
    let mut times = Times::default();
    for _ in 0..rounds.max(1) {
        let mut replay = Replay::new(recording, &ops, NullSink)?;
        let start = clock();
        while let Some(step) = replay.step() {
            if let Checked::Differs(model) = step? {
                return Err(ReplayFailure::Differs { line: replay.line(), model });
            }
        }
        times.add(clock() - start);
    }
    let name = recording.name().to_owned();
    Ok(ReplayFigures { name, operations, best_ms: times.best(), median_ms: times.median() })
}

fn count(ops: &[u8]) -> Result<u64, ReplayError> {
    let mut reader = OpReader::new(ops, "ops.txt");
    let mut operations = 0;
    while let Some(op) = reader.next_op() {
        operations += u64::from(Runner::<NullSink>::is_operation(&op?));
    }
    Ok(operations)
}
