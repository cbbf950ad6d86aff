//! Where a recording's files come from.

use super::error::RecordingError;

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
    files: Vec<(String, Vec<u8>)>,
}

impl MemorySource {
    /// No files.
    #[must_use]
    pub fn new() -> MemorySource {
        MemorySource::default()
    }

    /// Adds a file, or takes the place of the one with that path.
    pub fn insert(&mut self, path: impl Into<String>, bytes: Vec<u8>) {
        let path = path.into();
        self.files.retain(|file| file.0 != path);
        self.files.push((path, bytes));
    }
}

impl Source for MemorySource {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, RecordingError> {
        Ok(self.files.iter().find(|file| file.0 == path).map(|file| file.1.clone()))
    }
}
