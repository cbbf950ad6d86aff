//! Charging pages to a group (`try_charge`, mm/memcontrol.c): from the CPU's stock, from the counters, and if a limit is
//! in the way, down a ladder of reclaim, retries and the OOM killer.

use super::MemcgReclaim;
use super::oom::MemcgOom;
use crate::event::{ChargeRung, Event, MemcgEvent, Sink, emit};
use crate::gfp::Gfp;
use crate::lru::memcg::{CHARGE_BATCH, Counted, MemoryEvent};
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::pfn::PAGE_ALLOC_COSTLY_ORDER;
use crate::task::{Task, TaskFlags};
use crate::wait::{Step, Wait, finish};
use crate::zone::MAX_RECLAIM_RETRIES;

/// The group whose limit is in the way, and whether swapping could help.
#[derive(Clone, Copy, Debug)]
struct OverLimit {
    memcg: MemcgId,
    may_swap: bool,
}

/// A charge that can pause while it reclaims.
#[derive(Clone, Debug)]
pub(crate) struct Charge {
    memcg: MemcgId,
    gfp: Gfp,
    pages: u64,
    /// Pages to charge at once; what is too much goes to the CPU's stock.
    batch: u64,
    retries: u32,
    drained: bool,
    stage: Stage,
}

#[derive(Clone, Debug)]
enum Stage {
    Try,
    Reclaim(OverLimit, MemcgReclaim),
}

impl Charge {
    /// A charge of `pages` pages to a group by a request with these flags.
    pub(crate) fn new(memcg: MemcgId, gfp: Gfp, pages: u64) -> Charge {
        let batch = pages.max(CHARGE_BATCH);
        Charge { memcg, gfp, pages, batch, retries: MAX_RECLAIM_RETRIES, drained: false, stage: Stage::Try }
    }

    /// Goes on; done with whether the pages are charged.
    pub(crate) fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<bool> {
        loop {
            let rung = match &mut self.stage {
                Stage::Try => self.attempt(machine, task),
                Stage::Reclaim(over, run) => match run.resume(machine, task) {
                    Step::Wait(wait) => return Step::Wait(wait),
                    Step::Done(reclaimed) => {
                        let over = *over;
                        self.stage = Stage::Try;
                        let rung = self.after_reclaim(machine, task, over, reclaimed);
                        // Whoever tries again gives others the chance to free memory.
                        if rung.retries() {
                            self.tell(machine, rung);
                            return Step::Wait(Wait::Yield);
                        }
                        Some(rung)
                    }
                },
            };
            let Some(rung) = rung else { continue };
            self.tell(machine, rung);
            if rung.fails() && !self.gfp.contains(Gfp::NOFAIL) {
                return Step::Done(false);
            }
            if !rung.is_charged() {
                self.force(machine);
            }
            return Step::Done(true);
        }
    }

    fn tell<S: Sink>(&self, machine: &mut Machine<S>, rung: ChargeRung) {
        if rung != ChargeRung::Stock {
            let (memcg, pages) = (self.memcg, self.pages as u32);
            emit!(machine, Event::Memcg(MemcgEvent::Charge { memcg, pages, rung }));
        }
    }

    /// From the label `retry` on; `None` if it goes on.
    fn attempt<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Option<ChargeRung> {
        if self.memcg == MemcgId::ROOT || machine.memcgs.consume_stock(task.cpu, self.memcg, self.pages) {
            return Some(ChargeRung::Stock);
        }
        let over = match self.charge_counters(machine) {
            Ok(()) => {
                self.restock(machine, task);
                return Some(ChargeRung::Charged);
            }
            Err(over) => over,
        };
        if self.batch > self.pages {
            self.batch = self.pages;
            return None;
        }
        let refused = self.without_reclaim(task);
        if refused.is_none() {
            machine.memcgs.count_event(over.memcg, MemoryEvent::Max);
            let run = MemcgReclaim::new(over.memcg, self.pages, self.gfp, over.may_swap);
            self.stage = Stage::Reclaim(over, run);
        }
        refused
    }

    /// Charges a batch; memory and swap together first where they are counted so.
    fn charge_counters<S: Sink>(&self, machine: &mut Machine<S>) -> Result<(), OverLimit> {
        let groups = &mut machine.memcgs;
        let together = groups.counts_swap_with_memory();
        if together {
            let charged = groups.try_charge_counter(Counted::MemorySwap, self.memcg, self.batch);
            charged.map_err(|memcg| OverLimit { memcg, may_swap: false })?;
        }
        groups.try_charge_counter(Counted::Memory, self.memcg, self.batch).map_err(|memcg| {
            if together {
                groups.uncharge(Counted::MemorySwap, self.memcg, self.batch);
            }
            OverLimit { memcg, may_swap: true }
        })
    }

    /// Keeps what was charged too much, and notes that some group is above `memory.high` (label `done_restock`).
    fn restock<S: Sink>(&self, machine: &mut Machine<S>, task: &mut Task) {
        if self.batch > self.pages {
            machine.memcgs.refill_stock(task.cpu, self.memcg, self.batch - self.pages);
        }
        machine.note_over_high(task, self.memcg, self.batch);
    }

    /// Why this request passes the limit, or fails, without reclaim.
    fn without_reclaim(&self, task: &Task) -> Option<ChargeRung> {
        if self.gfp.contains(Gfp::ATOMIC) {
            Some(ChargeRung::Atomic)
        } else if task.is_dying() {
            Some(ChargeRung::Dying)
        } else if task.flags.contains(TaskFlags::MEMALLOC) {
            Some(ChargeRung::Memalloc)
        } else if task.memcg.in_oom.is_some() {
            Some(ChargeRung::InOom)
        } else if !self.gfp.contains(Gfp::DIRECT_RECLAIM) {
            Some(ChargeRung::CannotReclaim)
        } else {
            None
        }
    }

    /// What follows a run of reclaim.
    fn after_reclaim<S: Sink>(
        &mut self,
        machine: &mut Machine<S>,
        task: &mut Task,
        over: OverLimit,
        reclaimed: u64,
    ) -> ChargeRung {
        if machine.memcgs.margin(over.memcg) >= self.pages {
            return ChargeRung::Margin;
        }
        if !self.drained {
            self.drained = true;
            machine.memcgs.drain_all_stock(over.memcg);
            return ChargeRung::Drained;
        }
        if self.gfp.contains(Gfp::NORETRY) {
            return ChargeRung::NoRetry;
        }
        if reclaimed > 0 && self.pages <= 1 << PAGE_ALLOC_COSTLY_ORDER {
            return ChargeRung::Progress;
        }
        if let Some(left) = self.retries.checked_sub(1) {
            self.retries = left;
            return ChargeRung::Retry;
        }
        if self.gfp.contains(Gfp::RETRY_MAYFAIL) {
            ChargeRung::MayFail
        } else if self.gfp.contains(Gfp::NOFAIL) {
            ChargeRung::NoFail
        } else if task.killed {
            ChargeRung::Dying
        } else {
            self.kill(machine, task, over.memcg)
        }
    }

    /// The last resort.
    fn kill<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task, over: MemcgId) -> ChargeRung {
        let order = self.pages.next_power_of_two().ilog2() as u8;
        match machine.mem_cgroup_oom(task, over, self.gfp, order) {
            MemcgOom::Success => {
                self.retries = MAX_RECLAIM_RETRIES;
                ChargeRung::OomSuccess
            }
            MemcgOom::Failed => ChargeRung::OomFailed,
            MemcgOom::Skipped | MemcgOom::Async => ChargeRung::OomSkipped,
        }
    }

    /// Charges without regard to limits (label `force`).
    fn force<S: Sink>(&self, machine: &mut Machine<S>) {
        machine.memcgs.charge(Counted::Memory, self.memcg, self.pages);
        if machine.memcgs.counts_swap_with_memory() {
            machine.memcgs.charge(Counted::MemorySwap, self.memcg, self.pages);
        }
    }
}

impl<S: Sink> Machine<S> {
    /// Charges pages to a group, every wait passing at once. Says whether they are charged.
    pub(crate) fn charge_now(&mut self, task: &mut Task, memcg: MemcgId, gfp: Gfp, pages: u64) -> bool {
        let mut charge = Charge::new(memcg, gfp, pages);
        finish(|| charge.resume(self, task)).unwrap_or(false)
    }
}
