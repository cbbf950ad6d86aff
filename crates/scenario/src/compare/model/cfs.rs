//! Who runs on which CPU and for how long: the fair scheduler (kernel/sched/fair.c), with all at the same weight.
//!
//! When kswapd begins after it was woken decides between it and direct reclaim, so it matters here. Times are in
//! microseconds.

use buddyscope_mm::wait::Wait;
use std::collections::BTreeSet;

/// The time in which everybody is to run once, on one CPU (`sysctl_sched_latency`).
const LATENCY: u64 = 6_000;
/// Everybody runs at least so long (`sysctl_sched_min_granularity`).
const MIN_GRANULARITY: u64 = 750;
/// By how much who was woken has to be behind to take over at once (`sysctl_sched_wakeup_granularity`).
const WAKEUP_GRANULARITY: u64 = 1_000;
/// Microseconds of a tick.
pub(super) const TICK: u64 = 4_000;

/// What somebody is up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Runnable,
    /// Waits, at most until some time.
    Waiting(Wait, Option<u64>),
    Ended,
}

/// Somebody who runs (`struct sched_entity`).
#[derive(Clone, Copy, Debug)]
struct Entity {
    cpu: usize,
    state: State,
    /// Time run, set forward where it slept (`vruntime`).
    vruntime: u64,
    /// Time run since it was chosen.
    slice: u64,
    /// Whether it may run on no other CPU.
    bound: bool,
}

/// A CPU and those who run on it (`struct cfs_rq`).
#[derive(Clone, Debug, Default)]
struct Cpu {
    now: u64,
    current: Option<usize>,
    min_vruntime: u64,
    /// Whether somebody else is to run at the next opportunity (`TIF_NEED_RESCHED`).
    resched: bool,
    /// Those who can run, the one furthest behind first, without the current one.
    queue: BTreeSet<(u64, usize)>,
}

/// All CPUs and everybody.
#[derive(Clone, Debug)]
pub(super) struct Cfs {
    cpus: Vec<Cpu>,
    entities: Vec<Entity>,
    /// By how much times are longer where there are more CPUs (`get_update_sysctl_factor`).
    factor: u64,
}

impl Cfs {
    pub(super) fn new(cpus: usize, now: u64) -> Cfs {
        let factor = 1 + u64::from(cpus.clamp(1, 8).ilog2());
        Cfs { cpus: vec![Cpu { now, ..Cpu::default() }; cpus], entities: Vec::new(), factor }
    }

    /// Adds somebody who begins at some time.
    pub(super) fn spawn(&mut self, cpu: usize, at: u64) -> usize {
        let state = State::Waiting(Wait::Sleep(0), Some(at));
        self.entities.push(Entity { cpu: cpu.min(self.cpus.len() - 1), state, vruntime: 0, slice: 0, bound: true });
        self.entities.len() - 1
    }

    /// Says whether it may run on its CPU only.
    pub(super) fn bind(&mut self, id: usize, bound: bool) {
        self.entities[id].bound = bound;
    }

    /// The CPU it is on.
    pub(super) fn cpu_of(&self, id: usize) -> usize {
        self.entities[id].cpu
    }

    pub(super) fn state(&self, id: usize) -> State {
        self.entities[id].state
    }

    /// Those who wait, with what for.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (usize, Wait)> + '_ {
        self.entities.iter().enumerate().filter_map(|(id, entity)| match entity.state {
            State::Waiting(wait, _) => Some((id, wait)),
            _ => None,
        })
    }

    /// The time at which somebody's wait runs out, and whose, the earliest first.
    pub(super) fn next_timeout(&self) -> Option<(u64, usize)> {
        let timeouts = self.entities.iter().enumerate().filter_map(|(id, entity)| match entity.state {
            State::Waiting(_, Some(at)) => Some((at, id)),
            _ => None,
        });
        timeouts.min()
    }

    /// The CPU whose turn it is, that is the one with somebody to run whose clock is behind, and its clock.
    pub(super) fn next_cpu(&self) -> Option<(u64, usize)> {
        let busy = |cpu: &Cpu| cpu.current.is_some() || !cpu.queue.is_empty();
        self.cpus.iter().enumerate().filter(|(_, cpu)| busy(cpu)).map(|(n, cpu)| (cpu.now, n)).min()
    }

    /// Somebody can run from some time on (`enqueue_entity`, `place_entity`, `check_preempt_wakeup`).
    pub(super) fn wake(&mut self, id: usize, at: u64) {
        let (latency, granularity) = (LATENCY * self.factor, WAKEUP_GRANULARITY * self.factor);
        let entity = &mut self.entities[id];
        let cpu = &mut self.cpus[entity.cpu];
        entity.state = State::Runnable;
        entity.vruntime = entity.vruntime.max(cpu.min_vruntime.saturating_sub(latency / 2));
        let vruntime = entity.vruntime;
        if cpu.current.is_none() && cpu.queue.is_empty() {
            cpu.now = cpu.now.max(at);
        }
        cpu.queue.insert((vruntime, id));
        if let Some(current) = cpu.current {
            cpu.resched |= self.entities[current].vruntime > vruntime + granularity;
        }
    }

    /// Who runs on a CPU now (`pick_next_task_fair`).
    pub(super) fn choose(&mut self, cpu: usize) -> Option<usize> {
        let cpu = &mut self.cpus[cpu];
        if let (true, Some(current)) = (cpu.resched, cpu.current) {
            cpu.queue.insert((self.entities[current].vruntime, current));
            cpu.current = None;
        }
        cpu.resched = false;
        if cpu.current.is_none() {
            let (_, next) = cpu.queue.pop_first()?;
            self.entities[next].slice = 0;
            cpu.current = Some(next);
        }
        cpu.current
    }

    /// Who runs on a CPU has done so for some time (`update_curr`, `check_preempt_tick`).
    pub(super) fn account(&mut self, cpu: usize, time: u64) {
        let (factor, index) = (self.factor, cpu);
        let cpu = &mut self.cpus[cpu];
        let before = cpu.now;
        cpu.now += time;
        let Some(current) = cpu.current else { return };
        let entity = &mut self.entities[current];
        entity.vruntime += time;
        entity.slice += time;
        let first = cpu.queue.first().map(|first| first.0);
        cpu.min_vruntime = cpu.min_vruntime.max(first.unwrap_or(entity.vruntime).min(entity.vruntime));
        let Some(first) = first.filter(|_| before / TICK != cpu.now / TICK) else { return };
        let ideal = (LATENCY * factor / (cpu.queue.len() as u64 + 1)).max(MIN_GRANULARITY * factor);
        let behind = entity.vruntime.saturating_sub(first);
        cpu.resched |= entity.slice > ideal || (entity.slice >= MIN_GRANULARITY * factor && behind > ideal);
        self.balance(index);
    }

    /// Who runs on a CPU does no longer (`dequeue_entity`).
    pub(super) fn leave(&mut self, cpu: usize, state: State) {
        if let Some(current) = self.cpus[cpu].current.take() {
            self.entities[current].state = state;
        }
        self.cpus[cpu].resched = false;
    }

    /// Who runs has to run on another CPU (`migrate_task_to`).
    pub(super) fn move_current(&mut self, id: usize, to: usize) {
        let from = &mut self.cpus[self.entities[id].cpu];
        from.current = from.current.filter(|&current| current != id);
        from.resched = false;
        self.enqueue_on(id, to.min(self.cpus.len() - 1));
    }

    /// At a tick an idle CPU pulls over somebody who waits for this one and is not bound to it (`nohz_balancer_kick`,
    /// `load_balance`). Two on one CPU are more than it can do, so that is so between nodes, too (`group_overloaded`).
    fn balance(&mut self, cpu: usize) {
        let idle = self.cpus.iter().position(|cpu| cpu.current.is_none() && cpu.queue.is_empty());
        let waiting = self.cpus[cpu].queue.iter().find(|(_, id)| !self.entities[*id].bound).copied();
        if let (Some(idle), Some(found)) = (idle, waiting) {
            self.cpus[cpu].queue.remove(&found);
            self.enqueue_on(found.1, idle);
        }
    }

    /// Puts somebody into the queue of another CPU, as far behind as it was (`migrate_task_rq_fair`).
    fn enqueue_on(&mut self, id: usize, to: usize) {
        let entity = &mut self.entities[id];
        let (base, now) = (self.cpus[entity.cpu].min_vruntime, self.cpus[entity.cpu].now);
        let cpu = &mut self.cpus[to];
        if cpu.current.is_none() && cpu.queue.is_empty() {
            cpu.now = cpu.now.max(now);
        }
        entity.vruntime = (entity.vruntime + cpu.min_vruntime).saturating_sub(base);
        entity.cpu = to;
        cpu.queue.insert((entity.vruntime, id));
    }

    pub(super) fn now(&self, cpu: usize) -> u64 {
        self.cpus[cpu].now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two on one CPU, both awake.
    fn two() -> (Cfs, usize, usize) {
        let mut cfs = Cfs::new(1, 0);
        let (first, second) = (cfs.spawn(0, 0), cfs.spawn(0, 0));
        cfs.wake(first, 0);
        assert_eq!(cfs.choose(0), Some(first));
        (cfs, first, second)
    }

    #[test]
    fn who_slept_long_takes_over_at_once() {
        let (mut cfs, first, second) = two();
        cfs.account(0, 50_000);
        assert_eq!(cfs.choose(0), Some(first));
        cfs.wake(second, 50_000);
        assert_eq!(cfs.choose(0), Some(second));
    }

    #[test]
    fn who_ran_as_much_has_to_wait_for_a_tick() {
        let (mut cfs, first, second) = two();
        cfs.account(0, 10_000);
        cfs.wake(second, 10_000);
        assert_eq!(cfs.choose(0), Some(second));
        cfs.account(0, 2_500);
        cfs.leave(0, State::Waiting(Wait::Yield, None));
        assert_eq!(cfs.choose(0), Some(first));
        cfs.wake(second, 12_500);
        assert_eq!(cfs.choose(0), Some(first), "only half a millisecond behind");
        cfs.account(0, 3_400);
        assert_eq!(cfs.choose(0), Some(first), "no tick yet");
        cfs.account(0, 200);
        assert_eq!(cfs.choose(0), Some(second));
    }

    #[test]
    fn each_cpu_has_its_clock() {
        let mut cfs = Cfs::new(2, 0);
        let (first, second) = (cfs.spawn(0, 0), cfs.spawn(1, 0));
        cfs.wake(first, 0);
        cfs.wake(second, 0);
        assert_eq!((cfs.choose(0), cfs.choose(1)), (Some(first), Some(second)));
        cfs.account(0, 100);
        assert_eq!(cfs.next_cpu(), Some((0, 1)));
    }

    #[test]
    fn an_idle_cpu_takes_who_waits_and_is_not_bound() {
        let mut cfs = Cfs::new(2, 0);
        let (first, second) = (cfs.spawn(0, 0), cfs.spawn(0, 0));
        cfs.wake(first, 0);
        cfs.wake(second, 0);
        assert_eq!(cfs.choose(0), Some(first));
        cfs.account(0, 5_000);
        assert_eq!((cfs.cpu_of(second), cfs.choose(1)), (0, None), "both are bound");
        cfs.bind(second, false);
        cfs.account(0, 5_000);
        assert_eq!((cfs.cpu_of(second), cfs.choose(1), cfs.now(1)), (1, Some(second), 10_000));
        cfs.move_current(second, 0);
        assert_eq!((cfs.cpu_of(second), cfs.choose(1)), (0, None));
    }
}
