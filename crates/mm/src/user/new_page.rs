//! A page for a process: allocated where its policy says, and charged to its memory cgroup.

use crate::alloc::{Alloc, Fault};
use crate::event::Sink;
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::page::life::{Life, LifeFlags, MemcgId};
use crate::pfn::{Frame, NodeId, Order, PAGEBLOCK_ORDER};
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
    /// A page table, or any page that is nobody's in particular (`alloc_pages`).
    Table,
}

/// A page on its way to a process.
#[derive(Clone, Debug)]
pub(crate) struct NewPage {
    gfp: Gfp,
    order: Order,
    purpose: Use,
    /// Whom it is charged to, if not the task's group.
    owner: Option<MemcgId>,
    stage: Stage,
    /// The node to ask next, and from there on all others, for a huge page that its node alone does not have.
    elsewhere: Option<NodeId>,
    /// Whether there was a page, but the group may have no more.
    refused: bool,
}

#[derive(Clone, Debug)]
enum Stage {
    Begin,
    Alloc(Box<Alloc>),
    /// Not begun without a charge.
    Charge(Frame, Option<Box<ChargePage>>),
}

impl NewPage {
    pub(crate) fn new(gfp: Gfp, purpose: Use) -> NewPage {
        let (order, stage) = (Order::default(), Stage::Begin);
        NewPage { gfp, order, purpose, owner: None, stage, elsewhere: None, refused: false }
    }

    /// The same, charged to a group whoever asks for it.
    pub(crate) fn charged_to(self, owner: Option<MemcgId>) -> NewPage {
        NewPage { owner, ..self }
    }

    /// A huge page (`alloc_hugepage_vma`).
    pub(crate) fn huge(gfp: Gfp, purpose: Use) -> NewPage {
        NewPage { order: Order::new(PAGEBLOCK_ORDER.into()).unwrap_or_default(), ..NewPage::new(gfp, purpose) }
    }

    /// Whether there was a page, but the group may have no more.
    pub(crate) fn is_refused(&self) -> bool {
        self.refused
    }

    /// A small page for a mapping or a file, if what was begun brought one that can be charged at once, as it nearly
    /// always does; else what is to be resumed for it.
    #[inline(always)]
    pub(crate) fn at_once<S: Sink>(
        machine: &mut Machine<S>,
        task: &mut Task,
        begun: Result<Frame, Alloc>,
        gfp: Gfp,
        purpose: impl FnOnce(&Machine<S>) -> Use,
    ) -> Result<Frame, Box<NewPage>> {
        let stage = match begun {
            Ok(frame) => {
                *machine.mem.life_mut(frame) = Life::NONE;
                if machine.charge_at_once(task.cpu, frame, task.memcg.id) {
                    return Ok(frame);
                }
                Stage::Charge(frame, None)
            }
            Err(alloc) => Stage::Alloc(Box::new(alloc)),
        };
        Err(NewPage::new(gfp, purpose(machine)).at(stage))
    }

    /// A page of a file in the same way.
    pub(crate) fn of_file<S: Sink>(machine: &mut Machine<S>, task: &mut Task, gfp: Gfp) -> Result<Frame, Box<NewPage>> {
        machine.update_task(task);
        let begun = machine.page_cache_alloc_at_once(task, gfp);
        NewPage::at_once(machine, task, begun, gfp, |_| Use::File)
    }

    #[cold]
    fn at(self, stage: Stage) -> Box<NewPage> {
        Box::new(NewPage { stage, ..self })
    }

    /// Goes on; done with the page, or without if there is none or the group may have no more.
    pub(crate) fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<Option<Frame>> {
        machine.update_task(task);
        loop {
            let frame = match &mut self.stage {
                Stage::Begin => match self.begin(machine, task) {
                    Ok(frame) => Some(frame),
                    Err(alloc) => {
                        self.stage = Stage::Alloc(Box::new(alloc));
                        continue;
                    }
                },
                Stage::Alloc(alloc) => match alloc.resume(machine, task) {
                    Step::Wait(wait) => return Step::Wait(wait),
                    Step::Done(answer) => answer.pfn.and_then(|pfn| machine.mem.frame(pfn)),
                },
                Stage::Charge(frame, Some(charge)) => {
                    let frame = *frame;
                    let step = charge.resume(machine, task);
                    return step.map(|charged| self.keep_if(charged, machine, task, frame));
                }
                Stage::Charge(frame, None) => {
                    let frame = *frame;
                    return self.charge(machine, task, frame);
                }
            };
            if let (None, Some(node)) = (frame, self.elsewhere.take()) {
                let alloc = machine.begin_alloc(task, self.gfp, self.order, node, None);
                self.stage = Stage::Alloc(Box::new(alloc));
                continue;
            }
            return match frame {
                Some(frame) if !matches!(self.purpose, Use::Table) => self.charge(machine, task, frame),
                frame => Step::Done(frame),
            };
        }
    }

    fn begin<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Result<Frame, Alloc> {
        let (gfp, order) = (self.gfp, self.order);
        if let Use::Mapping(fault) = &self.purpose
            && let Some(node) = machine.huge_node(task, gfp, fault)
        {
            self.elsewhere = gfp.contains(Gfp::DIRECT_RECLAIM).then_some(node);
            return machine.alloc_at_once(task, gfp | Gfp::THISNODE | Gfp::NORETRY, order, node, None);
        }
        match &self.purpose {
            Use::Mapping(fault) => machine.alloc_vma_at_once(task, gfp, order, fault),
            Use::File => machine.page_cache_alloc_at_once(task, gfp),
            Use::Table => machine.alloc_current_at_once(task, gfp, order),
        }
    }

    /// The page begins its life; who pays for it is asked by another request, which may do more
    /// (`mem_cgroup_charge`). That for a huge page may do no more than the one for the page.
    fn charge<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task, frame: Frame) -> Step<Option<Frame>> {
        let small = self.order == Order::default();
        let flags = if small { LifeFlags::empty() } else { LifeFlags::HUGE };
        *machine.mem.life_mut(frame) = Life { flags, ..Life::NONE };
        let gfp = if small && matches!(self.purpose, Use::Mapping(_)) { Gfp::GFP_KERNEL } else { self.gfp };
        let mut charge = ChargePage::new(machine, self.owner.unwrap_or(task.memcg.id), frame, gfp);
        match charge.resume(machine, task) {
            Step::Done(charged) => Step::Done(self.keep_if(charged, machine, task, frame)),
            Step::Wait(wait) => {
                self.stage = Stage::Charge(frame, Some(Box::new(charge)));
                Step::Wait(wait)
            }
        }
    }

    /// The page, if it is charged; else it is freed.
    fn keep_if<S: Sink>(
        &mut self,
        charged: bool,
        machine: &mut Machine<S>,
        task: &Task,
        frame: Frame,
    ) -> Option<Frame> {
        if !charged {
            self.refused = true;
            machine.put_page(task.cpu, frame);
        }
        charged.then_some(frame)
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
