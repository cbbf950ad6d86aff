//! Swap space: areas of slots, who uses which, and the pages that are in memory and in swap (mm/swapfile.c,
//! mm/swap_slots.c, mm/swap_state.c).

use super::cache::{PageCache, Slot};
use super::swap_ahead::SwapAhead;
use crate::io::file::DeviceId;
use crate::page::life::MemcgId;
use crate::part::Part;
use crate::pfn::CpuId;

/// A slot of swap: area and offset. 0 is none; the first slot of an area holds its header.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct SwapSlot(pub u32);

const AREA_SHIFT: u32 = 27;
const OFFSET: u32 = (1 << AREA_SHIFT) - 1;
/// Areas that can exist (`MAX_SWAPFILES` is 23 or more).
const MAX_AREAS: usize = 16;

impl SwapSlot {
    pub(crate) fn new(area: usize, offset: u32) -> SwapSlot {
        SwapSlot((area as u32) << AREA_SHIFT | offset & OFFSET)
    }

    pub(crate) fn area(self) -> usize {
        (self.0 >> AREA_SHIFT) as usize
    }

    pub(crate) fn offset(self) -> u32 {
        self.0 & OFFSET
    }
}

/// Slots that a CPU takes at once (`SWAP_SLOTS_CACHE_SIZE`, `SWAP_BATCH`).
const SWAP_BATCH: usize = 64;
/// Free slots for each CPU above which CPUs take slots ahead (`THRESHOLD_ACTIVATE_SWAP_SLOTS_CACHE`).
const ACTIVATE_THRESHOLD: i64 = 5 * SWAP_BATCH as i64;
/// Free slots for each CPU below which they give them back (`THRESHOLD_DEACTIVATE_SWAP_SLOTS_CACHE`).
const DEACTIVATE_THRESHOLD: i64 = 2 * SWAP_BATCH as i64;

/// The swap cache's hold on a slot (`SWAP_HAS_CACHE`).
const HAS_CACHE: u16 = 1 << 15;

/// An area (`struct swap_info_struct`).
#[derive(Clone, Debug)]
pub(crate) struct SwapArea {
    /// Slots, that of the header included (`max`).
    max: u32,
    /// Higher ones are filled first.
    priority: i16,
    pub(crate) device: DeviceId,
    /// By slot: entries that name it, and [`HAS_CACHE`] (`swap_map`). It grows as far as slots were used.
    map: Vec<u16>,
    /// By slot: the group that the page in it is charged to (`swap_cgroup`). It grows as far as groups other than the
    /// root had slots.
    owners: Vec<MemcgId>,
    /// Lowest slot that may be free (`lowest_bit`).
    lowest: u32,
    /// Slots in use (`inuse_pages`).
    in_use: u32,
    /// Where the search goes on (`cluster_next`).
    next: u32,
    /// Pages in memory whose slot is kept, and shadows of those that were dropped (`swapper_spaces`).
    pub(crate) cache: PageCache,
}

/// All swap space.
#[derive(Clone, Debug, Default)]
pub(crate) struct Swap {
    pub(crate) areas: Part<Vec<SwapArea>>,
    /// Area numbers by falling priority; those of the same take turns.
    order: Vec<u8>,
    /// Usable slots of all areas (`total_swap_pages`).
    pub(crate) total: u64,
    /// Slots that nobody took; those taken ahead count as taken (`nr_swap_pages`).
    pub(crate) free: i64,
    /// Whether CPUs take slots ahead (`swap_slot_cache_active`).
    takes_ahead: bool,
    /// Slots that each CPU took ahead, the next last.
    ahead: Vec<Vec<SwapSlot>>,
    /// Slots that each CPU has yet to give back (`slots_ret`).
    returned: Vec<Vec<SwapSlot>>,
    /// Groups whose slots have become free and are still on their accounts, once for each slot.
    pub(crate) freed: Vec<MemcgId>,
    /// Pages added to the swap cache, dropped from it, looked up and found (`swap_cache_info`).
    pub(crate) stats: SwapCacheStats,
    /// How many slots are read at once.
    pub(crate) around: SwapAhead,
}

/// What the swap cache did, as failure reports print it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SwapCacheStats {
    /// Pages added.
    pub add: u64,
    /// Pages dropped.
    pub delete: u64,
    /// Lookups that found a page.
    pub find_success: u64,
    /// Lookups.
    pub find_total: u64,
}

impl SwapArea {
    fn new(slots: u32, device: DeviceId, priority: i16) -> SwapArea {
        SwapArea {
            max: slots.saturating_add(1).min(OFFSET),
            priority,
            device,
            map: Vec::new(),
            owners: Vec::new(),
            lowest: 1,
            in_use: 0,
            next: 1,
            cache: PageCache::default(),
        }
    }

    /// Slots that can be used.
    pub(crate) fn usable(&self) -> u32 {
        self.max - 1
    }

    fn count(&self, offset: u32) -> u16 {
        self.map.get(offset as usize).copied().unwrap_or(0)
    }

    fn count_mut(&mut self, offset: u32) -> &mut u16 {
        if self.map.len() <= offset as usize {
            self.map.resize(offset as usize + 1, 0);
        }
        &mut self.map[offset as usize]
    }

    /// Writes down whose page is in a slot; says whose was there before (`swap_cgroup_record`).
    fn record(&mut self, offset: u32, owner: MemcgId) -> MemcgId {
        let at = offset as usize;
        if self.owners.len() <= at {
            if owner == MemcgId::ROOT {
                return owner;
            }
            self.owners.resize(at + 1, MemcgId::ROOT);
        }
        core::mem::replace(&mut self.owners[at], owner)
    }

    /// The next free slot from where the search stopped, around once (`scan_swap_map_slots`).
    fn take(&mut self) -> Option<u32> {
        if self.in_use >= self.usable() {
            return None;
        }
        let start = self.next.max(self.lowest);
        let found = (start..self.max).chain(self.lowest..start.min(self.max)).find(|&slot| self.count(slot) == 0)?;
        *self.count_mut(found) = HAS_CACHE;
        self.in_use += 1;
        self.next = found + 1;
        if found == self.lowest {
            self.lowest = found + 1;
        }
        Some(found)
    }

    fn give_back(&mut self, offset: u32) {
        self.in_use -= 1;
        self.lowest = self.lowest.min(offset);
    }
}

impl Swap {
    /// Swap space of which only the size is known: `total` slots, `free` of them free, and `ahead` more taken ahead by a
    /// CPU.
    pub(crate) fn with_unknown_users(total: u32, free: u32, cpu: CpuId, online_cpus: usize, ahead: u8) -> Swap {
        let mut swap = Swap::default();
        swap.add(total, DeviceId::default(), 0);
        let mut taken = swap.take_slots(total.saturating_sub(free) as usize);
        let mut slots = taken.split_off(taken.len().saturating_sub(usize::from(ahead)));
        slots.reverse();
        for slot in taken {
            swap.duplicate(slot);
            swap.let_go(cpu, slot);
        }
        swap.ahead = vec![Vec::new(); cpu.index() + 1];
        swap.ahead[cpu.index()] = slots;
        swap.takes_ahead = swap.free >= online_cpus as i64 * DEACTIVATE_THRESHOLD;
        swap
    }

    /// Adds an area (`swapon`). Says nothing if there are too many.
    pub(crate) fn add(&mut self, slots: u32, device: DeviceId, priority: i16) {
        if self.areas.len() == MAX_AREAS {
            return;
        }
        let area = SwapArea::new(slots, device, priority);
        self.total += u64::from(area.usable());
        self.free += i64::from(area.usable());
        self.areas.push(area);
        self.order.push(self.areas.len() as u8 - 1);
        let areas = &self.areas;
        self.order.sort_by_key(|&n| core::cmp::Reverse(areas[usize::from(n)].priority));
    }

    /// Free slots, not negative (`get_nr_swap_pages`).
    pub(crate) fn free_slots(&self) -> i64 {
        self.free
    }

    /// Whether more than half is used, so that slots of pages in memory are worth getting back (`vm_swap_full`).
    pub(crate) fn is_full(&self) -> bool {
        self.free * 2 < self.total as i64
    }

    /// Takes up to `wanted` slots (`get_swap_pages`). Areas of the same priority take turns.
    fn take_slots(&mut self, wanted: usize) -> Vec<SwapSlot> {
        let mut taken = Vec::new();
        for at in 0..self.order.len() {
            if taken.len() == wanted {
                break;
            }
            let n = self.order[at];
            let area = &mut self.areas[usize::from(n)];
            let before = taken.len();
            while taken.len() < wanted {
                let Some(offset) = area.take() else { break };
                taken.push(SwapSlot(u32::from(n) << AREA_SHIFT | offset));
            }
            if taken.len() > before {
                self.rotate(at);
                break;
            }
        }
        self.free -= taken.len() as i64;
        taken
    }

    /// Puts an area behind the others of its priority (`plist_requeue`).
    fn rotate(&mut self, at: usize) {
        let priority = |n: u8| self.areas[usize::from(n)].priority;
        let mine = priority(self.order[at]);
        let last = self.order.iter().rposition(|&n| priority(n) == mine).unwrap_or(at);
        self.order[at..=last].rotate_left(1);
    }

    /// Takes a slot for a page that a CPU is about to swap out, held by the swap cache (`get_swap_page`).
    pub(crate) fn take(&mut self, cpu: CpuId, online_cpus: usize) -> Option<SwapSlot> {
        if self.check_ahead(online_cpus as i64) {
            let at = cpu.index();
            if self.ahead.len() <= at {
                self.ahead.resize(at + 1, Vec::new());
            }
            if self.ahead[at].is_empty() {
                self.ahead[at] = self.take_slots(SWAP_BATCH);
                self.ahead[at].reverse();
            }
            if let Some(slot) = self.ahead[at].pop() {
                return Some(slot);
            }
        }
        self.take_slots(1).pop()
    }

    /// Looks for a whole cluster, for a huge page. No area has any; the first with free slots has had its turn
    /// (`get_swap_pages`, `swap_alloc_cluster`).
    pub(crate) fn refuse_cluster(&mut self, pages: u64) {
        let has_room = |n: &u8| self.areas[usize::from(*n)].in_use < self.areas[usize::from(*n)].usable();
        if self.free >= pages as i64
            && let Some(at) = self.order.iter().position(has_room)
        {
            self.rotate(at);
        }
    }

    /// Whether CPUs take slots ahead now (`check_cache_active`). Those who may no longer give theirs back.
    fn check_ahead(&mut self, online_cpus: i64) -> bool {
        if !self.takes_ahead {
            self.takes_ahead = self.free > online_cpus * ACTIVATE_THRESHOLD;
        } else if self.free < online_cpus * DEACTIVATE_THRESHOLD {
            self.takes_ahead = false;
            self.drain();
        }
        self.takes_ahead
    }

    /// Gives back all that CPUs hold (`drain_slots_cache_cpu`).
    fn drain(&mut self) {
        for slots in core::mem::take(&mut self.ahead).into_iter().chain(core::mem::take(&mut self.returned)) {
            for slot in slots {
                self.free_slot(slot);
            }
        }
    }

    /// Makes a slot free; what remained of its page is of no use any more (`swap_entry_free`, `swap_range_free`).
    fn free_slot(&mut self, slot: SwapSlot) {
        if let Some(area) = self.areas.get_mut(slot.area()) {
            *area.count_mut(slot.offset()) = 0;
            area.give_back(slot.offset());
            let owner = area.record(slot.offset(), MemcgId::ROOT);
            self.freed.extend((owner != MemcgId::ROOT).then_some(owner));
            if let Slot::Shadow(_) = area.cache.get(slot.offset()) {
                area.cache.set(slot.offset(), Slot::Empty);
            }
            self.free += 1;
        }
    }

    /// The area of a slot that is known.
    fn area_mut(&mut self, slot: SwapSlot) -> Option<&mut SwapArea> {
        self.areas.get_mut(slot.area()).filter(|_| slot.offset() != 0)
    }

    /// A slot's last user is gone: it is free, or waits with the CPU for others (`free_swap_slot`).
    fn release(&mut self, cpu: CpuId, slot: SwapSlot) {
        if !self.takes_ahead {
            return self.free_slot(slot);
        }
        let at = cpu.index();
        if self.returned.len() <= at {
            self.returned.resize(at + 1, Vec::new());
        }
        if self.returned[at].len() >= SWAP_BATCH {
            for slot in core::mem::take(&mut self.returned[at]) {
                self.free_slot(slot);
            }
        }
        self.returned[at].push(slot);
        // Held, so that nobody else takes it.
        if let Some(area) = self.areas.get_mut(slot.area()) {
            *area.count_mut(slot.offset()) = HAS_CACHE;
        }
    }

    /// Entries that name a slot (`swap_count`).
    pub(crate) fn count(&self, slot: SwapSlot) -> u16 {
        self.areas.get(slot.area()).map_or(0, |area| area.count(slot.offset()) & !HAS_CACHE)
    }

    /// Another entry names the slot (`swap_duplicate`).
    pub(crate) fn duplicate(&mut self, slot: SwapSlot) {
        if let Some(area) = self.area_mut(slot) {
            *area.count_mut(slot.offset()) += 1;
        }
    }

    /// An entry no longer names the slot (`swap_free`).
    pub(crate) fn put(&mut self, cpu: CpuId, slot: SwapSlot) {
        let Some(area) = self.area_mut(slot) else { return };
        let count = area.count_mut(slot.offset());
        if *count & !HAS_CACHE > 0 {
            *count -= 1;
        }
        if *count == 0 {
            self.release(cpu, slot);
        }
    }

    /// The swap cache takes hold of a slot again, to read its page (`swapcache_prepare`).
    pub(crate) fn hold(&mut self, slot: SwapSlot) {
        if let Some(area) = self.area_mut(slot) {
            *area.count_mut(slot.offset()) |= HAS_CACHE;
        }
    }

    /// The swap cache lets go of a slot (`put_swap_page`).
    pub(crate) fn let_go(&mut self, cpu: CpuId, slot: SwapSlot) {
        let Some(area) = self.area_mut(slot) else { return };
        let count = area.count_mut(slot.offset());
        *count &= !HAS_CACHE;
        if *count == 0 {
            self.release(cpu, slot);
        }
    }

    /// Writes down whose page is in a slot; says whose was there before (`swap_cgroup_record`).
    pub(crate) fn record(&mut self, slot: SwapSlot, owner: MemcgId) -> MemcgId {
        self.area_mut(slot).map_or(MemcgId::ROOT, |area| area.record(slot.offset(), owner))
    }

    /// Whose page is in a slot (`lookup_swap_cgroup_id`).
    pub(crate) fn owner(&self, slot: SwapSlot) -> MemcgId {
        let area = self.areas.get(slot.area());
        area.and_then(|area| area.owners.get(slot.offset() as usize).copied()).unwrap_or_default()
    }

    /// Slots whose pages are a group's.
    pub(crate) fn owned_by(&self, memcg: MemcgId) -> u64 {
        let owners = self.areas.iter().flat_map(|area| &area.owners);
        owners.filter(|&&owner| owner == memcg).count() as u64
    }

    /// The device that a slot is on.
    pub(crate) fn device(&self, slot: SwapSlot) -> DeviceId {
        self.areas.get(slot.area()).map_or(DeviceId(0), |area| area.device)
    }

    /// Whether a slot can be read by reading ahead: it is in use and not just taken (`__swap_duplicate`).
    pub(crate) fn is_readable(&self, slot: SwapSlot) -> bool {
        let area = self.areas.get(slot.area());
        slot.offset() > 0
            && area.is_some_and(|area| slot.offset() < area.max && area.count(slot.offset()) & !HAS_CACHE > 0)
    }

    /// Slots that CPUs took ahead or have yet to give back.
    pub(crate) fn held_by_cpus(&self) -> u64 {
        self.ahead.iter().chain(&self.returned).map(|slots| slots.len() as u64).sum()
    }

    /// Slots that are not free.
    pub(crate) fn in_use(&self) -> u64 {
        self.areas.iter().map(|area| u64::from(area.in_use)).sum()
    }

    /// Every slot in use with the entries that name it and whether the swap cache holds it.
    pub(crate) fn used(&self) -> impl Iterator<Item = (SwapSlot, u16, bool)> + '_ {
        self.areas.iter().enumerate().flat_map(|(n, area)| {
            let counts = area.map.iter().enumerate().filter(|(_, count)| **count != 0);
            counts.map(move |(offset, &count)| {
                (SwapSlot((n as u32) << AREA_SHIFT | offset as u32), count & !HAS_CACHE, count & HAS_CACHE != 0)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn swap(slots: u32) -> Swap {
        let mut swap = Swap::default();
        swap.add(slots, DeviceId(0), -1);
        swap
    }

    #[test]
    fn a_cpu_takes_64_slots_ahead_while_there_are_plenty() {
        let mut swap = swap(1000);
        assert_eq!(swap.take(CpuId(1), 2), Some(SwapSlot(1)));
        assert_eq!((swap.free, swap.held_by_cpus()), (936, 63));
        assert!((0..63).all(|_| swap.take(CpuId(1), 2).is_some()));
        assert_eq!(swap.free, 936);
        assert_eq!(swap.take(CpuId(1), 2), Some(SwapSlot(65)));
        assert_eq!(swap.free, 872);
    }

    #[test]
    fn slots_taken_ahead_go_back_when_few_are_left() {
        let mut swap = swap(400);
        while swap.free >= 128 {
            assert!(swap.take(CpuId(0), 1).is_some());
        }
        while swap.take(CpuId(0), 1).is_some() {}
        assert_eq!((swap.free, swap.held_by_cpus(), swap.in_use()), (0, 0, 400));
    }

    #[test]
    fn a_slot_is_free_again_after_its_last_user() {
        let mut swap = swap(10);
        let slot = swap.take(CpuId(0), 1).expect("a free slot");
        swap.duplicate(slot);
        swap.duplicate(slot);
        swap.let_go(CpuId(0), slot);
        assert_eq!((swap.count(slot), swap.free), (2, 9));
        swap.put(CpuId(0), slot);
        swap.hold(slot);
        swap.put(CpuId(0), slot);
        assert_eq!((swap.count(slot), swap.free), (0, 9));
        swap.let_go(CpuId(0), slot);
        assert_eq!((swap.free, swap.in_use()), (10, 0));
    }

    #[test]
    fn areas_fill_by_priority_and_take_turns_within_one() {
        let mut swap = Swap::default();
        swap.add(2, DeviceId(0), -2);
        swap.add(3, DeviceId(0), 5);
        swap.add(3, DeviceId(0), 5);
        let order: Vec<usize> = core::iter::from_fn(|| swap.take(CpuId(0), 1)).map(SwapSlot::area).collect();
        assert_eq!(order, [1, 2, 1, 2, 1, 2, 0, 0]);
    }

    #[test]
    fn an_area_without_a_cluster_for_a_huge_page_has_had_its_turn() {
        let mut swap = Swap::default();
        swap.add(600, DeviceId(0), 5);
        swap.add(600, DeviceId(0), 5);
        swap.refuse_cluster(512);
        assert_eq!(swap.take_slots(1)[0].area(), 1);
        swap.refuse_cluster(512 * 3);
        assert_eq!(swap.take_slots(1)[0].area(), 0);
    }

    #[test]
    fn swap_counts_as_full_when_half_is_used() {
        let mut swap = swap(10);
        for _ in 0..5 {
            swap.take(CpuId(0), 1);
        }
        assert!(!swap.is_full());
        swap.take(CpuId(0), 1);
        assert!(swap.is_full());
    }
}
