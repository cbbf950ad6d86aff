//! What CPUs keep to themselves, pages and counts, goes back to where all can see it.

use super::Machine;
use crate::event::{Event, Sink, SlowEvent, emit};
use crate::pfn::{CpuId, ZoneId};
use crate::vmstat::{NR_NUMA_ITEMS, NR_ZONE_ITEMS};

impl<S: Sink> Machine<S> {
    /// Gives back all pages that a CPU keeps, zone by zone (`drain_local_pages`).
    pub fn drain_local_pages(&mut self, cpu: CpuId) {
        for zone in 0..self.zones.len() as u16 {
            let mut locked = self.lock(ZoneId(zone), cpu);
            let count = locked.pcp.count;
            if count > 0 {
                locked.free_pcppages_bulk(count);
            }
        }
    }

    /// Gives back all pages that every CPU keeps (`drain_all_pages`), CPUs in ascending order.
    pub fn drain_all_pages(&mut self) {
        emit!(self, Event::Slow(SlowEvent::DrainAll));
        for cpu in (0..self.cpus.len() as u16).map(CpuId) {
            if (0..self.zones.len() as u16).any(|zone| self.pcp(ZoneId(zone), cpu).count != 0) {
                emit!(self, Event::Slow(SlowEvent::DrainCpu { cpu }));
                self.drain_local_pages(cpu);
            }
        }
    }

    /// Gives back up to a batch of the pages that a CPU keeps of one zone (`drain_zone_pages`).
    pub fn drain_zone_pages(&mut self, cpu: CpuId, zone: ZoneId) {
        let mut locked = self.lock(zone, cpu);
        let count = locked.pcp.count.min(locked.pcp.batch);
        if count > 0 {
            locked.free_pcppages_bulk(count);
        }
    }

    /// Gives back all pages of one zone that every CPU keeps (`drain_all_pages(zone)`).
    pub(crate) fn drain_zone(&mut self, zone: ZoneId) {
        for cpu in 0..self.cpus.len() as u16 {
            let mut locked = self.lock(zone, CpuId(cpu));
            let count = locked.pcp.count;
            if count > 0 {
                locked.free_pcppages_bulk(count);
            }
        }
    }

    /// Folds a CPU's deltas into the zone and global counters (`refresh_cpu_vm_stats`).
    pub fn refresh_cpu_vm_stats(&mut self, cpu: CpuId) {
        for node in &mut self.nodes {
            node.stat.fold(cpu);
        }
        for zone in 0..self.zones.len() as u16 {
            let locked = self.lock(ZoneId(zone), cpu);
            for item in 0..NR_ZONE_ITEMS {
                let delta = i64::from(core::mem::take(&mut locked.pcp.vm_stat_diff[item]));
                locked.zone.vm_stat[item] += delta;
                locked.global.vm_zone_stat[item] += delta;
                if delta != 0 {
                    locked.pcp.expire = 3;
                }
            }
            for item in 0..NR_NUMA_ITEMS {
                let delta = u64::from(core::mem::take(&mut locked.pcp.numa_stat_diff[item]));
                locked.zone.numa_stat[item] += delta;
                locked.global.vm_numa_stat[item] += delta;
                if delta != 0 {
                    locked.pcp.expire = 3;
                }
            }
        }
    }

    /// One round of a CPU's vmstat worker: folds its deltas and drains a remote set that stayed idle
    /// (`refresh_cpu_vm_stats(true)`).
    pub fn vmstat_update(&mut self, cpu: CpuId) {
        self.refresh_cpu_vm_stats(cpu);
        let local = self.cpus[cpu.index()].node;
        for zone in (0..self.zones.len() as u16).map(ZoneId) {
            let locked = self.lock(zone, cpu);
            if locked.pcp.expire == 0 || locked.pcp.count == 0 {
                continue;
            }
            if zone.node() == local {
                locked.pcp.expire = 0;
                continue;
            }
            locked.pcp.expire -= 1;
            if locked.pcp.expire == 0 {
                self.drain_zone_pages(cpu, zone);
            }
        }
    }
}
