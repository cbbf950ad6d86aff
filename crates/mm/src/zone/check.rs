//! Watermark checks: has the zone enough free pages for this request? (mm/page_alloc.c)

use crate::event::{Verdict, WatermarkCheck};
use crate::gfp::{AllocFlags, Gfp};
use crate::pfn::{MAX_ORDER, MIGRATE_PCPTYPES, MigrateType};
use crate::vmstat::ZoneItem;
use crate::zone::Zone;

/// Flags that let a request below the mark and onto the high-atomic reserve.
const HARDER_OR_OOM: AllocFlags = AllocFlags::HARDER.union(AllocFlags::OOM);

impl Zone {
    /// The selected mark with the boost on it (`wmark_pages`): 0 min, 1 low, 2 high.
    #[inline]
    #[must_use]
    pub fn wmark_pages(&self, mark: usize) -> u64 {
        self.watermark[mark] + self.watermark_boost
    }
}

/// Pages a request cannot use although they are free (`__zone_watermark_unusable_free`).
#[inline]
fn unusable_free(zone: &Zone, order: u8, flags: AllocFlags) -> i64 {
    let mut unusable = (1i64 << order) - 1;
    if !flags.intersects(HARDER_OR_OOM) {
        unusable += zone.nr_reserved_highatomic as i64;
    }
    if !flags.contains(AllocFlags::CMA) {
        unusable += zone.page_state(ZoneItem::FreeCma);
    }
    unusable
}

/// The shortcut for order 0 (the beginning of `zone_watermark_fast`): `None` if the full check must decide.
#[inline(always)]
pub(crate) fn order0_shortcut(
    zone: &Zone,
    order: u8,
    highest_zoneidx: u8,
    flags: AllocFlags,
) -> Option<WatermarkCheck> {
    if order != 0 {
        return None;
    }
    let free = zone.page_state(ZoneItem::FreePages);
    let mark = zone.wmark_pages(flags.wmark()) as i64;
    let usable = free - unusable_free(zone, 0, flags);
    let reserve = zone.lowmem_reserve[highest_zoneidx as usize];
    // 5.10.35 compares as unsigned long: a negative number of usable pages passes.
    if usable as u64 <= (mark + reserve) as u64 {
        return None;
    }
    let verdict = if usable < 0 { Verdict::PassNegative } else { Verdict::PassFast };
    let unusable = free - usable;
    Some(WatermarkCheck { zone: zone.id, order, alloc_flags: flags, verdict, free, unusable, mark, min: mark, reserve })
}

/// Whether a request that does not pass the shortcut fails for sure: the full check compares the same numbers, as neither
/// mark nor boost is lowered for the request.
#[inline]
pub(crate) fn shortcut_decides(order: u8, flags: AllocFlags, gfp: Gfp) -> bool {
    const LOWERS: AllocFlags = HARDER_OR_OOM.union(AllocFlags::HIGH);
    order == 0 && !flags.intersects(LOWERS) && !gfp.contains(Gfp::ATOMIC)
}

/// The check against the mark that `flags` select, where the shortcut does not pass (`zone_watermark_fast`).
#[inline(always)]
pub(crate) fn zone_watermark_fast(
    zone: &Zone,
    order: u8,
    highest_zoneidx: u8,
    flags: AllocFlags,
    gfp: Gfp,
) -> WatermarkCheck {
    let free = zone.page_state(ZoneItem::FreePages);
    let mark = zone.wmark_pages(flags.wmark()) as i64;
    let check = zone_watermark_ok_free(zone, order, mark, highest_zoneidx, flags, free);
    let retry = !check.verdict.passed()
        && order == 0
        && gfp.contains(Gfp::ATOMIC)
        && zone.watermark_boost != 0
        && flags.wmark() == 0;
    if retry { zone_watermark_unboosted(zone, highest_zoneidx, flags, free) } else { check }
}

/// An order-0 `__GFP_ATOMIC` request has another try without the boost.
#[cold]
fn zone_watermark_unboosted(zone: &Zone, highest_zoneidx: u8, flags: AllocFlags, free: i64) -> WatermarkCheck {
    let mut check = zone_watermark_ok_free(zone, 0, zone.watermark[0] as i64, highest_zoneidx, flags, free);
    if check.verdict.passed() {
        check.verdict = Verdict::PassUnboosted;
    }
    check
}

/// The full check with the counter as it stands (`zone_watermark_ok`).
pub(crate) fn zone_watermark_ok(
    zone: &Zone,
    order: u8,
    mark: u64,
    highest_zoneidx: u8,
    flags: AllocFlags,
) -> WatermarkCheck {
    zone_watermark_ok_free(zone, order, mark as i64, highest_zoneidx, flags, zone.page_state(ZoneItem::FreePages))
}

/// The full check against a given number of free pages (`__zone_watermark_ok`).
#[inline]
pub(crate) fn zone_watermark_ok_free(
    zone: &Zone,
    order: u8,
    mark: i64,
    highest_zoneidx: u8,
    flags: AllocFlags,
    free: i64,
) -> WatermarkCheck {
    let unusable = unusable_free(zone, order, flags);
    let reserve = zone.lowmem_reserve[highest_zoneidx as usize];
    let mut min = mark;
    if flags.contains(AllocFlags::HIGH) {
        min -= min / 2;
    }
    if flags.contains(AllocFlags::OOM) {
        min -= min / 2;
    } else if flags.contains(AllocFlags::HARDER) {
        min -= min / 4;
    }
    let verdict = if free - unusable <= min + reserve {
        Verdict::BelowMark
    } else if order == 0 || has_block(zone, order, flags) {
        Verdict::Pass
    } else {
        Verdict::NoBlock
    };
    WatermarkCheck { zone: zone.id, order, alloc_flags: flags, verdict, free, unusable, mark, min, reserve }
}

/// Whether some list the request may use holds a block of the order.
#[inline(never)]
fn has_block(zone: &Zone, order: u8, flags: AllocFlags) -> bool {
    let cma = flags.contains(AllocFlags::CMA);
    let harder = flags.intersects(HARDER_OR_OOM);
    zone.free_area[order as usize..MAX_ORDER].iter().filter(|area| area.nr_free != 0).any(|area| {
        area.free_list[..MIGRATE_PCPTYPES].iter().any(|list| !list.is_empty())
            || (cma && !area.free_list[MigrateType::Cma.index()].is_empty())
            || (harder && !area.free_list[MigrateType::HighAtomic.index()].is_empty())
    })
}
