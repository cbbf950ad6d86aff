//! Pages that are in memory and have a slot of swap (mm/swap_state.c, mm/swapfile.c).

use super::cache::Slot;
use super::device::DeviceSpec;
use super::file::DeviceId;
use super::swap::{Swap, SwapCacheStats, SwapSlot};
use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::LifeFlags;
use crate::part::lives;
use crate::pfn::{CpuId, Frame};
use crate::vmstat::NodeItem;

impl<S: Sink> Machine<S> {
    /// Adds a device.
    pub fn add_device(&mut self, spec: DeviceSpec) -> DeviceId {
        self.user.devices.add(spec)
    }

    /// Adds swap space of so many pages on a device (`swapon`). Space of higher priority is used first.
    pub fn swapon(&mut self, pages: u32, device: DeviceId, priority: i16) {
        self.swap.add(pages, device, priority);
    }

    /// Pages of swap space: all, and those that are free.
    #[must_use]
    pub fn swap_pages(&self) -> (u64, i64) {
        (self.swap.total, self.swap.free)
    }

    /// Sets swap space to a known state; `ahead` are the slots that a CPU took ahead of need.
    pub fn restore_swap(&mut self, total: u64, free: u64, cpu: CpuId, ahead: u8) {
        let pages = |pages: u64| u32::try_from(pages).unwrap_or(u32::MAX);
        self.swap = lives(Swap::with_unknown_users(pages(total), pages(free), cpu, self.cpus.len(), ahead));
    }

    /// What the swap cache did so far.
    #[must_use]
    pub fn swap_cache_stats(&self) -> SwapCacheStats {
        self.swap.stats
    }

    /// Every device, the one that answers at once first.
    pub fn devices(&self) -> impl Iterator<Item = DeviceId> + '_ {
        self.user.devices.iter().map(|(id, _)| id)
    }

    /// Pages in the swap cache (`total_swapcache_pages`).
    #[must_use]
    pub fn swap_cache_pages(&self) -> u64 {
        self.swap.areas.iter().map(|area| area.cache.pages()).sum()
    }

    /// What the swap cache has for a slot.
    pub(crate) fn swap_cache_slot(&self, slot: SwapSlot) -> Slot {
        self.swap.areas.get(slot.area()).map_or(Slot::Empty, |area| area.cache.get(slot.offset()))
    }

    fn set_swap_cache_slot(&mut self, slot: SwapSlot, new: Slot) -> Slot {
        // Slot 0 is that of a page of which only is known that it is in the swap cache.
        let area = self.swap.areas.get_mut(slot.area()).filter(|_| slot.offset() != 0);
        area.map_or(Slot::Empty, |area| area.cache.set(slot.offset(), new).0)
    }

    /// The page of a slot, if it is in memory (`lookup_swap_cache`).
    pub(crate) fn lookup_swap_cache(&mut self, slot: SwapSlot) -> Option<Frame> {
        let found = if let Slot::Page(frame) = self.swap_cache_slot(slot) { Some(frame) } else { None };
        self.swap.stats.find_total += 1;
        self.swap.stats.find_success += u64::from(found.is_some());
        found
    }

    /// Puts a page with a slot into the swap cache; returns what was there (`add_to_swap_cache`).
    pub(crate) fn add_to_swap_cache(&mut self, cpu: CpuId, frame: Frame, slot: SwapSlot) -> Slot {
        let old = self.set_swap_cache_slot(slot, Slot::Page(frame));
        let life = self.mem.life_mut(frame);
        life.flags |= LifeFlags::SWAPCACHE;
        life.private = slot.0;
        let pages = life.nr_pages();
        self.mod_page_state(cpu, frame, NodeItem::FilePages, pages as i64);
        self.swap.stats.add += pages;
        old
    }

    /// Takes a page out of the swap cache and leaves something in its place; the slot is still held
    /// (`__delete_from_swap_cache`).
    pub(crate) fn remove_from_swap_cache(&mut self, cpu: CpuId, frame: Frame, left: Slot) -> SwapSlot {
        let life = self.mem.life_mut(frame);
        let slot = SwapSlot(core::mem::take(&mut life.private));
        life.flags -= LifeFlags::SWAPCACHE;
        let pages = life.nr_pages();
        self.set_swap_cache_slot(slot, left);
        self.mod_page_state(cpu, frame, NodeItem::FilePages, -(pages as i64));
        self.swap.stats.delete += pages;
        slot
    }

    /// Another page takes the place of one in the swap cache.
    pub(crate) fn move_in_swap_cache(&mut self, slot: SwapSlot, new: Frame) {
        self.set_swap_cache_slot(slot, Slot::Page(new));
    }

    /// Takes a page out of the swap cache and lets go of its slot (`delete_from_swap_cache`).
    pub(crate) fn delete_from_swap_cache(&mut self, cpu: CpuId, frame: Frame) {
        let slot = self.remove_from_swap_cache(cpu, frame, Slot::Empty);
        self.let_go_of_slot(cpu, slot);
    }

    /// Gives an anonymous page a slot and a place in the swap cache; it becomes dirty, as it has to be written
    /// (`add_to_swap`). Says whether there was a slot.
    pub(crate) fn give_swap_slot(&mut self, cpu: CpuId, frame: Frame) -> bool {
        let Some(slot) = self.get_swap_page(cpu, frame) else { return false };
        self.add_to_swap_cache(cpu, frame, slot);
        self.set_page_dirty(cpu, frame);
        true
    }

    /// Moves a page of shared memory from its file's cache to the swap cache, the file keeps the slot
    /// (the first half of `shmem_writepage`). Says whether there was a slot.
    pub(crate) fn give_shmem_swap_slot(&mut self, cpu: CpuId, frame: Frame) -> bool {
        let Some(slot) = self.get_swap_page(cpu, frame) else { return false };
        self.add_to_swap_cache(cpu, frame, slot);
        self.swap.duplicate(slot);
        self.delete_from_page_cache(cpu, frame, Slot::Swap(slot.0));
        true
    }

    /// Whether so much of swap is used that the slot of a page in memory is worth getting back.
    pub(crate) fn is_swap_full_for(&self, frame: Frame) -> bool {
        self.mem.life(frame).flags.contains(LifeFlags::SWAPCACHE) && self.mem_cgroup_swap_full(frame)
    }

    /// Gives the slot of a page back if nothing but the swap cache needs it; says whether it did
    /// (`try_to_free_swap`).
    pub(crate) fn free_unneeded_swap(&mut self, cpu: CpuId, frame: Frame) -> bool {
        let life = *self.mem.life(frame);
        if !life.flags.contains(LifeFlags::SWAPCACHE)
            || life.private == 0
            || life.flags.contains(LifeFlags::WRITEBACK)
            || self.swap.count(SwapSlot(life.private)) > 0
        {
            return false;
        }
        self.delete_from_swap_cache(cpu, frame);
        self.set_page_dirty(cpu, frame);
        true
    }

    /// Whether a page that is about to be written is this process's alone; its slot is given back at once then
    /// (`reuse_swap_page`).
    pub(crate) fn reuse_swap_page(&mut self, cpu: CpuId, frame: Frame) -> bool {
        let life = *self.mem.life(frame);
        let in_swap = life.flags.contains(LifeFlags::SWAPCACHE);
        let named = if in_swap { self.swap.count(SwapSlot(life.private)) } else { 0 };
        let alone = life.mapcount + u32::from(named) <= 1;
        if alone && in_swap && !life.flags.contains(LifeFlags::WRITEBACK) {
            // Its count falls with the entry that is being replaced.
            self.delete_from_swap_cache(cpu, frame);
            self.mem.life_mut(frame).flags |= LifeFlags::DIRTY;
        }
        alone
    }

    /// An entry that names a slot is dropped; a page in the swap cache that only it needed goes, too
    /// (`free_swap_and_cache`).
    pub(crate) fn free_swap_and_cache(&mut self, cpu: CpuId, slot: SwapSlot) {
        self.put_slot(cpu, slot);
        if self.swap.count(slot) > 0 {
            return;
        }
        let Slot::Page(frame) = self.swap_cache_slot(slot) else {
            self.drop_shadow(slot);
            return;
        };
        if !self.mem.life(frame).is_mapped() || self.is_swap_full_for(frame) {
            self.free_unneeded_swap(cpu, frame);
        }
        self.put_page(cpu, frame);
    }

    /// Forgets what remained of the page of a slot that nobody needs any more (`clear_shadow_from_swap_cache`).
    pub(crate) fn drop_shadow(&mut self, slot: SwapSlot) {
        let Slot::Shadow(_) = self.swap_cache_slot(slot) else { return };
        if let Some(area) = self.swap.areas.get_mut(slot.area()) {
            area.cache.set(slot.offset(), Slot::Empty);
        }
    }
}
