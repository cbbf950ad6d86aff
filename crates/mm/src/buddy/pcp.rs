//! Per-CPU page lists: order-0 pages that a CPU takes and gives back without the zone's lock.

use super::LockedZone;
use crate::event::{Event, Sink, emit};
use crate::gfp::AllocFlags;
use crate::machine::Machine;
use crate::page::meta::{Marks, Meta, PageState};
use crate::pfn::{CpuId, Frame, MIGRATE_PCPTYPES, MigrateType, ZoneId};
use crate::vmstat::{VmEvent, ZoneItem};
use crate::zone::PerCpuPages;

impl<S: Sink> Machine<S> {
    /// Takes an order-0 page from a CPU's list, filling it first if empty (`rmqueue_pcplist`).
    #[inline(always)]
    pub(crate) fn rmqueue_pcplist(
        &mut self,
        zone: ZoneId,
        cpu: CpuId,
        migratetype: MigrateType,
        flags: AllocFlags,
    ) -> Option<Frame> {
        let frame = match self.pcp_mut(zone, cpu).pop_head(migratetype) {
            Some(frame) => frame,
            None => {
                self.lock(zone, cpu).rmqueue_bulk(migratetype, flags);
                self.pcp_mut(zone, cpu).pop_head(migratetype)?
            }
        };
        self.global.events.add(VmEvent::pgalloc(zone.zone_type()), 1);
        emit!(
            self,
            Event::PcpTake { zone, cpu, pfn: self.mem.pfn(frame), migratetype, left: self.pcp(zone, cpu).count }
        );
        Some(frame)
    }

    /// Puts a freed page on a CPU's list; at `high` a batch goes back (`free_unref_page_commit`).
    #[inline]
    pub(crate) fn free_unref_page_commit(&mut self, cpu: CpuId, zone: ZoneId, frame: Frame) {
        let index = self.mem.pageblock(frame);
        self.global.events.add(VmEvent::PgFree, 1);
        let list = match index {
            MigrateType::Isolate => return self.lock(zone, cpu).free_one_page(frame, 0, index, false),
            MigrateType::HighAtomic | MigrateType::Cma => MigrateType::Movable,
            own => own,
        };
        self.mem.set_meta(frame, 0, Meta::new(PageState::Pcp, 0, index));
        let pcp = self.pcp_mut(zone, cpu);
        pcp.push_head(list, frame);
        let PerCpuPages { count, high, batch, .. } = *pcp;
        emit!(self, Event::PcpFree { zone, cpu, pfn: self.mem.pfn(frame), index, count });
        if count >= high {
            self.lock(zone, cpu).free_pcppages_bulk(batch);
        }
    }
}

impl<S: Sink> LockedZone<'_, S> {
    /// Fills a list with up to `batch` pages, in the order they leave the buddy lists (`rmqueue_bulk`).
    #[inline(never)]
    fn rmqueue_bulk(&mut self, migratetype: MigrateType, flags: AllocFlags) {
        let mut taken = 0;
        let mut kept = 0;
        while taken < self.pcp.batch {
            let Some((frame, index)) = self.rmqueue_type(0, migratetype, flags) else { break };
            taken += 1;
            if self.mem.any_bad() && self.has_marks(frame, 0, Marks::BAD.with(Marks::HWPOISON)) {
                // The free CMA counter is not told of a CMA page lost here.
                self.zone.miscounted[1] += i64::from(index == MigrateType::Cma);
                self.leak(frame, 0);
                continue;
            }
            self.mem.set_meta(frame, 0, Meta::new(PageState::Pcp, 0, index));
            self.pcp.lists[migratetype.index()].push_back(frame);
            kept += 1;
            if index == MigrateType::Cma {
                self.mod_state(ZoneItem::FreeCma, -1);
            }
        }
        self.mod_state(ZoneItem::FreePages, -i64::from(taken));
        self.pcp.count += kept;
        emit!(
            self,
            Event::PcpRefill { zone: self.zone.id, cpu: self.cpu, migratetype, asked: self.pcp.batch, got: kept }
        );
    }

    /// Gives `count` pages back to the buddy lists, in turn from the tails of the CPU's lists (`free_pcppages_bulk`).
    #[inline(never)]
    pub(crate) fn free_pcppages_bulk(&mut self, count: u32) {
        let isolated = self.zone.nr_isolate_pageblock != 0;
        let mut left = count.min(self.pcp.count);
        // Each list visited, empty or not, lengthens the run taken from the next non-empty one; what a run leaves over is
        // carried on.
        let mut list = 0;
        let mut run = 0;
        while left > 0 {
            loop {
                run += 1;
                list = (list + 1) % MIGRATE_PCPTYPES;
                if !self.pcp.lists[list].is_empty() {
                    break;
                }
            }
            if run == MIGRATE_PCPTYPES as u32 {
                // Both other lists were empty.
                run = left;
            }
            while run > 0 && left > 0 {
                let Some(frame) = self.pcp.lists[list].pop_back() else { break };
                self.pcp.count -= 1;
                (left, run) = (left - 1, run - 1);
                self.free_pcppage(frame, isolated);
            }
        }
    }

    /// One page leaves for the free areas, unless it turns out to be bad.
    fn free_pcppage(&mut self, frame: Frame, isolated: bool) {
        if self.mem.any_bad() && self.has_marks(frame, 0, Marks::BAD) {
            return self.leak(frame, 0);
        }
        let migratetype = if isolated { self.mem.pageblock(frame) } else { self.mem.meta(frame, 0).migratetype() };
        self.free_one_page(frame, 0, migratetype, false);
        emit!(self, Event::PcpDrain { zone: self.zone.id, cpu: self.cpu, pfn: self.mem.pfn(frame), migratetype });
    }
}
