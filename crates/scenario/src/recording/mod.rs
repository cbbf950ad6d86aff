//! Recordings of a real kernel: what its allocator did, operation by operation, and what it looked like before,
//! between and after.

mod block;
mod cpusets;
pub(crate) mod cursor;
mod digest;
mod error;
#[cfg(feature = "files")]
mod folder;
mod meta;
mod ops;
mod policy;
mod source;
mod state;
#[cfg(feature = "files")]
mod unpack;
pub(crate) mod vm_events;

pub use block::{
    AllocBlock, AllocCall, Block, BlockKind, CompactBlock, FreedBlock, KswapdBlock, NestedAlloc, ReclaimBlock, SlabEnd,
    SlabScan, SlabStart, TraceLine,
};
pub use cpusets::{CpusetFile, CpusetFiles};
pub use digest::{Digest, DigestLine, NUMA_COUNTERS, NumaChange, NumaChanges, PcpDigest};
pub use error::RecordingError;
#[cfg(feature = "files")]
pub use folder::{FolderSource, find_folders, find_recordings, read_file};
pub use meta::{Meta, QemuMachine};
pub use ops::{AllocOp, FreeOp, Op, OpReader, Outcome, PolicyAllocOp, WakeOp};
pub use policy::PolicyLine;
pub use source::{MAX_FILE_BYTES, MemorySource, Source};
pub use state::{
    CompactState, Constants, LRU_LISTS, LruPage, LruvecCosts, LruvecState, MemcgState, NodeState, Pageblocks, PcpPage,
    PcpState, PfnRange, SamplerLine, StateFile, SwapState, TaskState, Workingset, ZoneState,
};

use buddyscope_procfs::zoneinfo::ZoneInfo;

/// A recording whose files are read when asked for.
pub struct Recording {
    name: String,
    source: Box<dyn Source>,
}

impl Recording {
    /// A recording with files from a source.
    pub fn new(name: impl Into<String>, source: impl Source + 'static) -> Recording {
        Recording { name: name.into(), source: Box::new(source) }
    }

    /// A recording in a folder, named after it.
    #[cfg(feature = "files")]
    #[must_use]
    pub fn in_folder(path: &std::path::Path) -> Recording {
        let name = path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
        Recording::new(name, FolderSource::new(path))
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A file of the recording, decompressed; `None` if it has none of that name.
    ///
    /// # Errors
    /// [`RecordingError`] if the file is there but cannot be read.
    pub fn file(&self, path: &str) -> Result<Option<Vec<u8>>, RecordingError> {
        self.source.read(path)
    }

    /// A file that a recording must have.
    ///
    /// # Errors
    /// [`RecordingError`] if it is not there or cannot be read.
    pub fn required(&self, path: &str) -> Result<Vec<u8>, RecordingError> {
        self.file(path)?.ok_or_else(|| RecordingError::in_file(path, "the recording has no such file"))
    }

    /// The bytes of `ops.txt`, for an [`OpReader`].
    ///
    /// # Errors
    /// [`RecordingError`] if the file is not there or cannot be read.
    pub fn ops(&self) -> Result<Vec<u8>, RecordingError> {
        self.required("ops.txt")
    }

    /// The machine before the first operation.
    ///
    /// # Errors
    /// [`RecordingError`] if the file is not there or is not as it should be.
    pub fn start(&self) -> Result<StateFile, RecordingError> {
        StateFile::read(&self.required("start/state.txt")?, "start/state.txt")
    }

    /// The machine at a snapshot on the way, or at the end with `end`, or at boot with `init`: `None` if the recording
    /// has no such folder.
    ///
    /// # Errors
    /// [`RecordingError`] if the file is not as it should be.
    pub fn state(&self, folder: &str) -> Result<Option<StateFile>, RecordingError> {
        let path = format!("{folder}/state.txt");
        match self.file(&path)? {
            Some(bytes) => StateFile::read(&bytes, &path).map(Some),
            None => Ok(None),
        }
    }

    /// The kernel's own text of its zones at the moment of a state; `None` if the recording has none.
    ///
    /// # Errors
    /// [`RecordingError`] if the file is not as it should be.
    pub fn zoneinfo(&self, folder: &str) -> Result<Option<ZoneInfo>, RecordingError> {
        let path = format!("{folder}/zoneinfo.txt");
        let Some(bytes) = self.file(&path)? else { return Ok(None) };
        let text = String::from_utf8_lossy(&bytes);
        text.parse().map(Some).map_err(|error: buddyscope_procfs::LogError| {
            let problem = format!("expected {}, found `{}`", error.expected, error.found);
            RecordingError::in_line(&path, error.line as u32, problem)
        })
    }

    /// What the recording was made of.
    ///
    /// # Errors
    /// [`RecordingError`] if the file is not there or is not as it should be.
    pub fn meta(&self) -> Result<Meta, RecordingError> {
        Meta::read(&self.required("meta.json")?, "meta.json")
    }

    /// The cpuset hierarchy and the task's path in it, where the recording has one.
    ///
    /// # Errors
    /// [`RecordingError`] if a file is not as it should be.
    pub fn cpusets(&self) -> Result<Option<(CpusetFile, String)>, RecordingError> {
        let Some(bytes) = self.file("cpuset.txt")? else { return Ok(None) };
        let own = self.required("self_cpuset.txt")?;
        let own =
            String::from_utf8(own).map_err(|_| RecordingError::in_file("self_cpuset.txt", "UTF-8 text expected"))?;
        Ok(Some((CpusetFile::read(&bytes, "cpuset.txt")?, own.trim().to_owned())))
    }
}
