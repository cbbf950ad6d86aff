//! Taking pages off the lists and putting them back (mm/vmscan.c).

use super::ScanControl;
use crate::event::{Event, ReclaimEvent, Sink, emit};
use crate::lru::{LruIndex, page_lru};
use crate::machine::Machine;
use crate::page::life::{LifeFlags, MemcgId};
use crate::pfn::{CpuId, Frame, MAX_NR_ZONES, NodeId, ZoneId, ZoneType};
use crate::vmstat::VmEvent;

/// Mapped pages are left alone (`ISOLATE_UNMAPPED`).
const ISOLATE_UNMAPPED: u8 = 2;

/// Pages off a list.
pub(super) struct Isolation {
    /// Those taken, the ones that waited longest first.
    pub(super) pages: Vec<Frame>,
    /// Pages they stand for.
    pub(super) taken: u64,
    /// Pages looked at, skipped ones included.
    pub(super) scanned: u64,
}

impl<S: Sink> Machine<S> {
    /// Takes pages off the tail of a list until `nr_to_scan` were looked at (`isolate_lru_pages`). Pages of zones that
    /// do not help cost nothing and go to the head.
    pub(super) fn isolate_lru_pages(
        &mut self,
        cpu: CpuId,
        (memcg, node): (MemcgId, NodeId),
        lru: LruIndex,
        nr_to_scan: u64,
        sc: &ScanControl,
    ) -> Isolation {
        let mut isolation = Isolation { pages: Vec::new(), taken: 0, scanned: 0 };
        let mut taken_of = [0; MAX_NR_ZONES];
        let mut skipped_of = [0; MAX_NR_ZONES];
        let mut skipped = Vec::new();
        let mut scan = 0;
        let mut list = self.lru.lruvec(memcg, node).lists[lru as usize];
        while scan < nr_to_scan {
            let Some(page) = list.tail() else { break };
            let pages = self.mem.life(page).nr_pages();
            let zone = self.mem.zone_of(page).map_or(0, |zone| zone.zone_type().index());
            isolation.scanned += pages;
            list.remove(&mut self.mem, page);
            if zone > usize::from(sc.reclaim_idx) {
                skipped.push(page);
                skipped_of[zone] += pages;
                continue;
            }
            scan += pages;
            if !sc.may_unmap && self.mem.life(page).is_mapped() {
                list.push_head(&mut self.mem, page);
                continue;
            }
            self.clear_page_lru(page);
            taken_of[zone] += pages;
            isolation.pages.push(page);
        }
        for &page in &skipped {
            list.push_head(&mut self.mem, page);
        }
        self.lru.lruvec_mut(memcg, node).lists[lru as usize] = list;
        self.count_skipped(&skipped_of);
        isolation.taken = taken_of.iter().sum();
        self.tell_isolation(&isolation, lru, nr_to_scan, skipped_of.iter().sum(), sc);
        for (kind, &pages) in ZoneType::ALL.into_iter().zip(&taken_of) {
            if pages > 0 {
                self.update_lru_size(cpu, memcg, ZoneId::new(node, kind), lru, -(pages as i64), 1);
            }
        }
        isolation
    }

    fn count_skipped(&mut self, skipped_of: &[u64; MAX_NR_ZONES]) {
        for (kind, &pages) in ZoneType::ALL.into_iter().zip(skipped_of) {
            self.global.events.add(VmEvent::pgskip(kind), pages);
        }
    }

    fn tell_isolation(&mut self, isolation: &Isolation, lru: LruIndex, requested: u64, skipped: u64, sc: &ScanControl) {
        emit!(
            self,
            Event::Reclaim(ReclaimEvent::Isolate {
                highest_zoneidx: sc.reclaim_idx,
                order: sc.order,
                lru,
                mode: if sc.may_unmap { 0 } else { ISOLATE_UNMAPPED },
                requested: requested as u32,
                scanned: isolation.scanned as u32,
                skipped: skipped as u32,
                taken: isolation.taken as u32,
            })
        );
        for &page in &isolation.pages {
            emit!(self, Event::Reclaim(ReclaimEvent::Isolated { pfn: self.mem.pfn(page) }));
        }
    }

    /// Puts pages back at the heads of the lists their flags name, in the order given; returns how many pages they
    /// stand for (`move_pages_to_lru`). The kernel's list is walked from its tail. Parts of a huge page that nobody
    /// mapped when it was split are freed.
    pub(super) fn move_pages_to_lru(&mut self, cpu: CpuId, pages: impl IntoIterator<Item = Frame>) -> u64 {
        let mut moved = 0;
        let mut unused = Vec::new();
        for page in pages {
            if !self.page_evictable(page) {
                self.putback_lru_page(cpu, page);
                continue;
            }
            self.add_page_to_lru_list(cpu, page);
            if self.is_unused_part(page) {
                unused.push(page);
                continue;
            }
            let life = *self.mem.life(page);
            moved += life.nr_pages();
            if page_lru(&life).is_active()
                && let Some(zone) = self.mem.zone_of(page)
            {
                self.workingset_age_nonresident(life.memcg, zone.node(), life.nr_pages());
            }
        }
        self.put_pages(cpu, &unused);
        moved
    }

    /// Whether nobody but reclaim has a page: it was part of a huge one and not mapped.
    pub(super) fn is_unused_part(&self, page: Frame) -> bool {
        let life = self.mem.life(page);
        life.flags.contains(LifeFlags::ANON) && life.references() == 0 && self.has_places(life)
    }

    /// Whether a page may be evicted at all (`page_evictable`).
    pub(crate) fn page_evictable(&self, page: Frame) -> bool {
        !self.mem.life(page).flags.intersects(LifeFlags::MLOCKED | LifeFlags::UNEVICTABLE)
    }

    /// Puts an isolated page on the list where it belongs now (`putback_lru_page`).
    pub(crate) fn putback_lru_page(&mut self, cpu: CpuId, page: Frame) {
        if !self.page_evictable(page) {
            let life = self.mem.life_mut(page);
            if !life.flags.contains(LifeFlags::UNEVICTABLE) {
                self.global.events.add(VmEvent::UnevictablePgsCulled, life.nr_pages());
            }
            life.flags -= LifeFlags::ACTIVE;
            life.flags |= LifeFlags::UNEVICTABLE;
        }
        self.add_page_to_lru_list(cpu, page);
    }
}
