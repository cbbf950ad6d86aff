//! Reclaim of one group and all below it (`try_to_free_mem_cgroup_pages`, mm/vmscan.c).

use super::super::scan_control::SWAP_CLUSTER_MAX;
use super::super::{ScanControl, TryToFree};
use crate::event::{Event, MemcgEvent, Sink, emit};
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::pfn::MAX_NR_ZONES;
use crate::task::{Task, TaskFlags};
use crate::wait::Step;

/// What of a request's flags reclaim of a group heeds; the rest is that of a page that may be anywhere.
pub(crate) fn reclaim_gfp(gfp: Gfp) -> Gfp {
    (gfp & Gfp::RECLAIM_MASK) | (Gfp::GFP_HIGHUSER_MOVABLE - Gfp::RECLAIM_MASK)
}

/// A run of reclaim over a group and those below it, by a task that counts as held up meanwhile.
#[derive(Clone, Debug)]
pub(crate) struct MemcgReclaim {
    memcg: MemcgId,
    pages: u64,
    gfp: Gfp,
    may_swap: bool,
    run: Option<Run>,
}

#[derive(Clone, Debug)]
struct Run {
    reclaim: Box<TryToFree>,
    /// Whether the task had `PF_MEMALLOC` and `PF_MEMSTALL` before.
    memalloc: bool,
    memstall: bool,
}

impl MemcgReclaim {
    /// A run that is after `pages` pages, and at least a batch.
    pub(crate) fn new(memcg: MemcgId, pages: u64, gfp: Gfp, may_swap: bool) -> MemcgReclaim {
        MemcgReclaim { memcg, pages, gfp, may_swap, run: None }
    }

    /// Goes on; done with the pages it got back.
    pub(crate) fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<u64> {
        let run = match self.run.take() {
            Some(run) => run,
            None => self.begin(machine, task),
        };
        let Run { mut reclaim, memalloc, memstall } = run;
        match reclaim.resume(machine, task) {
            Step::Wait(wait) => {
                self.run = Some(Run { reclaim, memalloc, memstall });
                Step::Wait(wait)
            }
            Step::Done(reclaimed) => {
                task.flags.set(TaskFlags::MEMALLOC, memalloc);
                machine.pressure.leave(task, memstall);
                emit!(machine, Event::Memcg(MemcgEvent::ReclaimEnd { memcg: self.memcg, reclaimed }));
                Step::Done(reclaimed)
            }
        }
    }

    fn begin<S: Sink>(&self, machine: &mut Machine<S>, task: &mut Task) -> Run {
        let gfp = reclaim_gfp(task.flags.restrict(self.gfp));
        emit!(machine, Event::Memcg(MemcgEvent::ReclaimBegin { memcg: self.memcg, gfp }));
        let mut sc = ScanControl::new(gfp, 0, MAX_NR_ZONES as u8 - 1, self.pages.max(SWAP_CLUSTER_MAX));
        sc.target_memcg = Some(self.memcg);
        sc.may_swap = self.may_swap;
        sc.may_writepage = machine.sysctl.laptop_mode == 0;
        let node = machine.cpus[task.cpu.index()].node;
        let memalloc = task.flags.contains(TaskFlags::MEMALLOC);
        let memstall = machine.pressure.enter(task);
        task.flags |= TaskFlags::MEMALLOC;
        Run { reclaim: Box::new(TryToFree::new(sc, node)), memalloc, memstall }
    }
}
