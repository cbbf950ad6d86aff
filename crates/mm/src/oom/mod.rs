//! The OOM killer (mm/oom_kill.c): when reclaim leads nowhere, somebody is chosen and killed, and what only it holds is
//! taken back.

mod badness;
mod constraint;
mod kill;
mod log;
mod memcg;
mod reaper;
mod select;

pub use log::{KillReason, OomRecord, OomReport, OomTask, PanicReason};
pub use reaper::OomReaper;

use crate::alloc::AllocContext;
use crate::console::RateLimit;
use crate::event::{Event, OomConstraint, OomEvent, OomGate, Sink, emit};
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::pfn::{CpuId, NodeMask};
use crate::task::Task;
use crate::task::process::{OOM_SCORE_ADJ_MIN, Pid};
use reaper::Reapable;
use select::Choice;
use std::collections::BTreeSet;

/// What the OOM killer remembers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Oom {
    /// Victims that are not gone yet (`oom_victims`).
    victims: u32,
    /// Address spaces that wait for the reaper, the next last (`oom_reaper_list`).
    pub(crate) reapable: Vec<Reapable>,
    /// Limits how often the killer tells what it saw: ten times in five seconds (`oom_rs`).
    rate: RateLimit<{ 5 * crate::sched::HZ }, 10>,
    /// Pages that those who asked to be told will free, call by call.
    notified: Vec<u64>,
    /// Groups whose members are killed together (`memory.oom.group`).
    together: BTreeSet<MemcgId>,
    /// Where it was called last.
    cpu: CpuId,
    /// What it said.
    log: Vec<OomRecord>,
    /// Why the machine stopped.
    panicked: Option<PanicReason>,
}

/// One call (`struct oom_control`).
#[derive(Clone, Copy, Debug)]
pub(crate) struct OomControl {
    pub(crate) gfp: Gfp,
    pub(crate) order: u8,
    /// Where the request may look; `None` for a page fault that lost its request.
    pub(crate) request: Option<AllocContext>,
    pub(crate) nodemask: Option<NodeMask>,
    /// The group that is out of memory; `None` for the machine.
    pub(crate) memcg: Option<MemcgId>,
    pub(crate) constraint: OomConstraint,
    pub(crate) totalpages: u64,
}

impl<S: Sink> Machine<S> {
    /// Kills a process so that a request can go on (`out_of_memory`). Says whether to try again.
    pub(crate) fn out_of_memory(&mut self, task: &mut Task, ac: &AllocContext) -> bool {
        let mut oc = OomControl {
            gfp: ac.gfp,
            order: ac.order,
            request: Some(*ac),
            nodemask: ac.nodemask,
            memcg: None,
            constraint: OomConstraint::None,
            totalpages: 0,
        };
        let again = self.oom(task, &mut oc);
        self.update_task(task);
        again
    }

    /// The checks in the kernel's order.
    pub(crate) fn oom(&mut self, task: &Task, oc: &mut OomControl) -> bool {
        self.oom.cpu = task.cpu;
        if self.oom_killer_disabled {
            emit!(self, Event::Oom(OomEvent::Disabled));
            return false;
        }
        emit!(self, Event::Oom(OomEvent::Begin { gfp: oc.gfp, order: oc.order, memcg: oc.memcg }));
        if oc.memcg.is_none() && self.oom.notified.pop().unwrap_or(0) > 0 {
            return self.gate(OomGate::Notified);
        }
        if self.task_will_free_mem(task.pid) {
            self.mark_oom_victim(task.pid);
            self.wake_oom_reaper(task.pid);
            return self.gate(OomGate::CurrentIsDying);
        }
        if !oc.gfp.is_empty() && !oc.gfp.contains(Gfp::FS) && oc.memcg.is_none() {
            return self.gate(OomGate::NoFs);
        }
        self.constrained_alloc(task, oc);
        if oc.constraint != OomConstraint::MemoryPolicy {
            oc.nodemask = None;
        }
        emit!(self, Event::Oom(OomEvent::Constraint { constraint: oc.constraint, totalpages: oc.totalpages }));
        if self.check_panic_on_oom(task, oc) {
            return false;
        }
        if self.sysctl.oom_kill_allocating_task && oc.memcg.is_none() && self.may_kill_current(task, oc) {
            self.gate(OomGate::KillsCurrent);
            self.oom_kill_process(task, oc, task.pid, KillReason::AllocatingTask);
            return true;
        }
        match self.select_bad_process(task, oc) {
            Choice::Abort => self.gate(OomGate::VictimPending),
            Choice::Nobody => self.nobody_to_kill(task, oc),
            Choice::Victim(pid) => {
                self.gate(OomGate::Chosen);
                let reason = if oc.memcg.is_some() { KillReason::Memcg } else { KillReason::OutOfMemory };
                self.oom_kill_process(task, oc, pid, reason);
                true
            }
        }
    }

    fn gate(&mut self, gate: OomGate) -> bool {
        emit!(self, Event::Oom(OomEvent::Gate { gate }));
        true
    }

    /// Whether the task that asks may be killed for it.
    fn may_kill_current(&self, task: &Task, oc: &OomControl) -> bool {
        self.user.processes.get(task.pid).is_some_and(|process| {
            process.mm.is_some()
                && !process.is_unkillable()
                && self.oom_cpuset_eligible(process, task, oc)
                && process.oom_score_adj != OOM_SCORE_ADJ_MIN
        })
    }

    /// Nobody can be killed: a machine cannot go on, a group can.
    fn nobody_to_kill(&mut self, task: &Task, oc: &OomControl) -> bool {
        self.gate(OomGate::NobodyLeft);
        self.dump_header(task, oc, None);
        self.log_oom(OomRecord::NoKillable);
        if oc.memcg.is_none() {
            self.panic(PanicReason::Deadlocked);
        }
        false
    }

    /// Stops the machine where it is set to (`check_panic_on_oom`); says whether.
    fn check_panic_on_oom(&mut self, task: &Task, oc: &OomControl) -> bool {
        let set = self.sysctl.panic_on_oom;
        if set == 0 || (set != 2 && oc.constraint != OomConstraint::None) {
            return false;
        }
        self.gate(OomGate::Panics);
        self.dump_header(task, oc, None);
        self.panic(if set == 2 { PanicReason::Compulsory } else { PanicReason::SystemWide });
        true
    }

    fn panic(&mut self, reason: PanicReason) {
        emit!(self, Event::Oom(OomEvent::Panic));
        self.log_oom(OomRecord::Panic(reason));
        self.oom.panicked.get_or_insert(reason);
    }

    /// Why the machine stopped, if it did: nothing that happens to it afterwards means anything.
    #[must_use]
    pub fn panicked(&self) -> Option<PanicReason> {
        self.oom.panicked
    }

    /// Lets those who asked to be told of a lack of memory free so many pages, once, when the killer is called next
    /// (`oom_notify_list`). The pages themselves are the caller's to free.
    pub fn notify_oom_with(&mut self, pages: u64) {
        self.oom.notified.insert(0, pages);
    }

    /// Victims that are not gone yet (`oom_victims`).
    #[must_use]
    pub fn oom_victims(&self) -> u32 {
        self.oom.victims
    }

    /// A fault has found no memory. If a group is short of it that is seen to; else the killer is called unless somebody
    /// is at it already (`pagefault_out_of_memory`).
    pub(crate) fn pagefault_out_of_memory(&mut self, task: &mut Task) {
        if self.mem_cgroup_oom_synchronize(task) || self.oom_lock {
            return;
        }
        let mut oc = OomControl {
            gfp: Gfp::empty(),
            order: 0,
            request: None,
            nodemask: None,
            memcg: None,
            constraint: OomConstraint::None,
            totalpages: 0,
        };
        self.oom(task, &mut oc);
        self.update_task(task);
    }

    /// Whether a process could be killed at all (`oom_unkillable_task`).
    pub(crate) fn is_oom_candidate(&self, pid: Pid) -> bool {
        self.user.processes.get(pid).is_some_and(|process| !process.is_unkillable())
    }
}
