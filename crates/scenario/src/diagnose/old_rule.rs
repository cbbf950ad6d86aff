//! The check of free pages as kernels before 4.4 made it.

use crate::rebuild::ToldZone;
use buddyscope_mm::gfp::Gfp;

/// The first kernel with today's check ("only enforce watermarks for order-0 allocations").
const CHANGED: (u64, u64) = (4, 4);

/// Until 3.2 two pages too many were taken off for the block.
const EXACT: (u64, u64) = (3, 3);

/// Whether a kernel asked more of larger orders than a block that fits.
pub(super) fn applies(kernel: (u64, u64), order: u32) -> bool {
    order > 0 && kernel < CHANGED
}

/// Whether a zone passed then (`__zone_watermark_ok`): without its smaller blocks it had to hold half of the mark for each
/// order more.
pub(super) fn passes(kernel: (u64, u64), zone: &ToldZone, gfp: Gfp, order: u32, highest: usize) -> bool {
    let mut min = zone.marks[0] as i64;
    if gfp.contains(Gfp::HIGH) {
        min -= min / 2;
    }
    if gfp.contains(Gfp::ATOMIC) {
        min -= min / 4;
    }
    let unusable = if gfp.contains(Gfp::MOVABLE) { 0 } else { zone.free_cma };
    let mut free = (zone.free as i64)
        .saturating_sub_unsigned(unusable)
        .saturating_sub((1 << order.min(10)) + if kernel < EXACT { 1 } else { -1 });
    let reserve = zone.reserve.get(highest).copied().unwrap_or(0);
    if free <= min.saturating_add(reserve) {
        return false;
    }
    zone.blocks.iter().zip(0..order.min(10)).all(|(counts, order)| {
        let pages = counts.iter().fold(0, |sum: u64, &count| sum.saturating_add(count)).saturating_mul(1 << order);
        free = free.saturating_sub_unsigned(pages);
        min /= 2;
        free > min
    })
}
