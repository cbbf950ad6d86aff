//! Swap space, as far as reclaim looks at it: how many slots are left, and which a CPU has taken ahead
//! (mm/swap_slots.c, mm/swapfile.c).

use crate::event::Sink;
use crate::machine::Machine;
use crate::pfn::CpuId;

/// Slots that a CPU takes at once (`SWAP_SLOTS_CACHE_SIZE`, `SWAP_BATCH`).
const SWAP_BATCH: i64 = 64;
/// Free slots for each CPU above which CPUs take slots ahead (`THRESHOLD_ACTIVATE_SWAP_SLOTS_CACHE`).
const ACTIVATE_THRESHOLD: i64 = 5 * SWAP_BATCH;
/// Free slots for each CPU below which they give them back (`THRESHOLD_DEACTIVATE_SWAP_SLOTS_CACHE`).
const DEACTIVATE_THRESHOLD: i64 = 2 * SWAP_BATCH;

/// All swap space as one.
#[derive(Clone, Debug, Default)]
pub(crate) struct SwapSpace {
    /// Slots of all active areas (`total_swap_pages`).
    pub(crate) total: u64,
    /// Slots that nobody took, CPUs ahead of need included in those taken (`nr_swap_pages`).
    pub(crate) free: i64,
    /// Whether CPUs take slots ahead (`swap_slot_cache_active`).
    pub(crate) takes_ahead: bool,
    /// Slots that each CPU took ahead and has not used; CPUs that never did have no entry.
    pub(crate) ahead: Vec<u8>,
}

impl SwapSpace {
    /// Slots that are free (`get_nr_swap_pages`).
    pub(crate) fn free_slots(&self) -> i64 {
        self.free
    }

    /// Whether more than half is taken (`vm_swap_full`).
    pub(crate) fn is_full(&self) -> bool {
        self.free * 2 < self.total as i64
    }

    /// Takes a slot for a page that a CPU is about to swap out (`get_swap_page`). Says whether there was one.
    pub(crate) fn take(&mut self, cpu: CpuId, online_cpus: i64) -> bool {
        if self.check_ahead(online_cpus) {
            let at = cpu.index();
            if self.ahead.len() <= at {
                self.ahead.resize(at + 1, 0);
            }
            if self.ahead[at] == 0 {
                self.ahead[at] = self.take_from_pool(SWAP_BATCH) as u8;
            }
            if self.ahead[at] > 0 {
                self.ahead[at] -= 1;
                return true;
            }
        }
        self.take_from_pool(1) == 1
    }

    /// Whether CPUs take slots ahead now (`check_cache_active`). Those who may no longer give theirs back.
    fn check_ahead(&mut self, online_cpus: i64) -> bool {
        if !self.takes_ahead {
            self.takes_ahead = self.free > online_cpus * ACTIVATE_THRESHOLD;
        } else if self.free < online_cpus * DEACTIVATE_THRESHOLD {
            self.takes_ahead = false;
            self.free += self.ahead.drain(..).map(i64::from).sum::<i64>();
        }
        self.takes_ahead
    }

    /// Takes up to so many slots (`get_swap_pages`).
    fn take_from_pool(&mut self, wanted: i64) -> i64 {
        let taken = wanted.min(self.free).max(0);
        self.free -= taken;
        taken
    }
}

impl<S: Sink> Machine<S> {
    /// Pages of swap space: all, and those that are free.
    #[must_use]
    pub fn swap_pages(&self) -> (u64, i64) {
        (self.swap.total, self.swap.free)
    }

    /// Sets swap space to a known state; `ahead` are the slots that a CPU took ahead of need.
    pub fn restore_swap(&mut self, total: u64, free: u64, cpu: CpuId, ahead: u8) {
        let online = self.cpus.len() as i64;
        let mut slots = vec![0; cpu.index() + 1];
        slots[cpu.index()] = ahead;
        let takes_ahead = free as i64 >= online * DEACTIVATE_THRESHOLD;
        self.swap = SwapSpace { total, free: free as i64, takes_ahead, ahead: slots };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cpu_takes_64_slots_ahead_while_there_are_plenty() {
        let mut swap = SwapSpace { total: 1000, free: 1000, takes_ahead: true, ahead: Vec::new() };
        assert!(swap.take(CpuId(1), 2));
        assert_eq!((swap.free, swap.ahead[1]), (936, 63));
        assert!((0..63).all(|_| swap.take(CpuId(1), 2)));
        assert_eq!(swap.free, 936);
        assert!(swap.take(CpuId(1), 2));
        assert_eq!(swap.free, 872);
    }

    #[test]
    fn slots_taken_ahead_go_back_when_few_are_left() {
        let mut swap = SwapSpace { total: 1000, free: 127, takes_ahead: true, ahead: vec![5] };
        assert!(swap.take(CpuId(0), 1));
        assert_eq!((swap.free, swap.takes_ahead), (131, false));
        assert!((0..131).all(|_| swap.take(CpuId(0), 1)));
        assert!(!swap.take(CpuId(0), 1));
        assert_eq!(swap.free, 0);
    }
}
