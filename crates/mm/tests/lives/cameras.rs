//! Drivers that take contiguous ranges, any number at once, wait for them, are killed and give them back.

use buddyscope_mm::Machine;
use buddyscope_mm::audit::Held;
use buddyscope_mm::compact::CmaAlloc;
use buddyscope_mm::event::NullSink;
use buddyscope_mm::pfn::{CpuId, Pfn};
use buddyscope_mm::rng::Rng;
use buddyscope_mm::task::Task;
use buddyscope_mm::wait::Step;

/// Those at it, and what they have.
pub(super) struct Cameras {
    cpus: u64,
    asking: Vec<(Task, CmaAlloc, u64)>,
    taken: Vec<(Pfn, u64)>,
}

impl Cameras {
    pub(super) fn new(cpus: u64) -> Cameras {
        Cameras { cpus, asking: Vec::new(), taken: Vec::new() }
    }

    /// One of them does something.
    pub(super) fn step(&mut self, machine: &mut Machine<NullSink>, rng: &mut Rng) {
        if machine.cma_areas().is_empty() {
            return;
        }
        let task = Task::new(CpuId(rng.below(self.cpus) as u16));
        match rng.below(20) {
            0..2 if self.asking.len() < 4 => {
                let pages = [1, 16, 100, 512, 1000][rng.below(5) as usize];
                self.asking.push((task, CmaAlloc::new(pages, rng.below(10) as u8), pages));
            }
            2 => {
                let pages = 1 + rng.below(64);
                let taken = machine.cma_alloc(&mut task.clone(), pages, 0);
                self.taken.extend(taken.ok().map(|pfn| (pfn, pages)));
            }
            3..5 if !self.taken.is_empty() => {
                let (pfn, pages) = self.taken.swap_remove(rng.below(self.taken.len() as u64) as usize);
                assert!(machine.cma_release(&task, pfn, pages));
            }
            5 if !self.asking.is_empty() => {
                let at = rng.below(self.asking.len() as u64) as usize;
                self.asking[at].0.killed = true;
            }
            _ if !self.asking.is_empty() => self.resume(machine, rng.below(self.asking.len() as u64) as usize),
            _ => {}
        }
    }

    fn resume(&mut self, machine: &mut Machine<NullSink>, at: usize) {
        let (task, run, pages) = &mut self.asking[at];
        if let Step::Done(taken) = run.resume(machine, task) {
            self.taken.extend(taken.ok().map(|pfn| (pfn, *pages)));
            self.asking.remove(at);
        }
    }

    /// All are served, and give back what they have.
    pub(super) fn end(&mut self, machine: &mut Machine<NullSink>) {
        while !self.asking.is_empty() {
            for at in (0..self.asking.len()).rev() {
                self.resume(machine, at);
            }
        }
        for (pfn, pages) in self.taken.drain(..) {
            assert!(machine.cma_release(&Task::new(CpuId(0)), pfn, pages));
        }
    }

    pub(super) fn note_held(&self, held: &mut Held) {
        self.asking.iter().for_each(|(_, run, _)| run.note_held(held));
    }
}
