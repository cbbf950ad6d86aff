//! When a compaction is finished.

use super::CompactResult;
use super::control::CompactControl;
use super::hints::is_pageblock_start;
use super::score::{fragmentation_score_wmark, fragmentation_score_zone};
use crate::event::{CompactEvent, Event, Sink, emit};
use crate::machine::Machine;
use crate::pfn::{CpuId, MAX_ORDER, MigrateType};

impl<S: Sink> Machine<S> {
    /// Whether a compaction goes on (`compact_finished`).
    pub(super) fn compact_finished(&mut self, cc: &mut CompactControl) -> CompactResult {
        let result = self.is_finished(cc);
        emit!(self, Event::Compact(CompactEvent::Finished { zone: cc.zone, order: cc.order, result }));
        if result == CompactResult::NoSuitablePage { CompactResult::Continue } else { result }
    }

    /// The decision itself (`__compact_finished`).
    fn is_finished(&mut self, cc: &mut CompactControl) -> CompactResult {
        if cc.scanners_met() {
            self.reset_cached_positions(cc.zone);
            if cc.direct {
                self.zones[cc.zone.index()].compact.blockskip_flush = true;
            }
            return if cc.whole_zone { CompactResult::Complete } else { CompactResult::PartialSkipped };
        }
        let result = if cc.proactive {
            match self.proactive_finished(cc) {
                CompactResult::PartialSkipped => return CompactResult::PartialSkipped,
                verdict => verdict,
            }
        } else if cc.order < 0 || !is_pageblock_start(cc.migrate_pfn) {
            return CompactResult::Continue;
        } else if self.has_suitable_block(cc) {
            return CompactResult::Success;
        } else {
            CompactResult::NoSuitablePage
        };
        if cc.contended || cc.signal { CompactResult::Contended } else { result }
    }

    /// Work ahead of requests stops when kswapd wakes, and when the zone is good enough.
    fn proactive_finished(&self, cc: &CompactControl) -> CompactResult {
        if !self.nodes[cc.zone.node().index()].kswapd_asleep {
            return CompactResult::PartialSkipped;
        }
        let zone = &self.zones[cc.zone.index()];
        let score = fragmentation_score_zone(zone, &self.nodes[cc.zone.node().index()]);
        let low = fragmentation_score_wmark(self.sysctl.compaction_proactiveness, true);
        if score > low { CompactResult::Continue } else { CompactResult::Success }
    }

    /// Whether the request would find a block: of its type, a CMA one if movable, or one that it may steal with its
    /// pageblock. At a pageblock's start, where this is asked, nothing more is to be done for the latter.
    fn has_suitable_block(&mut self, cc: &CompactControl) -> bool {
        let own = cc.migratetype;
        (cc.order as u8..MAX_ORDER as u8).any(|order| {
            let area = &self.zones[cc.zone.index()].free_area[usize::from(order)];
            let has = |list: MigrateType| !area.free_list[list.index()].is_empty();
            has(own)
                || (own == MigrateType::Movable && has(MigrateType::Cma))
                || self.lock(cc.zone, CpuId(0)).can_steal_at(order, own)
        })
    }
}
