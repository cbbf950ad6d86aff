//! Which block of the model stands for which of the trace.

use buddyscope_mm::pfn::{Order, Pfn};
use std::collections::BTreeMap;

/// A block that was given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stand {
    /// Its first page in the model.
    pub(super) pfn: Pfn,
    pub(super) order: Order,
}

/// Blocks by their first page in the trace.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocks {
    list: BTreeMap<u64, Stand>,
}

/// What the trace frees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Freed {
    /// A block that it was given before.
    Known(Stand),
    /// Part of a block that it was given: `whole` is to be split first.
    Part { whole: Stand, part: Stand },
    /// Something from before the trace.
    Unknown,
}

impl Blocks {
    /// Takes out the blocks that overlap one which the trace is given now: they were freed without a word.
    pub(super) fn overlapped(&mut self, traced: u64, order: Order) -> Vec<Stand> {
        let end = traced + (1 << order.get());
        // Blocks begin at multiples of their size, so one that reaches in from below holds all of this one.
        let below = self.list.range(..traced).next_back();
        let below = below.filter(|(start, stand)| traced - **start < 1 << stand.order.get());
        let keys: Vec<u64> = below.into_iter().chain(self.list.range(traced..end)).map(|(&start, _)| start).collect();
        keys.into_iter().filter_map(|key| self.list.remove(&key)).collect()
    }

    /// A block was given out.
    pub(super) fn insert(&mut self, traced: u64, stand: Stand) {
        self.list.insert(traced, stand);
    }

    /// Takes out what the trace frees; the rest of a block that is freed in part stays, in parts of that size.
    pub(super) fn remove(&mut self, traced: u64, order: Order) -> Freed {
        let Some((&start, &whole)) = self.list.range(..=traced).next_back() else { return Freed::Unknown };
        let pages = 1_u64 << whole.order.get();
        if traced - start >= pages {
            return Freed::Unknown;
        }
        if whole.order == order {
            self.list.remove(&start);
            return Freed::Known(whole);
        }
        if whole.order < order || order.get() != 0 {
            return Freed::Unknown;
        }
        self.list.remove(&start);
        for page in 0..pages {
            self.list.insert(start + page, Stand { pfn: Pfn(whole.pfn.0 + page), order });
        }
        match self.list.remove(&traced) {
            Some(part) => Freed::Part { whole, part },
            None => Freed::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stand(pfn: u64, order: u32) -> Stand {
        Stand { pfn: Pfn(pfn), order: Order::new(order).expect("an order") }
    }

    #[test]
    fn a_block_freed_page_by_page_is_split_once() {
        let mut blocks = Blocks::default();
        blocks.insert(96, stand(32, 2));
        let single = Order::default();
        assert_eq!(blocks.remove(97, single), Freed::Part { whole: stand(32, 2), part: stand(33, 0) });
        assert_eq!(blocks.remove(99, single), Freed::Known(stand(35, 0)));
        assert_eq!(blocks.remove(97, single), Freed::Unknown);
    }

    #[test]
    fn what_was_never_given_is_unknown() {
        let mut blocks = Blocks::default();
        blocks.insert(96, stand(32, 2));
        assert_eq!(blocks.remove(100, Order::default()), Freed::Unknown);
        assert_eq!(blocks.remove(95, Order::default()), Freed::Unknown);
        assert_eq!(blocks.remove(96, Order::new(2).expect("an order")), Freed::Known(stand(32, 2)));
    }

    #[test]
    fn what_is_given_again_was_freed_without_a_word() {
        let mut blocks = Blocks::default();
        blocks.insert(96, stand(32, 2));
        blocks.insert(104, stand(7, 0));
        assert_eq!(blocks.overlapped(98, Order::default()), [stand(32, 2)]);
        assert_eq!(blocks.overlapped(104, Order::new(3).expect("an order")), [stand(7, 0)]);
        assert_eq!(blocks.overlapped(96, Order::MAX), []);
    }
}
