//! Writing a dirty page so that it can be freed (`pageout`, mm/vmscan.c).

use crate::event::{Event, ReclaimEvent, Sink, emit};
use crate::machine::Machine;
use crate::page::life::{Life, LifeFlags};
use crate::pfn::{CpuId, Frame, NodeId};
use crate::vmstat::{NodeItem, VmEvent, ZoneItem};

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
    #[expect(dead_code, reason = "nobody cleans a page while reclaim looks at it")]
    Clean,
}

impl<S: Sink> Machine<S> {
    /// Writes a page to swap or to its file (`pageout`).
    pub(super) fn pageout(&mut self, cpu: CpuId, node: NodeId, page: Frame) -> Pageout {
        let life = *self.mem.life(page);
        if life.flags.contains(LifeFlags::PINNED) || self.write_congested(&life) {
            return Pageout::Keep;
        }
        let in_swap = life.flags.contains(LifeFlags::SWAPCACHE);
        let shared_memory = !in_swap && !life.is_file_lru();
        if shared_memory && !self.shmem_to_swap(cpu, node, page) {
            self.mem.life_mut(page).flags -= LifeFlags::RECLAIM;
            return Pageout::Activate;
        }
        self.clear_page_dirty(cpu, node, page);
        self.mem.life_mut(page).flags |= LifeFlags::RECLAIM;
        if in_swap || shared_memory {
            self.global.events.add(VmEvent::PswpOut, life.nr_pages());
        }
        self.set_page_writeback(cpu, node, page);
        self.submit_page(cpu, node, page);
        let life = self.mem.life_mut(page);
        if !life.flags.contains(LifeFlags::WRITEBACK) {
            life.flags -= LifeFlags::RECLAIM;
        }
        emit!(self, Event::Reclaim(ReclaimEvent::Pageout { pfn: self.mem.pfn(page) }));
        self.nodes[node.index()].stat.add(NodeItem::VmscanWrite, 1);
        Pageout::Success
    }

    /// Whether the device a page would be written to has too much to write (`inode_write_congested`).
    pub(super) fn write_congested(&self, life: &Life) -> bool {
        let _ = life;
        false
    }

    /// Forgets that a page is dirty, for it is about to be written (`clear_page_dirty_for_io`).
    fn clear_page_dirty(&mut self, cpu: CpuId, node: NodeId, page: Frame) {
        let life = self.mem.life_mut(page);
        life.flags -= LifeFlags::DIRTY;
        if life.is_file_lru() {
            let memcg = life.memcg;
            self.mod_lruvec_state(cpu, memcg, node, NodeItem::Dirty, -1);
            self.mod_write_pending(cpu, page, -1);
        }
    }

    /// Marks a page as being written (`set_page_writeback`).
    fn set_page_writeback(&mut self, cpu: CpuId, node: NodeId, page: Frame) {
        let life = self.mem.life_mut(page);
        life.flags |= LifeFlags::WRITEBACK;
        let memcg = life.memcg;
        self.mod_lruvec_state(cpu, memcg, node, NodeItem::Writeback, 1);
        self.mod_write_pending(cpu, page, 1);
    }

    /// Hands a page to its device, which writes it at once.
    fn submit_page(&mut self, cpu: CpuId, node: NodeId, page: Frame) {
        self.end_page_writeback(cpu, node, page);
    }

    /// A page has been written (`end_page_writeback`).
    pub(crate) fn end_page_writeback(&mut self, cpu: CpuId, node: NodeId, page: Frame) {
        let life = self.mem.life_mut(page);
        life.flags -= LifeFlags::WRITEBACK | LifeFlags::RECLAIM;
        let memcg = life.memcg;
        self.mod_lruvec_state(cpu, memcg, node, NodeItem::Writeback, -1);
        self.mod_write_pending(cpu, page, -1);
        self.nodes[node.index()].stat.add(NodeItem::Written, 1);
    }

    fn mod_write_pending(&mut self, cpu: CpuId, page: Frame, pages: i64) {
        if let Some(zone) = self.mem.zone_of(page) {
            self.lock(zone, cpu).mod_state(ZoneItem::WritePending, pages);
        }
    }
}
