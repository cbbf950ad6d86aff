//! What the kernel logs. The model knows when, and what it looked like at that moment; how it reads is the business of
//! whoever is asked to write it down ([`Machine::set_log_writer`]).

mod rate;

pub(crate) use rate::RateLimit;

use crate::event::Sink;
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::oom::OomRecord;
use crate::pfn::{CpuId, NodeMask};
use crate::task::cpuset::CpusetId;
use crate::task::process::Pid;

/// Most messages that are kept.
const MAX_LOG: usize = 1000;

/// A request that failed (`warn_alloc`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AllocWarning {
    /// Who asked.
    pub pid: Pid,
    /// Where.
    pub cpu: CpuId,
    /// Flags, as the slow path has left them.
    pub gfp: Gfp,
    /// Order of the wanted block.
    pub order: u8,
    /// Nodes the request was limited to.
    pub nodemask: Option<NodeMask>,
    /// The task's cpuset.
    pub cpuset: CpusetId,
    /// Nodes that it allows.
    pub mems_allowed: NodeMask,
    /// Nodes that the report shows; all of them for requests that do not wait, and for tasks that use reserves.
    pub shown: Option<NodeMask>,
}

/// Something that is logged.
#[derive(Clone, Copy, Debug)]
pub enum Notice<'a> {
    /// A request failed.
    Failure(&'a AllocWarning),
    /// So many reports of failures were left out.
    Suppressed {
        /// How many.
        callbacks: u32,
    },
    /// The OOM killer said something, asked on that CPU.
    Oom(&'a OomRecord, CpuId),
    /// A contiguous area could not give a range (`cma_alloc`).
    Cma {
        /// Pages of the range.
        pages: u64,
        /// Why not, as a negative error number.
        errno: i32,
    },
}

/// Puts a notice into words, looking at the machine as it is.
pub type LogWriter<S> = fn(&Machine<S>, Notice<'_>) -> String;

/// A message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogEntry {
    /// When, in jiffies since boot.
    pub jiffies: u64,
    /// Its lines.
    pub text: String,
}

/// The log.
#[derive(Clone, Debug)]
pub(crate) struct Console<S> {
    writer: Option<LogWriter<S>>,
    log: Vec<LogEntry>,
    /// Limits how often failures are told: one in ten seconds (`nopage_rs`).
    failures: RateLimit<{ 10 * crate::sched::HZ }, 1>,
}

impl<S> Default for Console<S> {
    fn default() -> Self {
        Console { writer: None, log: Vec::new(), failures: RateLimit::default() }
    }
}

impl<S: Sink> Machine<S> {
    /// From now on the kernel's log is kept, in the words of this writer. Nothing else depends on it.
    pub fn set_log_writer(&mut self, writer: LogWriter<S>) {
        self.console.writer = Some(writer);
    }

    /// The log, oldest first; the last 1000 messages are kept.
    #[must_use]
    pub fn log(&self) -> &[LogEntry] {
        &self.console.log
    }

    /// Logs a failure unless one was logged of late.
    pub(crate) fn log_failure(&mut self, warning: &AllocWarning) {
        let allowed = self.console.failures.allows(self.jiffies);
        if let Some(callbacks) = allowed.suppressed {
            self.print(Notice::Suppressed { callbacks });
        }
        if allowed.go {
            self.print(Notice::Failure(warning));
        }
    }

    pub(crate) fn print(&mut self, notice: Notice<'_>) {
        let Some(writer) = self.console.writer else { return };
        let text = writer(self, notice);
        if self.console.log.len() == MAX_LOG {
            self.console.log.remove(0);
        }
        self.console.log.push(LogEntry { jiffies: self.jiffies, text });
    }
}
