//! Scanning active lists: pages move on to the inactive ones (`shrink_active_list`, mm/vmscan.c).

use super::ScanControl;
use crate::event::{Event, ReclaimEvent, Sink, emit};
use crate::lru::LruIndex;
use crate::machine::Machine;
use crate::page::life::{LifeFlags, MemcgId};
use crate::pfn::{CpuId, Frame, NodeId};
use crate::task::Task;
use crate::vmstat::{NodeItem, VmEvent};

impl<S: Sink> Machine<S> {
    /// Moves a batch of active pages to the inactive list; accessed program text stays (`shrink_active_list`).
    pub(super) fn shrink_active_list(
        &mut self,
        task: &Task,
        (memcg, node): (MemcgId, NodeId),
        lru: LruIndex,
        nr_to_scan: u64,
        sc: &ScanControl,
    ) {
        let cpu = task.cpu;
        self.lru_add_drain(cpu);
        let hold = self.isolate_lru_pages(cpu, (memcg, node), lru, nr_to_scan, sc);
        self.mod_isolated(cpu, node, lru.is_file(), hold.taken as i64);
        if !sc.is_memcg_reclaim() {
            self.global.events.add(VmEvent::PgRefill, hold.scanned);
        }
        let (stays, goes) = self.sort_active(task, &hold.pages, sc);
        let referenced: u64 = stays.iter().map(|&page| self.mem.life(page).nr_pages()).sum();
        for &page in stays.iter().rev() {
            emit!(self, Event::Reclaim(ReclaimEvent::Stays { pfn: self.mem.pfn(page) }));
        }
        for &page in goes.iter().rev() {
            emit!(self, Event::Reclaim(ReclaimEvent::Deactivated { pfn: self.mem.pfn(page) }));
        }
        let active = self.move_pages_to_lru(cpu, stays);
        let deactivated = self.move_pages_to_lru(cpu, goes);
        self.global.events.add(VmEvent::PgDeactivate, deactivated);
        self.mod_isolated(cpu, node, lru.is_file(), -(hold.taken as i64));
        emit!(
            self,
            Event::Reclaim(ReclaimEvent::ActiveScanned {
                node,
                file: lru.is_file(),
                priority: sc.priority,
                taken: hold.taken as u32,
                active: active as u32,
                deactivated: deactivated as u32,
                referenced: referenced as u32,
            })
        );
    }

    /// Those that stay active and those that go, in the order of isolation.
    fn sort_active(&mut self, task: &Task, pages: &[Frame], sc: &ScanControl) -> (Vec<Frame>, Vec<Frame>) {
        let (mut stays, mut goes) = (Vec::new(), Vec::new());
        for &page in pages {
            if !self.page_evictable(page) {
                self.putback_lru_page(task.cpu, page);
                continue;
            }
            let using = self.page_referenced(page, sc.target_memcg);
            let life = self.mem.life_mut(page);
            if using.referenced > 0 && using.exec && life.is_file_lru() {
                stays.push(page);
                continue;
            }
            life.flags -= LifeFlags::ACTIVE;
            life.flags |= LifeFlags::WORKINGSET;
            goes.push(page);
        }
        (stays, goes)
    }

    /// Counts isolated pages (`NR_ISOLATED_ANON`, `NR_ISOLATED_FILE`).
    pub(super) fn mod_isolated(&mut self, cpu: CpuId, node: NodeId, file: bool, pages: i64) {
        let item = if file { NodeItem::IsolatedFile } else { NodeItem::IsolatedAnon };
        self.nodes[node.index()].stat.modify(cpu, item, pages);
    }
}
