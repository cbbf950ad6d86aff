//! The flusher of a device: a kernel thread that writes dirty files (fs/fs-writeback.c).

use super::file::DeviceId;
use crate::event::Sink;
use crate::io::cache::Slot;
use crate::machine::Machine;
use crate::page::life::LifeFlags;
use crate::pfn::CpuId;
use crate::sched::HZ;
use crate::task::mm::FileId;
use crate::wait::{Step, Wait};

/// Pages written at least of a file before the next one's turn (`MIN_WRITEBACK_PAGES`).
const MIN_WRITEBACK_PAGES: u64 = 1024;
/// Pages a second that a device is taken to write at first (`INIT_BW`).
const INITIAL_BANDWIDTH: u64 = 25_600;

/// Why files are written (`struct wb_writeback_work`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Work {
    /// Everything, up to so many pages: somebody needs clean pages (`wb_start_writeback`).
    All(u64),
    /// Files that have been dirty for long (`wb_check_old_data_flush`).
    Old,
    /// Whatever, until fewer pages are dirty (`wb_check_background_flush`).
    Background,
}

/// A flusher.
#[derive(Clone, Debug)]
pub struct Flusher {
    device: DeviceId,
    cpu: CpuId,
    work: Option<Work>,
    /// Files seen in this round, so that each has one turn.
    round: usize,
}

impl Flusher {
    /// The flusher of a device, running on a CPU.
    #[must_use]
    pub fn new(device: DeviceId, cpu: CpuId) -> Flusher {
        Flusher { device, cpu, work: None, round: 0 }
    }

    /// Its device.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.device
    }

    /// Goes on: one chunk of one file, or a rest; never done (`wb_workfn`).
    pub fn resume<S: Sink>(&mut self, machine: &mut Machine<S>) -> Step<()> {
        machine.user.devices.get_mut(self.device).writeback.woken = false;
        let Some(work) = self.work.or_else(|| self.choose(machine)) else {
            let interval = machine.writeback_interval();
            return Step::Wait(Wait::Flusher { device: self.device.0, timeout: interval });
        };
        self.work = self.write_chunk(machine, work);
        Step::Wait(Wait::Yield)
    }

    /// What to do next (`wb_do_writeback`).
    fn choose<S: Sink>(&mut self, machine: &mut Machine<S>) -> Option<Work> {
        self.round = machine.user.devices.get(self.device).writeback.dirty.len();
        if self.round == 0 {
            machine.user.devices.get_mut(self.device).writeback.start_all = false;
            return None;
        }
        if machine.user.devices.get(self.device).writeback.start_all {
            return Some(Work::All(machine.pages_to_write()[0]));
        }
        if machine.old_flush_is_due(self.device) {
            return Some(Work::Old);
        }
        machine.is_over_background().then_some(Work::Background)
    }

    /// Writes a chunk of the file whose turn it is; returns what is left to do (`writeback_sb_inodes`).
    fn write_chunk<S: Sink>(&mut self, machine: &mut Machine<S>, work: Work) -> Option<Work> {
        let file = machine.user.devices.get(self.device).writeback.dirty.first().copied();
        let too_young = |file: FileId| work == Work::Old && !machine.is_old(file);
        let over = work == Work::Background && !machine.is_over_background();
        let Some(file) = file.filter(|&file| self.round > 0 && !over && !too_young(file)) else {
            return self.end(machine, work);
        };
        let left = if let Work::All(pages) = work { pages } else { u64::MAX };
        let chunk = machine.writeback_chunk(self.device, left);
        let written = machine.write_dirty_pages(self.cpu, file, self.device, chunk);
        if machine.requeue_dirty(file, self.device) || written == 0 {
            self.round = self.round.saturating_sub(1);
        }
        match work {
            Work::All(pages) if pages <= written => self.end(machine, work),
            Work::All(pages) => Some(Work::All(pages - written)),
            other => Some(other),
        }
    }

    fn end<S: Sink>(&self, machine: &mut Machine<S>, work: Work) -> Option<Work> {
        if matches!(work, Work::All(_)) {
            machine.user.devices.get_mut(self.device).writeback.start_all = false;
        }
        None
    }
}

impl<S: Sink> Machine<S> {
    /// Reclaim needs clean pages: every flusher with dirty files is to write them all (`wakeup_flusher_threads`).
    pub(crate) fn wakeup_flusher_threads(&mut self) {
        for device in self.user.devices.iter_mut() {
            let writeback = &mut device.writeback;
            if !writeback.dirty.is_empty() && !writeback.start_all {
                (writeback.start_all, writeback.woken) = (true, true);
            }
        }
    }

    /// Whether a flusher has been called.
    pub(crate) fn flusher_has_work(&self, device: u16) -> bool {
        self.user.devices.get(DeviceId(device)).writeback.woken
    }

    /// Jiffies between looks for old dirty files (`dirty_writeback_interval`); `None` for never.
    fn writeback_interval(&self) -> Option<u32> {
        let centisecs = u64::from(self.sysctl.dirty_writeback_centisecs);
        (centisecs > 0).then_some((centisecs * HZ / 100).max(1) as u32)
    }

    /// Whether it is time to look for old dirty files; notes that it was done.
    fn old_flush_is_due(&mut self, device: DeviceId) -> bool {
        let Some(interval) = self.writeback_interval() else { return false };
        let now = self.jiffies;
        let writeback = &mut self.user.devices.get_mut(device).writeback;
        let due = now >= writeback.last_old_flush + u64::from(interval);
        if due {
            writeback.last_old_flush = now;
        }
        due
    }

    /// Whether a file became dirty long ago (`dirty_expire_interval`).
    fn is_old(&self, file: FileId) -> bool {
        let age = u64::from(self.sysctl.dirty_expire_centisecs) * HZ / 100;
        self.user.file(file).is_some_and(|file| file.dirtied_when + age <= self.jiffies)
    }

    /// Whether so many pages are dirty that flushers work in the background (`wb_over_bg_thresh`).
    fn is_over_background(&self) -> bool {
        self.pages_to_write()[0] > self.dirty_limits().background
    }

    /// Pages to write of one file before the next one's turn (`writeback_chunk_size`).
    fn writeback_chunk(&self, device: DeviceId, left: u64) -> u64 {
        let bandwidth = self.user.devices.get(device).pages_per_second().unwrap_or(INITIAL_BANDWIDTH);
        let pages = (bandwidth / 2).min(self.dirty_limits().limit / 8).min(left);
        (pages + MIN_WRITEBACK_PAGES) / MIN_WRITEBACK_PAGES * MIN_WRITEBACK_PAGES
    }

    /// Writes dirty pages of a file from where it was left, around its end once (`write_cache_pages`). Returns how many.
    fn write_dirty_pages(&mut self, cpu: CpuId, id: FileId, device: DeviceId, most: u64) -> u64 {
        let Some(file) = self.user.file(id) else { return 0 };
        let (mapping, start) = (file.mapping, file.writeback_index);
        let Some(cache) = self.user.mappings.get(mapping).map(|mapping| &mapping.cache) else { return 0 };
        let dirty = |slot: Slot| match slot {
            Slot::Page(frame) => {
                let flags = self.mem.life(frame).flags;
                let busy = LifeFlags::WRITEBACK | LifeFlags::LOCKED;
                (flags.contains(LifeFlags::DIRTY) && !flags.intersects(busy)).then_some(frame)
            }
            _ => None,
        };
        let ahead = cache.from(start);
        let around = cache.from(0).take_while(|&(index, _)| index < start);
        let found = ahead.chain(around).filter_map(|(index, slot)| Some((index, dirty(slot)?)));
        let pages: Vec<_> = found.take(most as usize).collect();
        let next = pages.last().map_or(0, |&(index, _)| index.wrapping_add(1));
        let full = pages.len() as u64 == most;
        for &(_, frame) in &pages {
            if self.clear_page_dirty_for_io(cpu, frame) {
                self.write_file_page(cpu, frame, device);
            }
        }
        if let Some(file) = self.user.file_mut(id) {
            file.writeback_index = if full { next } else { 0 };
        }
        pages.len() as u64
    }

    /// A file that was written is clean, or goes behind the other dirty ones; says whether its turn is over
    /// (`requeue_inode`).
    fn requeue_dirty(&mut self, id: FileId, device: DeviceId) -> bool {
        let Some(file) = self.user.file(id) else { return true };
        let mapping = self.user.mappings.get(file.mapping);
        let dirty = |slot| match slot {
            Slot::Page(frame) => self.mem.life(frame).flags.contains(LifeFlags::DIRTY),
            _ => false,
        };
        let clean = mapping.is_none_or(|mapping| !mapping.cache.from(0).any(|(_, slot)| dirty(slot)));
        let list = &mut self.user.devices.get_mut(device).writeback.dirty;
        list.retain(|&other| other != id);
        if !clean {
            list.push(id);
        } else if let Some(file) = self.user.file_mut(id) {
            file.dirtied_when = 0;
        }
        true
    }
}
