//! A cache of kernel objects grows.

use super::pacer::{Allowance, Pacer};
use buddyscope_mm::Alloc;
use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::{NodeId, Order};
use buddyscope_mm::reclaim::shrinker::ShrinkerId;
use buddyscope_mm::task::Task;
use buddyscope_mm::wait::{Step, Wait};

/// Objects that are being made, a slab at a time.
#[derive(Clone, Debug)]
pub(super) struct SlabGrowth {
    shrinker: ShrinkerId,
    per_slab: u64,
    left: u64,
    pacer: Pacer,
    /// Objects made of the newest slab.
    in_slab: u64,
    /// Where that slab lies.
    node: NodeId,
    pending: Option<Alloc>,
}

impl SlabGrowth {
    pub(super) fn new(shrinker: ShrinkerId, per_slab: u64, objects: u64, pacer: Pacer) -> SlabGrowth {
        let per_slab = per_slab.max(1);
        SlabGrowth {
            shrinker,
            per_slab,
            left: objects,
            pacer,
            in_slab: per_slab,
            node: NodeId::default(),
            pending: None,
        }
    }

    /// Goes on; done when all objects are made, or no slab can be had.
    #[inline(never)]
    pub(super) fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<()> {
        loop {
            if let Some(alloc) = &mut self.pending {
                match alloc.resume(machine, task) {
                    Step::Wait(wait) => return Step::Wait(wait),
                    Step::Done(answer) => {
                        self.pending = None;
                        let Some(pfn) = answer.pfn else { return Step::Done(()) };
                        self.node = machine.add_slab(self.shrinker, pfn).unwrap_or_default();
                        self.in_slab = 0;
                    }
                }
            }
            if self.left == 0 {
                return Step::Done(());
            }
            match self.pacer.allowance(machine.jiffies()) {
                Allowance::Over => return Step::Done(()),
                Allowance::Wait(jiffies) => return Step::Wait(Wait::Sleep(jiffies)),
                Allowance::Operations(operations) => self.make(machine, task, operations),
            }
        }
    }

    /// Makes so many objects, or as many as the slab has room for; asks for another slab if it is full.
    fn make<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task, operations: u64) {
        let objects = operations.min(self.left).min(self.per_slab - self.in_slab);
        if objects == 0 {
            let node = machine.node_of_cpu(task.cpu).unwrap_or_default();
            let gfp = Gfp::GFP_KERNEL | Gfp::RECLAIMABLE;
            self.pending = Some(machine.begin_alloc(task, gfp, Order::default(), node, None));
            return;
        }
        self.pacer.note(objects);
        (self.left, self.in_slab) = (self.left - objects, self.in_slab + objects);
        machine.add_objects(self.shrinker, self.node, objects);
    }
}
