//! Memory that is in swap (`do_swap_page`, `shmem_swapin_page`, `swap_cluster_readahead`).

use super::anon::AnonPlace;
use super::{Next, PageFault, Site, Work};
use crate::event::Sink;
use crate::gfp::Gfp;
use crate::io::cache::Slot;
use crate::io::swap::SwapSlot;
use crate::machine::Machine;
use crate::page::life::{LifeFlags, MemcgId};
use crate::pfn::{CpuId, Frame};
use crate::task::Task;
use crate::task::mm::{FileId, RssKind, VmFlags};
use crate::task::page_table::Pte;
use crate::user::new_page::{NewPage, Use};
use crate::vmstat::VmEvent;
use crate::wait::{Step, Wait};

/// A page on its way from swap, with those around it.
#[derive(Clone, Debug)]
pub(crate) struct SwapFill {
    pub(crate) slot: SwapSlot,
    purpose: Use,
    /// Slots that are still to be read, the next last.
    ahead: Vec<SwapSlot>,
    begun: bool,
    request: Option<(SwapSlot, NewPage)>,
    /// Whether the page was not in memory.
    pub(crate) major: bool,
    /// The page, once it has been seen.
    bypass: Option<Frame>,
}

impl SwapFill {
    fn new(slot: SwapSlot, purpose: Use) -> SwapFill {
        let (ahead, request, bypass) = (Vec::new(), None, None);
        SwapFill { slot, purpose, ahead, begun: false, request, major: false, bypass }
    }

    /// A page of shared memory, which nobody's mapping says where to put (`shmem_swapin`).
    pub(crate) fn of_shmem(slot: SwapSlot) -> SwapFill {
        SwapFill::new(slot, Use::File)
    }

    /// Whether no page is on its way from the allocator.
    pub(crate) fn is_idle(&self) -> bool {
        self.request.is_none()
    }

    /// Goes on; done with the page, read and not locked, or without if there is no memory or nobody needs the slot any
    /// more.
    pub(crate) fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<Option<Frame>> {
        loop {
            if let Some((slot, request)) = &mut self.request {
                let slot = *slot;
                match request.resume(machine, task) {
                    Step::Wait(wait) => return Step::Wait(wait),
                    Step::Done(frame) => {
                        self.request = None;
                        if let Some(frame) = frame {
                            self.take(machine, task, slot, frame);
                        } else if slot == self.slot && self.ahead.is_empty() {
                            return Step::Done(None);
                        }
                    }
                }
            }
            match self.look(machine, task) {
                Ok(step) => return step,
                Err(slot) => {
                    let page = NewPage::new(Gfp::GFP_HIGHUSER_MOVABLE, self.purpose);
                    // A page for the swap cache is nobody's if the slot is not.
                    let nobody = (!self.bypasses_swap_cache(machine, slot)).then_some(MemcgId::ROOT);
                    let owner = machine.owner_of_slot(slot).or(nobody);
                    self.request = Some((slot, page.charged_to(owner)));
                }
            }
        }
    }

    /// Whether it is there; `Err` is the slot to read next.
    fn look<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task) -> Result<Step<Option<Frame>>, SwapSlot> {
        if let Some(frame) = self.bypass {
            return Ok(self.wait_for(machine, frame));
        }
        if !core::mem::replace(&mut self.begun, true) {
            if let Some(frame) = machine.lookup_swap_cache(self.slot) {
                machine.note_swap_ahead_hit(frame);
                return Ok(self.wait_for(machine, frame));
            }
            self.major = true;
            if !self.bypasses_swap_cache(machine, self.slot) {
                self.ahead = machine.slots_around(self.slot);
            }
        }
        while let Some(slot) = self.ahead.pop() {
            let here = matches!(machine.swap_cache_slot(slot), Slot::Page(_));
            if !here && machine.swap.is_readable(slot) {
                return Err(slot);
            }
        }
        match machine.swap_cache_slot(self.slot) {
            Slot::Page(frame) => {
                if self.major {
                    machine.lru_add_drain(task.cpu);
                }
                Ok(self.wait_for(machine, frame))
            }
            _ if !machine.swap.is_readable(self.slot) => Ok(Step::Done(None)),
            _ => Err(self.slot),
        }
    }

    fn wait_for<S: Sink>(&self, machine: &Machine<S>, frame: Frame) -> Step<Option<Frame>> {
        if machine.is_locked(frame) { Step::Wait(Wait::PageIo(frame)) } else { Step::Done(Some(frame)) }
    }

    /// Whether a slot is read past the swap cache: one of a process on a device that answers at once (`do_swap_page`).
    fn bypasses_swap_cache<S: Sink>(&self, machine: &Machine<S>, slot: SwapSlot) -> bool {
        matches!(self.purpose, Use::Mapping(_)) && machine.is_synchronous_and_alone(slot)
    }

    /// Reads a slot into a new page. A slot on a device that answers at once and that nobody else needs is read past the
    /// swap cache.
    fn take<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task, slot: SwapSlot, frame: Frame) {
        if matches!(machine.swap_cache_slot(slot), Slot::Page(_)) || !machine.swap.is_readable(slot) {
            return machine.discard(task, Some(frame));
        }
        if self.bypasses_swap_cache(machine, slot) {
            machine.swap_in_past_cache(task.cpu, frame, slot);
            self.bypass = Some(frame);
            return;
        }
        machine.swap_in_page(task.cpu, frame, slot);
        if slot != self.slot {
            machine.mem.life_mut(frame).flags |= LifeFlags::RECLAIM;
            machine.global.events.add(VmEvent::SwapRa, 1);
        }
    }
}

impl PageFault {
    pub(super) fn do_swap_page<S: Sink>(&mut self, machine: &Machine<S>, site: &Site, slot: u32) -> Next {
        let fault = site.fault(machine);
        self.begin(Work::Swap(SwapFill::new(SwapSlot(slot), Use::Mapping(fault))))
    }

    /// Maps a page that was in swap, if the entry still names its slot.
    pub(super) fn map_swap_page<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task, frame: Frame) {
        let cpu = task.cpu;
        let Some(site) = self.site(machine) else { return machine.put_held(cpu, &[frame]) };
        let life = *machine.mem.life(frame);
        let cached = life.flags.contains(LifeFlags::SWAPCACHE);
        let Some(slot) = site.pte.slot().map(SwapSlot).filter(|slot| !cached || slot.0 == life.private) else {
            return machine.put_held(cpu, &[frame]);
        };
        machine.add_rss(site.place.mm, RssKind::Anon, 1);
        machine.add_swapents(site.place.mm, -1);
        let mut pte = Pte::page(frame);
        if self.write && machine.reuse_swap_page(cpu, frame) {
            pte = if site.flags.contains(VmFlags::WRITE) { pte.written() } else { pte.dirty() };
        }
        let AnonPlace { family, index, flags } = machine.anon_vma_prepare(site.place);
        machine.page_add_anon_rmap(cpu, frame, family, index);
        machine.set_pte(site.place, pte);
        machine.put_slot(cpu, slot);
        let locked = flags.contains(VmFlags::LOCKED);
        if machine.is_swap_full_for(frame) || locked || life.flags.contains(LifeFlags::MLOCKED) {
            machine.free_unneeded_swap(cpu, frame);
        }
        if life.flags.contains(LifeFlags::GATHERED) {
            machine.put_held(cpu, &[frame]);
        }
    }
}

impl<S: Sink> Machine<S> {
    /// A page that was read ahead is used (`lookup_swap_cache`).
    fn note_swap_ahead_hit(&mut self, frame: Frame) {
        let life = self.mem.life_mut(frame);
        if life.flags.contains(LifeFlags::RECLAIM) && !life.flags.contains(LifeFlags::WRITEBACK) {
            life.flags -= LifeFlags::RECLAIM;
            self.global.events.add(VmEvent::SwapRaHit, 1);
            self.swap.around.hits += 1;
        }
    }

    /// The slots that are read along with one, the first last; none where only the one is read.
    fn slots_around(&mut self, slot: SwapSlot) -> Vec<SwapSlot> {
        let window = self.swap.around.window(slot.offset(), self.sysctl.page_cluster);
        let mask = window - 1;
        if mask == 0 {
            return Vec::new();
        }
        (slot.0 & !mask..=slot.0 | mask).rev().map(SwapSlot).collect()
    }

    /// Whether a slot is on a device that answers at once and one entry names it (`SWP_SYNCHRONOUS_IO` and `__swap_count`
    /// of 1).
    fn is_synchronous_and_alone(&self, slot: SwapSlot) -> bool {
        let device = self.swap.device(slot);
        self.user.devices.get(device).is_synchronous() && self.swap.count(slot) == 1
    }

    /// Begins to read a slot into a new page in the swap cache (`__read_swap_cache_async`).
    fn swap_in_page(&mut self, cpu: CpuId, frame: Frame, slot: SwapSlot) {
        self.swap.hold(slot);
        self.mem.life_mut(frame).flags |= LifeFlags::SWAPBACKED;
        let old = self.add_to_swap_cache(cpu, frame, slot);
        self.uncharge_slot_of_charged_page(slot);
        if let Slot::Shadow(shadow) = old {
            self.refault(cpu, frame, shadow);
        }
        self.mem.life_mut(frame).flags |= LifeFlags::WORKINGSET;
        self.lru_cache_add(cpu, frame);
        self.global.events.add(VmEvent::PswpIn, 1);
        self.read_page(cpu, frame, self.swap.device(slot));
    }

    /// Reads a slot into a new page that never is in the swap cache. It is held until it is mapped.
    fn swap_in_past_cache(&mut self, cpu: CpuId, frame: Frame, slot: SwapSlot) {
        self.hold(frame);
        self.mem.life_mut(frame).flags |= LifeFlags::SWAPBACKED;
        self.uncharge_slot_of_charged_page(slot);
        if let Slot::Shadow(shadow) = self.swap_cache_slot(slot) {
            self.refault(cpu, frame, shadow);
            self.drop_shadow(slot);
        }
        self.lru_cache_add(cpu, frame);
        self.global.events.add(VmEvent::PswpIn, 1);
    }

    /// Whether a file still has its page in a slot, and the swap cache that page in memory (`shmem_confirm_swap`).
    pub(crate) fn is_shmem_in_swap(&self, file: FileId, index: u32, frame: Frame, slot: SwapSlot) -> bool {
        let mapping = self.user.file(file).map(|file| file.mapping);
        mapping.is_some_and(|mapping| self.cache_slot(mapping, index) == Slot::Swap(slot.0))
            && self.swap_cache_slot(slot) == Slot::Page(frame)
    }

    /// Moves a page of shared memory from the swap cache to its file's cache (`shmem_swapin_page`).
    pub(crate) fn shmem_swapin(&mut self, cpu: CpuId, frame: Frame, file: FileId, index: u32, slot: SwapSlot) {
        self.add_to_page_cache(cpu, frame, file, index);
        self.delete_from_swap_cache(cpu, frame);
        self.set_page_dirty(cpu, frame);
        self.put_slot(cpu, slot);
    }
}
