//! Where a recording's files come from.

use super::error::RecordingError;
use std::collections::BTreeMap;

/// Largest file taken, after decompression: 512 MiB. The longest recordings are a tenth of it.
pub const MAX_FILE_BYTES: u64 = 512 << 20;

/// A store of files with paths such as `start/state.txt`.
pub trait Source {
    /// A file's bytes, decompressed; `None` if there is no such file.
    ///
    /// # Errors
    /// [`RecordingError`] if it is there but cannot be read, or is too large.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, RecordingError>;
}

/// Files in memory, decompressed by whoever put them there.
#[derive(Clone, Debug, Default)]
pub struct MemorySource {
    files: BTreeMap<String, Vec<u8>>,
}

impl MemorySource {
    /// No files.
    #[must_use]
    pub fn new() -> MemorySource {
        MemorySource::default()
    }

    /// Adds a file, or takes the place of the one with that path.
    pub fn insert(&mut self, path: impl Into<String>, bytes: Vec<u8>) {
        self.files.insert(path.into(), bytes);
    }
}

impl Source for MemorySource {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, RecordingError> {
        Ok(self.files.get(path).cloned())
    }
}
