//! Crate `buddy_system_allocator`: free blocks in one ordered set for each order.

use crate::allocator::{Allocator, Block};
use buddy_system_allocator::FrameAllocator;

/// Orders 0 to 31. The crate's own default of 33 sizes overflows where a `usize` has 32 bits.
const SIZES: usize = 32;

/// The crate's frame allocator.
pub struct BuddySystem(FrameAllocator<SIZES>);

impl BuddySystem {
    /// An allocator of `frames` frames.
    #[must_use]
    pub fn new(frames: u64) -> BuddySystem {
        let mut allocator = FrameAllocator::new();
        allocator.add_frame(0, frames as usize);
        BuddySystem(allocator)
    }
}

impl Allocator for BuddySystem {
    #[inline]
    fn allocate(&mut self, order: u8) -> Option<Block> {
        self.0.alloc(1 << order).map(|frame| Block::new(frame as u32, order))
    }

    #[inline]
    fn free(&mut self, block: Block) {
        self.0.dealloc(block.frame() as usize, 1 << block.order());
    }

    fn bytes(&self) -> Option<u64> {
        None
    }
}
