//! How much of a cache is scanned (`do_shrink_slab`) and which caches a reclaim run asks (`shrink_slab`).

use super::{Freeable, Objects, ShrinkControl, ShrinkerFlags, ShrinkerId};
use crate::event::{Event, Sink, SlabEvent, emit};
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::page::life::{LifeFlags, MemcgId};
use crate::pfn::{NodeId, Order, Pfn};
use crate::task::{Task, TaskFlags};
use crate::vmstat::VmEvent;

/// The reclaim run that shrinkers work for.
pub(super) struct SlabRun<'t> {
    pub(super) task: &'t Task,
    pub(super) gfp: Gfp,
    priority: i8,
    pub(super) reclaimed_slab: &'t mut u64,
}

/// What a call plans, in objects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Plan {
    /// Work that this call adds.
    delta: u64,
    /// Objects to scan.
    total_scan: i64,
    /// What is left for later if nothing is scanned.
    next_deferred: i64,
}

/// How much to scan, from what could be freed and what was deferred (first half of `do_shrink_slab`).
fn plan(freeable: u64, deferred: i64, seeks: u32, priority: i8) -> Plan {
    let delta = match u64::from(seeks) {
        0 => freeable / 2,
        seeks => (freeable >> priority) * 4 / seeks,
    };
    let wanted = deferred.saturating_add(delta as i64);
    let freeable = freeable as i64;
    let (mut total_scan, next_deferred) = if wanted < 0 { (freeable, deferred) } else { (wanted, wanted) };
    if (delta as i64) < freeable / 4 {
        total_scan = total_scan.min(freeable / 2);
    }
    Plan { delta, total_scan: total_scan.min(freeable * 2), next_deferred }
}

impl<S: Sink> Machine<S> {
    /// Asks the shrinkers that hold objects of a group on a node to free some; returns how many they freed. Pages that
    /// came back with them are added to `reclaimed_slab` (`shrink_slab`).
    pub(crate) fn shrink_slab(
        &mut self,
        task: &Task,
        gfp: Gfp,
        node: NodeId,
        memcg: MemcgId,
        priority: i8,
        reclaimed_slab: &mut u64,
    ) -> u64 {
        let mut run = SlabRun { task, gfp, priority, reclaimed_slab };
        self.shrinkers.calls += 1;
        if memcg != MemcgId::ROOT {
            return self.shrink_slab_memcg(&mut run, node, memcg);
        }
        let mut freed = 0;
        for index in 0..self.shrinkers.list.len() {
            let sc = ShrinkControl { shrinker: ShrinkerId(index as u16), node, memcg };
            freed += self.do_shrink_slab(&mut run, sc).unwrap_or(0);
        }
        freed
    }

    /// The same for a group below the root: those shrinkers alone that tell groups apart (`shrink_slab_memcg`).
    fn shrink_slab_memcg(&mut self, run: &mut SlabRun<'_>, node: NodeId, memcg: MemcgId) -> u64 {
        if !self.memcgs.get(memcg).is_some_and(|group| group.online) {
            return 0;
        }
        let mut freed = 0;
        let first = (memcg, node, ShrinkerId(0));
        let last = (memcg, node, ShrinkerId(u16::MAX));
        let marked: Vec<ShrinkerId> = self.shrinkers.of_memcg.range(first..=last).map(|key| key.2).collect();
        for shrinker in marked {
            let sc = ShrinkControl { shrinker, node, memcg };
            if !self.runs_for_groups(shrinker) {
                continue;
            }
            let Some(n) = self.do_shrink_slab(run, sc) else {
                self.shrinkers.of_memcg.remove(&(memcg, node, shrinker));
                // Asked again in case an object came meanwhile.
                if let Some(n) = self.do_shrink_slab(run, sc) {
                    self.shrinkers.of_memcg.insert((memcg, node, shrinker));
                    freed += n;
                }
                continue;
            };
            freed += n;
        }
        freed
    }

    fn runs_for_groups(&self, id: ShrinkerId) -> bool {
        let flags = self.shrinkers.list.get(usize::from(id.0)).map(|shrinker| shrinker.flags).unwrap_or_default();
        let accounted = self.memcgs.kmem_accounting || flags.contains(ShrinkerFlags::NONSLAB);
        flags.contains(ShrinkerFlags::MEMCG_AWARE) && accounted
    }

    /// Has one shrinker free some objects; `None` if it has none at all (`do_shrink_slab`).
    fn do_shrink_slab(&mut self, run: &mut SlabRun<'_>, sc: ShrinkControl) -> Option<u64> {
        let freeable = match self.count_objects(sc, run.priority) {
            Freeable::Empty => return None,
            Freeable::Objects(0) => return Some(0),
            Freeable::Objects(freeable) => freeable,
        };
        let ShrinkControl { shrinker: id, node, .. } = sc;
        let shrinker = self.shrinkers.get_mut(id)?;
        let batch = shrinker.batch as i64;
        let deferred = core::mem::take(shrinker.deferred_mut(node)?);
        let plan = plan(freeable, deferred, shrinker.seeks, run.priority);
        let Plan { delta, mut total_scan, next_deferred } = plan;
        let priority = run.priority;
        emit!(
            self,
            Event::Slab(SlabEvent::Start { shrinker: id, node, deferred, freeable, delta, total_scan, priority })
        );
        let (mut freed, mut scanned) = (0, 0);
        while total_scan >= batch || total_scan >= freeable as i64 {
            let n = batch.min(total_scan);
            let Some(count) = self.scan_objects(run, sc, n as u64) else { break };
            freed += count;
            self.global.events.add(VmEvent::SlabsScanned, n as u64);
            total_scan -= n;
            scanned += n;
        }
        let left = (next_deferred - scanned).max(0);
        let new = self.shrinkers.get_mut(id).and_then(|shrinker| shrinker.deferred_mut(node)).map_or(0, |slot| {
            *slot += left;
            *slot
        });
        emit!(self, Event::Slab(SlabEvent::End { shrinker: id, node, freed, deferred, new, total_scan }));
        Some(freed)
    }

    /// Objects that a shrinker could free (`count_objects`).
    fn count_objects(&mut self, sc: ShrinkControl, priority: i8) -> Freeable {
        let (call, pressure) = (self.shrinkers.calls, self.sysctl.vfs_cache_pressure);
        match self.shrinkers.get_mut(sc.shrinker).map(|shrinker| &mut shrinker.objects) {
            Some(Objects::User(cache)) => cache.count(sc.node),
            Some(Objects::Scripted(script)) => script.count(call, priority),
            Some(Objects::Superblock(sb)) => sb.count(sc, pressure),
            Some(Objects::ShadowNodes) => self.count_shadow_nodes(sc),
            Some(Objects::PartlyMapped) => self.deferred_split_count(sc),
            Some(Objects::HugeZeroPage) => self.count_huge_zero_page(),
            None => Freeable::Objects(0),
        }
    }

    /// Looks at `n` objects and frees what it can; `None` if the shrinker cannot work now (`scan_objects`).
    fn scan_objects(&mut self, run: &mut SlabRun<'_>, sc: ShrinkControl, n: u64) -> Option<u64> {
        match &mut self.shrinkers.get_mut(sc.shrinker)?.objects {
            Objects::User(cache) => {
                let (freed, slabs) = cache.take(sc.node, n);
                let order = cache.order();
                for slab in slabs {
                    self.free_slab(run, slab, order);
                }
                Some(freed)
            }
            Objects::Superblock(_) => self.super_cache_scan(run, sc, n),
            Objects::ShadowNodes => Some(self.scan_shadow_nodes(sc, n)),
            Objects::PartlyMapped => self.deferred_split_scan(run.task.cpu, sc, n),
            Objects::HugeZeroPage => Some(self.scan_huge_zero_page(run.task.cpu)),
            Objects::Scripted(script) => {
                let scan = script.scan()?;
                for (pfn, order) in scan.pages {
                    self.free_slab(run, pfn, order);
                }
                Some(scan.freed)
            }
        }
    }

    /// Frees what a cache has no more use for: a slab, or a page of a file whose inode goes. Both count as reclaimed.
    fn free_slab(&mut self, run: &mut SlabRun<'_>, pfn: Pfn, order: Order) {
        let cpu = run.task.cpu;
        *run.reclaimed_slab += order.pages();
        if let Some(page) = self.mem.frame(pfn).filter(|&page| self.mem.life(page).flags.contains(LifeFlags::LRU)) {
            self.steal_from_inode(run.task, order.pages());
            self.del_page_from_lru_list(cpu, page);
            self.drop_file_page(cpu, page);
        }
        // A script may name pages that are free already: what is then missing shows when the lists are compared.
        let _ = self.free_pages(cpu, pfn, order);
    }

    /// Counts page cache that went so that its inode could go (end of `inode_lru_isolate`).
    pub(super) fn steal_from_inode(&mut self, task: &Task, pages: u64) {
        let kswapd = task.flags.contains(TaskFlags::KSWAPD);
        let event = if kswapd { VmEvent::KswapdInodeSteal } else { VmEvent::PgInodeSteal };
        self.global.events.add(event, pages);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Objects scanned call by call, and what is left for later.
    fn calls(freeable: u64, deferred: i64, seeks: u32, batch: i64, priority: i8) -> (u64, Vec<i64>, i64) {
        let Plan { delta, mut total_scan, next_deferred } = plan(freeable, deferred, seeks, priority);
        let mut calls = Vec::new();
        while total_scan >= batch || total_scan >= freeable as i64 {
            calls.push(batch.min(total_scan));
            total_scan -= batch.min(total_scan);
        }
        (delta, calls.clone(), (next_deferred - calls.iter().sum::<i64>()).max(0))
    }

    #[test]
    fn little_work_is_put_off() {
        assert_eq!(calls(100_000, 0, 2, 128, 12), (48, vec![], 48));
        assert_eq!(calls(5000, 0, 2, 1024, 4), (624, vec![], 624));
    }

    #[test]
    fn work_put_off_is_done_in_whole_batches() {
        assert_eq!(calls(100_000, 500, 2, 128, 12), (48, vec![128; 4], 36));
        let (delta, done, left) = calls(100_000, 0, 2, 128, 6);
        assert_eq!((delta, done.len(), left), (3124, 24, 52));
    }

    #[test]
    fn a_small_cache_is_scanned_twice_at_the_highest_pressure() {
        assert_eq!(calls(50, 0, 2, 128, 0), (100, vec![100], 0));
    }

    #[test]
    fn a_scan_takes_at_most_half_of_the_cache_and_puts_off_the_rest() {
        assert_eq!(plan(1000, 5000, 2, 12), Plan { delta: 0, total_scan: 500, next_deferred: 5000 });
        assert_eq!(calls(1000, 5000, 2, 128, 12), (0, vec![128; 3], 4616));
    }

    #[test]
    fn cheap_objects_are_halved_whatever_the_pressure() {
        assert_eq!(calls(1000, 0, 0, 128, 12), (500, vec![128; 3], 116));
    }
}
