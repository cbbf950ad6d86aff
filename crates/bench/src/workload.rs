//! The operations that are measured.

use crate::allocator::{Allocator, Block};
use buddyscope_mm::rng::Rng;
use serde::Serialize;

/// One kind of work for an allocator.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Workload {
    /// A page is taken and given back at once, again and again, on a machine that is otherwise empty.
    Hot,
    /// Single pages on an aged machine.
    AgedPages,
    /// Blocks of orders 0 to 10, each order as often as the others, on an aged machine.
    AgedMixed,
}

impl Workload {
    /// All workloads.
    pub const ALL: [Workload; 3] = [Workload::Hot, Workload::AgedPages, Workload::AgedMixed];

    /// What a table calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Workload::Hot => "hot pair, order 0",
            Workload::AgedPages => "aged, order 0",
            Workload::AgedMixed => "aged, orders 0-10",
        }
    }

    /// Orders that are asked for: so many, from 0.
    const fn orders(self) -> u64 {
        match self {
            Workload::Hot | Workload::AgedPages => 1,
            Workload::AgedMixed => 11,
        }
    }
}

/// An allocator at work.
///
/// Aging: filled until one page is refused, freed at random to half, then churned between 45 and 55 per cent.
pub(crate) struct Work<A> {
    pub(crate) allocator: A,
    workload: Workload,
    frames: u64,
    live: Vec<Block>,
    live_frames: u64,
    rng: Rng,
    /// Requests that were refused, those of the filling left out.
    pub(crate) failures: u64,
}

impl<A: Allocator> Work<A> {
    /// Prepares an allocator of `frames` free frames for a workload.
    pub(crate) fn new(allocator: A, workload: Workload, frames: u64) -> Work<A> {
        let mut work =
            Work { allocator, workload, frames, live: Vec::new(), live_frames: 0, rng: Rng::new(1), failures: 0 };
        if workload != Workload::Hot {
            work.fill();
            work.free_half();
        }
        work
    }

    fn fill(&mut self) {
        loop {
            let order = self.rng.below(self.workload.orders()) as u8;
            if !self.take(order) && order == 0 {
                break;
            }
        }
    }

    fn free_half(&mut self) {
        while self.live_frames > self.frames / 2 {
            let chance = self.rng.next_u32();
            self.give_back(chance);
        }
    }

    /// Does so many operations: an allocation is one, freeing is another.
    pub(crate) fn run(&mut self, operations: u64) {
        match self.workload {
            Workload::Hot => self.pairs(operations / 2),
            Workload::AgedPages | Workload::AgedMixed => self.churn(operations),
        }
    }

    fn pairs(&mut self, pairs: u64) {
        for _ in 0..pairs {
            match self.allocator.allocate(0) {
                Some(block) => self.allocator.free(core::hint::black_box(block)),
                None => self.failures += 1,
            }
        }
    }

    fn churn(&mut self, operations: u64) {
        let (low, high) = (self.frames * 45 / 100, self.frames * 55 / 100);
        for _ in 0..operations {
            let chance = self.rng.next_u64();
            let grows = if self.live_frames < low { true } else { self.live_frames <= high && chance & 1 == 0 };
            if grows {
                let order = (((chance >> 32) * self.workload.orders()) >> 32) as u8;
                self.failures += u64::from(!self.take(order));
            } else {
                self.give_back((chance >> 32) as u32);
            }
        }
    }

    #[inline]
    fn take(&mut self, order: u8) -> bool {
        let Some(block) = self.allocator.allocate(order) else { return false };
        self.live_frames += block.frames();
        self.live.push(block);
        true
    }

    /// Frees the block that a random number picks.
    #[inline]
    fn give_back(&mut self, chance: u32) {
        let at = (u64::from(chance) * self.live.len() as u64) >> 32;
        let block = self.live.swap_remove(at as usize);
        self.live_frames -= block.frames();
        self.allocator.free(block);
    }
}
