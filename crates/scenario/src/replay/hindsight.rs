//! What only the recorded kernel's surroundings decided, read from how it went.
//!
//! Compound pages side by side are told as one range. How large each of them is shows only in how many pages a scan of
//! their pageblock looks at, since it looks at one page of each: that number is taken from the recording, once for each
//! range. And where several CPUs could run a daemon that was woken, compaction that ends after its first zone tells
//! which one it waits for; it waits there to the end.

use super::listen::Listen;
use super::run::Runner;
use super::trace::Difference;
use crate::recording::cursor::Cursor;
use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::{CpuId, Pfn};
use std::collections::BTreeSet;

/// Runs of a block after which all must be settled.
const MAX_RUNS: usize = 256;

/// A line `e iso_migrate a-b scanned= taken=` or `e iso_free ...`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Scan {
    start: Pfn,
    end: Pfn,
    scanned: u64,
    taken: u64,
}

impl Scan {
    fn read(text: &str) -> Option<Scan> {
        let mut cursor = Cursor::new(text.as_bytes());
        if !cursor.eat("e iso_migrate ") && !cursor.eat("e iso_free ") {
            return None;
        }
        let start = cursor.pfn("start").ok()?;
        cursor.expect("-").ok()?;
        let end = cursor.pfn("end").ok()?;
        Some(Scan { start, end, scanned: cursor.number(" scanned=").ok()?, taken: cursor.number(" taken=").ok()? })
    }
}

/// What is settled.
#[derive(Clone, Debug, Default)]
pub(super) struct Hindsight {
    /// Ranges whose compound pages have the right sizes, and the line that told of them.
    settled: Vec<(u32, Pfn, Pfn)>,
    /// CPUs that a daemon waits for.
    wanted: BTreeSet<CpuId>,
}

impl Hindsight {
    /// Whether a daemon waits for a CPU.
    pub(super) fn need_resched(&self, cpu: CpuId) -> bool {
        self.wanted.contains(&cpu)
    }

    /// Lets a daemon wait for the CPU, if compaction went on in another zone where the kernel's did not.
    fn settle_resched(&mut self, cpu: CpuId, difference: &Difference) -> bool {
        let tries_zone = |line: &Option<String>| {
            line.as_ref().is_some_and(|line| line.starts_with("e suitable ") || line.starts_with("e deferred "))
        };
        tries_zone(&difference.model) && !tries_zone(&difference.kernel) && self.wanted.insert(cpu)
    }

    /// Fits the sizes of compound pages to the kernel's line, if nothing but the number of pages scanned differs in a
    /// range that was not settled before this line. A scan that passes over a part of the block once it met an
    /// obstacle there tells only of large pages, so that fitting may take several steps.
    fn settle_sizes<S: Sink>(&mut self, machine: &mut Machine<S>, difference: &Difference) -> bool {
        let read = |line: &Option<String>| line.as_deref().and_then(Scan::read);
        let (Some(kernel), Some(model)) = (read(&difference.kernel), read(&difference.model)) else { return false };
        let Scan { start, end, .. } = kernel;
        let same_but_for_scanned = model == Scan { scanned: model.scanned, ..kernel };
        let known = self.settled.iter().any(|&(line, from, to)| line != difference.line && from < end && start < to);
        if !same_but_for_scanned || known {
            return false;
        }
        self.settled.push((difference.line, start, end));
        machine.refit_compounds(start, end, model.scanned as i64 - kernel.scanned as i64)
    }
}

impl<S: Listen> Runner<S> {
    /// Runs a block, and again from its beginning for each thing about the surroundings that turns out to be otherwise.
    pub(super) fn in_hindsight<T>(
        &mut self,
        mut run: impl FnMut(&mut Runner<S>) -> (T, Option<Difference>),
    ) -> (T, Option<Difference>) {
        let mut line = 0;
        for _ in 0..MAX_RUNS {
            let (machine, task) = (self.machine.clone(), self.task.clone());
            let (result, difference) = run(self);
            let Some(found) = difference.as_ref().filter(|found| found.line >= line) else {
                return (result, difference);
            };
            let (mut machine, mut task) = (machine, task);
            let settled =
                self.hindsight.settle_sizes(&mut machine, found) || self.hindsight.settle_resched(task.cpu, found);
            if !settled {
                return (result, difference);
            }
            line = found.line;
            task.need_resched = self.hindsight.need_resched(task.cpu);
            (self.machine, self.task) = (machine, task);
        }
        run(self)
    }
}
