//! The OOM killer (mm/oom_kill.c).

use crate::alloc::AllocContext;
use crate::event::{Event, OomEvent, Sink, emit};
use crate::machine::Machine;
use crate::task::Task;

impl<S: Sink> Machine<S> {
    /// Kills a process so that others can go on (`out_of_memory`). Says whether to try again.
    pub(crate) fn out_of_memory(&mut self, task: &Task, ac: &AllocContext) -> bool {
        let _ = (task, ac);
        if self.oom_killer_disabled {
            emit!(self, Event::Oom(OomEvent::Disabled));
        }
        false
    }
}
