//! A run as other tools read it: ftrace text, a Chrome trace, series of levels and counters.
//!
//! A run depends on its scenario alone, so it is run again for this, with open ears.

mod batch;
mod chrome;
mod ftrace;
mod outputs;
mod record;
mod series;
mod traced;
mod waits;
mod who;

pub use outputs::{Format, to_text, to_writer};
pub use record::{ExportError, Group, Stop, record};

use crate::session::Trace;
use buddyscope_mm::Machine;
use buddyscope_procfs::trace::TraceLine;
use std::io;

/// Takes what happens in a run, in the order of time.
pub trait Output {
    /// Whether it wants the tracepoints.
    fn wants_lines(&self) -> bool {
        false
    }

    /// A tracepoint.
    ///
    /// # Errors
    /// Of the writer below.
    fn line(&mut self, _: &TraceLine) -> io::Result<()> {
        Ok(())
    }

    /// The machine in a jiffy in which something happened.
    ///
    /// # Errors
    /// Of the writer below.
    fn moment(&mut self, _jiffy: u64, _machine: &Machine<Trace>) -> io::Result<()> {
        Ok(())
    }

    /// The run is over.
    ///
    /// # Errors
    /// Of the writer below.
    fn end(&mut self, machine: &Machine<Trace>) -> io::Result<()>;
}
