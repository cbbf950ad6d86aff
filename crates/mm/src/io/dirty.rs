//! Which pages differ from what is stored, and which are being stored (mm/page-writeback.c).

use super::file::DeviceId;
use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::{Life, LifeFlags};
use crate::pfn::{CpuId, Frame};
use crate::task::mm::FileId;
use crate::vmstat::{NodeItem, ZoneItem};

impl Life {
    /// Whether the page is one of a file that can be written back (`mapping_can_writeback`).
    pub(crate) fn counts_as_dirty(&self) -> bool {
        !self.flags.intersects(LifeFlags::ANON | LifeFlags::SWAPBACKED | LifeFlags::SWAPCACHE)
    }
}

impl<S: Sink> Machine<S> {
    /// The device whose dirty pages a page counts as; none for anonymous and shared memory
    /// (`mapping_can_writeback`).
    pub(crate) fn writeback_device(&self, frame: Frame) -> Option<(FileId, DeviceId)> {
        let file = self.file_of(frame)?;
        Some((file, self.user.file(file)?.device()?))
    }

    /// The page differs from what is stored; says whether that is news (`set_page_dirty`).
    pub(crate) fn set_page_dirty(&mut self, cpu: CpuId, frame: Frame) -> bool {
        let life = self.mem.life_mut(frame);
        if !life.flags.contains(LifeFlags::ANON) || life.flags.contains(LifeFlags::SWAPCACHE) {
            life.flags -= LifeFlags::RECLAIM;
        }
        if life.flags.contains(LifeFlags::DIRTY) {
            return false;
        }
        life.flags |= LifeFlags::DIRTY;
        if !life.counts_as_dirty() {
            return true;
        }
        self.mod_page_state(cpu, frame, NodeItem::Dirty, 1);
        self.mod_zone_state(cpu, frame, ZoneItem::WritePending, 1);
        self.mod_page_state(cpu, frame, NodeItem::Dirtied, 1);
        if let Some((file, device)) = self.writeback_device(frame) {
            self.mark_file_dirty(file, device);
        }
        true
    }

    /// The file waits to be written, behind those that became dirty before it (`__mark_inode_dirty`).
    pub(crate) fn mark_file_dirty(&mut self, file: FileId, device: DeviceId) {
        let now = self.jiffies;
        let Some(found) = self.user.file_mut(file) else { return };
        if found.dirtied_when == 0 {
            found.dirtied_when = now;
            self.user.devices.get_mut(device).writeback.dirty.push(file);
        }
    }

    /// A page that is dropped need not be stored (`__cancel_dirty_page`).
    pub(crate) fn cancel_dirty_page(&mut self, cpu: CpuId, frame: Frame) {
        if self.mem.life(frame).flags.contains(LifeFlags::DIRTY) {
            self.count_cleaned(cpu, frame);
        }
    }

    /// The page is about to be stored: later changes are noticed anew. Says whether it was dirty
    /// (`clear_page_dirty_for_io`).
    pub(crate) fn clear_page_dirty_for_io(&mut self, cpu: CpuId, frame: Frame) -> bool {
        if self.writeback_device(frame).is_some() && self.page_mkclean(frame) {
            self.set_page_dirty(cpu, frame);
        }
        let dirty = self.mem.life(frame).flags.contains(LifeFlags::DIRTY);
        if dirty {
            self.count_cleaned(cpu, frame);
        }
        dirty
    }

    fn count_cleaned(&mut self, cpu: CpuId, frame: Frame) {
        let life = self.mem.life_mut(frame);
        life.flags -= LifeFlags::DIRTY;
        if !life.counts_as_dirty() {
            return;
        }
        self.mod_page_state(cpu, frame, NodeItem::Dirty, -1);
        self.mod_zone_state(cpu, frame, ZoneItem::WritePending, -1);
    }

    /// Storing the page begins (`set_page_writeback`).
    pub(crate) fn set_page_writeback(&mut self, cpu: CpuId, frame: Frame) {
        self.mem.life_mut(frame).flags |= LifeFlags::WRITEBACK;
        self.mod_page_state(cpu, frame, NodeItem::Writeback, 1);
        self.mod_zone_state(cpu, frame, ZoneItem::WritePending, 1);
    }

    /// The page is stored. One that reclaim waits for moves to the end of its list where reclaim takes pages
    /// (`end_page_writeback`).
    pub(crate) fn end_page_writeback(&mut self, cpu: CpuId, frame: Frame) {
        if self.mem.life(frame).flags.contains(LifeFlags::RECLAIM) {
            self.mem.life_mut(frame).flags -= LifeFlags::RECLAIM;
            self.rotate_reclaimable_page(cpu, frame);
        }
        self.mem.life_mut(frame).flags -= LifeFlags::WRITEBACK;
        self.mod_page_state(cpu, frame, NodeItem::Writeback, -1);
        self.mod_zone_state(cpu, frame, ZoneItem::WritePending, -1);
        self.mod_page_state(cpu, frame, NodeItem::Written, 1);
    }
}
