//! Whether a node has enough free pages (`pgdat_balanced`, mm/vmscan.c).

use crate::event::Sink;
use crate::gfp::AllocFlags;
use crate::machine::Machine;
use crate::pfn::{NodeId, ZoneId, ZoneType};
use crate::vmstat::ZoneItem;
use crate::zone::Zone;
use crate::zone::check::zone_watermark_ok_free;

impl<S: Sink> Machine<S> {
    /// The managed zones of a node up to an index.
    pub(crate) fn managed_zones(&self, id: NodeId, highest_zoneidx: u8) -> impl Iterator<Item = &Zone> {
        ZoneType::ALL[..=highest_zoneidx as usize]
            .iter()
            .map(move |&kind| &self.zones[ZoneId::new(id, kind).index()])
            .filter(|zone| zone.is_managed())
    }

    /// Whether some zone could serve the request above its high mark (`pgdat_balanced`).
    pub(crate) fn pgdat_balanced(&self, id: NodeId, order: u8, highest_zoneidx: u8) -> bool {
        let mut zones = self.managed_zones(id, highest_zoneidx).peekable();
        zones.peek().is_none()
            || zones.any(|zone| self.zone_watermark_ok_safe(zone, order, zone.wmark_pages(2), highest_zoneidx))
    }

    /// Whether fragmentation raised the marks of some zone (`pgdat_watermark_boosted`).
    pub(crate) fn pgdat_boosted(&self, id: NodeId, highest_zoneidx: u8) -> bool {
        self.managed_zones(id, highest_zoneidx).any(|zone| zone.watermark_boost != 0)
    }

    /// The check that counts exactly where drift could mislead it (`zone_watermark_ok_safe`).
    pub(crate) fn zone_watermark_ok_safe(&self, zone: &Zone, order: u8, mark: u64, highest_zoneidx: u8) -> bool {
        let mut free = zone.page_state(ZoneItem::FreePages);
        if zone.percpu_drift_mark != 0 && (free as u64) < zone.percpu_drift_mark {
            free = self.zone_page_state_snapshot(zone, ZoneItem::FreePages);
        }
        zone_watermark_ok_free(zone, order, mark as i64, highest_zoneidx, AllocFlags::empty(), free).verdict.passed()
    }

    /// Pages on the lists of a zone that reclaim could free (`zone_reclaimable_pages`).
    pub(crate) fn zone_reclaimable_pages(&self, id: ZoneId) -> u64 {
        let zone = &self.zones[id.index()];
        let count = |item| self.zone_page_state_snapshot(zone, item) as u64;
        let file = count(ZoneItem::InactiveFile) + count(ZoneItem::ActiveFile);
        let anon =
            if self.swap.free_slots() > 0 { count(ZoneItem::InactiveAnon) + count(ZoneItem::ActiveAnon) } else { 0 };
        file + anon
    }
}
