//! One attempt of the slow path each: walk again, after reclaim, after compaction, with reserves (mm/page_alloc.c).

use crate::alloc::AllocContext;
use crate::compact::{CompactPriority, CompactResult, DirectCompact};
use crate::event::{Event, Sink, SlowEvent, emit};
use crate::gfp::{AllocFlags, Gfp};
use crate::machine::Machine;
use crate::pfn::{Frame, NodeId, NodeMask, Order};
use crate::reclaim::DirectReclaim;
use crate::sched::HZ;
use crate::task::{Task, TaskFlags};
use crate::vmstat::VmEvent;
use crate::wait::{Step, Wait};

/// The marks of a task that gets memory back: it counts as stalled, and what it asks for meanwhile neither reclaims nor
/// heeds watermarks (`psi_memstall_enter`, `memalloc_noreclaim_save`).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope {
    memalloc: bool,
    memstall: bool,
}

impl Scope {
    fn enter<S: Sink>(machine: &mut Machine<S>, task: &mut Task) -> Scope {
        let memalloc = task.flags.contains(TaskFlags::MEMALLOC);
        task.flags |= TaskFlags::MEMALLOC;
        Scope { memalloc, memstall: machine.pressure.enter(task) }
    }

    fn leave<S: Sink>(self, machine: &mut Machine<S>, task: &mut Task) {
        task.flags.set(TaskFlags::MEMALLOC, self.memalloc);
        machine.pressure.leave(task, self.memstall);
    }
}

/// Direct reclaim within a request (`__perform_reclaim`).
#[derive(Clone, Debug)]
pub(crate) enum ReclaimRun {
    Asked(AllocContext),
    /// Others may run first.
    Begun(AllocContext),
    Running(DirectReclaim, Scope),
    Done(u64),
}

impl ReclaimRun {
    pub(crate) fn new(ac: &AllocContext) -> ReclaimRun {
        ReclaimRun::Asked(*ac)
    }

    /// Goes on; done with the pages that came back.
    pub(crate) fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<u64> {
        match self {
            ReclaimRun::Asked(ac) => {
                *self = ReclaimRun::Begun(*ac);
                Step::Wait(Wait::Yield)
            }
            ReclaimRun::Begun(ac) => {
                machine.cpusets.memory_pressure_bump(task.cpuset, machine.jiffies / HZ);
                let scope = Scope::enter(machine, task);
                let order = Order::new(ac.order.into()).unwrap_or_default();
                *self = ReclaimRun::Running(DirectReclaim::new(ac.gfp, order, ac.node, ac.nodemask), scope);
                self.resume(machine, task)
            }
            ReclaimRun::Running(run, scope) => {
                let pages = match run.resume(machine, task) {
                    Step::Wait(wait) => return Step::Wait(wait),
                    Step::Done(pages) => pages,
                };
                scope.leave(machine, task);
                emit!(machine, Event::Slow(SlowEvent::Progress { pages }));
                *self = ReclaimRun::Done(pages);
                Step::Wait(Wait::Yield)
            }
            ReclaimRun::Done(pages) => Step::Done(*pages),
        }
    }
}

/// Direct compaction within a request and the attempt after it (`__alloc_pages_direct_compact`).
#[derive(Clone, Debug)]
pub(crate) enum CompactRun {
    Asked(CompactPriority),
    Running(DirectCompact, Scope),
    Failed(CompactResult),
}

impl CompactRun {
    pub(crate) fn new(priority: CompactPriority) -> CompactRun {
        CompactRun::Asked(priority)
    }

    /// Goes on; done with the result, none for a single page, which needs no compaction, and the block.
    pub(crate) fn resume<S: Sink>(
        &mut self,
        machine: &mut Machine<S>,
        task: &mut Task,
        ac: &AllocContext,
    ) -> Step<(Option<CompactResult>, Option<Frame>)> {
        match self {
            CompactRun::Asked(_) if ac.order == 0 => Step::Done((None, None)),
            CompactRun::Asked(priority) => {
                emit!(machine, Event::Slow(SlowEvent::CompactBegin { order: ac.order, priority: *priority as u8 }));
                let scope = Scope::enter(machine, task);
                *self = CompactRun::Running(DirectCompact::new(ac, *priority), scope);
                self.resume(machine, task, ac)
            }
            CompactRun::Running(run, scope) => {
                let (result, captured) = match run.resume(machine, task) {
                    Step::Wait(wait) => return Step::Wait(wait),
                    Step::Done(done) => done,
                };
                scope.leave(machine, task);
                let frame = machine.get_page_after_compaction(task, ac, result, captured);
                if frame.is_some() {
                    return Step::Done((Some(result), frame));
                }
                *self = CompactRun::Failed(result);
                Step::Wait(Wait::Yield)
            }
            CompactRun::Failed(result) => Step::Done((Some(*result), None)),
        }
    }
}

impl<S: Sink> Machine<S> {
    /// Another walk over the zonelist.
    #[cold]
    #[inline(never)]
    pub(crate) fn get_page_again(&mut self, task: &Task, ac: &AllocContext) -> Option<Frame> {
        let frame = self.get_page_from_freelist(task, ac);
        self.tell_walk(frame);
        frame
    }

    /// Says what a walk came to.
    pub(crate) fn tell_walk(&mut self, frame: Option<Frame>) {
        emit!(
            self,
            Event::Slow(SlowEvent::Walked {
                pfn: frame.map(|frame| self.mem.pfn(frame)),
                zone: frame.and_then(|frame| self.mem.zone_of(frame)),
            })
        );
    }

    /// A walk after reclaim made progress. If it fails, pages may still be in high-atomic blocks or with the CPUs: these
    /// give them back, and it is tried once more (the end of `__alloc_pages_direct_reclaim`).
    pub(crate) fn get_page_after_reclaim(&mut self, task: &Task, ac: &AllocContext) -> Option<Frame> {
        let frame = self.get_page_again(task, ac);
        if frame.is_some() {
            return frame;
        }
        self.unreserve_highatomic(task, ac, false);
        self.drain_all_pages();
        self.get_page_again(task, ac)
    }

    /// The block that compaction caught, or a walk (the end of `__alloc_pages_direct_compact`). Compaction that was
    /// skipped or deferred in every zone counts as a stall, too.
    fn get_page_after_compaction(
        &mut self,
        task: &Task,
        ac: &AllocContext,
        result: CompactResult,
        captured: Option<Frame>,
    ) -> Option<Frame> {
        self.global.events.add(VmEvent::CompactStall, 1);
        emit!(self, Event::Slow(SlowEvent::CompactEnd { result, captured: captured.is_some() }));
        if let Some(frame) = captured {
            self.prep_new_page(frame, ac);
        }
        let frame = captured.or_else(|| self.get_page_again(task, ac));
        let Some(zone) = frame.and_then(|frame| self.mem.zone_of(frame)) else {
            self.global.events.add(VmEvent::CompactFail, 1);
            return None;
        };
        self.zones[zone.index()].compact.blockskip_flush = false;
        self.compaction_defer_reset(zone, ac.order, true);
        self.global.events.add(VmEvent::CompactSuccess, 1);
        frame
    }

    /// A walk within the cpuset, then without it (`__alloc_pages_cpuset_fallback`).
    pub(crate) fn alloc_pages_cpuset_fallback(
        &mut self,
        task: &Task,
        ac: &AllocContext,
        alloc_flags: AllocFlags,
    ) -> Option<Frame> {
        let within = AllocContext { alloc_flags: alloc_flags | AllocFlags::CPUSET, ..*ac };
        self.get_page_again(task, &within).or_else(|| self.get_page_again(task, &AllocContext { alloc_flags, ..*ac }))
    }

    /// Gives a high-atomic pageblock back to the kind of memory a request wants, zone by zone of its zonelist, until
    /// one had free pages (`unreserve_highatomic_pageblock`). Without `force` a zone keeps its last block. The kernel
    /// does this when direct reclaim was not enough.
    pub fn unreserve_highatomic_pageblock(
        &mut self,
        gfp: Gfp,
        node: NodeId,
        nodemask: Option<NodeMask>,
        force: bool,
    ) -> bool {
        let ac = self.alloc_context(gfp, Order::default(), node, nodemask);
        self.unreserve_highatomic(&Task::new(crate::pfn::CpuId(0)), &ac, force)
    }

    /// The same for a request.
    pub(crate) fn unreserve_highatomic(&mut self, task: &Task, ac: &AllocContext, force: bool) -> bool {
        let mut at = self.zonelist(ac).next(0, ac.highest_zoneidx, ac.nodemask);
        while let Some(&zref) = self.zonelist(ac).refs.get(at) {
            if self.lock(zref.zone, task.cpu).unreserve_highatomic_pageblock(ac.migratetype, force) {
                return true;
            }
            at = self.zonelist(ac).next(at + 1, ac.highest_zoneidx, ac.nodemask);
        }
        false
    }
}
