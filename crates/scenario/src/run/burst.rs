//! Requests to the allocator itself, in bursts: what network cards and drivers do.

use crate::scenario::AllocAction;
use buddyscope_mm::Alloc;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::{Order, Pfn};
use buddyscope_mm::task::{Context, Task};
use buddyscope_mm::wait::{Step, Wait};
use buddyscope_mm::{Answer, Machine};
use std::collections::VecDeque;

/// Blocks that are kept without end are freed when their task ends.
const FOR_EVER: u64 = u64::MAX;

/// A block that is held.
#[derive(Clone, Copy, Debug)]
struct Held {
    until: u64,
    pfn: Pfn,
    order: Order,
}

/// Bursts of requests.
#[derive(Clone, Debug)]
pub(super) struct Bursts {
    action: AllocAction,
    next_burst: u64,
    bursts_left: u64,
    /// Requests of this burst that are still to be made.
    left: u64,
    made: u64,
    pending: Option<(Alloc, Order)>,
    held: VecDeque<Held>,
    /// Requests that got nothing.
    failed: u64,
}

impl Bursts {
    pub(super) fn new(action: AllocAction, now: u64) -> Bursts {
        let bursts_left = action.bursts;
        let (pending, held) = (None, VecDeque::new());
        Bursts { action, next_burst: now, bursts_left, left: 0, made: 0, pending, held, failed: 0 }
    }

    /// Goes on; done when every burst was made and every block that is kept for a time is freed.
    #[inline(never)]
    pub(super) fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<()> {
        let context = task.context;
        if self.action.softirq {
            task.context = Context::Softirq;
        }
        let step = self.requests(machine, task);
        task.context = context;
        step
    }

    fn requests<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<()> {
        loop {
            self.free_due(machine, task);
            if let Some((alloc, order)) = &mut self.pending {
                let order = *order;
                match alloc.resume(machine, task) {
                    Step::Wait(wait) => return Step::Wait(wait),
                    Step::Done(answer) => self.keep(answer, order, machine.jiffies()),
                }
                self.pending = None;
            }
            if self.left > 0 {
                self.left -= 1;
                self.request(machine, task);
                continue;
            }
            let now = machine.jiffies();
            if self.bursts_left > 0 {
                if now < self.next_burst {
                    return Step::Wait(Wait::Sleep(self.jiffies_until(self.next_burst, now)));
                }
                self.bursts_left -= 1;
                self.left = self.action.count;
                self.next_burst += self.action.every;
                continue;
            }
            match self.held.front() {
                Some(held) if held.until != FOR_EVER => {
                    return Step::Wait(Wait::Sleep(self.jiffies_until(held.until, now)));
                }
                _ => return Step::Done(()),
            }
        }
    }

    /// The time until something is due, or until a block has to be freed before.
    fn jiffies_until(&self, due: u64, now: u64) -> u32 {
        let first = self.held.front().map_or(due, |held| held.until.min(due));
        first.saturating_sub(now).clamp(1, u64::from(u32::MAX)) as u32
    }

    fn request<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) {
        let orders = &self.action.orders;
        let order = orders[(self.made % orders.len().max(1) as u64) as usize];
        let order = Order::new(order.into()).unwrap_or_default();
        self.made += 1;
        let node = machine.node_of_cpu(task.cpu).unwrap_or_default();
        self.pending = Some((machine.begin_alloc(task, self.action.gfp, order, node, None), order));
    }

    fn keep(&mut self, answer: Answer, order: Order, now: u64) {
        match answer.pfn {
            None => self.failed += 1,
            Some(pfn) => {
                let until = self.action.hold.map_or(FOR_EVER, |hold| now + hold);
                self.held.push_back(Held { until, pfn, order });
            }
        }
    }

    fn free_due<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task) {
        let now = machine.jiffies();
        while let Some(held) = self.held.front().filter(|held| held.until <= now).copied() {
            self.held.pop_front();
            // The block was allocated with this order and by nobody else.
            let _ = machine.free_pages(task.cpu, held.pfn, held.order);
        }
    }

    /// Frees what is still held.
    pub(super) fn end<S: Sink>(&self, machine: &mut Machine<S>, task: &Task) {
        for held in &self.held {
            let _ = machine.free_pages(task.cpu, held.pfn, held.order);
        }
    }
}
