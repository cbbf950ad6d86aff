//! What compaction remembers, and the pages it would look at, from a recorded state.

use crate::recording::{self, PfnRange, ZoneState};
use buddyscope_mm::LifeFlags;
use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::{Order, PAGEBLOCK_NR_PAGES, Pfn};
use buddyscope_mm::restore::RestoreError;
use buddyscope_mm::zone::compact_state::CompactState;

/// Puts a zone's part into the recorded state, where it is told.
pub(super) fn restore_compaction<S: Sink>(machine: &mut Machine<S>, zone: &ZoneState) -> Result<(), RestoreError> {
    let Some(compact) = &zone.compact else { return Ok(()) };
    machine.restore_compact(zone.id, compact_state(compact));
    if let Some((first, hints)) = &zone.skip {
        for (block, hint) in (0..).zip(hints) {
            machine.restore_skip(Pfn(first.0 + block * PAGEBLOCK_NR_PAGES), hint.unwrap_or_default());
        }
    }
    for range in &zone.compound {
        restore_compound_range(machine, range, &zone.movable)?;
    }
    Ok(())
}

/// A `COMPACT` line as the model has it.
fn compact_state(recorded: &recording::CompactState) -> CompactState {
    CompactState {
        cached_free_pfn: Pfn(recorded.free_pfn),
        cached_migrate_pfn: recorded.migrate_pfn.map(Pfn),
        init_migrate_pfn: Pfn(recorded.init_migrate_pfn),
        init_free_pfn: Pfn(recorded.init_free_pfn),
        considered: recorded.considered as u32,
        defer_shift: recorded.defer_shift as u8,
        order_failed: recorded.order_failed as u8,
        blockskip_flush: recorded.blockskip_flush,
    }
}

/// Whether compaction's memory and hints differ from a recorded state.
pub(super) fn compact_differences<S: Sink>(machine: &Machine<S>, recorded: &ZoneState, found: &mut Vec<String>) {
    let Some(kernel) = recorded.compact.as_ref().map(compact_state) else { return };
    let model = machine.zones()[recorded.id.index()].compact;
    if kernel != model {
        found.push(format!("{} compaction: kernel {kernel:?}, model {model:?}", recorded.id));
    }
    let Some((first, kernel)) = &recorded.skip else { return };
    let blocks = (first.0..).step_by(PAGEBLOCK_NR_PAGES as usize).map(Pfn);
    let model: Vec<Option<bool>> = blocks.take(kernel.len()).map(|block| machine.pageblock_skip(block)).collect();
    if *kernel != model {
        found.push(format!("{} skip hints: kernel {}, model {}", recorded.id, bits(kernel), bits(&model)));
    }
}

fn bits(hints: &[Option<bool>]) -> String {
    hints.iter().map(|hint| hint.map_or('-', |set| if set { '1' } else { '0' })).collect()
}

/// Orders of compound pages in the order in which they are tried: 64 pages in a row are rather one large allocation than
/// many slabs; others are slabs as large as they can be.
const ORDERS: [u32; 7] = [10, 9, 8, 7, 6, 3, 2];

/// Compound pages side by side are told as one range. The second page of each order-1 page is among the movable ones;
/// the sizes of others are a first guess.
fn restore_compound_range<S: Sink>(
    machine: &mut Machine<S>,
    range: &PfnRange,
    movable: &[PfnRange],
) -> Result<(), RestoreError> {
    let is_movable = |pfn: u64| contains(movable, Pfn(pfn));
    let mut at = range.start.0;
    while at < range.end.0 {
        let fits = |order: u32| {
            let pages = 1 << order;
            at.is_multiple_of(pages) && at + pages <= range.end.0 && !(at + 2..at + pages).any(is_movable)
        };
        let order = if is_movable(at + 1) { 1 } else { ORDERS.into_iter().find(|&order| fits(order)).unwrap_or(1) };
        machine.restore_compound(Pfn(at), Order::new(order).unwrap_or_default())?;
        at += 1 << order;
    }
    Ok(())
}

fn contains(ranges: &[PfnRange], pfn: Pfn) -> bool {
    let at = ranges.partition_point(|range| range.end <= pfn);
    ranges.get(at).is_some_and(|range| range.start <= pfn)
}

/// LRU pages where their lists are not told: as many of them active as the counters say.
pub(super) fn restore_lives<S: Sink>(machine: &mut Machine<S>, zone: &ZoneState) -> Result<(), RestoreError> {
    let mut active = [zone.lru_counts[1], zone.lru_counts[3]];
    for pfn in zone.lru.iter().flat_map(|range| range.start.0..range.end.0).map(Pfn) {
        let anon = contains(&zone.anon, pfn);
        let mut flags = LifeFlags::empty();
        flags.set(LifeFlags::ANON | LifeFlags::SWAPBACKED, anon);
        flags.set(LifeFlags::PINNED, contains(&zone.pinned_anon, pfn));
        let left = &mut active[usize::from(!anon)];
        if contains(&zone.unevictable, pfn) {
            flags |= LifeFlags::UNEVICTABLE | LifeFlags::MLOCKED;
        } else if *left > 0 {
            *left -= 1;
            flags |= LifeFlags::ACTIVE;
        }
        machine.restore_life(pfn, flags, u32::from(anon))?;
    }
    Ok(())
}
