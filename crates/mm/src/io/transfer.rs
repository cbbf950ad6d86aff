//! Pages on their way to and from devices (mm/page_io.c, fs/mpage.c).

use super::device::{Request, Transfer};
use super::file::DeviceId;
use super::swap::SwapSlot;
use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::LifeFlags;
use crate::pfn::{CpuId, Frame};
use crate::vmstat::VmEvent;

/// `PGPGIN` and `PGPGOUT` count sectors of 512 bytes; /proc/vmstat prints half of that.
const SECTORS: u64 = 8;

impl<S: Sink> Machine<S> {
    /// Reads a page; it is locked until it is there (`readpage`, `swap_readpage`).
    pub(crate) fn read_page(&mut self, cpu: CpuId, frame: Frame, device: DeviceId) {
        self.mem.life_mut(frame).flags |= LifeFlags::LOCKED;
        if !self.user.devices.get(device).is_synchronous() {
            self.global.events.add(VmEvent::PgPgIn, SECTORS);
        }
        self.submit(cpu, frame, device, Transfer::Read);
    }

    /// Writes a page of a file; it is under writeback until it is stored.
    pub(crate) fn write_file_page(&mut self, cpu: CpuId, frame: Frame, device: DeviceId) {
        self.set_page_writeback(cpu, frame);
        if !self.user.devices.get(device).is_synchronous() {
            self.global.events.add(VmEvent::PgPgOut, SECTORS);
        }
        self.submit(cpu, frame, device, Transfer::Write);
    }

    /// Writes a page of the swap cache to its slot. If nobody needs the slot any more it is given back instead
    /// (`swap_writepage`).
    pub(crate) fn write_swap_page(&mut self, cpu: CpuId, frame: Frame) {
        if self.free_unneeded_swap(cpu, frame) {
            return;
        }
        let slot = SwapSlot(self.mem.life(frame).private);
        let pages = self.mem.life(frame).nr_pages();
        self.global.events.add(VmEvent::PswpOut, pages);
        self.set_page_writeback(cpu, frame);
        let device = self.swap.device(slot);
        if !self.user.devices.get(device).is_synchronous() {
            // A device that answers at once is handed the page itself (`bdev_write_page`).
            self.global.events.add(VmEvent::PgPgOut, SECTORS * pages);
        }
        self.submit(cpu, frame, device, Transfer::Write);
    }

    fn submit(&mut self, cpu: CpuId, page: Frame, device: DeviceId, transfer: Transfer) {
        let now = self.jiffies;
        if self.user.devices.submit(device, page, transfer, cpu, now) {
            self.end_transfer(Request { page, transfer, cpu, due: now, number: 0 });
        }
    }

    fn end_transfer(&mut self, Request { page, transfer, cpu, .. }: Request) {
        match transfer {
            Transfer::Read => self.mem.life_mut(page).flags -= LifeFlags::LOCKED,
            Transfer::Write => self.end_page_writeback(cpu, page),
        }
        // Its last user may have left while it was on its way.
        self.put_page(cpu, page);
    }

    /// When the next transfer ends.
    pub(crate) fn next_io_completion(&self) -> Option<u64> {
        self.user.devices.next_due()
    }

    /// The jiffy in which the next transfer ends.
    #[must_use]
    pub fn next_io(&self) -> Option<u64> {
        self.next_io_completion()
    }

    /// Lets time go on to a jiffy with nobody at work but devices.
    pub fn run_io_until(&mut self, jiffy: u64) {
        self.jiffies = self.jiffies.max(jiffy);
        self.complete_io();
    }

    /// Ends the transfers that are due, in the order in which they were asked for.
    pub(crate) fn complete_io(&mut self) {
        while let Some(request) = self.user.devices.pop(self.jiffies) {
            self.end_transfer(request);
        }
    }
}
