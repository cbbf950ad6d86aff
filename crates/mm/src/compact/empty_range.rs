//! Emptying a range of pages whose pageblocks are isolated: batch by batch its pages move elsewhere
//! (`__alloc_contig_migrate_range`, mm/page_alloc.c).

use super::contig::ContigError;
use super::control::CompactControl;
use super::elsewhere::Allocated;
use super::hints::{pageblock_end, pageblock_start};
use super::isolate::{COMPACT_CLUSTER_MAX, IsolateMode};
use super::migrate::{MigratePages, Migrated};
use super::zone::TOO_MANY_ISOLATED_WAIT;
use crate::audit::Held;
use crate::event::Sink;
use crate::machine::Machine;
use crate::pfn::Pfn;
use crate::task::Task;
use crate::wait::{Step, Wait};

/// Tries to move a batch.
const TRIES: u32 = 5;

/// A range that is being emptied.
#[derive(Clone, Debug)]
pub(super) struct EmptyRange {
    pub(super) cc: CompactControl,
    /// Where pages are to be isolated next.
    pfn: Pfn,
    end: Pfn,
    tries: u32,
    result: Result<(), ContigError>,
    stage: Stage,
}

#[derive(Clone, Debug)]
enum Stage {
    /// The next batch, or one more try of the last.
    Next,
    /// Isolate a batch; whether too much was isolated already and that was waited for.
    Isolate(bool),
    Migrate(MigratePages, Allocated),
}

/// Where isolating a batch has come to.
enum Isolated {
    Done,
    /// Too much is isolated already, and nothing of this batch yet.
    TooMuch,
    /// A signal ended it, or too much is isolated, with pages of this batch.
    Aborted,
}

impl EmptyRange {
    pub(super) fn new(cc: CompactControl, start: Pfn, end: Pfn) -> EmptyRange {
        EmptyRange { cc, pfn: start, end, tries: 0, result: Ok(()), stage: Stage::Next }
    }

    /// Notes the pages that it keeps between two stretches of work.
    pub(super) fn note_held(&self, held: &mut Held) {
        self.cc.note_held(held);
        if let Stage::Migrate(pages, _) = &self.stage {
            pages.note_held(held);
        }
    }

    /// Moves all pages of the range away, dropping clean pages of files on the way. Others may run between two batches.
    pub(super) fn resume<S: Sink>(
        &mut self,
        machine: &mut Machine<S>,
        task: &mut Task,
    ) -> Step<Result<(), ContigError>> {
        self.cc.signal = task.has_to_end();
        loop {
            match &mut self.stage {
                Stage::Next if self.pfn >= self.end && self.cc.migratepages.is_empty() => break,
                Stage::Next => match self.next() {
                    Ok(()) if self.cc.migratepages.is_empty() => self.stage = Stage::Isolate(false),
                    Ok(()) => self.migrate(machine, task),
                    Err(error) => {
                        self.result = Err(error);
                        break;
                    }
                },
                &mut Stage::Isolate(waited) => match self.isolate(machine, task, waited) {
                    Isolated::Done => self.migrate(machine, task),
                    Isolated::TooMuch => {
                        self.stage = Stage::Isolate(true);
                        return Step::Wait(Wait::Congestion(TOO_MANY_ISOLATED_WAIT));
                    }
                    Isolated::Aborted => {
                        self.result = Err(ContigError::Interrupted);
                        break;
                    }
                },
                Stage::Migrate(pages, targets) => {
                    match pages.resume(machine, task, &mut self.cc, targets) {
                        Step::Wait(wait) => return Step::Wait(wait),
                        Step::Done(Migrated::Failed(_)) => self.result = Ok(()),
                        Step::Done(Migrated::NoMemory) => self.result = Err(ContigError::NoMemory),
                    }
                    self.stage = Stage::Next;
                    return Step::Wait(Wait::Yield);
                }
            }
        }
        if self.result.is_err() {
            machine.putback_movable_pages(&mut self.cc, task.cpu);
        }
        Step::Done(self.result)
    }

    /// Whether to go on: a signal ends it, and so many tries of one batch.
    fn next(&mut self) -> Result<(), ContigError> {
        if self.cc.signal {
            return Err(ContigError::Interrupted);
        }
        if self.cc.migratepages.is_empty() {
            (self.cc.nr_migratepages, self.tries) = (0, 0);
            return Ok(());
        }
        self.tries += 1;
        if self.tries == TRIES { self.result.and(Err(ContigError::Busy)) } else { Ok(()) }
    }

    /// Isolates the next batch, pageblock by pageblock (`isolate_migratepages_range`).
    fn isolate<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task, mut waited: bool) -> Isolated {
        let mode = IsolateMode { unevictable: true, async_migrate: false };
        let cc = &mut self.cc;
        while self.pfn < self.end {
            let zone_start = machine.zones[cc.zone.index()].start_pfn;
            let first = pageblock_start(self.pfn).max(zone_start);
            let stop = pageblock_end(self.pfn).min(self.end);
            if machine.pageblock_page(first, stop, cc.zone).is_none() {
                self.pfn = stop;
                continue;
            }
            if core::mem::take(&mut waited) && cc.signal {
                return Isolated::Aborted;
            }
            if machine.too_many_isolated_to_compact(cc.zone.node()) {
                return if cc.nr_migratepages > 0 { Isolated::Aborted } else { Isolated::TooMuch };
            }
            let Some(next) = machine.isolate_migratepages_block(cc, task.cpu, self.pfn, stop, mode) else {
                return Isolated::Aborted;
            };
            self.pfn = next;
            if cc.nr_migratepages >= COMPACT_CLUSTER_MAX {
                break;
            }
        }
        Isolated::Done
    }

    fn migrate<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task) {
        let dropped = machine.reclaim_clean_pages_from_list(task, &mut self.cc);
        self.cc.nr_migratepages = self.cc.nr_migratepages.saturating_sub(dropped);
        self.stage = Stage::Migrate(MigratePages::default(), Allocated { node: self.cc.zone.node() });
    }
}
