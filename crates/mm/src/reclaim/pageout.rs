//! Writing a dirty page so that it can be freed (`pageout`, mm/vmscan.c).

use crate::event::{Event, ReclaimEvent, Sink, emit};
use crate::machine::Machine;
use crate::page::life::LifeFlags;
use crate::pfn::{Frame, NodeId};
use crate::task::Task;
use crate::vmstat::NodeItem;

/// What came of it (`pageout_t`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pageout {
    /// It cannot be written now.
    Keep,
    /// It cannot be written for a while.
    Activate,
    /// It is on its way, or already there.
    Success,
    /// It was not dirty after all.
    Clean,
}

impl<S: Sink> Machine<S> {
    /// Writes a page to swap or to its file (`pageout`).
    pub(super) fn pageout(&mut self, task: &Task, node: NodeId, page: Frame) -> Pageout {
        let cpu = task.cpu;
        let life = *self.mem.life(page);
        if life.flags.intersects(LifeFlags::PINNED | LifeFlags::BATCHED) || self.write_congested(page) {
            return Pageout::Keep;
        }
        if !self.clear_page_dirty_for_io(cpu, page) {
            return Pageout::Clean;
        }
        self.mem.life_mut(page).flags |= LifeFlags::RECLAIM;
        let in_swap = life.flags.contains(LifeFlags::SWAPCACHE);
        if in_swap {
            self.write_swap_page(cpu, page);
        } else if life.is_file_lru() {
            let device = self.writeback_device(page).map(|(_, device)| device).unwrap_or_default();
            self.write_file_page(cpu, page, device);
        } else if self.swap.total == 0
            || !self.make_room_in_swap_cache(task, page)
            || !self.give_shmem_swap_slot(cpu, page)
        {
            self.set_page_dirty(cpu, page);
            self.mem.life_mut(page).flags -= LifeFlags::RECLAIM;
            return Pageout::Activate;
        } else {
            self.write_swap_page(cpu, page);
        }
        let life = self.mem.life_mut(page);
        if !life.flags.contains(LifeFlags::WRITEBACK) {
            life.flags -= LifeFlags::RECLAIM;
        }
        emit!(self, Event::Reclaim(ReclaimEvent::Pageout { pfn: self.mem.pfn(page) }));
        self.nodes[node.index()].stat.modify(cpu, NodeItem::VmscanWrite, 1);
        Pageout::Success
    }

    /// Whether the device a page would be written to has too much to write (`inode_write_congested`).
    pub(super) fn write_congested(&self, page: Frame) -> bool {
        self.writeback_device(page).is_some_and(|(_, device)| self.user.devices.get(device).is_congested())
    }
}
