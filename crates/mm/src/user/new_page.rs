//! A page for a process: allocated where its policy says, and charged to its memory cgroup.

use crate::alloc::{Alloc, Fault};
use crate::event::Sink;
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::page::life::{Life, LifeFlags};
use crate::pfn::{Frame, Order};
use crate::reclaim::memcg::ChargePage;
use crate::task::Task;
use crate::wait::Step;

/// What the page is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Use {
    /// A place in a mapping (`alloc_page_vma`).
    Mapping(Fault),
    /// A place in a file (`__page_cache_alloc`).
    File,
    /// A page table (`alloc_pages`).
    Table,
}

/// A page on its way to a process.
#[derive(Clone, Debug)]
pub(crate) struct NewPage {
    gfp: Gfp,
    order: Order,
    purpose: Use,
    stage: Stage,
}

#[derive(Clone, Debug)]
enum Stage {
    Begin,
    Alloc(Alloc),
    Charge(Frame, Box<ChargePage>),
}

impl NewPage {
    pub(crate) fn new(gfp: Gfp, purpose: Use) -> NewPage {
        NewPage { gfp, order: Order::default(), purpose, stage: Stage::Begin }
    }

    /// Goes on; done with the page, or without if there is none or the group may have no more.
    pub(crate) fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<Option<Frame>> {
        machine.update_task(task);
        loop {
            match &mut self.stage {
                Stage::Begin => self.stage = Stage::Alloc(self.begin(machine, task)),
                Stage::Alloc(alloc) => match alloc.resume(machine, task) {
                    Step::Wait(wait) => return Step::Wait(wait),
                    Step::Done(answer) => {
                        let frame = answer.pfn.and_then(|pfn| machine.mem.frame(pfn));
                        match frame.filter(|_| !matches!(self.purpose, Use::Table)) {
                            Some(frame) => self.stage = self.begin_charge(machine, task, frame),
                            None => return Step::Done(frame),
                        }
                    }
                },
                Stage::Charge(frame, charge) => match charge.resume(machine, task) {
                    Step::Wait(wait) => return Step::Wait(wait),
                    Step::Done(true) => return Step::Done(Some(*frame)),
                    Step::Done(false) => {
                        machine.put_page(task.cpu, *frame);
                        return Step::Done(None);
                    }
                },
            }
        }
    }

    fn begin<S: Sink>(&self, machine: &mut Machine<S>, task: &mut Task) -> Alloc {
        let (gfp, order) = (self.gfp, self.order);
        match &self.purpose {
            Use::Mapping(fault) => machine.begin_alloc_vma(task, gfp, order, fault),
            Use::File => machine.begin_page_cache_alloc(task, gfp),
            Use::Table => machine.begin_alloc_current(task, gfp, order),
        }
    }

    /// The page begins its life; who pays for it is asked by another request, which may do more
    /// (`mem_cgroup_charge`).
    fn begin_charge<S: Sink>(&self, machine: &mut Machine<S>, task: &Task, frame: Frame) -> Stage {
        let flags = if self.order == Order::default() { LifeFlags::empty() } else { LifeFlags::HUGE };
        *machine.mem.life_mut(frame) = Life { flags, ..Life::NONE };
        let gfp = if matches!(self.purpose, Use::Mapping(_)) { Gfp::GFP_KERNEL } else { self.gfp };
        Stage::Charge(frame, Box::new(ChargePage::new(machine, task.memcg.id, frame, gfp)))
    }
}

impl<S: Sink> Machine<S> {
    /// Frees a page that nobody came to use.
    pub(crate) fn discard(&mut self, task: &Task, frame: Option<Frame>) {
        if let Some(frame) = frame {
            self.put_page(task.cpu, frame);
        }
    }
}
