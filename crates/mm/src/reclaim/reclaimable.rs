//! How much could be reclaimed.

use crate::event::Sink;
use crate::machine::Machine;
use crate::pfn::ZoneId;
use crate::vmstat::ZoneItem;

impl<S: Sink> Machine<S> {
    /// Pages of a zone that reclaim could look at (`zone_reclaimable_pages`).
    pub(crate) fn zone_reclaimable_pages(&self, id: ZoneId) -> u64 {
        let zone = &self.zones[id.index()];
        let pages = |item| self.zone_page_state_snapshot(zone, item) as u64;
        pages(ZoneItem::InactiveFile) + pages(ZoneItem::ActiveFile)
    }
}
