//! Re-running a recording: the model does what the kernel did, and is compared at every step.

mod block;
mod buffers;
mod compact;
pub mod compare;
mod compare_lru;
mod hindsight;
mod listen;
mod memcgs;
mod reclaim;
mod restore;
mod restore_compact;
mod restore_lru;
mod restore_swap;
mod run;
mod surroundings;
mod swap_cache;
pub mod trace;

pub use listen::{Listen, Listener};
pub use restore::restore_machine;
pub use run::{Checked, Replay, Runner};

use crate::recording::{OpReader, Recording, RecordingError};
use buddyscope_mm::event::{Event, NullSink, RingSink};
use buddyscope_mm::restore::RestoreError;
use thiserror::Error;

/// Events of the model shown beside a mismatch.
const EVENTS_SHOWN: usize = 4096;

/// Why a recording cannot be replayed at all.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReplayError {
    /// A file cannot be read.
    #[error("{0}")]
    Recording(#[from] RecordingError),
    /// The recorded state contradicts itself.
    #[error("{folder}/state.txt: {error}")]
    State {
        /// Which state.
        folder: String,
        /// What is wrong.
        error: RestoreError,
    },
    /// The cpuset hierarchy is one the kernel would refuse.
    #[error("cpuset.txt: {0}")]
    Cpusets(String),
    /// A line asks for something that cannot be done, such as freeing an allocation that failed.
    #[error("ops.txt, line {line}: {problem}")]
    Operation {
        /// The line, counted from 1.
        line: u32,
        /// What is wrong.
        problem: String,
    },
}

/// The first difference between kernel and model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The line of `ops.txt`; 0 for a difference in a state.
    pub line: u32,
    /// What the kernel did, in the recording's words.
    pub kernel: String,
    /// What the model did.
    pub model: String,
    /// The model's decisions in that operation.
    pub events: Vec<Event>,
}

/// What came of replaying a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Allocations, frees, marks, splits, drains, foldings and isolations of the recording.
    pub operations: u64,
    /// Those that the model did as the kernel did, up to the first difference.
    pub operations_equal: u64,
    /// Digests, daemon states and policies that the recording tells on the way.
    pub digests: u64,
    /// Those that were equal, up to the first difference.
    pub digests_equal: u64,
    /// Whole states compared: snapshots and the end.
    pub states: u64,
    /// Those that were equal in every list.
    pub states_equal: u64,
    /// The first difference.
    pub mismatch: Option<Mismatch>,
}

impl Report {
    /// Whether kernel and model never differed.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.mismatch.is_none()
    }
}

/// Replays a whole recording. Where it differs, the operation is run once more with events to show why.
///
/// # Errors
/// [`ReplayError`] if the recording is broken.
pub fn replay(recording: &Recording) -> Result<Report, ReplayError> {
    let ops = recording.ops()?;
    let mut report = if has_blocks(&ops) {
        Replay::new(recording, &ops, Listener::new(NullSink))?.run_to_end(recording)?
    } else {
        Replay::new(recording, &ops, NullSink)?.run_to_end(recording)?
    };
    if let Some(mismatch) = report.mismatch.as_mut().filter(|mismatch| mismatch.line > 0) {
        let mut again = Replay::new(recording, &ops, Listener::new(RingSink::new(EVENTS_SHOWN)))?;
        mismatch.events = again.events_of(mismatch.line)?;
    }
    Ok(report)
}

/// Whether a recording tells what happened inside operations.
fn has_blocks(ops: &[u8]) -> bool {
    ops.split(|&byte| byte == b'\n').any(|line| matches!(line, [b'Y' | b'K' | b'R' | b'C' | b'T', b' ', b'b', ..]))
}

/// The text of one line of `ops.txt`, counted from 1.
#[must_use]
pub fn line_text(ops: &[u8], line: u32) -> String {
    let text = ops.split(|&b| b == b'\n').nth(line.saturating_sub(1) as usize).unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}

/// Operations in a recording from the reader's place on.
fn count_rest(reader: &mut OpReader<'_>) -> Result<(u64, u64), RecordingError> {
    let (mut operations, mut digests) = (0, 0);
    while let Some(op) = reader.next_op() {
        match run::kind(&op?) {
            run::Kind::Operation => operations += 1,
            run::Kind::Digest => digests += 1,
            run::Kind::Other => {}
        }
    }
    Ok((operations, digests))
}
