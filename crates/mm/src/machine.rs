//! The machine: all state in one place, and the operations a user of pages has.

use crate::alloc::fault::FaultInjection;
use crate::buddy::reporting::Reporting;
use crate::buddy::{BuddyOptions, GlobalStat, LockedZone};
use crate::config::Sysctls;
use crate::event::{Event, NullSink, Sink, SlowEvent, emit};
use crate::gfp::Gfp;
use crate::io::UserSpace;
use crate::io::swap::Swap;
use crate::lru::Lru;
use crate::lru::memcg::Memcgs;
use crate::oom::Oom;
use crate::page::memmap::MemMap;
use crate::page::meta::{Marks, Meta, PageState};
use crate::pfn::{CpuId, Frame, MIGRATE_PCPTYPES, MigrateType, NodeId, NodeMask, Order, Pfn, ZoneId};
use crate::reclaim::shrinker::ShadowNodes;
use crate::reclaim::{ReclaimScript, Shrinkers};
use crate::rng::Rng;
use crate::task::Pressure;
use crate::task::cpuset::CpusetTree;
use crate::task::mempolicy::PolicyZones;
use crate::vmstat::{NR_NUMA_ITEMS, NR_ZONE_ITEMS, VmEvents, ZoneItem};
use crate::zone::deferred::DeferredNode;
use crate::zone::{Cpu, Node, PerCpuPages, Zone};
use std::collections::BTreeMap;
use thiserror::Error;

/// A machine whose decisions go to the sink `S`.
#[derive(Clone)]
pub struct Machine<S = NullSink> {
    pub(crate) zones: Vec<Zone>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) cpus: Vec<Cpu>,
    /// Zone by zone, one set for each CPU.
    pub(crate) pcp: Vec<PerCpuPages>,
    pub(crate) mem: MemMap,
    pub(crate) global: GlobalStat,
    pub(crate) sink: S,
    pub(crate) options: BuddyOptions,
    pub(crate) sysctl: Sysctls,
    pub(crate) min_free_kbytes: u64,
    pub(crate) totalreserve_pages: u64,
    pub(crate) cpusets: CpusetTree,
    pub(crate) fault: Option<FaultInjection>,
    pub(crate) policy_zones: PolicyZones,
    pub(crate) online_nodes: NodeMask,
    pub(crate) nr_online_nodes: u32,
    pub(crate) gfp_allowed_mask: Gfp,
    /// Page references beyond the first, by frame.
    pub(crate) extra_refs: BTreeMap<u64, u32>,
    pub(crate) deferred: Vec<DeferredNode>,
    pub(crate) rng: Rng,
    /// Whether somebody is in the OOM killer (`oom_lock`).
    pub(crate) oom_lock: bool,
    pub(crate) oom_killer_disabled: bool,
    /// Whether requests may get memory back.
    pub(crate) reclaims: bool,
    /// What the OOM killer remembers.
    pub(crate) oom: Oom,
    pub(crate) pressure: Pressure,
    /// The LRU lists.
    pub(crate) lru: Lru,
    /// The memory cgroups.
    pub(crate) memcgs: Memcgs,
    /// The slab shrinkers.
    pub(crate) shrinkers: Shrinkers,
    /// What a recording knows of steps to come.
    pub(crate) reclaim_script: ReclaimScript,
    /// Nodes of page caches that hold remains only.
    pub(crate) shadow_nodes: ShadowNodes,
    /// Swap space.
    pub(crate) swap: Swap,
    /// Processes and what they use.
    pub(crate) user: UserSpace,
    /// Virtual time in ticks of 4 ms since boot.
    pub(crate) jiffies: u64,
}

/// Why a page or block cannot be freed or marked. The machine is as it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum PageError {
    /// No memory at that page frame.
    #[error("pfn {pfn}: no memory there")]
    NoMemory {
        /// The page frame.
        pfn: Pfn,
    },
    /// The page is reserved.
    #[error("pfn {pfn}: the page is reserved and was never allocated")]
    Reserved {
        /// The page frame.
        pfn: Pfn,
    },
    /// The page is free already.
    #[error("pfn {pfn}: the page is free already ({state})")]
    AlreadyFree {
        /// The page frame.
        pfn: Pfn,
        /// Where it is.
        state: &'static str,
    },
    /// The page lies inside an allocation that starts elsewhere.
    #[error("pfn {pfn}: inside the order-{order} allocation that starts at pfn {head}")]
    NotTheHead {
        /// The page frame.
        pfn: Pfn,
        /// First page of the allocation.
        head: Pfn,
        /// Its order.
        order: u8,
    },
    /// The order differs from the one it was allocated with.
    #[error("pfn {pfn}: allocated with order {allocated}, not {order}")]
    WrongOrder {
        /// The page frame.
        pfn: Pfn,
        /// Order that was given.
        order: u8,
        /// Order of the allocation.
        allocated: u8,
    },
    /// The CPU does not exist.
    #[error("cpu {cpu}: the machine has {cpus} CPUs")]
    NoCpu {
        /// The CPU that was given.
        cpu: CpuId,
        /// How many there are.
        cpus: usize,
    },
}

impl<S: Sink> Machine<S> {
    /// Zones by [`ZoneId`], those without pages included.
    #[must_use]
    pub fn zones(&self) -> &[Zone] {
        &self.zones
    }

    /// Nodes by id, those that are not online included.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Online CPUs by id.
    #[must_use]
    pub fn cpus(&self) -> &[Cpu] {
        &self.cpus
    }

    /// Nodes that are online, with memory or without.
    #[must_use]
    pub fn online_nodes(&self) -> NodeMask {
        self.online_nodes
    }

    /// Nodes that have memory (`N_MEMORY`).
    #[must_use]
    pub fn memory_nodes(&self) -> NodeMask {
        self.nodes.iter().filter(|node| node.present_pages != 0).map(|node| node.id).collect()
    }

    /// The pages a CPU keeps of a zone.
    #[must_use]
    #[inline]
    pub fn pcp(&self, zone: ZoneId, cpu: CpuId) -> &PerCpuPages {
        &self.pcp[zone.index() * self.cpus.len() + cpu.index()]
    }

    #[inline]
    pub(crate) fn pcp_mut(&mut self, zone: ZoneId, cpu: CpuId) -> &mut PerCpuPages {
        &mut self.pcp[zone.index() * self.cpus.len() + cpu.index()]
    }

    /// The pages of one per-CPU list, head first, each with the type it will return to.
    pub fn pcp_list(&self, zone: ZoneId, cpu: CpuId, list: usize) -> impl Iterator<Item = (Pfn, MigrateType)> {
        let pages = self.pcp(zone, cpu).lists[list.min(MIGRATE_PCPTYPES - 1)].iter();
        pages.map(|&f| (self.mem.pfn(f), self.mem.meta(f, 0).migratetype()))
    }

    /// The blocks of one free list, head first.
    pub fn free_list(&self, zone: ZoneId, order: Order, list: MigrateType) -> impl Iterator<Item = Pfn> {
        let area = &self.zones[zone.index()].free_area[order.get() as usize];
        area.free_list[list.index()].iter(&self.mem).map(|f| self.mem.pfn(f))
    }

    /// Type of the pageblock that holds a page; `None` where no memory section is.
    #[must_use]
    pub fn pageblock_type(&self, pfn: Pfn) -> Option<MigrateType> {
        self.mem.frame(pfn).map(|frame| self.mem.pageblock(frame))
    }

    /// A zone counter with every CPU's delta, never negative (`zone_page_state_snapshot`).
    #[must_use]
    pub fn zone_page_state_snapshot(&self, zone: &Zone, item: ZoneItem) -> i64 {
        let at = zone.id.index() * self.cpus.len();
        let deltas: i64 = self.pcp[at..at + self.cpus.len()].iter().map(|pcp| pcp.delta(item)).sum();
        (zone.vm_stat[item as usize] + deltas).max(0)
    }

    /// The six NUMA counters of a zone with every CPU's delta.
    #[must_use]
    pub fn numa_counters(&self, zone: ZoneId) -> [u64; NR_NUMA_ITEMS] {
        let at = zone.index() * self.cpus.len();
        let mut sums = self.zones[zone.index()].numa_stat;
        for pcp in &self.pcp[at..at + self.cpus.len()] {
            for (sum, delta) in sums.iter_mut().zip(pcp.numa_stat_diff) {
                *sum += u64::from(delta);
            }
        }
        sums
    }

    /// Machine-wide zone counters without per-CPU deltas (`vm_zone_stat`).
    #[must_use]
    pub fn global_zone_stat(&self) -> &[i64; NR_ZONE_ITEMS] {
        &self.global.vm_zone_stat
    }

    /// A zone counter as it is stored: without per-CPU deltas, negative values included.
    #[must_use]
    pub fn zone_stat(&self, zone: ZoneId, item: ZoneItem) -> i64 {
        self.zones[zone.index()].vm_stat[item as usize]
    }

    /// Event counters.
    #[must_use]
    pub fn vm_events(&self) -> &VmEvents {
        &self.global.events
    }

    /// How often tasks were held up by lack of memory.
    #[must_use]
    pub fn pressure(&self) -> Pressure {
        self.pressure
    }

    /// The cpusets.
    #[must_use]
    pub fn cpusets(&self) -> &CpusetTree {
        &self.cpusets
    }

    /// The cpusets, to be changed.
    pub fn cpusets_mut(&mut self) -> &mut CpusetTree {
        &mut self.cpusets
    }

    /// What memory policies need to know of the machine.
    #[must_use]
    pub fn policy_zones(&self) -> PolicyZones {
        self.policy_zones
    }

    /// Switches set at boot.
    #[must_use]
    pub fn options(&self) -> BuddyOptions {
        self.options
    }

    /// The sink.
    #[must_use]
    pub fn sink(&self) -> &S {
        &self.sink
    }

    /// The sink, to be emptied or configured.
    pub fn sink_mut(&mut self) -> &mut S {
        &mut self.sink
    }

    /// Bytes that page state occupies at present.
    #[must_use]
    pub fn page_state_bytes(&self) -> usize {
        self.mem.bytes()
    }

    /// Sets or clears fault injection (`fail_page_alloc`).
    pub fn set_fault_injection(&mut self, fault: Option<FaultInjection>) {
        self.fault = fault;
    }

    /// The zone with its lock held by a CPU.
    #[inline]
    pub(crate) fn lock(&mut self, zone: ZoneId, cpu: CpuId) -> LockedZone<'_, S> {
        LockedZone {
            pcp: &mut self.pcp[zone.index() * self.cpus.len() + cpu.index()],
            zone: &mut self.zones[zone.index()],
            mem: &mut self.mem,
            global: &mut self.global,
            sink: &mut self.sink,
            options: &self.options,
            cpu,
        }
    }

    /// Drops a reference; at the last one the block is freed on that CPU (`__free_pages`).
    ///
    /// # Errors
    /// Every [`PageError`] where the kernel would corrupt memory.
    #[inline]
    pub fn free_pages(&mut self, cpu: CpuId, pfn: Pfn, order: Order) -> Result<(), PageError> {
        let (frame, zone, meta) = self.allocated_block(pfn, order)?;
        self.check_cpu(cpu)?;
        if meta.has(Meta::EXTRA_REFS) {
            self.put_shared(cpu, zone, frame, order.get());
        } else {
            self.free_block(cpu, zone, frame, meta);
        }
        Ok(())
    }

    fn check_cpu(&self, cpu: CpuId) -> Result<(), PageError> {
        let cpus = self.cpus.len();
        if cpu.index() < cpus { Ok(()) } else { Err(PageError::NoCpu { cpu, cpus }) }
    }

    /// The block in use that starts at `pfn` with exactly this order.
    #[inline]
    fn allocated_block(&self, pfn: Pfn, order: Order) -> Result<(Frame, ZoneId, Meta), PageError> {
        let frame = self.mem.frame(pfn).ok_or(PageError::NoMemory { pfn })?;
        let aligned = frame.0 & ((1 << order.get()) - 1) == 0;
        let meta = self.mem.meta(frame, order.get());
        if aligned && meta.is(PageState::Allocated, order.get()) {
            return self.mem.zone_of(frame).map(|zone| (frame, zone, meta)).ok_or(PageError::NoMemory { pfn });
        }
        Err(self.why_not_allocated(frame, pfn, order.get()))
    }

    #[cold]
    fn why_not_allocated(&self, frame: Frame, pfn: Pfn, order: u8) -> PageError {
        if !self.mem.exists(frame) {
            return PageError::NoMemory { pfn };
        }
        if self.mem.is_reserved(pfn) {
            return PageError::Reserved { pfn };
        }
        let (head, meta) = self.mem.block_of(frame);
        match meta.state() {
            PageState::Allocated if head == frame => PageError::WrongOrder { pfn, order, allocated: meta.order() },
            PageState::Allocated => PageError::NotTheHead { pfn, head: self.mem.pfn(head), order: meta.order() },
            PageState::Buddy => PageError::AlreadyFree { pfn, state: "on a free list" },
            PageState::Pcp => PageError::AlreadyFree { pfn, state: "on a per-CPU list" },
            PageState::Guard => PageError::AlreadyFree { pfn, state: "a guard page" },
            PageState::Isolated => PageError::AlreadyFree { pfn, state: "isolated" },
            PageState::Leaked => PageError::AlreadyFree { pfn, state: "lost as a bad page" },
            PageState::None => PageError::Reserved { pfn },
        }
    }

    /// Takes another reference to a block in use (`get_page`).
    ///
    /// # Errors
    /// As [`Machine::free_pages`].
    pub fn get_page(&mut self, pfn: Pfn, order: Order) -> Result<(), PageError> {
        let (frame, _, meta) = self.allocated_block(pfn, order)?;
        self.mem.set_meta(frame, order.get(), meta.with(Meta::EXTRA_REFS));
        *self.extra_refs.entry(frame.0.into()).or_insert(0) += 1;
        Ok(())
    }

    /// Drops one of several references. A block that is not compound loses all but its first page at once.
    #[cold]
    fn put_shared(&mut self, cpu: CpuId, zone: ZoneId, frame: Frame, order: u8) {
        let meta = self.mem.meta(frame, order);
        let left = drop_extra_ref(&mut self.extra_refs, frame);
        let flag = if left == 0 { 0 } else { Meta::EXTRA_REFS };
        // Whoever holds the first page holds the charge, although the others are freed: so it is in 5.10.35.
        let flag = flag | meta.0 & Meta::KMEMCG;
        if order == 0 || meta.has(Meta::COMP) {
            self.mem.set_meta(frame, order, meta.without(Meta::EXTRA_REFS).with(flag));
            return;
        }
        self.mem.set_meta(frame, order, Meta::default());
        self.mem.set_meta(frame, 0, Meta::new(PageState::Allocated, 0, meta.migratetype()).with(flag));
        for part in (0..order).rev() {
            let upper = frame.add(1 << part);
            self.mem.set_meta(upper, part, Meta::new(PageState::Allocated, part, meta.migratetype()));
            let meta = self.mem.meta(upper, part);
            self.free_block(cpu, zone, upper, meta);
        }
    }

    /// Turns a block in use into single pages in use (`split_page`).
    ///
    /// # Errors
    /// As [`Machine::free_pages`].
    pub fn split_page(&mut self, pfn: Pfn, order: Order) -> Result<(), PageError> {
        let (frame, zone, meta) = self.allocated_block(pfn, order)?;
        self.lock(zone, CpuId(0)).split_page(frame, order.get());
        if meta.has(Meta::KMEMCG) {
            self.split_page_memcg(frame, order.get());
        }
        Ok(())
    }

    /// Puts every page of a block in use on an LRU list, as far as the allocator can tell (`PageLRU`).
    ///
    /// # Errors
    /// As [`Machine::free_pages`].
    pub fn mark_lru(&mut self, pfn: Pfn, order: Order) -> Result<(), PageError> {
        let (frame, zone, _) = self.allocated_block(pfn, order)?;
        self.lock(zone, CpuId(0)).mark_pages(frame, order.get(), Marks::LRU);
        Ok(())
    }

    /// Marks a page as broken (`PG_hwpoison`) or with a field that fails the next check.
    ///
    /// # Errors
    /// [`PageError::NoMemory`].
    pub fn mark_bad(&mut self, pfn: Pfn, hwpoison: bool) -> Result<(), PageError> {
        let frame = self.mem.frame(pfn).filter(|&f| self.mem.exists(f)).ok_or(PageError::NoMemory { pfn })?;
        self.mem.mark_bad(frame, if hwpoison { Marks::HWPOISON } else { Marks::BAD });
        Ok(())
    }

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

    /// Isolates one pageblock, as the first step of taking it out of use (`start_isolate_page_range`), and drains
    /// every CPU. Says whether it could be isolated.
    ///
    /// # Errors
    /// [`PageError::NoMemory`].
    pub fn isolate_pageblock(&mut self, pfn: Pfn, migratetype: MigrateType) -> Result<bool, PageError> {
        let (frame, zone) = self.page_in_zone(pfn)?;
        let isolated = self.lock(zone, CpuId(0)).set_migratetype_isolate(frame, migratetype);
        if isolated {
            self.drain_zone(zone);
        }
        Ok(isolated)
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

    /// Takes a free page that the hardware broke out of use for good (`take_page_off_buddy`). Says whether it was free.
    ///
    /// # Errors
    /// [`PageError::NoMemory`].
    pub fn take_page_off_buddy(&mut self, pfn: Pfn) -> Result<bool, PageError> {
        let (frame, zone) = self.page_in_zone(pfn)?;
        Ok(self.lock(zone, CpuId(0)).take_page_off_buddy(frame))
    }

    /// One pass of free page reporting over all zones (`page_reporting_process`).
    pub fn report_free_pages(&mut self) -> Reporting {
        let mut total = Reporting::default();
        for zone in 0..self.zones.len() as u16 {
            self.lock(ZoneId(zone), CpuId(0)).page_reporting_process(&mut total);
        }
        total
    }

    /// Gives an isolated pageblock back (`undo_isolate_page_range`).
    ///
    /// # Errors
    /// [`PageError::NoMemory`].
    pub fn unisolate_pageblock(&mut self, pfn: Pfn, migratetype: MigrateType) -> Result<(), PageError> {
        let (frame, zone) = self.page_in_zone(pfn)?;
        self.lock(zone, CpuId(0)).unset_migratetype_isolate(frame, migratetype);
        Ok(())
    }

    fn page_in_zone(&self, pfn: Pfn) -> Result<(Frame, ZoneId), PageError> {
        let frame = self.mem.frame(pfn).filter(|&f| self.mem.exists(f)).ok_or(PageError::NoMemory { pfn })?;
        self.mem.zone_of(frame).map(|zone| (frame, zone)).ok_or(PageError::NoMemory { pfn })
    }

    /// Zone of an existing page; `None` for holes and absent memory (`page_zone`).
    #[must_use]
    pub fn page_zone(&self, pfn: Pfn) -> Option<&Zone> {
        let (_, zone) = self.page_in_zone(pfn).ok()?;
        Some(&self.zones[zone.index()])
    }

    /// The node of a CPU.
    #[must_use]
    pub fn node_of_cpu(&self, cpu: CpuId) -> Option<NodeId> {
        self.cpus.get(cpu.index()).map(|cpu| cpu.node)
    }
}

/// Forgets one of a block's further references and tells how many are left. Not generic, so that it is compiled once.
#[cold]
#[inline(never)]
fn drop_extra_ref(refs: &mut BTreeMap<u64, u32>, frame: Frame) -> u32 {
    let key = u64::from(frame.0);
    let left = refs.get(&key).copied().unwrap_or(1) - 1;
    if left == 0 {
        refs.remove(&key);
    } else {
        refs.insert(key, left);
    }
    left
}
