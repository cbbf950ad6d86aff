//! What every contender can do.

/// An allocated block: its first frame and its order in 32 bits, so that remembering millions of them costs little.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block(u32);

const ORDER_BITS: u32 = 4;

impl Block {
    /// The block of `order` that starts at `frame`.
    #[inline]
    #[must_use]
    pub const fn new(frame: u32, order: u8) -> Block {
        Block(frame << ORDER_BITS | order as u32)
    }

    /// Its first frame.
    #[inline]
    #[must_use]
    pub const fn frame(self) -> u32 {
        self.0 >> ORDER_BITS
    }

    /// Its order.
    #[inline]
    #[must_use]
    pub const fn order(self) -> u8 {
        (self.0 & ((1 << ORDER_BITS) - 1)) as u8
    }

    /// Its frames.
    #[inline]
    #[must_use]
    pub const fn frames(self) -> u64 {
        1 << self.order()
    }
}

/// An allocator of page frames, numbered from 0.
pub trait Allocator {
    /// A block of `1 << order` frames; `None` if there is none.
    fn allocate(&mut self, order: u8) -> Option<Block>;

    /// Takes a block back.
    fn free(&mut self, block: Block);

    /// Bytes of the allocator's own state at present, where that can be known.
    fn bytes(&self) -> Option<u64>;
}
