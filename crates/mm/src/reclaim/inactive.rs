//! Scanning inactive lists: pages are freed, kept or activated (`shrink_inactive_list`, mm/vmscan.c).

use super::ScanControl;
use super::evict::Eviction;
use crate::event::{Event, ReclaimEvent, Sink, emit};
use crate::gfp::Gfp;
use crate::lru::LruIndex;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::pfn::NodeId;
use crate::task::{Task, TaskFlags};
use crate::vmstat::{NodeItem, VmEvent};

impl<S: Sink> Machine<S> {
    /// Takes a batch of inactive pages and frees what it can; returns the pages freed (`shrink_inactive_list`).
    pub(super) fn shrink_inactive_list(
        &mut self,
        task: &Task,
        (memcg, node): (MemcgId, NodeId),
        lru: LruIndex,
        nr_to_scan: u64,
        sc: &mut ScanControl,
    ) -> u64 {
        let (cpu, file) = (task.cpu, lru.is_file());
        let kswapd = task.flags.contains(TaskFlags::KSWAPD);
        if !kswapd && self.writeback_throttling_sane(sc) && self.too_many_isolated(node, file, sc.gfp) {
            // Nobody puts isolated pages back while this task works, so the second look would find the same.
            sc.stalled = true;
            return 0;
        }
        self.lru_add_drain(cpu);
        let isolation = self.isolate_lru_pages(cpu, (memcg, node), lru, nr_to_scan, sc);
        let taken = isolation.taken;
        self.mod_isolated(cpu, node, file, taken as i64);
        let (scan, steal) = if kswapd {
            (VmEvent::PgScanKswapd, VmEvent::PgStealKswapd)
        } else {
            (VmEvent::PgScanDirect, VmEvent::PgStealDirect)
        };
        let (scan_kind, steal_kind) = if file {
            (VmEvent::PgScanFile, VmEvent::PgStealFile)
        } else {
            (VmEvent::PgScanAnon, VmEvent::PgStealAnon)
        };
        if !sc.is_memcg_reclaim() {
            self.global.events.add(scan, isolation.scanned);
        }
        self.global.events.add(scan_kind, isolation.scanned);
        if taken == 0 {
            return 0;
        }
        let done = self.shrink_page_list(task, node, isolation.pages, sc, false);
        self.move_pages_to_lru(cpu, done.kept.iter().copied());
        self.mod_isolated(cpu, node, file, -(taken as i64));
        self.lru_note_cost(memcg, node, file, done.pageout);
        if !sc.is_memcg_reclaim() {
            self.global.events.add(steal, done.reclaimed);
        }
        self.global.events.add(steal_kind, done.reclaimed);
        if done.unqueued_dirty == taken {
            self.wakeup_flusher_threads();
        }
        sc.nr.add(&done, taken, file);
        self.tell_inactive(node, file, sc.priority, isolation.scanned, &done);
        done.reclaimed
    }

    /// Whether so many pages are isolated that another reclaimer must wait (`too_many_isolated`).
    fn too_many_isolated(&self, node: NodeId, file: bool, gfp: Gfp) -> bool {
        let (inactive, isolated) = if file {
            (NodeItem::InactiveFile, NodeItem::IsolatedFile)
        } else {
            (NodeItem::InactiveAnon, NodeItem::IsolatedAnon)
        };
        let stat = &self.nodes[node.index()].stat;
        let restricted = !gfp.contains(Gfp::IO | Gfp::FS);
        stat.get(isolated) > stat.get(inactive) >> if restricted { 0 } else { 3 }
    }

    fn tell_inactive(&mut self, node: NodeId, file: bool, priority: i8, scanned: u64, done: &Eviction) {
        emit!(
            self,
            Event::Reclaim(ReclaimEvent::InactiveScanned {
                node,
                file,
                priority,
                scanned: scanned as u32,
                reclaimed: done.reclaimed as u32,
                dirty: done.dirty as u32,
                writeback: done.writeback as u32,
                congested: done.congested as u32,
                immediate: done.immediate as u32,
            })
        );
        emit!(
            self,
            Event::Reclaim(ReclaimEvent::InactiveKept {
                activated: done.activated.map(|pages| pages as u32),
                ref_keep: done.ref_keep as u32,
                unmap_fail: done.unmap_fail as u32,
            })
        );
    }
}
