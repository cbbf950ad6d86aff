//! Devices: pages are read and written one after another, each taking its time (`struct backing_dev_info`).

use crate::io::file::DeviceId;
use crate::pfn::{CpuId, Frame};
use crate::sched::HZ;
use crate::task::mm::FileId;
use std::collections::VecDeque;

/// Requests at which a device that signals congestion becomes congested, and at which it no longer is
/// (`blk_queue_congestion_threshold` for 128 requests).
const CONGESTED: usize = 113;
const UNCONGESTED: usize = 103;

/// A device that is to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DeviceSpec {
    /// Pages it reads or writes in a second; `None` for at once.
    pub pages_per_second: Option<u64>,
    /// Whether it signals write congestion, as FUSE and NFS do; disks of 5.10 do not.
    pub congests: bool,
}

/// What is done with a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Transfer {
    Read,
    Write,
}

/// A page on its way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Request {
    pub(crate) page: Frame,
    pub(crate) transfer: Transfer,
    /// The CPU that asked; it does the work at the end, too.
    pub(crate) cpu: CpuId,
    /// The jiffy at which it is done.
    pub(crate) due: u64,
    /// Requests of all devices are numbered.
    pub(crate) number: u64,
}

/// What a flusher has to do and has done (`struct bdi_writeback`).
#[derive(Clone, Debug, Default)]
pub(crate) struct Writeback {
    /// Files with dirty pages, longest dirty first (`b_dirty`).
    pub(crate) dirty: Vec<FileId>,
    /// Whether everything is to be written (`WB_start_all`).
    pub(crate) start_all: bool,
    /// Whether the flusher has been called and has not looked yet.
    pub(crate) woken: bool,
    /// When it last looked for old dirty files (`last_old_flush`).
    pub(crate) last_old_flush: u64,
}

/// A device.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    spec: DeviceSpec,
    queue: VecDeque<Request>,
    /// When it will be idle, in jiffies times its pages a second.
    busy_until: u64,
    congested: bool,
    pub(crate) writeback: Writeback,
}

impl Device {
    pub(crate) fn new(spec: DeviceSpec) -> Device {
        Device { spec, queue: VecDeque::new(), busy_until: 0, congested: false, writeback: Writeback::default() }
    }

    /// Whether it answers at once (`SWP_SYNCHRONOUS_IO`).
    pub(crate) fn is_synchronous(&self) -> bool {
        self.spec.pages_per_second.is_none()
    }

    /// Whether it has signaled write congestion (`inode_write_congested`).
    pub(crate) fn is_congested(&self) -> bool {
        self.congested
    }

    /// Pages it reads or writes in a second; `None` for at once.
    pub(crate) fn pages_per_second(&self) -> Option<u64> {
        self.spec.pages_per_second
    }

    /// When its first request is done.
    pub(crate) fn next_due(&self) -> Option<(u64, u64)> {
        self.queue.front().map(|request| (request.due, request.number))
    }

    pub(crate) fn queue(&self) -> impl Iterator<Item = &Request> + '_ {
        self.queue.iter()
    }

    /// Takes a request; it is done as soon as those before it and it have had their time.
    fn push(&mut self, mut request: Request, now: u64, rate: u64) {
        let rate = rate.max(1);
        self.busy_until = self.busy_until.max(now * rate) + HZ;
        request.due = self.busy_until.div_ceil(rate);
        self.queue.push_back(request);
        if self.spec.congests && self.queue.len() >= CONGESTED {
            self.congested = true;
        }
    }

    /// Takes out the first request if it is done; says whether congestion ended with it.
    fn pop(&mut self, now: u64) -> Option<(Request, bool)> {
        let request = *self.queue.front().filter(|request| request.due <= now)?;
        self.queue.pop_front();
        let clears = self.congested && self.queue.len() < UNCONGESTED;
        if clears {
            self.congested = false;
        }
        Some((request, clears))
    }
}

/// All devices. Number 0 always exists.
#[derive(Clone, Debug)]
pub(crate) struct Devices {
    list: Vec<Device>,
    numbers: u64,
    /// The last jiffy in which a device left congestion.
    pub(crate) uncongested_at: u64,
}

impl Default for Devices {
    fn default() -> Self {
        Devices { list: vec![Device::new(DeviceSpec::default())], numbers: 0, uncongested_at: 0 }
    }
}

impl Devices {
    pub(crate) fn add(&mut self, spec: DeviceSpec) -> DeviceId {
        self.list.push(Device::new(spec));
        DeviceId(self.list.len() as u16 - 1)
    }

    pub(crate) fn get(&self, id: DeviceId) -> &Device {
        &self.list[usize::from(id.0).min(self.list.len() - 1)]
    }

    pub(crate) fn get_mut(&mut self, id: DeviceId) -> &mut Device {
        let last = self.list.len() - 1;
        &mut self.list[usize::from(id.0).min(last)]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (DeviceId, &Device)> + '_ {
        self.list.iter().enumerate().map(|(n, device)| (DeviceId(n as u16), device))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Device> + '_ {
        self.list.iter_mut()
    }

    /// Asks a device for a transfer. Says whether it is done already.
    pub(crate) fn submit(&mut self, id: DeviceId, page: Frame, transfer: Transfer, cpu: CpuId, now: u64) -> bool {
        self.numbers += 1;
        let number = self.numbers;
        let device = self.get_mut(id);
        let Some(rate) = device.spec.pages_per_second else { return true };
        device.push(Request { page, transfer, cpu, due: 0, number }, now, rate);
        false
    }

    /// When the next transfer is done.
    pub(crate) fn next_due(&self) -> Option<u64> {
        self.list.iter().filter_map(Device::next_due).map(|due| due.0).min()
    }

    /// Takes out the transfer that is done and was asked for first.
    pub(crate) fn pop(&mut self, now: u64) -> Option<Request> {
        let done = |device: &Device| device.next_due().filter(|due| due.0 <= now).map(|due| due.1);
        let first = self.list.iter().enumerate().filter_map(|(n, device)| Some((done(device)?, n))).min()?;
        let (request, clears) = self.list[first.1].pop(now)?;
        if clears {
            self.uncongested_at = now;
        }
        Some(request)
    }

    /// Whether any device is congested.
    pub(crate) fn any_congested(&self) -> bool {
        self.list.iter().any(Device::is_congested)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_done_in_turn_and_in_time() {
        let mut devices = Devices::default();
        let disk = devices.add(DeviceSpec { pages_per_second: Some(500), congests: false });
        for page in 1..=5 {
            assert!(!devices.submit(disk, Frame(page), Transfer::Read, CpuId(0), 100));
        }
        // Two pages a jiffy.
        assert_eq!(devices.next_due(), Some(101));
        let done = |devices: &mut Devices, now| {
            core::iter::from_fn(|| devices.pop(now)).map(|request| request.page.0).collect::<Vec<_>>()
        };
        assert_eq!(done(&mut devices, 100), [0; 0]);
        assert_eq!(done(&mut devices, 101), [1, 2]);
        assert_eq!(done(&mut devices, 103), [3, 4, 5]);
        assert!(devices.submit(DeviceId(0), Frame(1), Transfer::Write, CpuId(0), 100), "device 0 answers at once");
    }

    #[test]
    fn a_device_that_congests_says_so_until_its_queue_is_short_again() {
        let mut devices = Devices::default();
        let fuse = devices.add(DeviceSpec { pages_per_second: Some(250), congests: true });
        for page in 0..113 {
            assert!(!devices.any_congested());
            devices.submit(fuse, Frame(page), Transfer::Write, CpuId(0), 10);
        }
        assert!(devices.any_congested());
        let mut now = 10;
        while devices.any_congested() {
            now += 1;
            while devices.pop(now).is_some() {}
        }
        assert_eq!((now, devices.uncongested_at), (21, 21));
    }
}
