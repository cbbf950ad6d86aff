//! Places for free blocks. Texts count them and tell no page numbers.

use buddyscope_mm::pfn::{MAX_ORDER, Pfn};
use std::ops::Range;

/// Order of the largest blocks.
const TOP: usize = MAX_ORDER - 1;

/// Page frames of a zone in pageblocks that nothing is placed in yet.
pub(super) struct Untouched {
    /// The next ones last.
    ranges: Vec<Range<u64>>,
}

/// Pageblocks of one type that something is placed in: the parts that are left.
#[derive(Default)]
pub(super) struct Room {
    /// Aligned parts by order.
    parts: [Vec<Part>; MAX_ORDER],
}

/// An aligned part.
#[derive(Clone, Copy)]
struct Part {
    pfn: u64,
    /// Whether its buddy is a free block of the same order: as a whole it would be merged with that one.
    beside_free: bool,
}

/// A block that was given away.
pub(super) struct Placed {
    /// Where.
    pub(super) pfn: Pfn,
    /// The untouched block that was begun for it, if one was.
    pub(super) begun: Option<(Pfn, usize)>,
}

impl Untouched {
    /// Page frames that exist and are not reserved.
    pub(super) fn new(mut ranges: Vec<Range<u64>>) -> Untouched {
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
    pub(super) fn take(&mut self, untouched: &mut Untouched, order: usize) -> Option<Placed> {
        let mut begun = None;
        if !self.has(order) {
            let (pfn, size) = untouched.begin(order)?;
            begun = Some((Pfn(pfn), size));
            self.parts[size].push(Part { pfn, beside_free: false });
        }
        let (size, part) = self.smallest(order)?;
        Some(Placed { pfn: Pfn(self.split(part, size, order)), begun })
    }

    fn has(&self, order: usize) -> bool {
        (order..MAX_ORDER).any(|size| self.parts[size].iter().any(|part| fits(part, size, order)))
    }

    /// The smallest part that holds a block of this order. Parts beside a free block have to be split anyway.
    fn smallest(&mut self, order: usize) -> Option<(usize, Part)> {
        for must_split in [true, false] {
            for size in order..MAX_ORDER {
                let wanted = |part: &Part| fits(part, size, order) && (!must_split || size > order && part.beside_free);
                if let Some(at) = self.parts[size].iter().rposition(wanted) {
                    return Some((size, self.parts[size].swap_remove(at)));
                }
            }
        }
        None
    }

    /// Takes the first half again and again; what is left over becomes parts.
    fn split(&mut self, part: Part, mut size: usize, order: usize) -> u64 {
        while size > order {
            size -= 1;
            self.parts[size].push(Part { pfn: part.pfn + (1 << size), beside_free: size == order });
        }
        if let Some(buddy) = self.parts[order].iter_mut().rev().find(|other| other.pfn == part.pfn ^ (1 << order)) {
            buddy.beside_free = true;
        }
        part.pfn
    }

    /// What is left, as aligned blocks.
    pub(super) fn into_blocks(self) -> impl Iterator<Item = (Pfn, usize)> {
        let parts = self.parts.into_iter().enumerate();
        parts.flat_map(|(size, parts)| parts.into_iter().map(move |part| (Pfn(part.pfn), size)))
    }
}

/// Whether a part has room for a block of this order. The largest blocks have no buddy.
fn fits(part: &Part, size: usize, order: usize) -> bool {
    size > order || !part.beside_free || size == TOP
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
    use std::collections::BTreeSet;

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
