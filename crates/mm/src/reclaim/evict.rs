//! What becomes of each isolated page: freed, kept or activated (`shrink_page_list`, mm/vmscan.c).

use super::ScanControl;
use super::mapping::Unmapped;
use super::pageout::Pageout;
use crate::event::{Event, PageFate, PageNote, ReclaimEvent, References, Sink, emit};
use crate::gfp::Gfp;
use crate::lru::memcg::CgroupVersion;
use crate::machine::Machine;
use crate::page::life::{Life, LifeFlags};
use crate::page::meta::PageState;
use crate::pfn::{CpuId, Frame, NodeId};
use crate::task::{Task, TaskFlags};
use crate::vmstat::{NodeItem, VmEvent};
use crate::zone::PgdatFlags;

/// What came of a batch of pages (`struct reclaim_stat`). Counts are in pages.
#[derive(Clone, Debug, Default)]
pub(crate) struct Eviction {
    /// Pages that were not freed, in the order they were looked at.
    pub(crate) kept: Vec<Frame>,
    pub(crate) reclaimed: u64,
    pub(crate) dirty: u64,
    pub(crate) unqueued_dirty: u64,
    pub(crate) congested: u64,
    pub(crate) writeback: u64,
    pub(crate) immediate: u64,
    pub(crate) pageout: u64,
    pub(crate) activated: [u64; 2],
    pub(crate) ref_keep: u64,
    pub(crate) unmap_fail: u64,
    pub(crate) lazyfree_fail: u64,
}

/// A step either leaves the page to the next one or seals its fate.
type Step = Result<(), PageFate>;

/// A page being looked at.
struct Candidate {
    page: Frame,
    pages: u64,
    references: References,
    /// Whether the request may enter what the page would be written to: its file system, or swap.
    may_enter_fs: bool,
}

/// Who reclaims, and where.
struct Reclaimer<'t> {
    task: &'t Task,
    cpu: CpuId,
    kswapd: bool,
    node: NodeId,
}

impl<S: Sink> Machine<S> {
    /// Frees what it can of pages taken off an inactive list of a node, the oldest first (`shrink_page_list`). With
    /// `ignore_references` accessed pages go as well.
    pub(crate) fn shrink_page_list(
        &mut self,
        task: &Task,
        node: NodeId,
        pages: Vec<Frame>,
        sc: &mut ScanControl,
        ignore_references: bool,
    ) -> Eviction {
        let by = Reclaimer { task, cpu: task.cpu, kswapd: task.flags.contains(TaskFlags::KSWAPD), node };
        let mut stat = Eviction::default();
        let mut freed = Vec::new();
        // The next page last, so that parts of a huge page that is split come next.
        let mut left = pages;
        left.reverse();
        while let Some(page) = left.pop() {
            let pages = self.mem.life(page).nr_pages();
            let references = References::Reclaim;
            let mut candidate = Candidate { page, pages, references, may_enter_fs: false };
            let fate = self.try_to_evict(&by, &mut candidate, &mut left, sc, &mut stat, ignore_references);
            let fate = fate.err().unwrap_or(PageFate::Freed);
            emit!(self, Event::Reclaim(ReclaimEvent::Decided { pfn: self.mem.pfn(page), fate }));
            if fate.frees() {
                stat.reclaimed += candidate.pages;
                if self.mem.life(page).flags.contains(LifeFlags::HUGE) {
                    self.free_lone_page(task.cpu, page);
                } else {
                    freed.push(page);
                }
                continue;
            }
            if fate.activates() {
                self.activate_candidate(&by, &candidate, &mut stat);
            }
            stat.kept.push(page);
        }
        self.global.events.add(VmEvent::PgActivate, stat.activated.iter().sum());
        for &page in stat.kept.iter().rev() {
            let active = self.mem.life(page).flags.contains(LifeFlags::ACTIVE);
            emit!(self, Event::Reclaim(ReclaimEvent::Kept { pfn: self.mem.pfn(page), active }));
        }
        self.free_evicted(task.cpu, freed);
        stat
    }

    /// The checks in the kernel's order; all passed, the page can be freed.
    fn try_to_evict(
        &mut self,
        by: &Reclaimer<'_>,
        at: &mut Candidate,
        left: &mut Vec<Frame>,
        sc: &mut ScanControl,
        stat: &mut Eviction,
        ignore_references: bool,
    ) -> Step {
        let life = *self.mem.life(at.page);
        if life.flags.contains(LifeFlags::LOCKED) {
            return Err(PageFate::Locked);
        }
        sc.nr_scanned += at.pages;
        if !self.page_evictable(at.page) {
            return Err(PageFate::Unevictable);
        }
        if !sc.may_unmap && life.is_mapped() {
            return Err(PageFate::MayNotUnmap);
        }
        at.may_enter_fs = self.may_enter_fs(at.page, sc.gfp);
        self.heed_writeback(by, &life, at, sc, stat)?;
        if !ignore_references {
            at.references = self.page_check_references(at.page, sc);
        }
        match at.references {
            References::Activate => return Err(PageFate::InUse),
            References::Keep => {
                stat.ref_keep += at.pages;
                return Err(PageFate::UsedOnce);
            }
            References::Reclaim | References::ReclaimClean => {}
        }
        self.find_backing(by, at, left, sc)?;
        self.unmap(by, at, stat)?;
        self.write_if_dirty(by, at, sc, stat)?;
        if self.mem.life(at.page).flags.contains(LifeFlags::PRIVATE)
            && !self.try_to_release_page(by.cpu, at.page, &mut sc.reclaimed_slab)
        {
            return Err(PageFate::BuffersInUse);
        }
        self.detach(by, at, sc)
    }

    /// Whether a request may enter what the page would be written to: its file system, or swap.
    fn may_enter_fs(&mut self, page: Frame, gfp: Gfp) -> bool {
        if gfp.contains(Gfp::FS) {
            return true;
        }
        let swap = gfp.contains(Gfp::IO) && self.mem.life(page).flags.contains(LifeFlags::SWAPCACHE);
        if swap {
            self.note(page, PageNote::MayEnterSwap);
        }
        swap
    }

    /// Tells what is noted of a page.
    fn note(&mut self, page: Frame, note: PageNote) {
        emit!(self, Event::Reclaim(ReclaimEvent::Noted { pfn: self.mem.pfn(page), note }));
    }

    /// Counts dirty pages and those being written; the latter are moved out of the way until they are clean. Reclaim of a
    /// group of cgroup v1 waits for those it meets again, as nothing else slows down who dirties pages. The kernel waits
    /// at once and looks at the page again; here the wait follows the pass, and the page stays.
    fn heed_writeback(
        &mut self,
        by: &Reclaimer<'_>,
        life: &Life,
        at: &Candidate,
        sc: &mut ScanControl,
        stat: &mut Eviction,
    ) -> Step {
        let (dirty, writeback) = dirty_writeback(life);
        let reclaim = life.flags.contains(LifeFlags::RECLAIM);
        stat.dirty += u64::from(dirty || writeback);
        stat.unqueued_dirty += u64::from(dirty && !writeback);
        if dirty || writeback {
            self.note(at.page, if writeback { PageNote::Writing } else { PageNote::Dirty });
        }
        let congested = (dirty || writeback) && self.write_congested(at.page);
        if congested || (writeback && reclaim) {
            stat.congested += 1;
            self.note(at.page, PageNote::Congested);
        }
        if !life.flags.contains(LifeFlags::WRITEBACK) {
            return Ok(());
        }
        if by.kswapd && reclaim && self.nodes[by.node.index()].flags.contains(PgdatFlags::WRITEBACK) {
            stat.immediate += 1;
            Err(PageFate::WriteTooSlow)
        } else if !self.writeback_throttling_sane(sc) && reclaim && at.may_enter_fs {
            sc.awaited = Some(at.page);
            Err(PageFate::AwaitsWrite)
        } else {
            self.mem.life_mut(at.page).flags |= LifeFlags::RECLAIM;
            stat.writeback += 1;
            Err(PageFate::BeingWritten)
        }
    }

    /// Whether tasks that dirty pages are slowed down before reclaim meets those (`writeback_throttling_sane`): not in
    /// groups of cgroup v1.
    pub(super) fn writeback_throttling_sane(&self, sc: &ScanControl) -> bool {
        !sc.is_memcg_reclaim() || self.memcgs.version == CgroupVersion::V2
    }

    /// What references say about an inactive page; it may be spared once for each (`page_check_references`).
    fn page_check_references(&mut self, page: Frame, sc: &ScanControl) -> References {
        let using = self.page_referenced(page, sc.target_memcg);
        let life = self.mem.life_mut(page);
        let marked = life.flags.contains(LifeFlags::REFERENCED);
        life.flags -= LifeFlags::REFERENCED;
        let verdict = if using.locked {
            References::Reclaim
        } else if using.referenced > 0 {
            life.flags |= LifeFlags::REFERENCED;
            if marked || using.referenced > 1 || (using.exec && life.is_file_lru()) {
                References::Activate
            } else {
                References::Keep
            }
        } else if marked && life.is_file_lru() {
            References::ReclaimClean
        } else {
            References::Reclaim
        };
        if verdict >= References::Keep {
            emit!(self, Event::Reclaim(ReclaimEvent::Referenced { pfn: self.mem.pfn(page), references: verdict }));
        }
        verdict
    }

    /// Anonymous memory needs a slot of swap; huge pages have to be split, their parts follow.
    fn find_backing(
        &mut self,
        by: &Reclaimer<'_>,
        at: &mut Candidate,
        left: &mut Vec<Frame>,
        sc: &mut ScanControl,
    ) -> Step {
        let flags = self.mem.life(at.page).flags;
        if !flags.contains(LifeFlags::ANON | LifeFlags::SWAPBACKED) {
            if at.pages > 1 && !self.split_huge_page(by.cpu, at.page, Some(left)) {
                return Err(PageFate::KeptWhole);
            }
        } else if !flags.contains(LifeFlags::SWAPCACHE) {
            if !sc.gfp.contains(Gfp::IO) {
                return Err(PageFate::NoIo);
            }
            self.go_to_swap(by, at, left, sc)?;
            at.may_enter_fs = true;
        }
        self.count_first_part(at, sc);
        Ok(())
    }

    /// Puts a page into the swap cache. Swap space has no clusters in the model, so that none is free for a huge page
    /// (`swap_alloc_cluster`), as on a disk that turns: its parts go one by one.
    fn go_to_swap(
        &mut self,
        by: &Reclaimer<'_>,
        at: &mut Candidate,
        left: &mut Vec<Frame>,
        sc: &mut ScanControl,
    ) -> Step {
        if at.pages > 1 {
            if !self.can_split_huge_page(at.page, true) {
                return Err(PageFate::NotSplit);
            }
            // Where no entry maps it as a whole some parts may be free already: they need no I/O.
            let in_parts = self.compound_mapcount(at.page) == 0;
            if !in_parts {
                self.swap.refuse_cluster(at.pages);
            }
            if !self.split_huge_page(by.cpu, at.page, Some(left)) {
                return Err(PageFate::NotSplit);
            }
            self.global.events.add(VmEvent::ThpSwpOutFallback, u64::from(!in_parts));
        }
        if self.add_to_swap(by.task, at.page) {
            return Ok(());
        }
        self.count_first_part(at, sc);
        Err(PageFate::NoSwap)
    }

    /// Of a huge page that was split its first part alone has been looked at.
    fn count_first_part(&mut self, at: &mut Candidate, sc: &mut ScanControl) {
        if at.pages > 1 && !self.mem.life(at.page).flags.contains(LifeFlags::HUGE) {
            sc.nr_scanned -= at.pages - 1;
            at.pages = 1;
            self.note(at.page, PageNote::FirstPart);
        }
    }

    fn unmap(&mut self, by: &Reclaimer<'_>, at: &Candidate, stat: &mut Eviction) -> Step {
        let life = *self.mem.life(at.page);
        if !life.is_mapped() || self.try_to_unmap(by.cpu, by.node, at.page) == Unmapped::All {
            return Ok(());
        }
        stat.unmap_fail += at.pages;
        let now_swapbacked = self.mem.life(at.page).flags.contains(LifeFlags::SWAPBACKED);
        if life.is_file_lru() && now_swapbacked {
            stat.lazyfree_fail += at.pages;
        }
        Err(PageFate::NotUnmapped)
    }

    /// Dirty pages are written: those of files only by kswapd, and only when it meets them again.
    fn write_if_dirty(&mut self, by: &Reclaimer<'_>, at: &Candidate, sc: &ScanControl, stat: &mut Eviction) -> Step {
        let life = *self.mem.life(at.page);
        if !life.flags.contains(LifeFlags::DIRTY) {
            return Ok(());
        }
        let again = by.kswapd
            && life.flags.contains(LifeFlags::RECLAIM)
            && self.nodes[by.node.index()].flags.contains(PgdatFlags::DIRTY);
        if life.is_file_lru() && !again {
            self.nodes[by.node.index()].stat.modify(by.cpu, NodeItem::VmscanImmediateReclaim, 1);
            self.mem.life_mut(at.page).flags |= LifeFlags::RECLAIM;
            return Err(PageFate::LeftToFlushers);
        }
        if at.references == References::ReclaimClean {
            return Err(PageFate::NotWorthWriting);
        }
        if !at.may_enter_fs || !sc.may_writepage {
            return Err(PageFate::MayNotWrite);
        }
        match self.pageout(by.task, by.node, at.page) {
            Pageout::Keep => Err(PageFate::CannotWrite),
            Pageout::Activate => Err(PageFate::NowhereToWrite),
            Pageout::Clean => Ok(()),
            Pageout::Success => {
                stat.pageout += at.pages;
                let busy = LifeFlags::WRITEBACK | LifeFlags::DIRTY | LifeFlags::LOCKED;
                if self.mem.life(at.page).flags.intersects(busy) { Err(PageFate::Written) } else { Ok(()) }
            }
        }
    }

    /// The last step: nothing must refer to the page any more.
    fn detach(&mut self, by: &Reclaimer<'_>, at: &Candidate, sc: &ScanControl) -> Step {
        let life = *self.mem.life(at.page);
        if life.flags.contains(LifeFlags::ANON) && life.is_file_lru() {
            if life.flags.intersects(LifeFlags::PINNED | LifeFlags::DIRTY) {
                return Err(PageFate::LazyHeld);
            }
            self.global.events.add(VmEvent::PgLazyFreed, 1);
            return Err(PageFate::LazyFreed);
        }
        if self.remove_mapping(by.cpu, by.node, at.page, sc.target_memcg) { Ok(()) } else { Err(PageFate::Held) }
    }

    /// A page that is used goes to the active list; where swap is short it gives its slot back.
    fn activate_candidate(&mut self, by: &Reclaimer<'_>, at: &Candidate, stat: &mut Eviction) {
        let flags = self.mem.life(at.page).flags;
        let mlocked = flags.contains(LifeFlags::MLOCKED);
        if flags.contains(LifeFlags::SWAPCACHE) && (mlocked || self.mem_cgroup_swap_full(at.page)) {
            self.free_unneeded_swap(by.cpu, at.page);
        }
        if !mlocked {
            let life = self.mem.life_mut(at.page);
            life.flags |= LifeFlags::ACTIVE;
            stat.activated[usize::from(life.is_file_lru())] += at.pages;
        }
    }

    /// Gives the pages of a batch back, the last one first (`mem_cgroup_uncharge_list`, `free_unref_page_list`).
    fn free_evicted(&mut self, cpu: CpuId, freed: Vec<Frame>) {
        for &page in freed.iter().rev() {
            self.mem_cgroup_uncharge(cpu, page);
        }
        self.note_free_batch(freed.len());
        for page in freed.into_iter().rev() {
            *self.mem.life_mut(page) = Life::NONE;
            let meta = self.mem.meta(page, 0);
            if let Some(zone) = self.mem.zone_of(page)
                && meta.is(PageState::Allocated, 0)
            {
                self.free_block(cpu, zone, page, meta);
            }
        }
    }
}

/// Whether a page of a file is dirty, and whether it is being written (`page_check_dirty_writeback`). Anonymous memory
/// is no flusher's business and counts as neither. File systems that keep buffers say what these are.
fn dirty_writeback(life: &Life) -> (bool, bool) {
    if !life.is_file_lru() || life.flags.contains(LifeFlags::ANON) {
        return (false, false);
    }
    let clean = life.flags.contains(LifeFlags::PRIVATE | LifeFlags::CLEAN_BUFFERS);
    (life.flags.contains(LifeFlags::DIRTY) && !clean, life.flags.contains(LifeFlags::WRITEBACK))
}

#[cfg(test)]
mod tests;
