//! How many pages a group and all groups below it hold (`struct page_counter`, mm/page_counter.c).

use super::Memcgs;
use crate::page::life::MemcgId;

/// The limit that limits nothing, in pages (`PAGE_COUNTER_MAX`, include/linux/page_counter.h, v5.10).
pub const NO_LIMIT: u64 = i64::MAX as u64 >> crate::pfn::PAGE_SHIFT;

/// Which of a group's counters. The first two belong to cgroup v2, all but the second to v1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Counted {
    /// Memory of every kind.
    Memory = 0,
    /// Swap.
    Swap = 1,
    /// Memory and swap together.
    MemorySwap = 2,
    /// Memory of the kernel, which `Memory` counts too.
    Kernel = 3,
}

/// How many counters a group has.
pub(super) const NR_COUNTERS: usize = 4;

/// One counter. All values are pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageCounter {
    /// Pages in use by the group and all below it.
    pub usage: u64,
    /// Pages that reclaim never takes.
    pub min: u64,
    /// Pages that reclaim takes only if it finds nothing else.
    pub low: u64,
    /// Above it, the group's tasks are slowed down.
    pub high: u64,
    /// No charge may pass it.
    pub max: u64,
    /// What the last reclaim made of `min` (`emin`).
    pub effective_min: u64,
    /// What the last reclaim made of `low` (`elow`).
    pub effective_low: u64,
    /// The most that was ever in use (`watermark`).
    pub highest: u64,
    /// Charges that met the limit (`failcnt`).
    pub failures: u64,
    /// The parts of the usage that `min` and `low` cover (`min_usage`, `low_usage`).
    pub(super) covered: [u64; 2],
    /// The sums of `covered` over the groups right below (`children_min_usage`, `children_low_usage`).
    pub(super) children_covered: [u64; 2],
}

impl Default for PageCounter {
    fn default() -> PageCounter {
        PageCounter {
            usage: 0,
            min: 0,
            low: 0,
            high: NO_LIMIT,
            max: NO_LIMIT,
            effective_min: 0,
            effective_low: 0,
            highest: 0,
            failures: 0,
            covered: [0; 2],
            children_covered: [0; 2],
        }
    }
}

impl PageCounter {
    /// All of it, for hashing.
    pub(super) fn words(&self) -> [u64; 8] {
        let [min, low] = [self.effective_min, self.effective_low];
        [self.usage, self.min, self.low, self.high, self.max, min, low, self.failures]
    }

    /// Works out anew what `min` and `low` cover of a usage; returns the changes (`propagate_protected_usage`).
    fn cover(&mut self, usage: u64) -> [i64; 2] {
        let covered = [usage.min(self.min), usage.min(self.low)];
        let old = core::mem::replace(&mut self.covered, covered);
        [0, 1].map(|i| covered[i] as i64 - old[i] as i64)
    }
}

impl Memcgs {
    fn counter_mut(&mut self, kind: Counted, memcg: MemcgId) -> Option<&mut PageCounter> {
        Some(&mut self.get_mut(memcg)?.counters[kind as usize])
    }

    /// Tells the parent how much of a group's usage is protected (`propagate_protected_usage`).
    fn propagate_protected_usage(&mut self, kind: Counted, memcg: MemcgId, usage: u64) {
        let Some(parent) = self.counter_parent(memcg) else { return };
        let changes = self.counter_mut(kind, memcg).map_or([0; 2], |counter| counter.cover(usage));
        if let Some(counter) = self.counter_mut(kind, parent) {
            for (sum, change) in counter.children_covered.iter_mut().zip(changes) {
                *sum = sum.saturating_add_signed(change);
            }
        }
    }

    /// Changes the usage of one group alone.
    fn change(&mut self, kind: Counted, memcg: MemcgId, pages: i64) {
        let Some(counter) = self.counter_mut(kind, memcg) else { return };
        counter.usage = counter.usage.saturating_add_signed(pages);
        counter.highest = counter.highest.max(counter.usage);
        let usage = counter.usage;
        self.propagate_protected_usage(kind, memcg, usage);
    }

    /// Changes the usage of a group and those above it, up to but not including `end`.
    fn change_up_to(&mut self, kind: Counted, memcg: MemcgId, pages: i64, end: Option<MemcgId>) {
        let mut at = Some(memcg);
        while let Some(id) = at.filter(|_| at != end) {
            self.change(kind, id, pages);
            at = self.counter_parent(id);
        }
    }

    /// Charges a group and all above it, whatever their limits (`page_counter_charge`).
    pub(crate) fn charge(&mut self, kind: Counted, memcg: MemcgId, pages: u64) {
        self.change_up_to(kind, memcg, pages as i64, None);
    }

    /// Takes a charge back (`page_counter_uncharge`).
    pub(crate) fn uncharge(&mut self, kind: Counted, memcg: MemcgId, pages: u64) {
        self.change_up_to(kind, memcg, -(pages as i64), None);
    }

    /// Charges a group and all above it unless that passes a limit; if so, names the group whose limit it is
    /// (`page_counter_try_charge`).
    pub(crate) fn try_charge_counter(&mut self, kind: Counted, memcg: MemcgId, pages: u64) -> Result<(), MemcgId> {
        let mut at = Some(memcg);
        while let Some(id) = at {
            let tried = self.counter(kind, id).usage + pages;
            if tried > self.counter(kind, id).max {
                self.refuse(kind, id, tried);
                self.change_up_to(kind, memcg, -(pages as i64), at);
                return Err(id);
            }
            self.change(kind, id, pages as i64);
            at = self.counter_parent(id);
        }
        Ok(())
    }

    /// Counts a failure. The parent hears of the usage that was tried: the kernel corrects the usage alone.
    fn refuse(&mut self, kind: Counted, memcg: MemcgId, tried: u64) {
        if let Some(counter) = self.counter_mut(kind, memcg) {
            counter.failures += 1;
        }
        self.propagate_protected_usage(kind, memcg, tried);
    }

    /// Pages that a group's own limits leave room for (`mem_cgroup_margin`).
    pub(crate) fn margin(&self, memcg: MemcgId) -> u64 {
        let room = |kind| {
            let counter = self.counter(kind, memcg);
            counter.max.saturating_sub(counter.usage)
        };
        let memory = room(Counted::Memory);
        if self.counts_swap_with_memory() { memory.min(room(Counted::MemorySwap)) } else { memory }
    }

    /// Sets a limit that no charge may pass; what is charged already stays.
    pub(crate) fn set_max(&mut self, kind: Counted, memcg: MemcgId, pages: u64) {
        if let Some(counter) = self.counter_mut(kind, memcg) {
            counter.max = pages.min(NO_LIMIT);
        }
    }

    /// Sets the usage above which tasks are slowed down (`page_counter_set_high`).
    pub(crate) fn set_high(&mut self, kind: Counted, memcg: MemcgId, pages: u64) {
        if let Some(counter) = self.counter_mut(kind, memcg) {
            counter.high = pages.min(NO_LIMIT);
        }
    }

    /// Sets what reclaim is to leave a group (`page_counter_set_min`, `page_counter_set_low`).
    pub(crate) fn set_protection(&mut self, memcg: MemcgId, min: u64, low: u64) {
        let Some(counter) = self.counter_mut(Counted::Memory, memcg) else { return };
        (counter.min, counter.low) = (min, low);
        self.change_up_to(Counted::Memory, memcg, 0, None);
    }
}
