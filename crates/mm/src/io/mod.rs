//! What processes use: files, devices, swap, and the state of all of it (mm/filemap.c, mm/page-writeback.c,
//! mm/swap_state.c).

pub(crate) mod cache;
pub(crate) mod device;
mod dirty;
pub(crate) mod file;
mod flusher;
pub(crate) mod limits;
pub(crate) mod mapping;
mod page_cache;
pub(crate) mod read_ahead;
pub(crate) mod swap;
pub(crate) mod swap_ahead;
mod swap_cache;
mod swap_charge;
mod transfer;

pub use device::DeviceSpec;
pub use file::{DeviceId, File, FileSpec, Storage};
pub use flusher::Flusher;
pub use limits::DirtyLimits;
pub use swap::{SwapCacheStats, SwapSlot};

use crate::part::Part;
use crate::task::gather::Gather;
use crate::task::mm::{FileId, Mms};
use crate::task::process::Processes;
use device::Devices;
use mapping::Mappings;

/// Processes and what they use.
#[derive(Clone, Debug, Default)]
pub(crate) struct UserSpace {
    pub(crate) processes: Processes,
    pub(crate) mms: Mms,
    pub(crate) mappings: Mappings,
    pub(crate) files: Part<Vec<File>>,
    pub(crate) devices: Devices,
    /// Room for pages that are unmapped and freed together; empty between two times.
    pub(crate) gather: Gather,
}

impl UserSpace {
    pub(crate) fn file(&self, id: FileId) -> Option<&File> {
        self.files.get(id.0 as usize)
    }

    /// Every file.
    pub(crate) fn file_ids(&self) -> impl Iterator<Item = FileId> + use<> {
        (0..self.files.len() as u32).map(FileId)
    }

    /// Pages of a file that are in memory.
    pub(crate) fn cached_pages(&self, id: FileId) -> u64 {
        self.file(id).and_then(|file| self.mappings.get(file.mapping)).map_or(0, |mapping| mapping.cache.pages())
    }

    pub(crate) fn file_mut(&mut self, id: FileId) -> Option<&mut File> {
        self.files.get_mut(id.0 as usize)
    }
}
