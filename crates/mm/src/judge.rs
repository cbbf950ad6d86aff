//! What the machine would decide about numbers seen elsewhere: in a kernel's trace or log.

use crate::event::{Sink, WatermarkCheck};
use crate::gfp::AllocFlags;
use crate::machine::Machine;
use crate::pfn::{CpuId, NodeId, ZoneId};
use crate::vmstat::ZoneItem;
use crate::zone::check::{zone_watermark_ok, zone_watermark_ok_free};
use crate::zone::compact_state::CompactState;

/// A zone's numbers at one moment, in pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ZoneNumbers {
    /// The counter of free pages, without what CPUs have not yet added to it.
    pub free: i64,
    /// The same with it.
    pub free_exact: i64,
    /// Free pages of CMA areas.
    pub free_cma: i64,
    /// Pages added to every mark (`watermark_boost`).
    pub boost: u64,
    /// Pages in pageblocks of the high-atomic reserve.
    pub highatomic: u64,
}

impl<S: Sink> Machine<S> {
    /// Gives a zone the numbers of another moment. Its lists stay as they are, so no longer fit.
    pub fn set_zone_numbers(&mut self, zone: ZoneId, numbers: ZoneNumbers) {
        let slot = &mut self.zones[zone.index()];
        (slot.watermark_boost, slot.nr_reserved_highatomic) = (numbers.boost, numbers.highatomic);
        self.restore_zone_stat(zone, ZoneItem::FreePages, numbers.free);
        self.restore_zone_stat(zone, ZoneItem::FreeCma, numbers.free_cma);
        for cpu in 0..self.cpus.len() {
            let delta = if cpu == 0 { numbers.free_exact - numbers.free } else { 0 };
            let delta = delta.clamp(i64::from(i16::MIN), i64::from(i16::MAX)) as i16;
            // The CPU is one of the machine's own.
            _ = self.restore_delta(zone, CpuId(cpu as u16), ZoneItem::FreePages, delta);
        }
    }

    /// The check of a zone against the mark that the flags select (`zone_watermark_ok`).
    #[must_use]
    pub fn check_mark(&self, zone: ZoneId, order: u8, highest_zoneidx: u8, flags: AllocFlags) -> WatermarkCheck {
        let zone = &self.zones[zone.index()];
        zone_watermark_ok(zone, order, zone.wmark_pages(flags.wmark()), highest_zoneidx, flags)
    }

    /// The same for another number of free pages (`__zone_watermark_ok`).
    #[must_use]
    pub fn check_mark_with(
        &self,
        zone: ZoneId,
        order: u8,
        highest_zoneidx: u8,
        flags: AllocFlags,
        free: i64,
    ) -> WatermarkCheck {
        let zone = &self.zones[zone.index()];
        let mark = zone.wmark_pages(flags.wmark());
        zone_watermark_ok_free(zone, order, mark as i64, highest_zoneidx, flags, free)
    }

    /// Whether kswapd would find its node in order (`pgdat_balanced`).
    #[must_use]
    pub fn is_balanced(&self, node: NodeId, order: u8, highest_zoneidx: u8) -> bool {
        self.pgdat_balanced(node, order, highest_zoneidx)
    }

    /// Whether a sleeping kswapd would be woken that has not given up (`wakeup_kswapd`).
    #[must_use]
    pub fn needs_kswapd(&self, node: NodeId, order: u8, highest_zoneidx: u8) -> bool {
        !self.pgdat_balanced(node, order, highest_zoneidx) || self.pgdat_boosted(node, highest_zoneidx)
    }
}

impl<S: Sink> Machine<S> {
    /// Gives a zone another memory of its compactions.
    pub fn set_compact_state(&mut self, zone: ZoneId, state: CompactState) {
        self.zones[zone.index()].compact = state;
    }

    /// An attempt to compact a zone: whether it is passed over (`compaction_deferred`).
    pub fn passes_over_compaction(&mut self, zone: ZoneId, order: u8) -> bool {
        self.compaction_deferred(zone, order)
    }

    /// Notes that compaction of a zone failed (`defer_compaction`); true, as that is always told.
    pub fn note_compaction_failure(&mut self, zone: ZoneId, order: u8) -> bool {
        self.defer_compaction(zone, order);
        true
    }

    /// Notes that compaction made a block that its request did not need or get (`compaction_defer_reset`); true, as
    /// that is always told.
    pub fn note_compaction_success(&mut self, zone: ZoneId, order: u8) -> bool {
        self.compaction_defer_reset(zone, order, false);
        true
    }
}
