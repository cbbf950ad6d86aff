//! Moving pages: a free page takes over the life of another, which is freed (mm/migrate.c).

use super::control::{CompactControl, MigrateMode};
use crate::audit::Held;
use crate::event::{CompactEvent, Event, Sink, emit};
use crate::machine::Machine;
use crate::page::life::{Life, LifeFlags};
use crate::page::meta::Meta;
use crate::pfn::{CpuId, Frame, PAGEBLOCK_ORDER};
use crate::task::{Task, TaskFlags};
use crate::vmstat::VmEvent;
use crate::wait::{Step, Wait};

/// Passes over pages that could not be moved yet (`migrate_pages`).
const PASSES: u8 = 10;
/// From this pass on a run that may wait does.
const FORCE_FROM: u8 = 3;

/// Where free pages come from (`new_page_t`).
pub(super) trait Targets<S: Sink> {
    /// A page to move another to (`get_new_page`).
    fn get(&mut self, machine: &mut Machine<S>, task: &mut Task, cc: &mut CompactControl, old: Frame) -> Option<Frame>;
    /// Takes one back that was not needed (`put_new_page`).
    fn put(&mut self, machine: &mut Machine<S>, task: &Task, cc: &mut CompactControl, page: Frame);
}

/// Free pages that the free scanner finds (`compaction_alloc`, `compaction_free`).
pub(super) struct Scanned;

impl<S: Sink> Targets<S> for Scanned {
    fn get(&mut self, machine: &mut Machine<S>, task: &mut Task, cc: &mut CompactControl, _: Frame) -> Option<Frame> {
        if cc.freepages.is_empty() {
            machine.isolate_freepages(cc, task.cpu);
        }
        cc.freepages.pop()
    }

    fn put(&mut self, _: &mut Machine<S>, _: &Task, cc: &mut CompactControl, page: Frame) {
        cc.freepages.push(page);
    }
}

/// One call of `migrate_pages` for the pages that a compaction has isolated. Those that stay are isolated still.
#[derive(Clone, Debug, Default)]
pub(super) struct MigratePages {
    pass: u8,
    /// Pages of this pass that the next one tries again, in the order they were tried.
    again: Vec<Frame>,
    /// The page that was waited for last; it is not waited for twice.
    waited: Option<Frame>,
    /// Small pages, those of huge ones included.
    succeeded: u64,
    failed: u64,
    thp: ThpCounts,
}

/// Huge pages of a call: moved, not moved, and split because there was no block to move one to.
#[derive(Clone, Copy, Debug, Default)]
struct ThpCounts {
    succeeded: u64,
    failed: u64,
    split: u64,
}

/// What `migrate_pages` returns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Migrated {
    /// So many pages could not be moved.
    Failed(u64),
    /// There was no free page to move one to (`-ENOMEM`).
    NoMemory,
}

/// What became of one page.
enum Moved {
    Done,
    /// Perhaps later (`-EAGAIN`).
    Again,
    /// Not now (`-EBUSY`).
    Busy,
    NoMemory,
}

impl MigratePages {
    /// Goes on (`migrate_pages`).
    pub(super) fn resume<S: Sink>(
        &mut self,
        machine: &mut Machine<S>,
        task: &mut Task,
        cc: &mut CompactControl,
        targets: &mut impl Targets<S>,
    ) -> Step<Migrated> {
        loop {
            while let Some(&page) = cc.migratepages.last() {
                if self.pass >= FORCE_FROM
                    && self.waited != Some(page)
                    && let Some(wait) = machine.must_wait_for(cc, task, page)
                {
                    self.waited = Some(page);
                    return Step::Wait(wait);
                }
                let pages = machine.mem.life(page).nr_pages();
                let huge = u64::from(pages > 1);
                match machine.unmap_and_move(cc, task, page, targets) {
                    Moved::NoMemory if pages > 1 && machine.split_to_migrate(cc, task.cpu, page) => {
                        // Its first part is next, the others follow behind all that wait already.
                        self.thp.split += 1;
                        continue;
                    }
                    Moved::NoMemory => {
                        self.failed += pages;
                        self.thp.failed += huge;
                        return Step::Done(self.finish(machine, cc, Migrated::NoMemory));
                    }
                    Moved::Again => self.again.push(page),
                    Moved::Done => {
                        self.succeeded += pages;
                        self.thp.succeeded += huge;
                    }
                    Moved::Busy => {
                        self.failed += pages;
                        self.thp.failed += huge;
                    }
                }
                cc.migratepages.pop();
            }
            self.pass += 1;
            self.waited = None;
            if self.again.is_empty() || self.pass == PASSES {
                self.failed += self.again.len() as u64;
                let huge = |page: &&Frame| machine.mem.life(**page).nr_pages() > 1;
                self.thp.failed += self.again.iter().filter(huge).count() as u64;
                return Step::Done(self.finish(machine, cc, Migrated::Failed(self.failed)));
            }
            cc.migratepages.extend(self.again.drain(..).rev());
        }
    }

    /// Notes the pages that it keeps between two stretches of work.
    pub(super) fn note_held(&self, held: &mut Held) {
        held.add_isolated(&self.again);
    }

    fn finish<S: Sink>(&mut self, machine: &mut Machine<S>, cc: &mut CompactControl, result: Migrated) -> Migrated {
        cc.migratepages.extend(self.again.drain(..).rev());
        let events = &mut machine.global.events;
        events.add(VmEvent::PgMigrateSuccess, self.succeeded);
        events.add(VmEvent::PgMigrateFail, self.failed);
        events.add(VmEvent::ThpMigrationSuccess, self.thp.succeeded);
        events.add(VmEvent::ThpMigrationFail, self.thp.failed);
        events.add(VmEvent::ThpMigrationSplit, self.thp.split);
        emit!(
            machine,
            Event::Compact(CompactEvent::MigratePages {
                succeeded: self.succeeded as u32,
                failed: self.failed as u32,
                thp: [self.thp.succeeded, self.thp.failed, self.thp.split].map(|count| count as u32),
                mode: cc.mode as u8,
                contig: cc.alloc_contig,
            })
        );
        result
    }
}

impl<S: Sink> Machine<S> {
    /// What a run that may wait waits for before it moves a page: its lock or its I/O.
    fn must_wait_for(&self, cc: &CompactControl, task: &Task, page: Frame) -> Option<Wait> {
        let flags = self.mem.life(page).flags;
        let lock = flags.contains(LifeFlags::LOCKED)
            && cc.mode != MigrateMode::Async
            && !task.flags.contains(TaskFlags::MEMALLOC);
        let io = flags.contains(LifeFlags::WRITEBACK) && cc.mode == MigrateMode::Sync;
        (lock || io).then_some(Wait::PageIo(page))
    }

    /// Splits a huge page for which there is no block, so that it moves in parts; says whether it could be.
    fn split_to_migrate(&mut self, cc: &mut CompactControl, cpu: CpuId, page: Frame) -> bool {
        let mut parts = Vec::new();
        let split = self.split_huge_page(cpu, page, Some(&mut parts));
        for &part in &parts {
            self.mem.life_mut(part).flags |= LifeFlags::ISOLATED;
        }
        cc.migratepages.splice(..0, parts.into_iter().rev());
        split
    }

    /// Moves one page (`unmap_and_move`).
    fn unmap_and_move(
        &mut self,
        cc: &mut CompactControl,
        task: &mut Task,
        old: Frame,
        targets: &mut impl Targets<S>,
    ) -> Moved {
        let life = *self.mem.life(old);
        if is_freed(&life) {
            self.account_isolated(old, -(life.nr_pages() as i64));
            self.mem.life_mut(old).flags -= LifeFlags::ISOLATED;
            self.put_page(task.cpu, old);
            return Moved::Done;
        }
        let Some(new) = targets.get(self, task, cc, old) else { return Moved::NoMemory };
        let moved = self.may_move(cc, old, &life);
        if !matches!(moved, Moved::Again) {
            self.account_isolated(old, -(life.nr_pages() as i64));
        }
        if !matches!(moved, Moved::Done) {
            if matches!(moved, Moved::Busy) {
                self.put_back(task.cpu, old);
            }
            targets.put(self, task, cc, new);
            return moved;
        }
        let order = order_of(&life);
        let unknown = self.mem.meta(old, order).0 & Meta::UNKNOWN;
        self.mem.update_meta(new, order, |meta| meta.with(unknown));
        self.move_life(task.cpu, old, new);
        self.lru_cache_add(task.cpu, new);
        emit!(self, Event::Compact(CompactEvent::Migrate { old: self.mem.pfn(old), new: self.mem.pfn(new) }));
        self.put_moved_page(task.cpu, old, order);
        moved
    }

    /// Whether a page can be moved now (`__unmap_and_move` up to the move itself).
    fn may_move(&self, cc: &CompactControl, page: Frame, life: &Life) -> Moved {
        if life.flags.contains(LifeFlags::LOCKED) {
            return Moved::Again;
        }
        if life.flags.contains(LifeFlags::WRITEBACK) {
            return if cc.mode == MigrateMode::Sync { Moved::Again } else { Moved::Busy };
        }
        if self.has_extra_references(page, life) { Moved::Again } else { Moved::Done }
    }

    /// Frees a page that was moved away (`put_page`).
    fn put_moved_page(&mut self, cpu: CpuId, page: Frame, order: u8) {
        *self.mem.life_mut(page) = Life::NONE;
        let meta = self.mem.meta(page, order);
        if let Some(zone) = self.mem.zone_of(page) {
            self.free_block(cpu, zone, page, meta);
        }
    }

    /// Puts the pages that were isolated but not moved back, the last one first (`putback_movable_pages`).
    pub(super) fn putback_movable_pages(&mut self, cc: &mut CompactControl, cpu: CpuId) {
        while let Some(page) = cc.migratepages.pop() {
            self.account_isolated(page, -(self.mem.life(page).nr_pages() as i64));
            self.put_back(cpu, page);
        }
        cc.nr_migratepages = 0;
    }

    /// Lets go of a page that stays where it is (`putback_lru_page`).
    fn put_back(&mut self, cpu: CpuId, page: Frame) {
        self.mem.life_mut(page).flags -= LifeFlags::ISOLATED;
        self.lru_cache_add(cpu, page);
    }
}

/// Whether nobody but the run itself has the page any more: the last mapping went meanwhile.
fn is_freed(life: &Life) -> bool {
    life.references() == 1
}

/// Order of the block that a page with such a life is.
fn order_of(life: &Life) -> u8 {
    if life.flags.contains(LifeFlags::HUGE) { PAGEBLOCK_ORDER } else { 0 }
}
