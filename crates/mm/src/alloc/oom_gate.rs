//! The OOM killer's door: one more try, and who is let in (`__alloc_pages_may_oom`, mm/page_alloc.c).

use crate::alloc::AllocContext;
use crate::event::{Event, OomRefusal, Sink, SlowEvent, emit};
use crate::gfp::{AllocFlags, Gfp};
use crate::machine::Machine;
use crate::pfn::{Frame, PAGE_ALLOC_COSTLY_ORDER, ZoneType};
use crate::task::{Task, TaskFlags};
use crate::wait::{Step, Wait};

/// A request at the OOM killer's door.
#[derive(Clone, Copy, Debug)]
pub(crate) enum MayOom {
    Begin,
    /// Somebody else was inside, which is progress.
    Waited,
}

impl MayOom {
    /// Goes on; done with a page, or with whether to try again.
    pub(crate) fn resume<S: Sink>(
        &mut self,
        machine: &mut Machine<S>,
        task: &mut Task,
        ac: &AllocContext,
    ) -> Step<(Option<Frame>, bool)> {
        match self {
            MayOom::Waited => Step::Done((None, true)),
            MayOom::Begin => {
                emit!(machine, Event::Slow(SlowEvent::MayOom { order: ac.order, gfp: ac.gfp }));
                if machine.oom_lock {
                    emit!(machine, Event::Slow(SlowEvent::OomLockBusy));
                    *self = MayOom::Waited;
                    return Step::Wait(Wait::Sleep(1));
                }
                Step::Done(machine.alloc_pages_may_oom(task, ac))
            }
        }
    }
}

impl<S: Sink> Machine<S> {
    /// Whether the OOM killer is off, as while the system suspends (`oom_killer_disable`). Requests then fail where it
    /// would be called.
    pub fn set_oom_killer_disabled(&mut self, disabled: bool) {
        self.oom_killer_disabled = disabled;
    }

    /// A try above the high mark, in case somebody was killed meanwhile; then the killer.
    fn alloc_pages_may_oom(&mut self, task: &mut Task, ac: &AllocContext) -> (Option<Frame>, bool) {
        let last = AllocContext {
            gfp: (ac.gfp | Gfp::HARDWALL) - Gfp::DIRECT_RECLAIM,
            alloc_flags: AllocFlags::WMARK_HIGH | AllocFlags::CPUSET,
            ..*ac
        };
        let frame = self.get_page_again(task, &last);
        if frame.is_some() {
            return (frame, false);
        }
        if let Some(reason) = self.oom_refusal(task, ac) {
            emit!(self, Event::Slow(SlowEvent::OomRefused { reason }));
            return (None, false);
        }
        let no_fail = ac.gfp.contains(Gfp::NOFAIL);
        let progress = self.out_of_memory(task, ac) || no_fail;
        if !no_fail {
            return (None, progress);
        }
        (self.alloc_pages_cpuset_fallback(task, ac, AllocFlags::NO_WATERMARKS), progress)
    }

    /// Why killing is not the way out for this request.
    fn oom_refusal(&self, task: &Task, ac: &AllocContext) -> Option<OomRefusal> {
        if task.flags.contains(TaskFlags::DUMPCORE) {
            Some(OomRefusal::CoreDump)
        } else if ac.order > PAGE_ALLOC_COSTLY_ORDER {
            Some(OomRefusal::Costly)
        } else if ac.gfp.contains(Gfp::RETRY_MAYFAIL) {
            Some(OomRefusal::MayFail)
        } else if ac.gfp.contains(Gfp::THISNODE) {
            Some(OomRefusal::ThisNode)
        } else if ac.highest_zoneidx < ZoneType::Normal as u8 {
            Some(OomRefusal::LowMemory)
        } else if !self.gfp_allowed_mask.contains(Gfp::IO | Gfp::FS) {
            Some(OomRefusal::Suspended)
        } else {
            None
        }
    }
}
