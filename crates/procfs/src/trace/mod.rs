//! Trace events of allocation, reclaim, compaction and the OOM killer as ftrace shows them in its `trace` file.
//!
//! An event's [`Display`] is its name and values (`TP_printk`, include/trace/events); a [`TraceLine`] also
//! has who did it and when.

mod codec;
mod compaction;
mod context;
mod kmem;
mod names;
mod oom;
mod read;
mod vmscan;
mod vmscan_lru;
mod wait;

pub use compaction::{
    CompactionEvent, CompactionRange, CompactionRun, CompactionTry, CompactionVerdict, CompactionWake, Deferral,
    MigratePages, Migrated, RunEnd,
};
pub use context::Layout;
pub(crate) use context::split;
pub use kmem::{Drained, ExtFrag, Freed, FreedBatched, KmemEvent, PageAlloc, ZoneLocked};
pub use names::{
    CompactFeedback, CompactMode, CompactPriority, CompactResult, Isolated, Lru, MigrateMode, MigrateReason,
};
pub use oom::{CompactRetry, OomEvent, ReclaimRetryZone, ScoreAdjUpdate, Task};
pub use read::read_trace;
pub(crate) use read::{check_context, placed, trace_line};
pub use vmscan::{KswapdWake, NodeOnly, NodeRequest, Reclaimed, Request, ShrinkSlabEnd, ShrinkSlabStart, VmscanEvent};
pub use vmscan_lru::{LruIsolate, ShrinkActive, ShrinkInactive, WritePage};
pub use wait::{
    IsolationEvent, IsolationTest, LruActivate, LruInsertion, PageFlagsShown, PagemapEvent, Waited, WritebackEvent,
};

use std::fmt::{Display, Formatter, Result};

/// Declares the events of a group: the values each has, and its name.
macro_rules! events {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $($(#[$event_meta:meta])* $event:ident($values:ty) = $text:literal,)* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$event_meta])* $event($values),)* }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                match self {
                    $($name::$event(values) => write!(f, "{}: {values}", $text),)*
                }
            }
        }

        impl $name {
            /// Reads the values of the event of this name, `None` if it is of another group.
            pub(super) fn read(name: &str, values: &str) -> Result<Option<Self>, $crate::line::FieldError> {
                Ok(match name {
                    $($text => Some($name::$event($crate::line::Line::read_line(values)?)),)*
                    _ => None,
                })
            }
        }
    };
}
use events;

/// An event of any group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TraceEvent {
    /// Allocation and freeing of pages.
    Kmem(KmemEvent),
    /// Reclaim.
    Vmscan(VmscanEvent),
    /// Compaction and migration.
    Compaction(CompactionEvent),
    /// The OOM killer.
    Oom(OomEvent),
    /// Waiting for writeback.
    Writeback(WritebackEvent),
    /// LRU lists.
    Pagemap(PagemapEvent),
    /// Isolation of page ranges.
    Isolation(IsolationEvent),
}

impl Display for TraceEvent {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            TraceEvent::Kmem(event) => event.fmt(f),
            TraceEvent::Vmscan(event) => event.fmt(f),
            TraceEvent::Compaction(event) => event.fmt(f),
            TraceEvent::Oom(event) => event.fmt(f),
            TraceEvent::Writeback(event) => event.fmt(f),
            TraceEvent::Pagemap(event) => event.fmt(f),
            TraceEvent::Isolation(event) => event.fmt(f),
        }
    }
}

/// A line of the `trace` file (`trace_print_context`, kernel/trace/trace_output.c).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceLine {
    /// Name of the task.
    pub comm: String,
    /// Its process id.
    pub pid: i32,
    /// The CPU.
    pub cpu: u32,
    /// Interrupts off, rescheduling needed, in an interrupt, preemption depth: a character each, `.` for none.
    pub flags: String,
    /// Microseconds since boot.
    pub micros: u64,
    /// What happened.
    pub event: TraceEvent,
}

/// Writes the line as the `trace` file has it.
impl Display for TraceLine {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        Layout::Trace.write(self, "", f)
    }
}
