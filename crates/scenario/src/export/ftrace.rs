//! The `trace` file of tracefs.

use super::Output;
use crate::session::Trace;
use buddyscope_mm::Machine;
use buddyscope_procfs::trace::TraceLine;
use std::collections::VecDeque;
use std::io::{self, Write};

/// Between the counts and the first entry (`print_func_help_header_irq`, kernel/trace/trace.c, v5.10).
const COLUMNS: &str = "\
#
#                                _-----=> irqs-off
#                               / _----=> need-resched
#                              | / _---=> hardirq/softirq
#                              || / _--=> preempt-depth
#                              ||| /     delay
#           TASK-PID     CPU#  ||||   TIMESTAMP  FUNCTION
#              | |         |   ||||      |         |
";

/// Writes the file at the end of the run. Like the kernel's buffer it holds so many entries; old ones make room for new
/// ones, and the header says how many there were.
pub(super) struct Ftrace<W> {
    out: W,
    kept: VecDeque<String>,
    written: u64,
    most: usize,
}

impl<W: Write> Ftrace<W> {
    pub(super) fn new(out: W, most: usize) -> Ftrace<W> {
        Ftrace { out, kept: VecDeque::new(), written: 0, most }
    }
}

impl<W: Write> Output for Ftrace<W> {
    fn wants_lines(&self) -> bool {
        true
    }

    fn line(&mut self, line: &TraceLine) -> io::Result<()> {
        self.written += 1;
        if self.kept.len() == self.most {
            self.kept.pop_front();
        }
        self.kept.push_back(line.to_string());
        Ok(())
    }

    fn end(&mut self, machine: &Machine<Trace>) -> io::Result<()> {
        let (kept, cpus) = (self.kept.len(), machine.cpus().len());
        writeln!(self.out, "# tracer: nop\n#")?;
        writeln!(self.out, "# entries-in-buffer/entries-written: {kept}/{}   #P:{cpus}", self.written)?;
        self.out.write_all(COLUMNS.as_bytes())?;
        self.kept.iter().try_for_each(|line| writeln!(self.out, "{line}"))?;
        self.out.flush()
    }
}
