//! Ranges of physical addresses.

use super::{ADDRESS_LIMIT, ConfigError};
use crate::pfn::{NodeId, PAGE_SHIFT, Pfn};
use core::fmt;

/// Physical addresses from `start` up to, but not including, `end`. Units are bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ByteRange {
    /// First byte.
    pub start: u64,
    /// First byte after the range.
    pub end: u64,
}

impl ByteRange {
    /// The range from `start` up to `end`.
    #[must_use]
    pub const fn new(start: u64, end: u64) -> ByteRange {
        ByteRange { start, end }
    }

    /// Bytes in the range.
    #[must_use]
    pub const fn len(self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Whether there is no byte in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// The part that lies in both ranges; empty if there is none.
    #[must_use]
    pub fn intersection(self, other: ByteRange) -> ByteRange {
        ByteRange { start: self.start.max(other.start), end: self.end.min(other.end) }
    }

    /// Whether the ranges share a byte.
    #[must_use]
    pub fn overlaps(self, other: ByteRange) -> bool {
        !self.intersection(other).is_empty()
    }

    /// The whole pages inside (`PFN_UP` of the start, `PFN_DOWN` of the end), or `None`.
    #[must_use]
    pub fn pages_inside(self) -> Option<(Pfn, Pfn)> {
        let start = self.start.div_ceil(1 << PAGE_SHIFT);
        let end = self.end >> PAGE_SHIFT;
        (start < end).then_some((Pfn(start), Pfn(end)))
    }

    pub(crate) fn validate(self, field: &str) -> Result<(), ConfigError> {
        if self.is_empty() {
            return Err(ConfigError::out_of_range(field, self, "an end above its start"));
        }
        if self.end > ADDRESS_LIMIT {
            return Err(ConfigError::out_of_range(field, self, "addresses below 2^46"));
        }
        Ok(())
    }
}

impl fmt::Display for ByteRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}-{:#x}", self.start, self.end)
    }
}

impl fmt::Debug for ByteRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Memory of one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryRange {
    /// Where it is.
    pub range: ByteRange,
    /// The node it belongs to.
    pub node: NodeId,
    /// Firmware says it can be unplugged (SRAT hot-pluggable): matters with `movable_node`.
    pub hotpluggable: bool,
    /// Firmware keeps two copies of it (EFI mirror): matters with `kernelcore=mirror`.
    pub mirrored: bool,
}

impl MemoryRange {
    /// Plain memory from byte `start` up to `end`.
    #[must_use]
    pub const fn new(start: u64, end: u64, node: NodeId) -> MemoryRange {
        MemoryRange { range: ByteRange { start, end }, node, hotpluggable: false, mirrored: false }
    }
}
