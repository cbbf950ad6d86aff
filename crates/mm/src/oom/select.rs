//! Whom to kill (`select_bad_process`, `oom_evaluate_task`).

use super::OomControl;
use crate::event::{Event, OomEvent, OomPass, Sink, emit};
use crate::machine::Machine;
use crate::pfn::NodeMask;
use crate::task::Task;
use crate::task::mempolicy::Placement;
use crate::task::mm::MmFlags;
use crate::task::process::{Pid, Process, ProcessFlags};

/// What the search came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Choice {
    Nobody,
    /// A victim has yet to give its memory back.
    Abort,
    Victim(Pid),
}

impl<S: Sink> Machine<S> {
    /// The process with the highest score; of equals the one that came last.
    pub(super) fn select_bad_process(&mut self, task: &Task, oc: &OomControl) -> Choice {
        let mut best = (Choice::Nobody, i64::MIN);
        for pid in self.oom_candidates(oc) {
            match self.oom_evaluate_task(task, oc, pid) {
                Ok(None) => return Choice::Abort,
                Ok(Some(points)) if points >= best.1 => best = (Choice::Victim(pid), points),
                Ok(Some(_)) => self.pass_over(pid, OomPass::LowerScore),
                Err(reason) => self.pass_over(pid, reason),
            }
        }
        best.0
    }

    fn pass_over(&mut self, pid: Pid, reason: OomPass) {
        emit!(self, Event::Oom(OomEvent::Passed { pid, reason }));
    }

    /// Everybody who is looked at, in order: all processes, or those of a group and the groups below it.
    pub(super) fn oom_candidates(&self, oc: &OomControl) -> Vec<Pid> {
        let Some(root) = oc.memcg else { return self.user.processes.iter().map(|process| process.pid).collect() };
        let mut pids = Vec::new();
        let mut group = self.memcgs.iter(root, None);
        while let Some(memcg) = group {
            pids.extend(self.user.processes.iter().filter(|process| process.memcg == memcg).map(|found| found.pid));
            group = self.memcgs.iter(root, group);
        }
        pids
    }

    /// The score of a process; `None` to wait for a victim that is pending.
    fn oom_evaluate_task(&mut self, task: &Task, oc: &OomControl, pid: Pid) -> Result<Option<i64>, OomPass> {
        let process = self.user.processes.get(pid).ok_or(OomPass::NoMemory)?;
        if process.is_unkillable() {
            return Err(OomPass::Unkillable);
        }
        if oc.memcg.is_none() && !self.oom_cpuset_eligible(process, task, oc) {
            return Err(OomPass::OtherNodes);
        }
        if let Some(mm) = process.oom_mm {
            let spent = self.user.mms.get(mm).is_none_or(|mm| mm.flags.contains(MmFlags::OOM_SKIP));
            return if spent { Err(OomPass::SpentVictim) } else { Ok(None) };
        }
        if process.flags.contains(ProcessFlags::OOM_ORIGIN) {
            return Ok(Some(i64::MAX));
        }
        self.oom_badness(pid, oc.totalpages).map(Some)
    }

    /// Whether memory of a process can be where memory is short (`oom_cpuset_eligible`).
    pub(super) fn oom_cpuset_eligible(&self, process: &Process, task: &Task, oc: &OomControl) -> bool {
        match oc.nodemask {
            Some(nodes) => policy_intersects(process, nodes),
            None => process.mems_allowed.intersects(task.mems_allowed),
        }
    }
}

/// Whether a policy lets pages be on some nodes (`mempolicy_nodemask_intersects`): one that only prefers nodes does.
fn policy_intersects(process: &Process, nodes: NodeMask) -> bool {
    match process.policy.map(|policy| policy.placement) {
        Some(Placement::Bind(own) | Placement::Interleave(own)) => own.intersects(nodes),
        _ => true,
    }
}
