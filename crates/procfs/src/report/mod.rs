//! Failed allocations and OOM kills in the kernel's log: what it says, how it is printed, and how it is read.

mod caller;
mod cma;
mod failure;
mod lines;
mod meminfo;
mod mend;
mod oom;
mod printed;

pub use crate::error::LogError;
pub use caller::Caller;
pub use cma::{CmaArea, CmaFailure, CmaRequest};
pub use failure::{AllocFailure, FailedRequest};
pub use meminfo::{
    FreeBlocks, FreeSwap, GlobalCounters, HugePages, MemInfo, NodeCounters, Surroundings, Swap, SwapCache, TotalSwap,
    Totals, ZoneCounters, ZoneMem, show_mem,
};
pub use mend::{Lost, Mended, Origin, read_mended};
pub use oom::{
    AlreadyExiting, CgroupCounter, CgroupMemory, Constraint, CounterName, GroupKill, KillReason, Killed, MmPinned,
    OomContext, OomInvocation, OomMemory, OomNotice, OomReport, OomSummary, OomVictim, PanicReason, Reaped, SlabUsage,
    Suppressed, TaskState, UnableToReap,
};

pub(crate) use lines::message;
pub use printed::{oom_report, print};

use lines::Lines;
use std::fmt::{Display, Formatter, Result as FmtResult};

/// One message about memory in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A request failed (`warn_alloc`).
    AllocFailure(Box<AllocFailure>),
    /// The OOM killer was asked for help (`dump_header`).
    Oom(Box<OomReport>),
    /// What the OOM killer did then, in one line.
    OomNotice(OomNotice),
    /// A contiguous area had no range to give.
    Cma(CmaFailure),
    /// The state of memory by itself, as the magic SysRq key `m` shows it.
    MemInfo(Box<MemInfo>),
}

/// A message and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// Number of its first line, from 1.
    pub line: usize,
    /// What it says.
    pub message: Message,
}

/// Reads all messages about failed allocations and OOM kills in a log as people paste it: timestamps, levels and what the
/// journal or syslog puts before a line may be there or not. Other lines are passed over, also between those of a message,
/// such as stack traces.
///
/// # Errors
/// [`LogError`] with line and value, where a message is cut off or has something else where a value should be.
pub fn read_log(text: &str) -> Result<Vec<Logged>, LogError> {
    Ok(read_messages(text)?.into_iter().map(|(logged, _)| logged).collect())
}

/// Reads all messages as [`read_log`] does, each with the numbers from 0 of the lines that belong to it.
pub(crate) fn read_messages(text: &str) -> Result<Vec<(Logged, Vec<usize>)>, LogError> {
    let mut lines = Lines::new(text);
    let mut messages = Vec::new();
    while let Some(text) = lines.peek() {
        let line = lines.number();
        let message = if FailedRequest::starts(text) {
            Message::AllocFailure(Box::new(failure::read(&mut lines)?))
        } else if OomInvocation::starts(text) {
            Message::Oom(Box::new(oom::read(&mut lines)?))
        } else if text == "Mem-Info:" {
            lines.take();
            Message::MemInfo(Box::new(meminfo::mem_info(&mut lines)?))
        } else if CmaFailure::starts(text) {
            Message::Cma(CmaFailure::read(&mut lines)?)
        } else if OomNotice::starts(text) {
            Message::OomNotice(lines.read()?)
        } else {
            lines.take_or_skip(false);
            continue;
        };
        messages.push((Logged { line, message }, lines.taken()));
    }
    Ok(messages)
}

/// Whether a line starts a message.
fn starts_message(line: &str) -> bool {
    FailedRequest::starts(line) || OomInvocation::starts(line) || OomNotice::starts(line) || CmaFailure::starts(line)
}

/// Whether a line starts a message or a part of one, so that the part before it has ended.
fn is_part_of_report(line: &str) -> bool {
    let parts = ["Mem-Info:", "Tasks state (", "oom-kill:", "Unreclaimable slab info:"];
    starts_message(line) || parts.iter().any(|part| line.starts_with(part)) || starts_tasks(line)
}

/// Whether a line has the names of the columns of the table of tasks, before which older kernels have no heading.
fn starts_tasks(line: &str) -> bool {
    line.strip_prefix("[ ").is_some_and(|line| line.trim_start().starts_with("pid "))
}

impl Display for Message {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        match self {
            Message::AllocFailure(failure) => failure.fmt(f),
            Message::Oom(report) => report.fmt(f),
            Message::OomNotice(notice) => writeln!(f, "{notice}"),
            Message::Cma(failure) => failure.fmt(f),
            Message::MemInfo(info) => info.fmt(f),
        }
    }
}
