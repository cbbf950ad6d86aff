//! Places for free blocks. Texts count them and tell no page numbers.

use buddyscope_mm::pfn::{MAX_ORDER, Pfn};
use std::collections::BTreeSet;
use std::ops::Range;

/// Order of the largest blocks.
const TOP: usize = MAX_ORDER - 1;

/// Page frames of a zone in pageblocks that nothing is placed in yet.
pub(crate) struct Untouched {
    /// The next ones last.
    ranges: Vec<Range<u64>>,
}

/// Pageblocks of one type that something is placed in: the aligned parts that are left, by order.
#[derive(Default)]
pub(crate) struct Room {
    /// Parts that may be used whole.
    whole: [BTreeSet<u64>; MAX_ORDER],
    /// Parts whose buddy is a free block of the same order: as a whole they would be merged with it.
    beside_free: [Vec<u64>; MAX_ORDER],
}

/// A block that was given away.
pub(crate) struct Placed {
    /// Where.
    pub(crate) pfn: Pfn,
    /// The untouched block that was begun for it, if one was.
    pub(crate) begun: Option<(Pfn, usize)>,
}

impl Untouched {
    /// Page frames that exist and are not reserved.
    pub(crate) fn new(mut ranges: Vec<Range<u64>>) -> Untouched {
        ranges.retain(|range| !range.is_empty());
        ranges.sort_by_key(|range| std::cmp::Reverse(range.start));
        Untouched { ranges }
    }

    /// The next block that is large enough and of the largest size that fits there.
    fn begin(&mut self, order: usize) -> Option<(u64, usize)> {
        for at in (0..self.ranges.len()).rev() {
            let range = self.ranges[at].clone();
            let start = range.start.next_multiple_of(1 << order);
            if start + (1 << order) > range.end {
                continue;
            }
            let fits = |size: &usize| start.is_multiple_of(1 << size) && start + (1 << size) <= range.end;
            let size = (order..MAX_ORDER).rev().find(fits).unwrap_or(order);
            let rest = [start + (1 << size)..range.end, range.start..start];
            self.ranges.splice(at..=at, rest.into_iter().filter(|range| !range.is_empty()));
            return Some((start, size));
        }
        None
    }

    /// All of it in the largest aligned blocks.
    pub(super) fn into_blocks(self) -> impl Iterator<Item = (Pfn, usize)> {
        self.ranges.into_iter().flat_map(aligned_blocks)
    }
}

impl Room {
    /// A place for a free block of this order, whose buddy will not be free as a whole. Ask for large blocks first.
    pub(crate) fn take(&mut self, untouched: &mut Untouched, order: usize) -> Option<Placed> {
        if let Some((pfn, size)) = self.smallest(order) {
            return Some(Placed { pfn: Pfn(self.split(pfn, size, order)), begun: None });
        }
        let (pfn, size) = untouched.begin(order)?;
        Some(Placed { pfn: Pfn(self.split(pfn, size, order)), begun: Some((Pfn(pfn), size)) })
    }

    /// The smallest part that holds a block of this order. Parts beside a free block have to be split anyway.
    fn smallest(&mut self, order: usize) -> Option<(u64, usize)> {
        // The largest blocks have no buddy.
        let smallest = if order == TOP { TOP } else { order + 1 };
        for size in smallest..MAX_ORDER {
            if let Some(pfn) = self.beside_free[size].pop() {
                return Some((pfn, size));
            }
        }
        (order..MAX_ORDER).find_map(|size| Some((self.whole[size].pop_last()?, size)))
    }

    /// Takes the first half again and again; what is left over becomes parts.
    fn split(&mut self, pfn: u64, mut size: usize, order: usize) -> u64 {
        while size > order {
            size -= 1;
            let half = pfn + (1 << size);
            if size == order {
                self.beside_free[size].push(half);
            } else {
                self.whole[size].insert(half);
            }
        }
        let buddy = pfn ^ (1 << order);
        if self.whole[order].remove(&buddy) {
            self.beside_free[order].push(buddy);
        }
        pfn
    }

    /// What is left, as aligned blocks.
    pub(super) fn into_blocks(self) -> impl Iterator<Item = (Pfn, usize)> {
        let parts = self.whole.into_iter().zip(self.beside_free).enumerate();
        parts.flat_map(|(size, (whole, beside))| whole.into_iter().chain(beside).map(move |pfn| (Pfn(pfn), size)))
    }
}

/// The largest aligned blocks of a range, ascending.
fn aligned_blocks(range: Range<u64>) -> impl Iterator<Item = (Pfn, usize)> {
    let mut at = range.start;
    std::iter::from_fn(move || {
        let left = range.end.checked_sub(at).filter(|&left| left > 0)?;
        let size = (at.trailing_zeros().min(TOP as u32)).min(left.ilog2()) as usize;
        let block = (Pfn(at), size);
        at += 1 << size;
        Some(block)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places so many blocks of each order, largest first; `None` if there is no room.
    fn place(room: &mut Room, untouched: &mut Untouched, counts: &[(usize, u64)]) -> Option<Vec<(u64, usize)>> {
        let orders = counts.iter().flat_map(|&(order, count)| (0..count).map(move |_| order));
        orders.map(|order| room.take(untouched, order).map(|placed| (placed.pfn.0, order))).collect()
    }

    fn pages(blocks: &[(u64, usize)]) -> BTreeSet<u64> {
        let pages: Vec<u64> = blocks.iter().flat_map(|&(pfn, order)| pfn..pfn + (1 << order)).collect();
        let set: BTreeSet<u64> = pages.iter().copied().collect();
        assert_eq!(set.len(), pages.len(), "blocks overlap");
        set
    }

    #[test]
    fn free_blocks_lie_where_they_could_not_have_merged() {
        let counts = [(10, 3), (9, 1), (8, 1), (4, 5), (3, 2), (2, 1), (1, 7), (0, 9)];
        let (mut room, mut untouched) = (Room::default(), Untouched::new(vec![1..159, 256..8192]));
        let blocks = place(&mut room, &mut untouched, &counts).expect("there is room");
        let free = pages(&blocks);
        for &(pfn, order) in &blocks {
            assert_eq!(pfn % (1 << order), 0, "{pfn} order {order}");
            let buddy = pfn ^ (1 << order);
            let merges = order < TOP && (buddy..buddy + (1 << order)).all(|page| free.contains(&page));
            assert!(!merges, "{pfn} and its buddy, order {order}");
        }
        let rest = room.into_blocks().chain(untouched.into_blocks());
        let rest: Vec<(u64, usize)> = rest.map(|(pfn, order)| (pfn.0, order)).collect();
        assert_eq!(free.union(&pages(&rest)).count(), 158 + 7936);
        assert!(free.is_disjoint(&pages(&rest)));
    }

    #[test]
    fn a_nearly_empty_zone_has_room_for_all_its_blocks() {
        // The DMA zone of a PC that nobody uses.
        let counts = [(10, 3), (9, 1), (8, 1), (6, 1), (5, 1), (4, 2), (0, 1)];
        let mut untouched = Untouched::new(vec![1..159, 256..4096]);
        assert!(place(&mut Room::default(), &mut untouched, &counts).is_some());
    }

    #[test]
    fn without_room_nothing_is_placed() {
        let (mut room, mut untouched) = (Room::default(), Untouched::new(core::iter::once(3..63).collect()));
        assert!(room.take(&mut untouched, 4).is_some());
        assert!(room.take(&mut untouched, 5).is_none(), "no aligned block of 32 pages is left");
    }
}
