//! The decisions, each with its place in its table. Every list is written down once and the compiler checks that it is
//! whole.

use buddyscope_mm::event::{
    ChargeRung, CompactEvent, CompactResult, Event, HugeEvent, MemcgEvent, NodeReclaim, OomConstraint, OomEvent,
    OomGate, OomPass, OomRefusal, Outcome, PageFate, PageNote, ReclaimEvent, SlowEvent, SplitResult, Wakeup,
};

/// A decision.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Decision {
    table: usize,
    row: usize,
}

/// A table of decisions.
pub(crate) struct Table {
    pub(crate) title: &'static str,
    pub(crate) rows: &'static [(&'static str, &'static str)],
}

/// A type whose values are the rows of a table.
trait Rows: Copy + PartialEq + 'static {
    const ALL: &'static [Self];
    const TEXTS: &'static [(&'static str, &'static str)];

    fn row(self) -> Option<usize> {
        Self::ALL.iter().position(|&row| row == self)
    }
}

/// A type that has a table.
trait Placed: Rows {
    const TABLE: usize;
}

fn of<R: Placed>(value: R) -> Option<Decision> {
    Some(Decision { table: R::TABLE, row: value.row()? })
}

/// The rows of a type, in the order of its table: place and meaning. Values that are no decision come after `not`.
macro_rules! rows {
    ($type:ident { $($value:ident: $place:literal $text:literal),* $(,)? } not { $($other:ident),* $(,)? }) => {
        impl Rows for $type {
            const ALL: &'static [$type] = &[$($type::$value),*];
            const TEXTS: &'static [(&'static str, &'static str)] = &[$(($place, $text)),*];
        }

        const _: fn($type) = |value| match value {
            $($type::$value => (),)*
            $($type::$other => (),)*
        };
    };
}

rows!(Outcome {
    MinMark: "X1" "a page above the min mark",
    EarlyCompaction: "X2" "a page after compaction that came before any reclaim",
    CompactionHopeless: "X3" "no page: costly, `__GFP_NORETRY`, compaction skipped or deferred",
    Retry: "X4" "a page at a further try, with reserves if it may use them",
    CannotReclaim: "X5" "no page: it may not reclaim",
    WouldRecurse: "X6" "no page: it is itself reclaiming",
    Reclaim: "X7" "a page after direct reclaim",
    Compaction: "X8" "a page after direct compaction",
    NoRetry: "X9" "no page: `__GFP_NORETRY`",
    Costly: "X10" "no page: a costly order gets one round",
    LastTry: "X11" "a page at the OOM killer's door",
    OomVictim: "X12" "no page: the task is the OOM killer's victim",
    NoFailCannotReclaim: "X13" "no page: `__GFP_NOFAIL` that may not reclaim",
    NoFail: "X14" "a page from the reserves: it must not fail",
    OomRefused: "S17" "no page: reclaim leads nowhere and the OOM killer did not help",
    NoZone: "S0" "no page: no usable zone",
    NotCharged: "§2.5" "no page: its memory cgroup may hold no more",
    Livelock: "–" "given up by the model, because nobody else runs",
} not { Fast, NeedsReclaim, Injected, OrderTooLarge, });

/// Ways back to an earlier label.
#[derive(Clone, Copy, PartialEq)]
enum Again {
    Reclaim,
    NoReclaim,
    Compaction,
    NoCompaction,
    Cpuset,
    NoFail,
}

rows!(Again {
    Reclaim: "R1" "`should_reclaim_retry`: yes",
    NoReclaim: "S11" "`should_reclaim_retry`: no",
    Compaction: "R2" "`should_compact_retry`: yes",
    NoCompaction: "S12" "`should_compact_retry`: no",
    Cpuset: "RC" "`check_retry_cpuset`: the request starts over",
    NoFail: "R4" "`__GFP_NOFAIL`: with reserves, then once more",
} not {});

rows!(OomRefusal {
    CoreDump: "1" "`PF_DUMPCORE`",
    Costly: "2" "order above 3",
    MayFail: "3" "`__GFP_RETRY_MAYFAIL`",
    ThisNode: "3" "`__GFP_THISNODE`",
    LowMemory: "4" "low memory only",
    Suspended: "5" "I/O is off (`pm_suspended_storage`)",
} not {});

rows!(OomGate {
    Notified: "2" "somebody who was told gave memory back",
    CurrentIsDying: "3" "the task is ending",
    NoFs: "4" "no `__GFP_FS`: nobody is killed",
    Panics: "6" "`panic_on_oom`",
    KillsCurrent: "7" "`oom_kill_allocating_task`",
    VictimPending: "8" "a victim has yet to give its memory back",
    NobodyLeft: "8" "nobody can be killed",
    Chosen: "8" "somebody is chosen",
} not {});

rows!(OomConstraint {
    Memcg: "1" "`CONSTRAINT_MEMCG`",
    MemoryPolicy: "3" "`CONSTRAINT_MEMORY_POLICY`",
    Cpuset: "4" "`CONSTRAINT_CPUSET`",
    None: "5" "`CONSTRAINT_NONE`",
} not {});

rows!(OomPass {
    Unkillable: "1" "the first process, a kernel thread",
    OtherNodes: "2" "its memory is elsewhere",
    SpentVictim: "3" "a victim that has nothing more to give",
    NoMemory: "4" "no address space any more",
    NeverKilled: "4" "`oom_score_adj` −1000",
    Reaped: "4" "its address space was reaped",
    Vfork: "4" "it borrows its parent's address space",
    LowerScore: "4" "another scores higher",
} not {});

rows!(PageFate {
    Locked: "1" "locked: kept",
    Unevictable: "3" "not evictable",
    MayNotUnmap: "4" "mapped, nothing may be unmapped: kept",
    WriteTooSlow: "8" "written, met again by kswapd: activated",
    BeingWritten: "9" "written: activated",
    AwaitsWrite: "10" "written, group of version 1: waited for",
    InUse: "11" "in use: activated",
    UsedOnce: "12" "used once: kept",
    NoIo: "13" "anonymous without I/O: kept",
    NoSwap: "14" "no room in swap: activated",
    NotSplit: "14" "a huge page that cannot be split: activated",
    KeptWhole: "15" "a huge page that cannot be split: kept",
    NotUnmapped: "17" "cannot be unmapped: activated",
    LeftToFlushers: "18" "dirty file page: activated",
    NotWorthWriting: "19" "used and dirty: kept",
    MayNotWrite: "19" "nothing may be written: kept",
    CannotWrite: "20" "cannot be written now: kept",
    NowhereToWrite: "20" "nowhere to write it: activated",
    Written: "20" "on its way to the device: kept",
    BuffersInUse: "21" "buffers in use: activated",
    LazyHeld: "22" "lazily freed, but held or dirty: kept",
    LazyFreed: "22" "lazily freed",
    Held: "23" "somebody holds it: kept",
    Freed: "23" "freed",
} not {});

/// What the other rows of that table come to.
#[derive(Clone, Copy, PartialEq)]
enum Counting {
    Scanned,
    Note(PageNote),
}

impl Rows for Counting {
    const ALL: &'static [Counting] = &{
        use PageNote::{Congested, Dirty, FirstPart, MayEnterSwap, Writing};
        [
            Counting::Scanned,
            Counting::Note(MayEnterSwap),
            Counting::Note(Dirty),
            Counting::Note(Writing),
            Counting::Note(Congested),
            Counting::Note(FirstPart),
        ]
    };
    const TEXTS: &'static [(&'static str, &'static str)] = &[
        ("2", "counts as scanned"),
        ("5", "in the swap cache: I/O is enough, the file system need not be entered"),
        ("6", "counts as dirty: a page of a file that nobody writes yet"),
        ("6", "counts as dirty: a page of a file that is being written"),
        ("7", "counts as congested"),
        ("16", "a huge page that was split: its first part alone was scanned"),
    ];
}

rows!(SplitResult {
    Split: "0" "split",
    BeingWritten: "−EBUSY" "it is being written, which does not count as a failure",
    Unmapped: "−EBUSY" "nobody maps it",
    Held: "−EBUSY" "somebody else holds it (`can_split_huge_page`)",
} not {});

/// What an entry of the middle level that is split mapped.
#[derive(Clone, Copy, PartialEq)]
enum Pmd {
    Page,
    Zeros,
}

rows!(Pmd {
    Page: "–" "an entry of a huge page",
    Zeros: "–" "an entry of the page of zeros",
} not {});

rows!(NodeReclaim {
    NoScan: "−2" "`NODE_RECLAIM_NOSCAN`",
    Full: "−1" "`NODE_RECLAIM_FULL`",
    Some: "0" "`NODE_RECLAIM_SOME`",
    Success: "1" "`NODE_RECLAIM_SUCCESS`",
} not {});

rows!(ChargeRung {
    Charged: "2" "below every limit",
    Atomic: "3" "over the limit: atomic",
    Dying: "4" "over the limit: the task is ending",
    Memalloc: "5" "over the limit: it is reclaiming",
    InOom: "6" "fails: the group is out of memory",
    CannotReclaim: "7" "fails: it must not reclaim",
    Margin: "8" "room after reclaim: again",
    Drained: "9" "stocks drained: again",
    NoRetry: "10" "fails: `__GFP_NORETRY`",
    Progress: "11" "something reclaimed: again",
    Retry: "12" "nothing reclaimed: again",
    MayFail: "13" "fails: `__GFP_RETRY_MAYFAIL`",
    NoFail: "14" "over the limit: `__GFP_NOFAIL`",
    OomSuccess: "15" "somebody was killed: again",
    OomFailed: "16" "over the limit: nobody to kill",
    OomSkipped: "17" "fails: nobody may be killed for it",
} not { Stock });

rows!(Wakeup {
    AlreadyAwake: "5" "awake already",
    BalancedWakesKcompactd: "6" "balanced: kcompactd is asked",
    Balanced: "6" "balanced",
    HopelessWakesKcompactd: "6" "hopeless: kcompactd is asked",
    Hopeless: "6" "hopeless",
    Woken: "7" "woken",
} not {});

/// A result where it can come up.
macro_rules! results {
    ($name:ident { $($value:ident: $text:literal),* $(,)? }) => {
        #[derive(Clone, Copy, PartialEq)]
        struct $name(CompactResult);

        impl Rows for $name {
            const ALL: &'static [$name] = &[$($name(CompactResult::$value)),*];
            const TEXTS: &'static [(&'static str, &'static str)] = &[$((stringify!($value), $text)),*];
        }
    };
}

results!(Suitable {
    Success: "a block is there already",
    Skipped: "too few free pages",
    NotSuitableZone: "not fragmented enough",
    Continue: "worth it",
});

results!(Finished {
    Complete: "the scanners met, whole zone",
    PartialSkipped: "the scanners met, part of the zone; or kswapd woke",
    Success: "a block is free; the zone's score is low enough",
    NoSuitablePage: "none yet",
    Contended: "a signal, or contention",
    Continue: "nothing to look for yet",
});

results!(Ended { Complete: "", PartialSkipped: "", Contended: "", Success: "" });

results!(Direct {
    Skipped: "no zone had room",
    Deferred: "failed too often",
    Complete: "in vain, every zone scanned whole",
    PartialSkipped: "in vain",
    Contended: "the task is to die, or no page to move to",
    Success: "a block",
});

/// What becomes of later attempts.
#[derive(Clone, Copy, PartialEq)]
enum Deferral {
    Defer,
    Deferred,
    Reset,
    Capture,
}

rows!(Deferral {
    Defer: "`defer_compaction`" "a failure puts off later attempts",
    Deferred: "`compaction_deferred`" "an attempt is passed over",
    Reset: "`compaction_defer_reset`" "a success ends that",
    Capture: "`compaction_capture`" "a block is caught before it reaches the free lists",
} not {});

macro_rules! tables {
    ($($type:ident: $title:literal),* $(,)?) => {
        /// Every table.
        pub(crate) const TABLES: &[Table] = &[$(Table { title: $title, rows: <$type as Rows>::TEXTS }),*];

        /// Their numbers.
        enum Place { $($type),* }

        $(impl Placed for $type {
            const TABLE: usize = Place::$type as usize;
        })*
    };
}

tables! {
    Outcome: "Exits of the slow path (`__alloc_pages_slowpath`)",
    Again: "Ways back in the slow path",
    OomRefusal: "Why the OOM killer is not called (`__alloc_pages_may_oom`)",
    OomGate: "Gates of the OOM killer (`out_of_memory`)",
    OomConstraint: "Constraints (`constrained_alloc`)",
    OomPass: "Who is passed over (`oom_evaluate_task`, `oom_badness`)",
    PageFate: "Rows of `shrink_page_list` that seal a page's fate",
    Counting: "Rows of `shrink_page_list` that decide what counts",
    SplitResult: "Splitting a huge page (`split_huge_page_to_list`)",
    Pmd: "Splitting the entry that maps one (`__split_huge_pmd`)",
    Wakeup: "Waking kswapd (`wakeup_kswapd`)",
    NodeReclaim: "Node reclaim (`node_reclaim`)",
    ChargeRung: "Charging a memory cgroup (`try_charge`)",
    Suitable: "`compaction_suitable`",
    Finished: "`compact_finished`",
    Ended: "Compaction of a zone ends (`compact_zone`)",
    Direct: "Direct compaction ends (`try_to_compact_pages`)",
    Deferral: "Deferral and capture",
}

impl Decision {
    /// Every decision.
    pub(crate) fn all() -> impl Iterator<Item = Decision> {
        let rows = |(table, rows): (usize, &Table)| (0..rows.rows.len()).map(move |row| Decision { table, row });
        TABLES.iter().enumerate().flat_map(rows)
    }

    /// Its table's number and its own.
    pub(crate) fn key(self) -> String {
        format!("{}.{}", self.table, self.row)
    }

    /// Its table.
    pub(crate) fn table(self) -> &'static Table {
        &TABLES[self.table]
    }

    /// Its place in the table, and what it means.
    pub(crate) fn texts(self) -> (&'static str, &'static str) {
        self.table().rows[self.row]
    }
}

/// The decisions that an event shows.
pub(crate) fn decisions(event: &Event) -> impl Iterator<Item = Decision> {
    // A page that meets its fate counts as scanned, but for a locked one.
    let scanned = matches!(event, Event::Reclaim(ReclaimEvent::Decided { fate, .. }) if *fate != PageFate::Locked);
    let scanned = if scanned { of(Counting::Scanned) } else { None };
    decision(event).into_iter().chain(scanned)
}

fn decision(event: &Event) -> Option<Decision> {
    match *event {
        Event::AllocEnd { outcome, .. } => of(outcome),
        Event::WakeKswapd { wakeup, .. } => of(wakeup),
        Event::Slow(event) => slow(event),
        Event::Oom(OomEvent::Gate { gate }) => of(gate),
        Event::Oom(OomEvent::Constraint { constraint, .. }) => of(constraint),
        Event::Oom(OomEvent::Passed { reason, .. }) => of(reason),
        Event::Reclaim(ReclaimEvent::Decided { fate, .. }) => of(fate),
        Event::Reclaim(ReclaimEvent::Noted { note, .. }) => of(Counting::Note(note)),
        Event::Huge(HugeEvent::SplitPage { result, .. }) => of(result),
        Event::Huge(HugeEvent::SplitPmd { pfn, .. }) => of(if pfn.is_some() { Pmd::Page } else { Pmd::Zeros }),
        Event::Memcg(MemcgEvent::Charge { rung, .. }) => of(rung),
        Event::Compact(event) => compact(event),
        _ => None,
    }
}

fn slow(event: SlowEvent) -> Option<Decision> {
    match event {
        SlowEvent::ReclaimRetry { retry: true, .. } => of(Again::Reclaim),
        SlowEvent::ReclaimRetry { retry: false, .. } => of(Again::NoReclaim),
        SlowEvent::CompactRetry { retry: true, .. } => of(Again::Compaction),
        SlowEvent::CompactRetry { retry: false, .. } => of(Again::NoCompaction),
        SlowEvent::CpusetRetry { .. } => of(Again::Cpuset),
        SlowEvent::NoFail { .. } => of(Again::NoFail),
        SlowEvent::OomRefused { reason } => of(reason),
        SlowEvent::NodeReclaim { result, .. } => of(result),
        SlowEvent::CompactEnd { result, .. } => of(Direct(result)),
        _ => None,
    }
}

fn compact(event: CompactEvent) -> Option<Decision> {
    match event {
        CompactEvent::Suitable { result, .. } => of(Suitable(result)),
        CompactEvent::Finished { result, .. } => of(Finished(result)),
        CompactEvent::End { result, .. } => of(Ended(result)),
        CompactEvent::DeferCompaction { .. } => of(Deferral::Defer),
        CompactEvent::Deferred { .. } => of(Deferral::Deferred),
        CompactEvent::DeferReset { .. } => of(Deferral::Reset),
        CompactEvent::Capture { .. } => of(Deferral::Capture),
        _ => None,
    }
}
