//! The migrate scanner inside one pageblock: which pages are taken off their LRU lists to be moved.

use super::control::CompactControl;
use super::hints::{Seen, block_end, is_pageblock_start};
use crate::event::{CompactEvent, Event, Sink, emit};
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::page::life::{Life, LifeFlags};
use crate::page::meta::Meta;
use crate::pfn::{CpuId, Frame, NodeId, Pfn};
use crate::vmstat::{NodeItem, VmEvent};

/// Pages moved at once (`COMPACT_CLUSTER_MAX`).
pub(super) const COMPACT_CLUSTER_MAX: u64 = 32;

/// Which pages may be isolated (`isolate_mode_t`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct IsolateMode {
    /// Those that cannot be evicted, too (`ISOLATE_UNEVICTABLE`).
    pub(super) unevictable: bool,
    /// Only those that can be moved without waiting for I/O (`ISOLATE_ASYNC_MIGRATE`).
    pub(super) async_migrate: bool,
}

/// One call of the scanner.
#[derive(Default)]
struct Scan {
    scanned: u64,
    isolated: u64,
    /// It began at the pageblock's first page (`valid_page`).
    from_start: bool,
    /// The pageblock's hint is settled (`skip_updated`).
    skip_updated: bool,
    /// End of the order-aligned block in which one failure spoils all (`next_skip_pfn`).
    next_skip: Option<Pfn>,
}

/// What became of a page.
enum Fate {
    /// Part of a free block: go on behind it.
    Free(u8),
    /// It stays; go on behind so many pages.
    Fail(u64),
    /// It was taken; it is so many pages.
    Taken(u64),
    /// Hints say to leave the pageblock alone.
    Skip,
}

impl<S: Sink> Machine<S> {
    /// Whether so many pages are isolated that it is time to wait (`too_many_isolated`, mm/compaction.c).
    pub(super) fn too_many_isolated_to_compact(&self, node: NodeId) -> bool {
        let stat = &self.nodes[node.index()].stat;
        let sum = |items: &[NodeItem]| items.iter().map(|&item| stat.get(item)).sum::<u64>();
        let lru = [NodeItem::InactiveFile, NodeItem::InactiveAnon, NodeItem::ActiveFile, NodeItem::ActiveAnon];
        sum(&[NodeItem::IsolatedFile, NodeItem::IsolatedAnon]) > sum(&lru) / 2
    }

    /// Isolates the pages of a range inside a pageblock that can be moved, up to a batch
    /// (`isolate_migratepages_block`). Tells the first page that was not looked at; `None` if a signal ended it.
    pub(super) fn isolate_migratepages_block(
        &mut self,
        cc: &mut CompactControl,
        cpu: CpuId,
        start: Pfn,
        end: Pfn,
        mode: IsolateMode,
    ) -> Option<Pfn> {
        let mut scan = Scan { next_skip: next_skip(cc, start), ..Scan::default() };
        let stop = self.scan_pages(cc, cpu, start, end, mode, &mut scan);
        if let Some(pfn) = stop {
            if pfn == end && (scan.isolated == 0 || cc.rescan) {
                self.finish_block(cc, start, end, &scan);
            }
            let (scanned, taken) = (scan.scanned as u32, scan.isolated as u32);
            emit!(self, Event::Compact(CompactEvent::IsolateMigrate { start, end: pfn, scanned, taken }));
        }
        cc.migrate_scanned += scan.scanned;
        self.global.events.add(VmEvent::CompactIsolated, scan.isolated);
        stop
    }

    /// Hints to skip a pageblock in which there was nothing to take, or that was scanned twice. The hint is set even
    /// where hints are otherwise left alone.
    fn finish_block(&mut self, cc: &CompactControl, start: Pfn, end: Pfn, scan: &Scan) {
        if scan.from_start
            && !scan.skip_updated
            && let Some(page) = self.mem.frame(start)
        {
            self.mem.set_pageblock_skip(page, true);
        }
        self.update_cached_migrate(cc, end);
    }

    fn scan_pages(
        &mut self,
        cc: &mut CompactControl,
        cpu: CpuId,
        start: Pfn,
        end: Pfn,
        mode: IsolateMode,
        scan: &mut Scan,
    ) -> Option<Pfn> {
        let mut pfn = start;
        while pfn < end {
            if scan.next_skip.is_some_and(|limit| pfn >= limit) {
                // The order-aligned block behind is all isolated: move it, and there may be a free block.
                if scan.isolated > 0 {
                    break;
                }
                scan.next_skip = next_skip(cc, pfn);
            }
            if pfn.0.is_multiple_of(COMPACT_CLUSTER_MAX) && cc.signal {
                cc.contended = true;
                return None;
            }
            scan.scanned += 1;
            match self.isolate_page(cc, cpu, pfn, mode, scan) {
                Fate::Skip => return Some(end),
                Fate::Free(order) => pfn.0 += 1 << order,
                Fate::Fail(pages) => pfn = self.after_failure(cc, cpu, Pfn(pfn.0 + pages - 1), scan),
                Fate::Taken(pages) => {
                    scan.isolated += pages;
                    pfn.0 += pages;
                    if cc.nr_migratepages >= COMPACT_CLUSTER_MAX && !cc.rescan && !cc.contended {
                        break;
                    }
                }
            }
        }
        Some(pfn.min(end))
    }

    /// Where to go on after a page that stays. If that spoils an order-aligned block, what was taken from it goes back
    /// and its rest is passed over.
    fn after_failure(&mut self, cc: &mut CompactControl, cpu: CpuId, last: Pfn, scan: &mut Scan) -> Pfn {
        let mut last = last;
        if let Some(limit) = scan.next_skip {
            if scan.isolated > 0 {
                self.putback_movable_pages(cc, cpu);
                scan.isolated = 0;
            }
            if last < limit {
                last = Pfn(limit.0 - 1);
                scan.next_skip = Some(Pfn(limit.0 + (1 << cc.order)));
            }
        }
        Pfn(last.0 + 1)
    }

    /// Takes one page, if it can be moved.
    fn isolate_page(
        &mut self,
        cc: &mut CompactControl,
        cpu: CpuId,
        pfn: Pfn,
        mode: IsolateMode,
        scan: &mut Scan,
    ) -> Fate {
        let Some(page) = self.mem.frame(pfn) else { return Fate::Fail(1) };
        if !scan.from_start && is_pageblock_start(pfn) {
            if !self.isolation_suitable(cc, page) {
                return Fate::Skip;
            }
            scan.from_start = true;
        }
        match self.see(page) {
            Seen::Free(order) => return Fate::Free(order),
            Seen::Compound(order) if !cc.alloc_contig => return Fate::Fail(1 << order),
            _ => {}
        }
        let life = *self.mem.life(page);
        if !life.flags.contains(LifeFlags::LRU) || self.cannot_move(cc, page, &life) {
            return Fate::Fail(1);
        }
        if !scan.skip_updated {
            scan.skip_updated = true;
            self.test_and_set_skip(cc, page, pfn);
        }
        if !may_isolate(&life, mode) {
            return Fate::Fail(1);
        }
        self.del_page_from_lru_list(cpu, page);
        self.mem.life_mut(page).flags |= LifeFlags::ISOLATED;
        self.account_isolated(page, life.nr_pages() as i64);
        cc.migratepages.push(page);
        cc.nr_migratepages += life.nr_pages();
        Fate::Taken(life.nr_pages())
    }

    /// Whether a look at the page shows that it cannot be moved: an anonymous page that someone holds, or any page of
    /// a file while the request may not enter the file system.
    fn cannot_move(&self, cc: &CompactControl, page: Frame, life: &Life) -> bool {
        if has_mapping(life) { !cc.gfp.contains(Gfp::FS) } else { self.has_extra_references(page, life) }
    }

    /// Whether there are references that mappings and caches do not explain.
    pub(super) fn has_extra_references(&self, page: Frame, life: &Life) -> bool {
        life.flags.intersects(LifeFlags::PINNED.union(LifeFlags::BATCHED))
            || self.mem.page_meta(page).has(Meta::EXTRA_REFS)
    }

    /// Counts pages that are off the LRU lists to be moved (`NR_ISOLATED_ANON`, `NR_ISOLATED_FILE`).
    pub(super) fn account_isolated(&mut self, page: Frame, pages: i64) {
        let item = if self.mem.life(page).is_file_lru() { NodeItem::IsolatedFile } else { NodeItem::IsolatedAnon };
        if let Some(zone) = self.mem.zone_of(page) {
            self.nodes[zone.node().index()].stat.add(item, pages);
        }
    }
}

/// In a request's asynchronous run one page that stays spoils its order-aligned block.
fn next_skip(cc: &CompactControl, pfn: Pfn) -> Option<Pfn> {
    cc.is_direct_async().then(|| block_end(pfn, cc.order as u8))
}

/// Whether the page belongs to a file or the swap cache (`page_mapping`).
pub(super) fn has_mapping(life: &Life) -> bool {
    !life.flags.contains(LifeFlags::ANON) || life.flags.contains(LifeFlags::SWAPCACHE)
}

/// Whether the mode allows a page on an LRU list (`__isolate_lru_page`). Every mapping of the model can move dirty
/// pages, so only a locked one has to be waited for.
fn may_isolate(life: &Life, mode: IsolateMode) -> bool {
    if life.flags.contains(LifeFlags::UNEVICTABLE) && !mode.unevictable {
        return false;
    }
    let busy =
        life.flags.contains(LifeFlags::WRITEBACK) || life.flags.contains(LifeFlags::DIRTY.union(LifeFlags::LOCKED));
    !(mode.async_migrate && busy)
}
