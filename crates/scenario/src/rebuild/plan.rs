//! Where in a zone everything goes: free blocks, per-CPU pages, blocks in use, and what the allocator never got.

use super::error::RebuildError;
use super::layout::{Place, without_firmware};
use super::room::{Room, Untouched};
use super::told::ToldZone;
use buddyscope_mm::pfn::{CpuId, MIGRATE_TYPES, MigrateType, Order, PAGEBLOCK_NR_PAGES, PAGEBLOCK_ORDER, Pfn};

/// Most free blocks of a zone that are placed: 16 TiB in the largest blocks.
const MAX_BLOCKS: u64 = 1 << 22;

/// A block and its order.
pub type Block = (Pfn, Order);

/// The places of a zone's pages.
#[derive(Default)]
pub(super) struct Plan {
    /// Blocks whose pageblocks have a type, begun for it.
    pub(super) typed: Vec<(Block, MigrateType)>,
    /// Free blocks with the list they are on.
    pub(super) free: Vec<(Block, MigrateType)>,
    /// Pages on per-CPU lists.
    pub(super) pcp: Vec<(CpuId, Pfn)>,
    /// Blocks in use, smallest first.
    pub(super) in_use: Vec<Block>,
    /// Pages that exist and are not the buddy allocator's.
    pub(super) reserved: Vec<(Pfn, Pfn)>,
    /// Pages that are told to be free and have no place.
    pub(super) left_out: u64,
    /// Pages of pageblocks kept for high-order atomic requests.
    pub(super) highatomic: u64,
}

impl Plan {
    pub(super) fn new(told: &ToldZone, place: &Place) -> Result<Plan, RebuildError> {
        let blocks: u64 = told.blocks.iter().flatten().fold(0, |sum: u64, &count| sum.saturating_add(count));
        if blocks > MAX_BLOCKS {
            return Err(RebuildError::TooManyBlocks(told.id, blocks));
        }
        let mut plan = Plan::default();
        let usable = without_firmware(&place.present);
        let outside = told.present - usable.iter().map(|range| range.end - range.start).sum::<u64>();
        plan.reserved = firmware(place, &usable);
        let mut untouched = Untouched::new(usable);
        // Each type has pageblocks of its own.
        let mut rooms: [Room; MIGRATE_TYPES] = Default::default();
        plan.place_free(told, &mut rooms, &mut untouched);
        plan.place_pcp(told, &mut rooms[MigrateType::Movable.index()], &mut untouched);
        let parts = rooms.into_iter().flat_map(Room::into_blocks);
        let mut rest: Vec<(Pfn, usize)> = parts.chain(untouched.into_blocks()).collect();
        split_largest(&mut rest);
        rest.sort_unstable_by_key(|&(pfn, order)| (order, pfn));
        plan.share_out(rest, (told.present - told.managed).saturating_sub(outside));
        plan.keep_highatomic(told.highatomic);
        Ok(plan)
    }

    /// As many pageblocks for high-order atomic requests as are told; kernels before 5.0 do not tell, so then those that
    /// have free blocks of theirs.
    fn keep_highatomic(&mut self, told: u64) {
        let is_kept = |&(_, list): &(Block, MigrateType)| list == MigrateType::HighAtomic;
        let begun = self.typed.iter().copied().filter(is_kept).map(|(block, _)| block);
        let unused = self.in_use.iter().copied().filter(|(_, order)| u64::from(order.get()) >= PAGEBLOCK_ORDER.into());
        let blocks = |(pfn, order): Block| (pfn.0..pfn.0 + order.pages()).step_by(PAGEBLOCK_NR_PAGES as usize).map(Pfn);
        let mut pageblocks: Vec<Pfn> = begun.flat_map(blocks).collect();
        if told > 0 {
            pageblocks.extend(unused.flat_map(blocks));
            pageblocks.truncate((told / PAGEBLOCK_NR_PAGES) as usize);
        }
        self.typed.retain(|typed| !is_kept(typed));
        let order = order_of(PAGEBLOCK_ORDER as usize);
        self.highatomic = pageblocks.len() as u64 * PAGEBLOCK_NR_PAGES;
        self.typed.extend(pageblocks.into_iter().map(|pfn| ((pfn, order), MigrateType::HighAtomic)));
    }

    fn place_free(&mut self, told: &ToldZone, rooms: &mut [Room; MIGRATE_TYPES], untouched: &mut Untouched) {
        for (order, counts) in told.blocks.iter().enumerate().rev() {
            for (list, room) in MigrateType::ALL.into_iter().zip(&mut *rooms) {
                for _ in 0..counts[list.index()] {
                    let Some(placed) = room.take(untouched, order) else {
                        self.left_out += 1 << order;
                        continue;
                    };
                    self.typed.extend(placed.begun.map(|(pfn, size)| ((pfn, order_of(size)), list)));
                    self.free.push(((placed.pfn, order_of(order)), list));
                }
            }
        }
    }

    fn place_pcp(&mut self, told: &ToldZone, room: &mut Room, untouched: &mut Untouched) {
        for set in &told.pcp {
            for nth in 0..set.count {
                let Some(placed) = room.take(untouched, 0) else {
                    self.left_out += set.count - nth;
                    break;
                };
                self.pcp.push((set.cpu, placed.pfn));
            }
        }
    }

    /// The smallest blocks that are left are those the allocator never got, up to so many pages; the rest is in use.
    fn share_out(&mut self, rest: Vec<(Pfn, usize)>, mut reserved: u64) {
        for (pfn, order) in rest {
            let size = reserved.min(1 << order);
            if size > 0 {
                self.reserved.push((pfn, Pfn(pfn.0 + size)));
                reserved -= size;
            }
            // What is left of a block that is not reserved as a whole.
            let mut at = pfn.0 + size;
            while at < pfn.0 + (1 << order) {
                let part = at.trailing_zeros().min((pfn.0 + (1 << order) - at).ilog2()) as usize;
                self.in_use.push((Pfn(at), order_of(part)));
                at += 1 << part;
            }
        }
        self.in_use.sort_unstable_by_key(|&(pfn, order)| (order, pfn));
    }
}

/// What a PC's firmware keeps of a zone.
fn firmware(place: &Place, usable: &[std::ops::Range<u64>]) -> Vec<(Pfn, Pfn)> {
    let mut kept = Vec::new();
    for present in &place.present {
        let mut at = present.start;
        for usable in usable.iter().filter(|range| present.start <= range.start && range.end <= present.end) {
            kept.extend((at < usable.start).then_some((Pfn(at), Pfn(usable.start))));
            at = usable.end;
        }
        kept.extend((at < present.end).then_some((Pfn(at), Pfn(present.end))));
    }
    kept
}

/// Splits the largest block into halves down to order 1, so that nearly any number of pages can be freed. Single pages
/// would go to per-CPU lists, where they do not count as free.
fn split_largest(blocks: &mut Vec<(Pfn, usize)>) {
    let Some(at) = (0..blocks.len()).max_by_key(|&at| blocks[at].1).filter(|&at| blocks[at].1 > 1) else { return };
    let (pfn, order) = blocks.swap_remove(at);
    blocks.extend((1..order).map(|size| (Pfn(pfn.0 + (1 << size)), size)));
    blocks.push((pfn, 1));
}

fn order_of(order: usize) -> Order {
    Order::new(order as u32).unwrap_or_default()
}
