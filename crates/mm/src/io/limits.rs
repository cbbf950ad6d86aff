//! How much may be dirty, and who is slowed down for it (mm/page-writeback.c).

use super::file::DeviceId;
use crate::event::Sink;
use crate::machine::Machine;
use crate::pfn::PAGE_SHIFT;
use crate::sched::HZ;
use crate::task::process::Pid;
use crate::vmstat::NodeItem;

/// Longest pause of a task that dirties pages, in jiffies (`MAX_PAUSE`).
const MAX_PAUSE: u64 = HZ / 5;
/// Pages that a new task may dirty before it is looked at (`nr_dirtied_pause`).
pub(crate) const FIRST_PAUSE: u32 = 32;

/// Limits of dirty pages, in pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DirtyLimits {
    /// Above it flushers work in the background.
    pub background: u64,
    /// Tasks that dirty pages are slowed down before it is reached.
    pub limit: u64,
}

impl DirtyLimits {
    /// Below it nobody is slowed down (`dirty_freerun_ceiling`).
    #[must_use]
    pub const fn free_run(self) -> u64 {
        (self.background + self.limit) / 2
    }
}

impl<S: Sink> Machine<S> {
    /// The limits at present (`domain_dirty_limits`, `global_dirty_limits`).
    #[must_use]
    pub fn dirty_limits(&self) -> DirtyLimits {
        let memory = self.global_dirtyable_memory();
        let share = |bytes: u64, ratio: u32| match bytes {
            0 => u64::from(ratio) * 4096 / 100 * memory / 4096,
            bytes => bytes.div_ceil(1 << PAGE_SHIFT),
        };
        let limit = share(self.sysctl.dirty_bytes, self.sysctl.dirty_ratio);
        let background = share(self.sysctl.dirty_background_bytes, self.sysctl.dirty_background_ratio);
        DirtyLimits { background: if background >= limit { limit / 2 } else { background }, limit }
    }

    /// Pages that are dirty or being written.
    pub(crate) fn pages_to_write(&self) -> [u64; 2] {
        [NodeItem::Dirty, NodeItem::Writeback].map(|item| self.nodes.iter().map(|node| node.stat.get(item)).sum())
    }

    /// Counts a page that a process made dirty; says how many jiffies it has to pause for it
    /// (`balance_dirty_pages_ratelimited`). The rate it is held to follows from the device's bandwidth and from how far
    /// between free run and limit the dirty pages are; the kernel estimates both over time.
    pub(crate) fn balance_dirty_pages(&mut self, pid: Pid, device: DeviceId) -> Option<u32> {
        let process = self.user.processes.get_mut(pid)?;
        process.dirtied += 1;
        if process.dirtied < process.dirtied_pause {
            return None;
        }
        let dirtied = u64::from(core::mem::take(&mut process.dirtied));
        let limits = self.dirty_limits();
        let dirty: u64 = self.pages_to_write().iter().sum();
        let pause = pages_until_next_look(limits.limit.saturating_sub(dirty));
        if let Some(process) = self.user.processes.get_mut(pid) {
            process.dirtied_pause = pause;
        }
        if dirty <= limits.free_run() {
            return None;
        }
        let found = self.user.devices.get_mut(device);
        found.writeback.woken = true;
        let bandwidth = found.pages_per_second()?;
        let jiffies = HZ * dirtied / (bandwidth * position_ratio(limits, dirty) / RATIO_ONE).max(1);
        if jiffies == 0 {
            // Less than a jiffy is owed until it has become one.
            if let Some(process) = self.user.processes.get_mut(pid) {
                process.dirtied = dirtied as u32;
            }
            return None;
        }
        Some(jiffies.min(MAX_PAUSE) as u32)
    }
}

/// Pages that may become dirty before a task is looked at again, when `room` are left (`dirty_poll_interval`).
fn pages_until_next_look(room: u64) -> u32 {
    if room > 0 { 1 << (room.ilog2() / 2) } else { 1 }
}

const RATIO_ONE: u64 = 1024;

/// What the bandwidth is multiplied by: 2 at the end of free run, 1 in the middle, 0 at the limit, flat around the middle
/// (`pos_ratio_polynom`).
fn position_ratio(limits: DirtyLimits, dirty: u64) -> u64 {
    let one = RATIO_ONE as i64;
    let middle = ((limits.free_run() + limits.limit) / 2) as i64;
    let x = (middle - dirty as i64) * one / (limits.limit as i64 - middle + 1);
    (one + x * x / one * x / one).clamp(0, 2 * one) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_are_slowed_down_more_the_closer_the_limit_is() {
        let limits = DirtyLimits { background: 1000, limit: 3000 };
        assert_eq!(limits.free_run(), 2000);
        assert!(position_ratio(limits, 2000) > 2000);
        assert_eq!(position_ratio(limits, 2500), RATIO_ONE);
        assert!(position_ratio(limits, 2999) < 20);
    }

    #[test]
    fn the_next_look_comes_after_the_root_of_the_room() {
        assert_eq!([0, 1, 100, 1 << 20].map(pages_until_next_look), [1, 1, 8, 1024]);
    }
}
