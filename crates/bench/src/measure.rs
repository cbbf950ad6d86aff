//! Timing: every contender gets its turn in every round, so that a disturbed moment disturbs all alike.

use crate::allocator::Allocator;
use crate::workload::{Work, Workload};
use serde::Serialize;

/// Milliseconds since any fixed moment.
pub type Clock<'a> = &'a dyn Fn() -> f64;

/// What one contender reached.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// The contender.
    pub name: &'static str,
    /// What it did.
    pub workload: Workload,
    /// Frames of its machine.
    pub frames: u64,
    /// Nanoseconds for one operation in the best round.
    pub best_ns: f64,
    /// The same in the median round.
    pub median_ns: f64,
    /// Operations that were timed.
    pub operations: u64,
    /// Allocations that were refused while the clock ran or warmed up.
    pub failures: u64,
    /// Bytes of the contender's own state for one frame, where that can be known.
    pub bytes_per_frame: Option<f64>,
}

/// What several rounds of one thing took.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times(Vec<f64>);

impl Times {
    /// Notes one more round.
    pub(crate) fn add(&mut self, time: f64) {
        let at = self.0.partition_point(|&known| known < time);
        self.0.insert(at, time);
    }

    /// The shortest; 0 before the first.
    pub(crate) fn best(&self) -> f64 {
        self.0.first().copied().unwrap_or_default()
    }

    /// The one in the middle; 0 before the first.
    pub(crate) fn median(&self) -> f64 {
        self.0.get(self.0.len() / 2).copied().unwrap_or_default()
    }
}

/// How long to measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Effort {
    /// Timed rounds; one more goes before them to warm up.
    pub rounds: usize,
    /// Operations of one contender in one round.
    pub operations: u64,
}

/// A contender at work, whatever its type.
pub trait Contender {
    /// Does so many operations.
    fn run(&mut self, operations: u64);
    /// Requests refused so far.
    fn failures(&self) -> u64;
    /// Bytes of its own state.
    fn bytes(&self) -> Option<u64>;
}

impl<A: Allocator> Contender for Work<A> {
    fn run(&mut self, operations: u64) {
        Work::run(self, operations);
    }

    fn failures(&self) -> u64 {
        self.failures
    }

    fn bytes(&self) -> Option<u64> {
        self.allocator.bytes()
    }
}

/// One who takes part: a name, and how it gets ready for a workload on so many frames.
#[derive(Clone, Copy)]
pub struct Entrant {
    /// What a table calls it.
    pub name: &'static str,
    /// Makes it ready.
    pub enter: fn(Workload, u64) -> Box<dyn Contender>,
}

/// Prepares an allocator of `frames` free frames for a workload.
pub fn enter<A: Allocator + 'static>(allocator: A, workload: Workload, frames: u64) -> Box<dyn Contender> {
    Box::new(Work::new(allocator, workload, frames))
}

/// Measures entrants on one workload.
pub fn measure(
    entrants: &[Entrant],
    workload: Workload,
    frames: u64,
    effort: Effort,
    clock: Clock<'_>,
) -> Vec<Figures> {
    let mut contenders: Vec<_> = entrants.iter().map(|entrant| (entrant.enter)(workload, frames)).collect();
    let mut times = vec![Times::default(); contenders.len()];
    contenders.iter_mut().for_each(|contender| contender.run(effort.operations));
    for _ in 0..effort.rounds {
        for (contender, times) in contenders.iter_mut().zip(&mut times) {
            let start = clock();
            contender.run(effort.operations);
            times.add((clock() - start) * 1e6 / effort.operations as f64);
        }
    }
    let results = entrants.iter().zip(contenders).zip(times);
    results
        .map(|((entrant, contender), times)| Figures {
            name: entrant.name,
            workload,
            frames,
            best_ns: times.best(),
            median_ns: times.median(),
            operations: effort.operations * effort.rounds as u64,
            failures: contender.failures(),
            bytes_per_frame: contender.bytes().map(|bytes| bytes as f64 / frames as f64),
        })
        .collect()
}
