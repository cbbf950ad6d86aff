//! How much would be gained by killing a process (`oom_badness`).

use crate::event::{Event, OomEvent, OomPass, Sink, emit};
use crate::machine::Machine;
use crate::pfn::PAGE_SHIFT;
use crate::task::mm::MmFlags;
use crate::task::process::{OOM_SCORE_ADJ_MIN, Pid, Process, ProcessFlags};

impl Process {
    /// Whether it may never be killed (`oom_unkillable_task`).
    pub(crate) fn is_unkillable(&self) -> bool {
        self.flags.intersects(ProcessFlags::INIT | ProcessFlags::KTHREAD)
    }
}

/// A score: `pages` of memory, swap and page tables, and for each 1000 of `oom_score_adj` all of `totalpages`. The
/// division comes first, as in the kernel.
#[must_use]
pub(super) fn points(pages: u64, oom_score_adj: i16, totalpages: u64) -> i64 {
    pages as i64 + i64::from(oom_score_adj) * (totalpages / 1000) as i64
}

impl<S: Sink> Machine<S> {
    /// The score of a process; `Err` if it cannot be chosen at all.
    pub(super) fn oom_badness(&mut self, pid: Pid, totalpages: u64) -> Result<i64, OomPass> {
        let process = self.user.processes.get(pid).ok_or(OomPass::NoMemory)?;
        if process.is_unkillable() {
            return Err(OomPass::Unkillable);
        }
        let mm = process.mm.and_then(|mm| self.user.mms.get(mm)).ok_or(OomPass::NoMemory)?;
        if process.oom_score_adj == OOM_SCORE_ADJ_MIN {
            return Err(OomPass::NeverKilled);
        }
        if mm.flags.contains(MmFlags::OOM_SKIP) {
            return Err(OomPass::Reaped);
        }
        if process.flags.contains(ProcessFlags::VFORK) {
            return Err(OomPass::Vfork);
        }
        let (rss, swapents, pgtables) = (mm.total_rss(), mm.swapents(), mm.pgtables_bytes() >> PAGE_SHIFT);
        let adj = points(0, process.oom_score_adj, totalpages);
        let points = points(rss + swapents + pgtables, process.oom_score_adj, totalpages);
        emit!(self, Event::Oom(OomEvent::Scored { pid, rss, swapents, pgtables, adj, points }));
        Ok(points)
    }

    /// `/proc/<pid>/oom_score` (`proc_oom_score`).
    #[must_use]
    pub fn oom_score(&self, pid: Pid) -> u64 {
        let Some(process) = self.user.processes.get(pid).filter(|process| !process.is_unkillable()) else { return 0 };
        let Some(mm) = process.mm.and_then(|mm| self.user.mms.get(mm)) else { return 0 };
        let spared = mm.flags.contains(MmFlags::OOM_SKIP) || process.flags.contains(ProcessFlags::VFORK);
        if process.oom_score_adj == OOM_SCORE_ADJ_MIN || spared {
            return 0;
        }
        let totalpages = self.totalram_pages() + self.swap.total;
        let pages = mm.total_rss() + mm.swapents() + (mm.pgtables_bytes() >> PAGE_SHIFT);
        let points = points(pages, process.oom_score_adj, totalpages);
        ((1000 + points * 1000 / totalpages.max(1) as i64) * 2 / 3).max(0) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::points;

    #[test]
    fn the_division_by_1000_comes_before_the_multiplication() {
        assert_eq!(points(50_000, 300, 524_288), 207_200);
        assert_eq!(points(10, -500, 524_288), 10 - 500 * 524);
        assert_eq!(points(10, 1000, 999), 10);
    }
}
