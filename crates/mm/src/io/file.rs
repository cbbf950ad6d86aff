//! Files: their size, where they are stored, and how reading ahead goes (`struct inode`, `struct file_ra_state`).

use super::read_ahead::ReadAhead;
use crate::gfp::Gfp;
use crate::page::life::MappingId;

/// A device by number; 0 answers at once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct DeviceId(pub u16);

/// Where a file is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Storage {
    /// On a device.
    Disk(DeviceId),
    /// In memory and swap (tmpfs, shared memory).
    Shmem,
}

/// A file that is to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileSpec {
    /// Pages of it.
    pub pages: u32,
    /// Where it is stored.
    pub storage: Storage,
    /// Pages that are read ahead at most for small requests; 0 reads one by one (`ra_pages`).
    pub read_ahead: u32,
}

/// A file.
#[derive(Clone, Debug)]
pub struct File {
    /// Where its pages belong.
    pub(crate) mapping: MappingId,
    /// Pages of it.
    pub(crate) pages: u32,
    pub(crate) storage: Storage,
    /// Flags of requests for its pages (`mapping_gfp_mask`).
    pub(crate) gfp: Gfp,
    pub(crate) read_ahead: ReadAhead,
    /// The jiffy when it became dirty; 0 while it is clean (`dirtied_when`, `I_DIRTY_PAGES`).
    pub(crate) dirtied_when: u64,
    /// Where writing goes on (`writeback_index`).
    pub(crate) writeback_index: u32,
}

impl File {
    /// Pages of it.
    #[must_use]
    pub fn pages(&self) -> u32 {
        self.pages
    }

    /// Whether it is stored in memory and swap.
    #[must_use]
    pub fn is_shmem(&self) -> bool {
        self.storage == Storage::Shmem
    }

    /// The device whose dirty pages count, if it is on one (`mapping_can_writeback`).
    #[must_use]
    pub fn device(&self) -> Option<DeviceId> {
        if let Storage::Disk(device) = self.storage { Some(device) } else { None }
    }
}
