//! Per-CPU page lists: order-0 pages that a CPU takes and gives back without the zone's lock.

use super::LockedZone;
use crate::event::{Event, Sink, emit};
use crate::gfp::AllocFlags;
use crate::page::meta::{Marks, Meta, PageState};
use crate::pfn::{Frame, MIGRATE_PCPTYPES, MigrateType, NodeId};
use crate::vmstat::{NumaItem, ZoneItem};

impl<S: Sink> LockedZone<'_, S> {
    /// Takes an order-0 page from this CPU's list, filling it first if empty (`rmqueue_pcplist`).
    #[inline]
    pub(crate) fn rmqueue_pcplist(&mut self, migratetype: MigrateType, flags: AllocFlags) -> Option<Frame> {
        let frame = match self.pcp.pop_head(migratetype) {
            Some(frame) => frame,
            None => {
                self.rmqueue_bulk(migratetype, flags);
                self.pcp.pop_head(migratetype)?
            }
        };
        self.global.events.pgalloc[self.zone.id.zone_type().index()] += 1;
        emit!(
            self,
            Event::PcpTake {
                zone: self.zone.id,
                cpu: self.cpu,
                pfn: self.mem.pfn(frame),
                migratetype,
                left: self.pcp.count,
            }
        );
        Some(frame)
    }

    /// Fills a list with up to `batch` pages, in the order they leave the buddy lists (`rmqueue_bulk`).
    #[cold]
    fn rmqueue_bulk(&mut self, migratetype: MigrateType, flags: AllocFlags) {
        let mut taken = 0;
        let mut kept = 0;
        while taken < self.pcp.batch {
            let Some(frame) = self.rmqueue_type(0, migratetype, flags) else { break };
            taken += 1;
            if self.mem.any_bad() && self.has_marks(frame, 0, Marks::BAD.with(Marks::HWPOISON)) {
                // The free CMA counter is not told of a CMA page lost here.
                let cma = self.mem.meta(frame, 0).migratetype() == MigrateType::Cma;
                self.zone.miscounted[1] += i64::from(cma);
                self.leak(frame, 0);
                continue;
            }
            let index = self.mem.meta(frame, 0).migratetype();
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

    /// Puts a freed page on this CPU's list; at `high` a batch goes back (`free_unref_page_commit`).
    #[inline]
    pub(crate) fn free_unref_page_commit(&mut self, frame: Frame) {
        let index = self.mem.pageblock(frame);
        self.global.events.pgfree += 1;
        let list = match index {
            MigrateType::Isolate => return self.free_one_page(frame, 0, index, false),
            MigrateType::HighAtomic | MigrateType::Cma => MigrateType::Movable,
            own => own,
        };
        self.mem.set_meta(frame, 0, Meta::new(PageState::Pcp, 0, index));
        self.pcp.push_head(list, frame);
        emit!(
            self,
            Event::PcpFree {
                zone: self.zone.id,
                cpu: self.cpu,
                pfn: self.mem.pfn(frame),
                index,
                count: self.pcp.count,
            }
        );
        if self.pcp.count >= self.pcp.high {
            self.free_pcppages_bulk(self.pcp.batch);
        }
    }

    /// Gives `count` pages back to the buddy lists (`free_pcppages_bulk`): all are picked first, round-robin from
    /// the tails, then freed in that order.
    pub(crate) fn free_pcppages_bulk(&mut self, count: u32) {
        let picked = self.pick_pcppages(count.min(self.pcp.count));
        let isolated = self.zone.nr_isolate_pageblock != 0;
        for frame in picked {
            let migratetype = if isolated { self.mem.pageblock(frame) } else { self.mem.meta(frame, 0).migratetype() };
            self.free_one_page(frame, 0, migratetype, false);
            emit!(self, Event::PcpDrain { zone: self.zone.id, cpu: self.cpu, pfn: self.mem.pfn(frame), migratetype });
        }
    }

    /// Takes pages from the list tails. Each list visited, empty or not, lengthens the run taken from the next
    /// non-empty one; what a run leaves over is carried on.
    fn pick_pcppages(&mut self, mut count: u32) -> Vec<Frame> {
        let mut picked = Vec::with_capacity(count as usize);
        let mut list = 0;
        let mut run = 0;
        while count > 0 {
            loop {
                run += 1;
                list = (list + 1) % MIGRATE_PCPTYPES;
                if !self.pcp.lists[list].is_empty() {
                    break;
                }
            }
            if run == MIGRATE_PCPTYPES as u32 {
                // Both other lists were empty.
                run = count;
            }
            while run > 0 && count > 0 {
                let Some(frame) = self.pcp.lists[list].pop_back() else { break };
                self.pcp.count -= 1;
                if self.mem.any_bad() && self.has_marks(frame, 0, Marks::BAD) {
                    self.leak(frame, 0);
                } else {
                    picked.push(frame);
                }
                count -= 1;
                run -= 1;
            }
        }
        picked
    }

    /// Counts where a request was served (`zone_statistics`); the foreign count, if due, belongs to another zone.
    #[inline]
    pub(crate) fn zone_statistics(&mut self, preferred: NodeId, cpu_node: NodeId) -> bool {
        let node = self.zone.id.node();
        if self.options.numa_stat {
            self.inc_numa_state(if node == preferred { NumaItem::Hit } else { NumaItem::Miss });
            self.inc_numa_state(if node == cpu_node { NumaItem::Local } else { NumaItem::Other });
        }
        self.options.numa_stat && node != preferred
    }
}
