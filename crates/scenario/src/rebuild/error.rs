use buddyscope_mm::pfn::ZoneId;
use buddyscope_mm::restore::RestoreError;
use thiserror::Error;

/// Why no machine can be made of what is told.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RebuildError {
    /// No zone is told of.
    #[error("no zone with its pages and marks is told of")]
    NoZones,
    /// Beyond what page frame numbers can say.
    #[error("{0}: larger than the model can index")]
    TooLarge(ZoneId),
    /// Two zones claim the same memory.
    #[error("{0} and {1} overlap")]
    Overlap(ZoneId, ZoneId),
    /// More blocks than a text about a real machine has.
    #[error("{0}: {1} free blocks, more than the model places")]
    TooManyBlocks(ZoneId, u64),
    /// The parts contradict each other.
    #[error(transparent)]
    Restore(#[from] RestoreError),
}
