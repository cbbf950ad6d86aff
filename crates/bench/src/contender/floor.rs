//! No allocator at all: freed blocks are stacked by order, and new ones counted off until the frames are used up.

use crate::allocator::{Allocator, Block};
use buddyscope_mm::pfn::MAX_ORDER;

/// Stacks of free blocks. What it costs is mostly what the benchmark costs.
pub struct Floor {
    free: [Vec<Block>; MAX_ORDER],
    next: u64,
    frames: u64,
}

impl Floor {
    /// An allocator of `frames` frames.
    #[must_use]
    pub fn new(frames: u64) -> Floor {
        Floor { free: Default::default(), next: 0, frames }
    }
}

impl Allocator for Floor {
    #[inline]
    fn allocate(&mut self, order: u8) -> Option<Block> {
        if let Some(block) = self.free[usize::from(order)].pop() {
            return Some(block);
        }
        let end = self.next + (1 << order);
        let block = Block::new(self.next as u32, order);
        (end <= self.frames).then(|| {
            self.next = end;
            block
        })
    }

    #[inline]
    fn free(&mut self, block: Block) {
        self.free[usize::from(block.order())].push(block);
    }

    fn bytes(&self) -> Option<u64> {
        Some(self.free.iter().map(|stack| stack.capacity() * size_of::<Block>()).sum::<usize>() as u64)
    }
}
