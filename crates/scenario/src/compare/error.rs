//! Why a run cannot be compared.

use super::shell::ShellError;
use crate::recording::RecordingError;
use buddyscope_mm::restore::RestoreError;
use buddyscope_procfs::report::LogError;
use thiserror::Error;

/// Why a run cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CompareError {
    /// A file is missing or not as it should be.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// The state before the load contradicts itself.
    #[error("start/state.txt: {0}")]
    Restore(#[from] RestoreError),
    /// The commands that made the load cannot be read.
    #[error("meta.json, shell: {0}")]
    Shell(#[from] ShellError),
    /// The load has a step that the model cannot do.
    #[error("the load cannot be repeated: {0}")]
    NotModeled(String),
    /// A report does not fit the machine.
    #[error("dmesg_end.txt: the report cannot be rebuilt: {0}")]
    Report(&'static str),
    /// A text of the kernel is not as it should be.
    #[error("{file}, {error}")]
    Text {
        /// The file.
        file: String,
        /// What is wrong.
        error: LogError,
    },
}

impl CompareError {
    pub(super) fn text(file: &str, error: LogError) -> CompareError {
        CompareError::Text { file: file.to_owned(), error }
    }
}
