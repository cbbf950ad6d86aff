//! How long the lists are. Pages that come or go together are counted together, with the result of counting each alone.

use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::page::lru_index::LruIndex;
use crate::pfn::{CpuId, ZoneId};

/// What one page changes: so many pages more on a list, or fewer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct SizeChange {
    pub(super) memcg: MemcgId,
    pub(super) zone: ZoneId,
    pub(super) lru: LruIndex,
    pub(super) pages: i64,
}

/// Pages that are not counted yet, all of which change the same.
#[derive(Default)]
pub(crate) struct ListSizes {
    change: Option<SizeChange>,
    times: u32,
}

impl<S: Sink> Machine<S> {
    /// Counts a page soon; those before it now, if they change something else.
    #[inline]
    pub(super) fn count_size(&mut self, cpu: CpuId, sizes: &mut ListSizes, change: SizeChange) {
        if sizes.change != Some(change) {
            self.count_sizes(cpu, sizes);
            sizes.change = Some(change);
        }
        sizes.times += 1;
    }

    /// Counts the pages that are not counted yet.
    #[inline]
    pub(crate) fn count_sizes(&mut self, cpu: CpuId, sizes: &mut ListSizes) {
        let times = core::mem::take(&mut sizes.times);
        if let Some(SizeChange { memcg, zone, lru, pages }) = sizes.change
            && times > 0
        {
            self.update_lru_size(cpu, memcg, zone, lru, pages, times);
        }
    }

    /// Counts pages of a list, so many times (`update_lru_size`).
    pub(crate) fn update_lru_size(
        &mut self,
        cpu: CpuId,
        memcg: MemcgId,
        zone: ZoneId,
        lru: LruIndex,
        pages: i64,
        times: u32,
    ) {
        self.mod_lruvec_state_times(cpu, memcg, zone.node(), lru.node_item(), pages, times);
        self.lock(zone, cpu).mod_state_times(lru.zone_item(), pages, times);
        let sizes = &mut self.lru.lruvec_mut(memcg, zone.node()).zone_size[zone.zone_type().index()];
        let size = &mut sizes[lru as usize];
        *size = size.saturating_add_signed(pages * i64::from(times));
    }
}
