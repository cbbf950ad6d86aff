//! Above `memory.high`: tasks reclaim before they go on, and are slowed down the more their group is above
//! (`mem_cgroup_handle_over_high`, mm/memcontrol.c).

use super::super::scan_control::SWAP_CLUSTER_MAX;
use super::MemcgReclaim;
use crate::event::{Event, MemcgEvent, Sink, emit};
use crate::gfp::Gfp;
use crate::lru::memcg::{CHARGE_BATCH, Counted, Memcgs, MemoryEvent};
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::sched::HZ;
use crate::task::Task;
use crate::wait::{Step, Wait};
use crate::zone::MAX_RECLAIM_RETRIES;

/// Longest delay: two seconds, in jiffies (`MEMCG_MAX_HIGH_DELAY_JIFFIES`).
const MAX_DELAY: u64 = 2 * HZ;
/// Binary digits behind the point of how far a group is above its limit (`MEMCG_DELAY_PRECISION_SHIFT`).
const PRECISION_SHIFT: u32 = 20;
/// Halves the delay so many times (`MEMCG_DELAY_SCALING_SHIFT`).
const SCALING_SHIFT: u32 = 14;

/// How far a usage is above a limit, as a fixed-point share of the limit (`calculate_overage`).
fn overage(usage: u64, high: u64) -> u64 {
    usage.checked_sub(high).map_or(0, |over| (over << PRECISION_SHIFT) / high.max(1))
}

/// Jiffies for which a task that charged so many pages is slowed down (`calculate_high_delay`).
fn high_delay(pages: u64, overage: u64) -> u64 {
    let penalty = overage.wrapping_mul(overage).wrapping_mul(HZ) >> PRECISION_SHIFT >> SCALING_SHIFT;
    penalty * pages / CHARGE_BATCH
}

/// Work of a task that went above `memory.high`, on its way back to user mode.
#[derive(Clone, Debug)]
pub(crate) struct OverHigh {
    memcg: MemcgId,
    /// Pages that the task charged meanwhile.
    pages: u64,
    retries: u32,
    run: ReclaimHigh,
    stage: Stage,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    Reclaim,
    /// Slept; whether it was held up before.
    Slept(bool),
}

/// Reclaim of a group and each above it that is above its own `memory.high` (`reclaim_high`).
#[derive(Clone, Debug)]
struct ReclaimHigh {
    next: Option<MemcgId>,
    pages: u64,
    reclaimed: u64,
    run: Option<MemcgReclaim>,
}

impl ReclaimHigh {
    fn new(memcg: MemcgId, pages: u64) -> ReclaimHigh {
        ReclaimHigh { next: Some(memcg), pages, reclaimed: 0, run: None }
    }

    fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<u64> {
        loop {
            if let Some(run) = &mut self.run {
                match run.resume(machine, task) {
                    Step::Wait(wait) => return Step::Wait(wait),
                    Step::Done(reclaimed) => (self.reclaimed, self.run) = (self.reclaimed + reclaimed, None),
                }
            }
            let Some(memcg) = self.next else { return Step::Done(self.reclaimed) };
            self.next = machine.memcgs.parent(memcg).filter(|&above| above != MemcgId::ROOT);
            let memory = machine.memcgs.counter(Counted::Memory, memcg);
            if memory.usage > memory.high {
                machine.memcgs.count_event(memcg, MemoryEvent::High);
                self.run = Some(MemcgReclaim::new(memcg, self.pages, Gfp::GFP_KERNEL, true));
            }
        }
    }
}

/// Brings a group and those above it below `memory.high`, as far as one run each can (`high_work_func`).
#[derive(Clone, Debug)]
pub(crate) struct HighWork(ReclaimHigh);

impl HighWork {
    /// Goes on.
    pub(crate) fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, worker: &mut Task) -> Step<()> {
        self.0.resume(machine, worker).map(|_| ())
    }
}

impl OverHigh {
    /// The work that a task has to do; `None` if it has none.
    pub(crate) fn of(task: &mut Task) -> Option<OverHigh> {
        let pages = core::mem::take(&mut task.memcg.over_high);
        let memcg = task.memcg.id;
        (pages > 0).then(|| OverHigh {
            memcg,
            pages,
            retries: MAX_RECLAIM_RETRIES,
            run: ReclaimHigh::new(memcg, pages),
            stage: Stage::Reclaim,
        })
    }

    /// Goes on until the task may go back to user mode.
    pub(crate) fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<()> {
        if let Stage::Slept(memstall) = self.stage {
            machine.pressure.leave(task, memstall);
            return Step::Done(());
        }
        loop {
            let reclaimed = match self.run.resume(machine, task) {
                Step::Wait(wait) => return Step::Wait(wait),
                Step::Done(reclaimed) => reclaimed,
            };
            let jiffies = machine.high_delays(self.memcg, self.pages).min(MAX_DELAY) as u32;
            emit!(machine, Event::Memcg(MemcgEvent::HighDelay { memcg: self.memcg, reclaimed, jiffies }));
            if u64::from(jiffies) <= HZ / 100 {
                return Step::Done(());
            }
            if reclaimed == 0 {
                let Some(left) = self.retries.checked_sub(1) else {
                    self.stage = Stage::Slept(machine.pressure.enter(task));
                    return Step::Wait(Wait::Sleep(jiffies));
                };
                self.retries = left;
            }
            self.run = ReclaimHigh::new(self.memcg, SWAP_CLUSTER_MAX);
        }
    }
}

impl Memcgs {
    /// A group and those above it, but the root only if it is the group.
    fn below_root(&self, memcg: MemcgId) -> impl Iterator<Item = MemcgId> + '_ {
        core::iter::successors(Some(memcg), |&id| self.parent(id).filter(|&above| above != MemcgId::ROOT))
    }

    /// The largest overage of a counter, from a group upward (`mem_find_max_overage`, `swap_find_max_overage`).
    fn max_overage(&self, kind: Counted, memcg: MemcgId) -> u64 {
        let overages = self.below_root(memcg).map(|id| {
            let counter = self.counter(kind, id);
            overage(counter.usage, counter.high)
        });
        overages.max().unwrap_or(0)
    }
}

impl<S: Sink> Machine<S> {
    /// Notes that a charge took some group above `memory.high`, from the charged one upward: for the task to do on its
    /// way back to user mode, or for a worker if an interrupt charged (end of `try_charge`).
    pub(super) fn note_over_high(&mut self, task: &mut Task, memcg: MemcgId, batch: u64) {
        let mut next = Some(memcg);
        while let Some(id) = next {
            let [memory, swap] = [Counted::Memory, Counted::Swap].map(|kind| {
                let counter = self.memcgs.counter(kind, id);
                counter.usage > counter.high
            });
            if task.context.in_interrupt() {
                if memory {
                    self.memcgs.schedule_high_work(id);
                    return;
                }
            } else if memory || swap {
                task.memcg.over_high += batch;
                return;
            }
            next = self.memcgs.parent(id);
        }
    }

    /// The delays that memory and swap above their limits call for, in jiffies.
    fn high_delays(&mut self, memcg: MemcgId, pages: u64) -> u64 {
        let over_swap: Vec<MemcgId> = {
            let over = |&id: &MemcgId| {
                let swap = self.memcgs.counter(Counted::Swap, id);
                overage(swap.usage, swap.high) > 0
            };
            self.memcgs.below_root(memcg).filter(over).collect()
        };
        for id in over_swap {
            self.memcgs.count_event(id, MemoryEvent::SwapHigh);
        }
        let delay = |kind| high_delay(pages, self.memcgs.max_overage(kind, memcg));
        delay(Counted::Memory) + delay(Counted::Swap)
    }

    /// Work for the worker that brings groups below `memory.high`, the one noted first first (`high_work`).
    pub(crate) fn next_high_work(&mut self) -> Option<HighWork> {
        let memcg = self.memcgs.next_high_work()?;
        Some(HighWork(ReclaimHigh::new(memcg, CHARGE_BATCH)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_grows_with_the_square_of_the_overage() {
        let delay = |usage| high_delay(32, overage(usage, 25_600));
        assert_eq!([25_856, 28_160, 30_720].map(delay), [1, 159, 639]);
        assert_eq!(delay(25_600), 0);
    }

    #[test]
    fn a_limit_of_0_counts_as_one_page() {
        assert_eq!(overage(3, 0), 3 << PRECISION_SHIFT);
    }

    #[test]
    fn who_charges_more_waits_longer() {
        assert_eq!(high_delay(64, overage(28_160, 25_600)), 318);
    }
}
