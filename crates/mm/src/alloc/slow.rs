//! When the first attempt fails (`__alloc_pages_slowpath`): lower marks, kswapd, compaction, reclaim, reserves, the OOM
//! killer, and when to give up.
//!
//! The request is a value that can pause wherever the kernel can sleep. Its states stand in the kernel's order.

use super::attempt::{CompactRun, ReclaimRun};
use super::flags;
use super::oom_gate::MayOom;
use crate::RECLAIMS;
use crate::alloc::AllocContext;
use crate::compact::{CompactPriority, CompactResult};
use crate::event::{Event, Outcome, Sink, SlowEvent, emit};
use crate::gfp::{AllocFlags, Gfp};
use crate::machine::Machine;
use crate::pfn::{Frame, MigrateType, PAGE_ALLOC_COSTLY_ORDER};
use crate::task::{Task, TaskFlags};
use crate::wait::{Step, Wait};
use crate::zone::MAX_RECLAIM_RETRIES;

/// Rounds without progress after which a request that nobody interrupts is given up. The kernel gives up by itself
/// after [`MAX_RECLAIM_RETRIES`] of them unless somebody else is expected to free memory.
const MAX_FRUITLESS_ROUNDS: u32 = 8 * MAX_RECLAIM_RETRIES;
/// The same for rounds of any kind.
const MAX_ROUNDS: u32 = 1 << 16;

/// A request in the slow path.
#[derive(Clone, Debug)]
pub(crate) struct SlowPath {
    /// Flags of the request, and of the next walk.
    ac: AllocContext,
    /// The task's nodes as they were (`cpuset_mems_cookie`).
    cookie: u32,
    compaction_retries: u32,
    no_progress_loops: u32,
    compact_priority: CompactPriority,
    compact_result: CompactResult,
    /// Pages that reclaim got back (`did_some_progress`).
    progress: u64,
    /// Rounds so far, and those of them since the last progress.
    rounds: [u32; 2],
    /// Whether nobody else runs while the request waits.
    alone: bool,
    at: At,
}

/// Where a request is.
#[derive(Clone, Debug)]
enum At {
    /// `retry_cpuset`.
    RetryCpuset,
    EarlyCompaction(CompactRun),
    /// `retry`.
    Retry,
    Reclaim(ReclaimRun),
    Reclaimed,
    Compaction(CompactRun),
    Decide,
    /// Reclaim will not be tried again.
    ReclaimHopeless,
    OutOfMemory(MayOom),
    /// `nopage`, and why.
    NoPage(Outcome),
}

/// How a state is left.
enum Flow {
    Go(At),
    Wait(Wait, At),
    Done(Option<Frame>, Outcome),
}

impl Flow {
    /// Done if there is a page, otherwise on to the next state.
    fn done_or(frame: Option<Frame>, outcome: Outcome, next: At) -> Flow {
        if frame.is_some() { Flow::Done(frame, outcome) } else { Flow::Go(next) }
    }
}

impl<S: Sink> Machine<S> {
    /// Lets requests get memory back (compaction, reclaim, the OOM killer), or ends them with
    /// [`Outcome::NeedsReclaim`] where they would begin to. They may, unless this is a build without.
    pub fn set_reclaims(&mut self, reclaims: bool) {
        self.reclaims = reclaims;
    }

    fn reclaims(&self) -> bool {
        RECLAIMS && self.reclaims
    }
}

impl SlowPath {
    /// A request whose first attempt failed. `gfp` are its flags as the task's scopes restrict them.
    pub(crate) fn new(gfp: Gfp, mut ac: AllocContext) -> SlowPath {
        ac.gfp = gfp;
        if gfp.contains(Gfp::ATOMIC | Gfp::DIRECT_RECLAIM) {
            ac.gfp -= Gfp::ATOMIC;
        }
        SlowPath {
            ac,
            cookie: 0,
            compaction_retries: 0,
            no_progress_loops: 0,
            compact_priority: CompactPriority::SyncLight,
            compact_result: CompactResult::Skipped,
            progress: 0,
            rounds: [0; 2],
            alone: false,
            at: At::RetryCpuset,
        }
    }

    /// The same where nobody else runs meanwhile: the request is given up when only others could help it.
    pub(crate) fn alone(self) -> SlowPath {
        SlowPath { alone: true, ..self }
    }

    /// Whether the request has gone round so often that nothing will change by itself.
    fn goes_nowhere(&self) -> bool {
        self.alone && (self.rounds[0] > MAX_ROUNDS || self.rounds[1] > MAX_FRUITLESS_ROUNDS)
    }

    /// Goes on; done with the page, if any, and how the request ended.
    pub(crate) fn resume<S: Sink>(
        &mut self,
        machine: &mut Machine<S>,
        task: &mut Task,
    ) -> Step<(Option<Frame>, Outcome)> {
        loop {
            let at = core::mem::replace(&mut self.at, At::RetryCpuset);
            match self.step(at, machine, task) {
                Flow::Go(next) => self.at = next,
                Flow::Wait(wait, next) => {
                    self.at = next;
                    return Step::Wait(wait);
                }
                Flow::Done(frame, outcome) => return Step::Done((frame, outcome)),
            }
        }
    }

    fn step<S: Sink>(&mut self, at: At, machine: &mut Machine<S>, task: &mut Task) -> Flow {
        match at {
            // Such a state is not entered then, and what follows from it need not be in the build.
            At::EarlyCompaction(_)
            | At::Reclaim(_)
            | At::Reclaimed
            | At::Compaction(_)
            | At::Decide
            | At::ReclaimHopeless
            | At::OutOfMemory(_)
                if !RECLAIMS =>
            {
                Flow::Go(At::NoPage(Outcome::NeedsReclaim))
            }
            At::RetryCpuset => self.begin(machine, task),
            At::EarlyCompaction(run) => self.compact_early(run, machine, task),
            At::Retry => self.retry(machine, task),
            At::Reclaim(run) => self.reclaim(run, machine, task),
            At::Reclaimed => {
                let frame = machine.get_page_after_reclaim(task, &self.ac);
                let run = CompactRun::new(self.compact_priority);
                Flow::done_or(frame, Outcome::Reclaim, At::Compaction(run))
            }
            At::Compaction(run) => self.compact(run, machine, task),
            At::Decide => self.decide(machine, task),
            At::ReclaimHopeless => self.reclaim_hopeless(machine, task),
            At::OutOfMemory(gate) => self.out_of_memory(gate, machine, task),
            At::NoPage(outcome) => self.no_page(outcome, machine, task),
        }
    }

    /// From the label `retry_cpuset` on: the marks of this request, kswapd, the attempt at the min mark.
    fn begin<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Flow {
        (self.compaction_retries, self.no_progress_loops) = (0, 0);
        self.compact_priority = CompactPriority::SyncLight;
        self.cookie = machine.cpusets.mems_cookie(task);
        let gfp = self.ac.gfp;
        self.ac.alloc_flags = flags::gfp_to_alloc_flags(task, gfp, machine.request_migratetype(gfp));
        machine.find_preferred_zone(&mut self.ac);
        emit!(machine, Event::SlowPath { gfp, alloc_flags: self.ac.alloc_flags });
        if self.ac.preferred_zone.is_none() {
            return Flow::Go(At::NoPage(Outcome::NoZone));
        }
        if self.ac.alloc_flags.contains(AllocFlags::KSWAPD) {
            machine.wake_all_kswapds(task, &self.ac);
        }
        let next = if self.compacts_early(task, machine.reclaims()) {
            At::EarlyCompaction(CompactRun::new(CompactPriority::Async))
        } else {
            At::Retry
        };
        Flow::done_or(machine.get_page_again(task, &self.ac), Outcome::MinMark, next)
    }

    /// Whether compaction comes before reclaim: for large blocks, and for those that would stay among movable pages.
    fn compacts_early(&self, task: &Task, reclaims: bool) -> bool {
        let AllocContext { gfp, order, migratetype, .. } = self.ac;
        reclaims
            && gfp.contains(Gfp::DIRECT_RECLAIM)
            && (order > PAGE_ALLOC_COSTLY_ORDER || (order > 0 && migratetype != MigrateType::Movable))
            && flags::pfmemalloc_flags(task, gfp).is_empty()
    }

    fn compact_early<S: Sink>(&mut self, mut run: CompactRun, machine: &mut Machine<S>, task: &mut Task) -> Flow {
        let (result, frame) = match run.resume(machine, task, &self.ac) {
            Step::Done(done) => done,
            Step::Wait(wait) => return Flow::Wait(wait, At::EarlyCompaction(run)),
        };
        self.compact_result = result.unwrap_or(self.compact_result);
        if frame.is_some() {
            return Flow::Done(frame, Outcome::EarlyCompaction);
        }
        if self.ac.order > PAGE_ALLOC_COSTLY_ORDER && self.ac.gfp.contains(Gfp::NORETRY) {
            if matches!(self.compact_result, CompactResult::Skipped | CompactResult::Deferred) {
                return Flow::Go(At::NoPage(Outcome::CompactionHopeless));
            }
            self.compact_priority = CompactPriority::Async;
        }
        Flow::Go(At::Retry)
    }

    /// From the label `retry` on: kswapd, reserves, the attempt with them, and who may not reclaim.
    fn retry<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Flow {
        self.rounds = self.rounds.map(|rounds| rounds + 1);
        if self.goes_nowhere() {
            return Flow::Done(None, Outcome::Livelock);
        }
        if self.ac.alloc_flags.contains(AllocFlags::KSWAPD) {
            machine.wake_all_kswapds(task, &self.ac);
        }
        self.take_reserves(machine, task);
        let frame = machine.get_page_again(task, &self.ac);
        let next = if !self.ac.gfp.contains(Gfp::DIRECT_RECLAIM) {
            At::NoPage(Outcome::CannotReclaim)
        } else if task.flags.contains(TaskFlags::MEMALLOC) {
            At::NoPage(Outcome::WouldRecurse)
        } else if !machine.reclaims() {
            At::NoPage(Outcome::NeedsReclaim)
        } else {
            At::Reclaim(ReclaimRun::new(&self.ac))
        };
        Flow::done_or(frame, Outcome::Retry, next)
    }

    /// Reserves replace the request's flags, and policy and cpuset no longer count.
    fn take_reserves<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task) {
        let reserves = flags::pfmemalloc_flags(task, self.ac.gfp);
        if !reserves.is_empty() {
            self.ac.alloc_flags = reserves | super::fast::current_alloc_flags(task, self.ac.migratetype);
            emit!(machine, Event::ReserveFlags { alloc_flags: self.ac.alloc_flags });
        }
        if !self.ac.alloc_flags.contains(AllocFlags::CPUSET) || !reserves.is_empty() {
            self.ac.nodemask = None;
            machine.find_preferred_zone(&mut self.ac);
        }
    }

    fn reclaim<S: Sink>(&mut self, mut run: ReclaimRun, machine: &mut Machine<S>, task: &mut Task) -> Flow {
        self.progress = match run.resume(machine, task) {
            Step::Done(pages) => pages,
            Step::Wait(wait) => return Flow::Wait(wait, At::Reclaim(run)),
        };
        if self.progress > 0 {
            self.rounds[1] = 0;
            return Flow::Go(At::Reclaimed);
        }
        // Nothing came back, so there is nothing to try for.
        Flow::Go(At::Compaction(CompactRun::new(self.compact_priority)))
    }

    fn compact<S: Sink>(&mut self, mut run: CompactRun, machine: &mut Machine<S>, task: &mut Task) -> Flow {
        let (result, frame) = match run.resume(machine, task, &self.ac) {
            Step::Done(done) => done,
            Step::Wait(wait) => return Flow::Wait(wait, At::Compaction(run)),
        };
        self.compact_result = result.unwrap_or(self.compact_result);
        Flow::done_or(frame, Outcome::Compaction, At::Decide)
    }

    /// Who gives up after one round, and whether reclaim is worth another.
    fn decide<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Flow {
        let AllocContext { gfp, order, .. } = self.ac;
        if gfp.contains(Gfp::NORETRY) {
            return Flow::Go(At::NoPage(Outcome::NoRetry));
        }
        if order > PAGE_ALLOC_COSTLY_ORDER && !gfp.contains(Gfp::RETRY_MAYFAIL) {
            return Flow::Go(At::NoPage(Outcome::Costly));
        }
        let decision = machine.should_reclaim_retry(task, &self.ac, self.progress > 0, &mut self.no_progress_loops);
        let next = if decision.retry { At::Retry } else { At::ReclaimHopeless };
        match decision.wait {
            Some(wait) => Flow::Wait(wait, next),
            None => Flow::Go(next),
        }
    }

    /// Whether compaction is worth another round, and a last look at the cpuset before the OOM killer.
    fn reclaim_hopeless<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task) -> Flow {
        if self.progress > 0 && self.should_compact_retry(machine) {
            return Flow::Go(At::Retry);
        }
        if self.check_retry_cpuset(machine, task) {
            return Flow::Go(At::RetryCpuset);
        }
        Flow::Go(At::OutOfMemory(MayOom::Begin))
    }

    fn should_compact_retry<S: Sink>(&mut self, machine: &mut Machine<S>) -> bool {
        let (result, retries) = (self.compact_result, &mut self.compaction_retries);
        machine.should_compact_retry(&self.ac, result, &mut self.compact_priority, retries)
    }

    fn out_of_memory<S: Sink>(&mut self, mut gate: MayOom, machine: &mut Machine<S>, task: &mut Task) -> Flow {
        let (frame, progress) = match gate.resume(machine, task, &self.ac) {
            Step::Done(done) => done,
            Step::Wait(wait) => return Flow::Wait(wait, At::OutOfMemory(gate)),
        };
        if frame.is_some() {
            return Flow::Done(frame, Outcome::LastTry);
        }
        let halved = self.ac.alloc_flags.contains(AllocFlags::OOM);
        if task.oom_victim && (halved || self.ac.gfp.contains(Gfp::NOMEMALLOC)) {
            return Flow::Go(At::NoPage(Outcome::OomVictim));
        }
        if progress {
            self.no_progress_loops = 0;
            return Flow::Go(At::Retry);
        }
        Flow::Go(At::NoPage(Outcome::OomRefused))
    }

    /// From the label `nopage` on: the cpuset may have changed, or the request must not fail.
    fn no_page<S: Sink>(&mut self, outcome: Outcome, machine: &mut Machine<S>, task: &Task) -> Flow {
        if self.check_retry_cpuset(machine, task) {
            return Flow::Go(At::RetryCpuset);
        }
        if !self.ac.gfp.contains(Gfp::NOFAIL) || outcome == Outcome::NeedsReclaim {
            return self.fail(outcome, machine, task);
        }
        if !self.ac.gfp.contains(Gfp::DIRECT_RECLAIM) {
            return self.fail(Outcome::NoFailCannotReclaim, machine, task);
        }
        emit!(machine, Event::Slow(SlowEvent::NoFail { order: self.ac.order }));
        let frame = machine.alloc_pages_cpuset_fallback(task, &self.ac, AllocFlags::HARDER);
        if frame.is_some() {
            return Flow::Done(frame, Outcome::NoFail);
        }
        Flow::Wait(Wait::Yield, At::Retry)
    }

    fn fail<S: Sink>(&mut self, outcome: Outcome, machine: &mut Machine<S>, task: &Task) -> Flow {
        machine.warn_alloc(task, &self.ac);
        Flow::Done(None, outcome)
    }

    /// Whether to start over because the nodemask does not meet the task's nodes, or because these changed meanwhile
    /// (`check_retry_cpuset`).
    fn check_retry_cpuset<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task) -> bool {
        let outside =
            machine.cpusets.is_enabled() && self.ac.nodemask.is_some_and(|mask| !mask.intersects(task.mems_allowed));
        if outside {
            self.ac.nodemask = None;
        }
        let retry = outside || machine.cpusets.mems_changed(task, self.cookie);
        if retry {
            emit!(machine, Event::Slow(SlowEvent::CpusetRetry { nodemask_dropped: outside }));
        }
        retry
    }
}
