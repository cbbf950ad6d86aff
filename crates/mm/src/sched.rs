//! Virtual time and the contexts that run in it: tasks, kswapd, kcompactd, flushers, the OOM reaper.
//!
//! One context runs at a time, until it waits; nothing else decides who is next but the jiffy, the class of the context
//! and the order in which contexts became runnable. So a run depends on its scenario and seed alone. A context that
//! merely yields goes on in the same jiffy, behind all others that can run then: allocating tasks and kswapd take
//! turns, one pass of reclaim each.

use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::LifeFlags;
use crate::pfn::ZoneType;
use crate::vmstat::VmEvent;
use crate::wait::{Step, Wait};
use std::collections::{BTreeSet, VecDeque};

/// Jiffies in a second (`CONFIG_HZ`).
pub const HZ: u64 = 250;

/// Jiffies when time begins: five minutes after boot. 0 would read as "never" to rate limits.
pub const FIRST_JIFFY: u64 = 300 * HZ;

/// Turns that a context gets in one jiffy if it only yields; no CPU does more in 4 ms.
const MAX_ROUNDS: u32 = 32;

/// Jiffies in a row in which contexts used up all their turns without taking or freeing a single page, after which
/// this is called a livelock: five seconds.
const LIVELOCK_JIFFIES: u32 = 5 * HZ as u32;

/// Contexts that have ended are remembered until there are more contexts than this.
const REMEMBERED: usize = 1024;

/// Who goes first of those that can run in the same jiffy.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Class {
    /// A sleep that ran out.
    Timer,
    /// A task that was woken.
    Task,
    /// kswapd, by node.
    Kswapd,
    /// kcompactd, by node.
    Kcompactd,
    /// The OOM reaper.
    OomReaper,
    /// Flushers, by device.
    Flusher,
    /// Everything else that runs now and then.
    Work,
}

/// A context by number. Numbers are given in the order of creation; those of contexts that ended long ago are given again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ContextId(pub u32);

/// What a context does: a value that is resumed until it is done.
pub trait Program<S: Sink> {
    /// One stretch of work.
    fn resume(&mut self, machine: &mut Machine<S>) -> Step<()>;
    /// Its class.
    fn class(&self) -> Class;
    /// Whether a signal ends its sleep: it has to end (`fatal_signal_pending`).
    fn is_killed(&self, _machine: &Machine<S>) -> bool {
        false
    }
}

/// What a context is up to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Activity {
    /// It can run from this jiffy on.
    Runnable {
        /// The jiffy.
        at: u64,
    },
    /// It waits.
    Waiting {
        /// For what.
        wait: Wait,
    },
    /// It has ended.
    Ended,
}

/// A context.
#[derive(Clone, Debug)]
pub struct Context<P> {
    /// What it does.
    pub program: P,
    /// What it is up to.
    pub activity: Activity,
    /// Work done that has not yet taken time, in pages looked at.
    owed: u64,
    /// Whether it waits for a page that it had in memory not long ago.
    thrashing: bool,
}

/// When a context's turn is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Turn {
    at: u64,
    round: u32,
    class: Class,
    number: u64,
    context: ContextId,
}

/// What one turn came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turned {
    /// A context ran.
    Ran(ContextId),
    /// Time moved on to the next I/O completion; nobody ran.
    Io,
    /// Nobody will ever run again: all have ended, or wait for what nobody does.
    Idle,
    /// Contexts go round in circles and nothing changes any more.
    Livelock,
}

/// The contexts of a machine and whose turn it is.
#[derive(Clone, Debug)]
pub struct Sched<P> {
    contexts: Vec<Context<P>>,
    turns: BTreeSet<Turn>,
    /// Those who wait for something to come to pass, and for what, ascending.
    waiting: Vec<(ContextId, Wait)>,
    /// Those who have ended, the first one first.
    ended: VecDeque<ContextId>,
    /// Turns handed out so far; breaks ties.
    numbers: u64,
    round: u32,
    /// Jiffies in a row that were used up without any page changing hands, and pages that had done so before them.
    fruitless: (u32, u64),
    /// Whether some context used up its turns of this jiffy.
    used_up: bool,
    /// Pages that can be looked at in a jiffy; `None` for any number.
    scanned_per_jiffy: Option<u64>,
}

impl<P> Sched<P> {
    /// Nobody yet. Looking at pages takes a jiffy for each `scanned_per_jiffy` of them, or no time at all.
    #[must_use]
    pub fn new(scanned_per_jiffy: Option<u64>) -> Sched<P> {
        Sched {
            contexts: Vec::new(),
            turns: BTreeSet::new(),
            waiting: Vec::new(),
            ended: VecDeque::new(),
            numbers: 0,
            round: 0,
            fruitless: (0, 0),
            used_up: false,
            scanned_per_jiffy,
        }
    }

    /// All contexts, by [`ContextId`].
    #[must_use]
    pub fn contexts(&self) -> &[Context<P>] {
        &self.contexts
    }

    /// How many have not ended.
    #[must_use]
    pub fn alive(&self) -> usize {
        self.contexts.len() - self.ended.len()
    }

    /// What a context does, to be told something. `None` if there is no such context.
    pub fn program_mut(&mut self, id: ContextId) -> Option<&mut P> {
        self.contexts.get_mut(id.0 as usize).map(|context| &mut context.program)
    }

    /// The next turn's jiffy, if anybody can run without being woken.
    #[must_use]
    pub fn next_turn(&self) -> Option<u64> {
        self.turns.first().map(|turn| turn.at)
    }

    /// Adds a context that begins at a jiffy.
    pub fn spawn<S: Sink>(&mut self, program: P, at: u64) -> ContextId
    where
        P: Program<S>,
    {
        let class = program.class();
        let context = Context { program, activity: Activity::Runnable { at }, owed: 0, thrashing: false };
        let id = self.place(context);
        self.queue(id, at, 0, class);
        id
    }

    /// A number for a context.
    fn place(&mut self, context: Context<P>) -> ContextId {
        if self.contexts.len() >= REMEMBERED
            && let Some(id) = self.ended.pop_front()
        {
            self.contexts[id.0 as usize] = context;
            return id;
        }
        self.contexts.push(context);
        ContextId(self.contexts.len() as u32 - 1)
    }

    fn queue(&mut self, context: ContextId, at: u64, round: u32, class: Class) {
        self.numbers += 1;
        self.turns.insert(Turn { at, round, class, number: self.numbers, context });
        self.wait_no_more(context);
        self.contexts[context.0 as usize].activity = Activity::Runnable { at };
    }

    /// Gives the next context its turn, unless that would be after jiffy `until`.
    pub fn turn<S: Sink>(&mut self, machine: &mut Machine<S>, until: u64) -> Turned
    where
        P: Program<S>,
    {
        self.wake(machine);
        let io = machine.next_io_completion();
        let next = self.turns.first().map(|turn| turn.at);
        let Some(at) = next.into_iter().chain(io).min() else { return Turned::Idle };
        if at > until {
            machine.pass_time(until);
            return Turned::Idle;
        }
        if at > machine.jiffies {
            self.end_jiffy(machine);
            machine.pass_time(at);
            self.round = 0;
        }
        if self.fruitless.0 >= LIVELOCK_JIFFIES {
            return Turned::Livelock;
        }
        if io.is_some_and(|io| io <= at) {
            machine.complete_io();
            return Turned::Io;
        }
        let Some(turn) = self.turns.pop_first() else { return Turned::Idle };
        self.round = turn.round;
        self.run(machine, turn.context);
        Turned::Ran(turn.context)
    }

    /// Notes whether a jiffy went by in vain.
    fn end_jiffy<S: Sink>(&mut self, machine: &Machine<S>) {
        let moved = moved(machine);
        let vain = core::mem::replace(&mut self.used_up, false) && moved == self.fruitless.1;
        self.fruitless = (if vain { self.fruitless.0 + 1 } else { 0 }, moved);
    }

    /// Makes those runnable whose wait is over.
    fn wake<S: Sink>(&mut self, machine: &Machine<S>)
    where
        P: Program<S>,
    {
        let is_over = |&&(id, wait): &&(ContextId, Wait)| {
            let killed = || self.contexts[id.0 as usize].program.is_killed(machine);
            machine.wait_is_over(wait) || (matches!(wait, Wait::Throttle { .. }) && killed())
        };
        let woken: Vec<ContextId> = self.waiting.iter().filter(is_over).map(|waiting| waiting.0).collect();
        for id in woken {
            self.turns.retain(|turn| turn.context != id);
            let class = self.contexts[id.0 as usize].program.class();
            self.queue(id, machine.jiffies, self.round, class);
        }
    }

    fn wait_no_more(&mut self, id: ContextId) {
        if let Ok(at) = self.waiting.binary_search_by_key(&id, |waiting| waiting.0) {
            self.waiting.remove(at);
        }
    }

    fn run<S: Sink>(&mut self, machine: &mut Machine<S>, id: ContextId)
    where
        P: Program<S>,
    {
        let before = looked_at(machine);
        self.wait_no_more(id);
        let context = &mut self.contexts[id.0 as usize];
        if core::mem::take(&mut context.thrashing) {
            machine.pressure.end();
        }
        let step = context.program.resume(machine);
        context.owed += looked_at(machine) - before;
        let class = context.program.class();
        let cost = self.scanned_per_jiffy.map_or(0, |per_jiffy| {
            let jiffies = context.owed / per_jiffy;
            context.owed %= per_jiffy;
            jiffies
        });
        match step {
            Step::Done(()) => {
                context.activity = Activity::Ended;
                self.ended.push_back(id);
            }
            Step::Wait(Wait::Yield) => self.go_on(machine.jiffies, cost, id, class),
            Step::Wait(wait) => {
                context.activity = Activity::Waiting { wait };
                if !matches!(wait, Wait::Sleep(_)) {
                    let at = self.waiting.partition_point(|waiting| waiting.0 < id);
                    self.waiting.insert(at, (id, wait));
                }
                if machine.thrashes(wait) {
                    context.thrashing = true;
                    machine.pressure.begin();
                }
                if let Some(timeout) = wait.timeout() {
                    let at = machine.jiffies + cost + u64::from(timeout);
                    self.numbers += 1;
                    let turn = Turn { at, round: 0, class: Class::Timer, number: self.numbers, context: id };
                    self.turns.insert(turn);
                }
            }
        }
    }

    /// Lets a context that yielded go on behind everyone else, or later if its work took time.
    fn go_on(&mut self, now: u64, cost: u64, id: ContextId, class: Class) {
        if cost > 0 || self.round >= MAX_ROUNDS {
            self.used_up = true;
            self.queue(id, now + cost.max(1), 0, class);
        } else {
            self.queue(id, now, self.round + 1, class);
        }
    }
}

impl<S: Sink> Machine<S> {
    /// Ticks of 4 ms since boot.
    #[must_use]
    pub fn jiffies(&self) -> u64 {
        self.jiffies
    }

    /// Time moves on to a jiffy.
    fn pass_time(&mut self, to: u64) {
        self.pressure.pass(to.saturating_sub(self.jiffies));
        self.jiffies = to;
    }

    /// Whether who begins to wait is held up by lack of memory: the page is being read again that was part of a
    /// working set when it was evicted (`wait_on_page_bit_common`).
    fn thrashes(&self, wait: Wait) -> bool {
        let Wait::PageIo(page) = wait else { return false };
        self.mem.life(page).flags.contains(LifeFlags::LOCKED | LifeFlags::WORKINGSET)
    }

    /// Says whether somebody else wants the CPU: reclaim then yields between batches of pages, not only between passes
    /// (`set_tsk_need_resched`).
    pub fn set_need_resched(&mut self, need: bool) {
        self.need_resched = need;
    }

    /// Whether what somebody waits for has come to pass. A timeout is not looked at here.
    #[must_use]
    pub fn wait_is_over(&self, wait: Wait) -> bool {
        match wait {
            Wait::Throttle { node, .. } => self.allows_direct_reclaim(node),
            Wait::Kswapd { node, .. } => !self.nodes[node.index()].kswapd_asleep,
            Wait::Kcompactd { node, .. } => !self.nodes[node.index()].kcompactd_asleep,
            Wait::OomReaper => self.oom_reaper_has_work(),
            Wait::MemcgWork => self.memcgs.has_work(),
            Wait::CmaTurn(turn) => self.is_cma_turn(turn),
            Wait::Flusher { device, .. } => self.flusher_has_work(device),
            Wait::Congestion(_) => self.user.devices.uncongested_at == self.jiffies,
            Wait::IfCongested(_) => !self.user.devices.any_congested(),
            Wait::PageIo(page) => !self.mem.life(page).flags.intersects(LifeFlags::WRITEBACK | LifeFlags::LOCKED),
            _ => false,
        }
    }
}

/// Pages that were taken or freed so far.
fn moved<S: Sink>(machine: &Machine<S>) -> u64 {
    let taken = ZoneType::ALL.map(|zone| machine.vm_events().get(VmEvent::pgalloc(zone)));
    taken.into_iter().sum::<u64>() + machine.vm_events().get(VmEvent::PgFree)
}

/// Pages and slab objects that were looked at so far.
fn looked_at<S: Sink>(machine: &Machine<S>) -> u64 {
    let counters = [
        VmEvent::PgScanAnon,
        VmEvent::PgScanFile,
        VmEvent::PgRefill,
        VmEvent::SlabsScanned,
        VmEvent::CompactMigrateScanned,
        VmEvent::CompactFreeScanned,
    ];
    counters.into_iter().map(|event| machine.vm_events().get(event)).sum()
}
