//! Pages that are freed together (`free_unref_page_list`): first all of them become free, then each goes to its CPU's list.

use super::traced::freed_batched;
use buddyscope_procfs::trace::{KmemEvent, TraceEvent};

/// A tracepoint and its CPU.
pub(super) type OnCpu = (u32, TraceEvent);

/// A batch while its pages are freed.
#[derive(Clone, Debug, Default)]
pub(super) struct FreeBatch {
    /// Pages to come.
    left: u32,
    /// What is said once all of them are free.
    held: Vec<OnCpu>,
}

impl FreeBatch {
    /// The next pages are freed together.
    pub(super) fn begin(&mut self, pages: u32) {
        self.left = pages;
    }

    /// What is to be written now that this has happened.
    pub(super) fn pass(&mut self, (cpu, event): OnCpu) -> Vec<OnCpu> {
        if self.left == 0 {
            return vec![(cpu, event)];
        }
        let TraceEvent::Kmem(KmemEvent::Freed(block)) = &event else {
            self.held.push((cpu, event));
            return Vec::new();
        };
        self.held.push((cpu, freed_batched(block)));
        self.left -= 1;
        let mut now = vec![(cpu, event)];
        if self.left == 0 {
            now.append(&mut self.held);
        }
        now
    }

    /// What is left when a turn ends.
    pub(super) fn end(&mut self) -> Vec<OnCpu> {
        self.left = 0;
        std::mem::take(&mut self.held)
    }
}
