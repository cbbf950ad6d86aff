//! A page for a process: allocated where its policy says, and charged to its memory cgroup.

use crate::alloc::Fault;
use crate::event::Sink;
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::page::life::{Life, LifeFlags, MemcgId};
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
    memcg: MemcgId,
    /// The page, while it is being charged.
    charge: Option<ChargePage>,
}

impl NewPage {
    pub(crate) fn new(gfp: Gfp, purpose: Use, memcg: MemcgId) -> NewPage {
        NewPage { gfp, order: Order::default(), purpose, memcg, charge: None }
    }

    /// The same with an order.
    pub(crate) fn of_order(self, order: Order) -> NewPage {
        NewPage { order, ..self }
    }

    /// Goes on; done with the page, or without if there is none or the group may have no more.
    pub(crate) fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<Option<Frame>> {
        machine.update_task(task);
        if self.charge.is_none() {
            let answer = match &self.purpose {
                Use::Mapping(fault) => machine.alloc_pages_vma(task, self.gfp, self.order, fault),
                Use::File => machine.page_cache_alloc(task, self.gfp),
                Use::Table => machine.alloc_pages_current(task, self.gfp, self.order),
            };
            let frame = answer.pfn.and_then(|pfn| machine.mem.frame(pfn));
            let Some(frame) = frame.filter(|_| !matches!(self.purpose, Use::Table)) else { return Step::Done(frame) };
            let flags = if self.order == Order::default() { LifeFlags::empty() } else { LifeFlags::HUGE };
            *machine.mem.life_mut(frame) = Life { flags, ..Life::NONE };
            self.charge = Some(ChargePage::new(machine, self.memcg, frame, self.gfp));
        }
        let Some(charge) = &mut self.charge else { return Step::Done(None) };
        let charged = match charge.resume(machine, task) {
            Step::Wait(wait) => return Step::Wait(wait),
            Step::Done(charged) => charged,
        };
        let frame = Some(charge.page());
        self.charge = None;
        if charged {
            return Step::Done(frame);
        }
        machine.discard(task, frame);
        Step::Done(None)
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
