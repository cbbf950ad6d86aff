//! Compacting one zone: the migrate scanner comes up from its start, the free scanner down from its end, and pages move
//! from the one to the other until they meet or there is a block.

use super::CompactResult;
use super::control::{CompactControl, FastStart, MigrateMode};
use super::find::Source;
use super::hints::{block_end, block_start, pageblock_start};
use super::isolate::IsolateMode;
use super::migrate::{MigratePages, Migrated, Scanned};
use crate::audit::Held;
use crate::event::{CompactEvent, Event, Sink, emit};
use crate::machine::Machine;
use crate::pfn::{CpuId, Frame, Pfn};
use crate::task::Task;
use crate::vmstat::VmEvent;
use crate::wait::{Step, Wait};
use crate::zone::compact_state::Capture;

/// Jiffies that a scanner waits while too many pages are isolated (HZ / 10).
pub(super) const TOO_MANY_ISOLATED_WAIT: u32 = 25;

/// One call of `compact_zone`, which can pause between stretches.
#[derive(Clone, Debug)]
pub(super) struct CompactZone {
    pub(super) cc: CompactControl,
    /// A block of the wanted order, taken before it reached the free lists (`capture_control.page`).
    pub(super) captured: Option<Frame>,
    /// Whether blocks may be taken so: it is a request of an ordinary task.
    pub(super) captures: bool,
    /// Where the last pages that were moved came from; 0 once they are flushed (`last_migrated_pfn`).
    last_migrated: Pfn,
    /// Both cached positions of the migrate scanner move together (`update_cached`).
    update_cached: bool,
    stage: Stage,
}

#[derive(Clone, Debug)]
enum Stage {
    Begin,
    /// Is it finished? If not, find a source.
    Scan,
    /// Isolate from a source that was found.
    Isolate {
        source: Source,
        scan_start: Pfn,
    },
    Migrate(MigratePages),
}

/// What a stretch of work came to.
enum Next {
    Stage(Stage),
    Wait(Wait),
    Finished(CompactResult),
}

impl CompactZone {
    pub(super) fn new(cc: CompactControl) -> CompactZone {
        CompactZone {
            cc,
            captured: None,
            captures: false,
            last_migrated: Pfn(0),
            update_cached: false,
            stage: Stage::Begin,
        }
    }

    /// Notes the pages that it keeps between two stretches of work.
    pub(super) fn note_held(&self, held: &mut Held) {
        self.cc.note_held(held);
        if let Stage::Migrate(pages) = &self.stage {
            pages.note_held(held);
        }
    }

    /// Goes on (`compact_zone`). Blocks are captured only while this task runs.
    pub(super) fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<CompactResult> {
        let zone = self.cc.zone.index();
        self.cc.signal = task.has_to_end();
        if self.captures {
            let (order, page) = (self.cc.order as u8, self.captured);
            machine.zones[zone].capture = Some(Capture { order, page });
        }
        let step = loop {
            match self.advance(machine, task) {
                Next::Stage(stage) => self.stage = stage,
                Next::Wait(wait) => break Step::Wait(wait),
                Next::Finished(result) => break Step::Done(result),
            }
        };
        if let Some(capture) = machine.zones[zone].capture.take() {
            self.captured = capture.page;
        }
        step
    }

    fn advance<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Next {
        match &mut self.stage {
            Stage::Begin => self.begin(machine, task.cpu),
            Stage::Scan => self.scan(machine, task.cpu),
            &mut Stage::Isolate { source, scan_start } => self.isolate(machine, task.cpu, source, scan_start),
            Stage::Migrate(pages) => match pages.resume(machine, task, &mut self.cc, &mut Scanned) {
                Step::Wait(wait) => Next::Wait(wait),
                Step::Done(result) => self.migrated(machine, task.cpu, result),
            },
        }
    }

    /// Up to the loop.
    fn begin<S: Sink>(&mut self, machine: &mut Machine<S>, cpu: CpuId) -> Next {
        let cc = &mut self.cc;
        (cc.migrate_scanned, cc.free_scanned, cc.nr_migratepages) = (0, 0, 0);
        cc.migratetype = machine.request_migratetype(cc.gfp);
        let suitable = machine.compaction_suitable(cc.zone, cc.order, cc.alloc_flags, cc.highest_zoneidx);
        if suitable != CompactResult::Continue {
            return Next::Finished(suitable);
        }
        if machine.zones[cc.zone.index()].spanned_pages == 0 {
            // Where holes are larger than the zone its present pages wrap, and it seems to have some.
            return Next::Finished(CompactResult::Skipped);
        }
        if machine.compaction_restarting(cc.zone, cc.order) {
            machine.reset_zone_hints(cc.zone);
        }
        cc.fast_start = FastStart::Unset;
        machine.place_scanners(cc);
        self.last_migrated = Pfn(0);
        let cached = machine.zones[cc.zone.index()].compact.cached_migrate_pfn;
        self.update_cached = cc.mode == MigrateMode::Async && cached[0] == cached[1];
        let (start, end, migrate, free, sync) = machine.positions(cc);
        emit!(machine, Event::Compact(CompactEvent::Begin { start, migrate, free, end, sync }));
        machine.lru_add_drain(cpu);
        Next::Stage(Stage::Scan)
    }

    /// The loop's head: stop, or find the next source.
    fn scan<S: Sink>(&mut self, machine: &mut Machine<S>, cpu: CpuId) -> Next {
        let result = machine.compact_finished(&mut self.cc);
        if result != CompactResult::Continue {
            return self.finish(machine, cpu, result);
        }
        let scan_start = self.cc.migrate_pfn;
        self.cc.rescan = pageblock_start(self.last_migrated) == pageblock_start(scan_start);
        match machine.find_source(&mut self.cc) {
            Some(source) => Next::Stage(Stage::Isolate { source, scan_start }),
            None => self.isolated(machine, cpu, scan_start),
        }
    }

    /// Isolates a batch, waiting while too much is isolated already.
    fn isolate<S: Sink>(&mut self, machine: &mut Machine<S>, cpu: CpuId, source: Source, scan_start: Pfn) -> Next {
        let cc = &mut self.cc;
        if machine.too_many_isolated_to_compact(cc.zone.node()) {
            if cc.nr_migratepages > 0 || cc.mode == MigrateMode::Async || cc.signal {
                return self.abort(machine, cpu);
            }
            return Next::Wait(Wait::Congestion(TOO_MANY_ISOLATED_WAIT));
        }
        let mode = IsolateMode {
            unevictable: machine.sysctl.compact_unevictable_allowed,
            async_migrate: cc.mode != MigrateMode::Sync,
        };
        match machine.isolate_migratepages_block(cc, cpu, source.start, source.end, mode) {
            Some(stop) if stop.0 != 0 => {
                cc.migrate_pfn = stop;
                self.isolated(machine, cpu, scan_start)
            }
            _ => self.abort(machine, cpu),
        }
    }

    /// Gives up (`ISOLATE_ABORT`).
    fn abort<S: Sink>(&mut self, machine: &mut Machine<S>, cpu: CpuId) -> Next {
        machine.putback_movable_pages(&mut self.cc, cpu);
        self.finish(machine, cpu, CompactResult::Contended)
    }

    /// After isolation: move what there is (`ISOLATE_SUCCESS`), or look whether to flush (`ISOLATE_NONE`).
    fn isolated<S: Sink>(&mut self, machine: &mut Machine<S>, cpu: CpuId, scan_start: Pfn) -> Next {
        if self.cc.nr_migratepages > 0 {
            self.update_cached = false;
            self.last_migrated = scan_start;
            return Next::Stage(Stage::Migrate(MigratePages::default()));
        }
        if self.update_cached {
            let cached = &mut machine.zones[self.cc.zone.index()].compact.cached_migrate_pfn;
            cached[1] = cached[0];
        }
        self.check_drain(machine, cpu)
    }

    /// After migration: put back what stayed.
    fn migrated<S: Sink>(&mut self, machine: &mut Machine<S>, cpu: CpuId, result: Migrated) -> Next {
        let failed = match result {
            Migrated::Failed(failed) => failed,
            Migrated::NoMemory => self.cc.migratepages.len() as u64,
        };
        let moved = self.cc.nr_migratepages.saturating_sub(failed) as u32;
        emit!(machine, Event::Compact(CompactEvent::Migrated { moved, failed: failed as u32 }));
        machine.putback_movable_pages(&mut self.cc, cpu);
        if result != Migrated::Failed(0) {
            if result == Migrated::NoMemory && !self.cc.scanners_met() {
                return self.finish(machine, cpu, CompactResult::Contended);
            }
            if self.cc.is_direct_async() {
                // The order-aligned block cannot become free: pass over its rest.
                self.cc.migrate_pfn = block_end(Pfn(self.cc.migrate_pfn.0 - 1), self.cc.order as u8);
                self.last_migrated = Pfn(0);
            }
        }
        self.check_drain(machine, cpu)
    }

    /// Once the scanner has left an order-aligned block it moved pages from, lets those that were freed merge.
    fn check_drain<S: Sink>(&mut self, machine: &mut Machine<S>, cpu: CpuId) -> Next {
        let cc = &self.cc;
        if cc.order > 0 && self.last_migrated.0 != 0 && self.last_migrated < block_start(cc.migrate_pfn, cc.order as u8)
        {
            machine.lru_add_drain_cpu_zone(cpu, cc.zone);
            self.last_migrated = Pfn(0);
        }
        if machine.zones[cc.zone.index()].capture.is_some_and(|capture| capture.page.is_some()) {
            return self.finish(machine, cpu, CompactResult::Success);
        }
        self.stage = Stage::Scan;
        Next::Wait(Wait::Yield)
    }

    /// Gives free pages back that were not needed, and counts.
    fn finish<S: Sink>(&mut self, machine: &mut Machine<S>, cpu: CpuId, result: CompactResult) -> Next {
        let cc = &mut self.cc;
        if let Some(highest) = machine.release_freepages(cc, cpu) {
            let cached = &mut machine.zones[cc.zone.index()].compact.cached_free_pfn;
            *cached = pageblock_start(highest).max(*cached);
        }
        machine.global.events.add(VmEvent::CompactMigrateScanned, cc.migrate_scanned);
        machine.global.events.add(VmEvent::CompactFreeScanned, cc.free_scanned);
        let (start, end, migrate, free, sync) = machine.positions(cc);
        emit!(machine, Event::Compact(CompactEvent::End { start, migrate, free, end, sync, result }));
        self.stage = Stage::Begin;
        Next::Finished(result)
    }
}

impl<S: Sink> Machine<S> {
    /// Puts the scanners at the ends of the zone, or where an earlier compaction left off.
    fn place_scanners(&mut self, cc: &mut CompactControl) {
        let zone = &mut self.zones[cc.zone.index()];
        let (start, end) = (zone.start_pfn, zone.end_pfn());
        let last = pageblock_start(Pfn(end.0 - 1));
        if cc.whole_zone {
            (cc.migrate_pfn, cc.free_pfn) = (start, last);
            return;
        }
        let state = &mut zone.compact;
        let inside = |pfn: Pfn| start <= pfn && pfn < end;
        if !inside(state.cached_free_pfn) {
            state.cached_free_pfn = last;
        }
        if !inside(state.cached_migrate_pfn[usize::from(cc.mode != MigrateMode::Async)]) {
            state.cached_migrate_pfn = [start; 2];
        }
        cc.free_pfn = state.cached_free_pfn;
        cc.migrate_pfn = state.cached_migrate_pfn[usize::from(cc.mode != MigrateMode::Async)];
        if cc.migrate_pfn <= state.init_migrate_pfn {
            cc.whole_zone = true;
        }
    }

    /// The zone's bounds, where the scanners are, and whether the run may wait.
    fn positions(&self, cc: &CompactControl) -> (Pfn, Pfn, Pfn, Pfn, bool) {
        let zone = &self.zones[cc.zone.index()];
        (zone.start_pfn, zone.end_pfn(), cc.migrate_pfn, cc.free_pfn, cc.mode != MigrateMode::Async)
    }

    /// Flushes the pages a CPU keeps, so that what was freed can merge (`lru_add_drain_cpu_zone`).
    fn lru_add_drain_cpu_zone(&mut self, cpu: CpuId, zone: crate::pfn::ZoneId) {
        self.lru_add_drain(cpu);
        let mut locked = self.lock(zone, cpu);
        let count = locked.pcp.count;
        if count > 0 {
            locked.free_pcppages_bulk(count);
        }
    }

    /// Frees the free pages that were not needed (`release_freepages`). Tells the highest of them.
    pub(super) fn release_freepages(&mut self, cc: &mut CompactControl, cpu: CpuId) -> Option<Pfn> {
        let mut highest = None;
        while let Some(page) = cc.freepages.pop() {
            highest = highest.max(Some(self.mem.pfn(page)));
            let meta = self.mem.meta(page, 0);
            self.free_block(cpu, cc.zone, page, meta);
        }
        highest
    }
}
