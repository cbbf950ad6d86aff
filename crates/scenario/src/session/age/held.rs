//! Blocks in use, kept small: there can be millions.

use buddyscope_mm::pfn::{Order, Pfn};

/// A block in use: its first page and order in one word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::session) struct Held(u64);

impl Held {
    pub(in crate::session) fn new(pfn: Pfn, order: Order) -> Held {
        Held(pfn.0 << 4 | u64::from(order.get()))
    }

    pub(in crate::session) fn pfn(self) -> Pfn {
        Pfn(self.0 >> 4)
    }

    pub(in crate::session) fn order(self) -> Order {
        Order::new(self.0 as u32 & 0xf).unwrap_or_default()
    }
}
