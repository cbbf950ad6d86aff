//! Blocks of a recording: the model's decisions inside an operation, compared line by line.

use super::listen::Listen;
use super::run::{Checked, Runner};
use super::trace::Around;
use super::{ReplayError, trace};
use crate::recording::{AllocBlock, Block};
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::task::{Task, TaskFlags};
use buddyscope_mm::{Answer, Machine};

/// A `Y` block whose allocation follows.
pub(super) struct Pending {
    line: u32,
    inner: String,
    /// Whether the task was a user process then; `None` if it is what it always is.
    user: Option<bool>,
}

impl Pending {
    pub(super) fn new(block: &Block<'_>, alloc: &AllocBlock) -> Pending {
        let inner = block.lines().fold(String::new(), |text, (_, line)| text + line + "\n");
        Pending { line: block.line, inner, user: alloc.call.map(|call| call.user) }
    }

    /// Makes the task what it was during the block.
    fn prepare(&self, task: &mut Task) {
        if let Some(user) = self.user {
            task.flags.set(TaskFlags::KTHREAD, !user);
        }
    }
}

impl<S: Listen> Runner<S> {
    /// An allocation, beside what the block before it tells of its inside.
    pub(super) fn alloc_in_block(
        &mut self,
        gfp: Gfp,
        mut allocate: impl FnMut(&mut Machine<S>, &mut Task) -> Option<Answer>,
    ) -> (Option<Answer>, Checked) {
        let pending = self.pending.take();
        if pending.is_none() && !(S::CAN && gfp.contains(Gfp::DIRECT_RECLAIM)) {
            return (allocate(&mut self.machine, &mut self.task), Checked::Equal);
        }
        if let Some(pending) = &pending {
            pending.prepare(&mut self.task);
        }
        let Some(pending) = pending else {
            let (answer, lines) = self.listening(Around::Request, allocate);
            return (answer, first_attempt_alone(&lines));
        };
        let mut run = |runner: &mut Runner<S>| {
            let (answer, lines) = runner.listening(Around::Request, &mut allocate);
            // The recorder did so, which is no part of an allocation.
            runner.machine.drain_lru(runner.task.cpu);
            let recorded = (pending.line + 1..).zip(pending.inner.lines());
            (answer, trace::first_difference(recorded, lines.into_iter()))
        };
        self.task.need_resched = self.hindsight.need_resched(self.task.cpu);
        let compacts = pending.inner.lines().any(|line| line.starts_with("e try_to_compact "));
        let (answer, difference) = if compacts { self.in_hindsight(run) } else { run(self) };
        (answer, checked(difference))
    }

    /// Does something and tells the lines of what the model decided, with what it counted at the end.
    pub(super) fn listening<T>(
        &mut self,
        around: Around,
        act: impl FnOnce(&mut Machine<S>, &mut Task) -> T,
    ) -> (T, Vec<String>) {
        let before = self.machine.vm_events().clone();
        self.machine.sink_mut().listen(trace::is_told);
        let result = act(&mut self.machine, &mut self.task);
        let events = self.machine.sink_mut().heard();
        let mut lines = trace::write(&self.machine, &events, around);
        lines.push(trace::counted(&before, self.machine.vm_events()));
        (result, lines)
    }

    /// A sink that keeps no events cannot be compared with blocks.
    pub(super) fn can_compare(&self) -> Result<(), ReplayError> {
        if S::CAN { Ok(()) } else { Err(self.problem("blocks need a sink that keeps events".to_owned())) }
    }
}

/// What has no block succeeded at once and did nothing else.
fn first_attempt_alone(lines: &[String]) -> Checked {
    let more = lines.iter().find(|line| line.starts_with("e ") && !is_success(line));
    more.map_or(Checked::Equal, |line| Checked::Differs(format!("no block, but the model: {line}")))
}

fn is_success(line: &str) -> bool {
    line.starts_with("e get_page ") && !line.ends_with("pfn=FAIL")
}

pub(super) fn checked(difference: Option<trace::Difference>) -> Checked {
    let Some(trace::Difference { line, kernel, model }) = difference else { return Checked::Equal };
    let text = |text: Option<String>| text.map_or_else(|| "nothing more".to_owned(), |text| format!("`{text}`"));
    Checked::Differs(format!("line {line}: kernel {}, model {}", text(kernel), text(model)))
}
