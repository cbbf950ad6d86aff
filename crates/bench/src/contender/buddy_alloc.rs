//! Crate `buddy-alloc`: free lists inside the managed memory, and two bits for each block of each size.

use crate::allocator::{Allocator, Block};
use buddy_alloc::buddy_alloc::{BuddyAlloc as Allocate, BuddyAllocParam, MIN_LEAF_SIZE_ALIGN};

/// A "page" is the smallest unit that the crate can hand out; only its number matters here.
const PAGE: usize = MIN_LEAF_SIZE_ALIGN;

/// The crate's allocator over memory that stands for the frames.
pub struct BuddyAlloc {
    allocator: Allocate,
    /// The memory it hands out and keeps its lists and bits in.
    memory: Box<[u128]>,
}

impl BuddyAlloc {
    /// An allocator of a little less than `frames` frames: its own bits take their part.
    #[must_use]
    pub fn new(frames: u64) -> BuddyAlloc {
        let memory = vec![0u128; frames as usize].into_boxed_slice();
        let param = BuddyAllocParam::new_with_zero_filled(memory.as_ptr().cast(), memory.len() * PAGE, PAGE);
        #[expect(unsafe_code, reason = "the crate works on memory that it is given the address of")]
        // SAFETY: the memory is zeroed, is read or written by nobody else, and lives as long as the allocator.
        let allocator = unsafe { Allocate::new(param) };
        BuddyAlloc { allocator, memory }
    }

    fn base(&self) -> usize {
        self.memory.as_ptr() as usize
    }
}

impl Allocator for BuddyAlloc {
    #[inline]
    fn allocate(&mut self, order: u8) -> Option<Block> {
        let address = self.allocator.malloc(PAGE << order) as usize;
        (address != 0).then(|| Block::new(((address - self.base()) / PAGE) as u32, order))
    }

    #[inline]
    fn free(&mut self, block: Block) {
        let address = self.base() + block.frame() as usize * PAGE;
        self.allocator.free(address as *mut u8);
    }

    fn bytes(&self) -> Option<u64> {
        Some(size_of_val(&*self.memory) as u64)
    }
}
