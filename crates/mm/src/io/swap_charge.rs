//! Slots of swap on the accounts of memory cgroups (`get_swap_page`, `mem_cgroup_swapout`, mm/memcontrol.c).

use super::swap::SwapSlot;
use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::pfn::{CpuId, Frame};

impl<S: Sink> Machine<S> {
    /// Takes a slot for a page and charges it to the page's group; none if the group may have no more (`get_swap_page`).
    pub(crate) fn get_swap_page(&mut self, cpu: CpuId, frame: Frame) -> Option<SwapSlot> {
        let slot = self.swap.take(cpu, self.cpus.len());
        self.uncharge_freed_slots();
        let memcg = self.mem.life(frame).memcg;
        let owner = if slot.is_some() { self.memcgs.swap_owner_of(memcg) } else { memcg };
        if !self.memcgs.try_charge_swap(owner, 1, slot.is_some()) {
            self.let_go_of_slot(cpu, slot?);
            return None;
        }
        if self.memcgs.counts_swap_apart() {
            self.swap.record(slot?, owner);
        }
        slot
    }

    /// The page of a slot leaves memory: from now on the slot is on the account of memory and swap together, where there
    /// is such an account (`mem_cgroup_swapout`).
    pub(crate) fn mem_cgroup_swapout(&mut self, cpu: CpuId, frame: Frame) {
        let life = *self.mem.life(frame);
        if !self.memcgs.swapout(life.memcg, 1) {
            return;
        }
        let owner = self.memcgs.swap_owner_of(life.memcg);
        self.memcgs.move_swap(life.memcg, owner, 1);
        self.swap.record(SwapSlot(life.private), owner);
        self.mem.life_mut(frame).memcg = MemcgId::ROOT;
        if let Some(zone) = self.mem.zone_of(frame) {
            self.memcgs.count_page_events(cpu, life.memcg, zone.node(), 1);
        }
    }

    /// The group that a page read from a slot is charged to: the one whose page it was, if users still know that
    /// (`mem_cgroup_charge`).
    pub(crate) fn owner_of_slot(&self, slot: SwapSlot) -> Option<MemcgId> {
        Some(self.swap.owner(slot)).filter(|&owner| self.mem_cgroup_online(owner))
    }

    /// A page has come back from a slot and is charged: where memory and swap are one account, the slot leaves it (end of
    /// `mem_cgroup_charge`).
    pub(crate) fn uncharge_slot_of_charged_page(&mut self, slot: SwapSlot) {
        if self.memcgs.counts_swap_with_memory() {
            let owner = self.swap.record(slot, MemcgId::ROOT);
            self.memcgs.uncharge_swap(owner, 1);
        }
    }

    /// An entry no longer names a slot (`swap_free`).
    pub(crate) fn put_slot(&mut self, cpu: CpuId, slot: SwapSlot) {
        self.swap.put(cpu, slot);
        self.uncharge_freed_slots();
    }

    /// The swap cache lets go of a slot (`put_swap_page`).
    pub(crate) fn let_go_of_slot(&mut self, cpu: CpuId, slot: SwapSlot) {
        self.swap.let_go(cpu, slot);
        self.uncharge_freed_slots();
    }

    /// Takes slots that have become free off their groups' accounts. A slot that waits with its CPU to be given back is
    /// still charged (`swap_entry_free`).
    #[inline]
    fn uncharge_freed_slots(&mut self) {
        while let Some(owner) = self.swap.freed.pop() {
            self.memcgs.uncharge_swap(owner, 1);
        }
    }
}
