//! What processes do with memory: they map it, touch it, read and write files, give it back, fork and exit (mm/memory.c,
//! mm/mmap.c, mm/filemap.c, mm/mlock.c, mm/madvise.c, mm/truncate.c).
//!
//! Whatever may have to wait for memory or for a device is a value with a `resume` method; the rest is done at once.

mod advise;
mod back;
mod cold;
mod exit;
mod fault;
mod file_fill;
mod file_read;
mod file_write;
mod fork;
mod huge_pool;
mod map;
mod new_page;
mod process;
#[cfg(test)]
mod tests;
mod truncate;
mod zap;

pub use fault::{FaultOutcome, PageFault};
pub use file_read::ReadPage;
pub use file_write::WritePage;
pub use fork::Fork;
pub use map::MapSpec;
pub use process::ProcessSpec;
