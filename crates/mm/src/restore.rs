//! Putting a machine into a known state: from a boot layout or a recorded moment.

use crate::alloc::fault::FaultInjection;
use crate::buddy::{BuddyOptions, GlobalStat};
use crate::config::Sysctls;
use crate::event::Sink;
use crate::gfp::Gfp;
use crate::lru::Lru;
use crate::machine::Machine;
use crate::page::huge::HugePages;
use crate::page::memmap::MemMap;
use crate::page::meta::{Marks, Meta, PageState};
use crate::part::lives;
use crate::pfn::{
    CpuId, Frame, MAX_NR_ZONES, MIGRATE_PCPTYPES, MigrateType, NodeId, NodeMask, Order, PAGES_PER_SECTION,
    PFN_SECTION_SHIFT, Pfn, ZoneId, ZoneType,
};
use crate::rng::Rng;
use crate::sched::FIRST_JIFFY;
use crate::task::Pressure;
use crate::task::cpuset::CpusetTree;
use crate::task::mempolicy::PolicyZones;
use crate::vmstat::{NR_NUMA_ITEMS, ZoneItem};
use crate::zone::watermark::{calculate_totalreserve_pages, refresh_zone_stat_thresholds};
use crate::zone::{Cpu, Node, PerCpuPages, Zone};
use thiserror::Error;

/// What a machine is made of before any page is on a list.
#[derive(Clone, Debug)]
pub struct MachineParts {
    /// Nodes by id.
    pub nodes: Vec<Node>,
    /// Zones by [`ZoneId`]: four for each node.
    pub zones: Vec<Zone>,
    /// CPUs by id.
    pub cpus: Vec<Cpu>,
    /// Memory that exists, ascending and disjoint, with its zone.
    pub zone_ranges: Vec<(Pfn, Pfn, ZoneId)>,
    /// Page frames the buddy allocator never gets.
    pub reserved: Vec<(Pfn, Pfn)>,
    /// Nodes that are online, with memory or without.
    pub online_nodes: NodeMask,
    /// Switches set at boot.
    pub options: BuddyOptions,
    /// `/proc/sys/vm`.
    pub sysctl: Sysctls,
    /// The value in force (`min_free_kbytes`).
    pub min_free_kbytes: u64,
    /// Sum over the nodes of what no request may count on (`totalreserve_pages`).
    pub totalreserve_pages: u64,
    /// Fault injection, if any.
    pub fault: Option<FaultInjection>,
    /// Seed of everything random.
    pub seed: u64,
}

/// Why a recorded state cannot be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum RestoreError {
    /// The page is not in the zone whose list names it.
    #[error("pfn {pfn}: not a page of {zone}")]
    ForeignPage {
        /// The page.
        pfn: Pfn,
        /// The zone.
        zone: ZoneId,
    },
    /// A block does not start at a multiple of its size.
    #[error("pfn {pfn}: a block of order {order} cannot start here")]
    Misaligned {
        /// The page.
        pfn: Pfn,
        /// The order.
        order: u8,
    },
    /// The page is on a list already, or inside a block that is.
    #[error("pfn {pfn}: listed twice")]
    ListedTwice {
        /// The page.
        pfn: Pfn,
    },
    /// The page is reserved.
    #[error("pfn {pfn}: reserved and on a list")]
    Reserved {
        /// The page.
        pfn: Pfn,
    },
    /// The parts do not fit together.
    #[error("{what}")]
    Inconsistent {
        /// What is wrong.
        what: &'static str,
    },
}

impl<S: Sink> Machine<S> {
    /// A machine without a single free page.
    ///
    /// # Errors
    /// [`RestoreError::Inconsistent`] if tables have the wrong length or name nodes and zones that are not there.
    pub fn new(parts: MachineParts, sink: S) -> Result<Machine<S>, RestoreError> {
        check_parts(&parts)?;
        let mut mem = MemMap::new(&parts.zone_ranges);
        for &(start, end) in &parts.reserved {
            mem.reserve(start, end);
        }
        let memory: NodeMask = parts.nodes.iter().filter(|n| n.present_pages != 0).map(|n| n.id).collect();
        Ok(Machine {
            pcp: vec![PerCpuPages::default(); parts.zones.len() * parts.cpus.len()],
            mem,
            global: GlobalStat::default(),
            sink,
            options: parts.options,
            sysctl: parts.sysctl,
            min_free_kbytes: parts.min_free_kbytes,
            totalreserve_pages: parts.totalreserve_pages,
            cpusets: CpusetTree::new(memory, false),
            fault: parts.fault,
            policy_zones: policy_zones(&parts.nodes, &parts.zones),
            online_nodes: parts.online_nodes,
            nr_online_nodes: parts.online_nodes.weight(),
            gfp_allowed_mask: Gfp::BITS_MASK,
            extra_refs: Vec::new(),
            deferred: Vec::new(),
            rng: Rng::new(parts.seed),
            oom_lock: false,
            oom_killer_disabled: false,
            reclaims: true,
            oom: Default::default(),
            pressure: Pressure::default(),
            lru: lives(Lru::new(parts.nodes.len())),
            memcgs: Default::default(),
            shrinkers: Default::default(),
            shadow_nodes: Default::default(),
            cma: Default::default(),
            huge: HugePages::default(),
            swap: Default::default(),
            user: Default::default(),
            console: Default::default(),
            reclaim_script: Default::default(),
            jiffies: FIRST_JIFFY,
            need_resched: false,
            nodes: parts.nodes,
            zones: parts.zones,
            cpus: parts.cpus,
        })
    }

    /// Puts a free block at the tail of a list. Counters stay as they are.
    ///
    /// # Errors
    /// [`RestoreError`] if the block cannot be there.
    pub fn restore_free_block(
        &mut self,
        zone: ZoneId,
        pfn: Pfn,
        order: Order,
        list: MigrateType,
    ) -> Result<(), RestoreError> {
        let frame = self.unlisted(zone, pfn, order)?;
        self.lock(zone, CpuId(0)).add_to_free_list_tail(frame, order.get(), list);
        Ok(())
    }

    /// Puts a page at the tail of a per-CPU list; `index` is the type it will return to.
    ///
    /// # Errors
    /// [`RestoreError`] if the page cannot be there.
    pub fn restore_pcp_page(
        &mut self,
        zone: ZoneId,
        cpu: CpuId,
        list: usize,
        pfn: Pfn,
        index: MigrateType,
    ) -> Result<(), RestoreError> {
        let page = Order::new(0).unwrap_or_default();
        self.known_pcp(zone, cpu)?;
        if list >= MIGRATE_PCPTYPES {
            return Err(RestoreError::Inconsistent { what: "no such per-CPU list" });
        }
        let frame = self.unlisted(zone, pfn, page)?;
        let locked = self.lock(zone, cpu);
        locked.pcp.lists[list].push_back(frame);
        locked.mem.set_meta(frame, 0, Meta::new(PageState::Pcp, 0, index));
        locked.pcp.count += 1;
        Ok(())
    }

    /// A block's frame, if nothing speaks against listing it.
    fn unlisted(&self, zone: ZoneId, pfn: Pfn, order: Order) -> Result<Frame, RestoreError> {
        if pfn.0 & (order.pages() - 1) != 0 {
            return Err(RestoreError::Misaligned { pfn, order: order.get() });
        }
        let foreign = RestoreError::ForeignPage { pfn, zone };
        let frame = self.mem.frame(pfn).filter(|&f| self.mem.exists(f)).ok_or(foreign)?;
        let last = frame.add(order.pages() as u32 - 1);
        if self.mem.zone_of(frame) != Some(zone) || self.mem.zone_of(last) != Some(zone) {
            return Err(foreign);
        }
        if self.mem.reserves_any(pfn, order.pages()) {
            return Err(RestoreError::Reserved { pfn });
        }
        if self.mem.block_of(frame).1.state() != PageState::None {
            return Err(RestoreError::ListedTwice { pfn });
        }
        Ok(frame)
    }

    /// Sets the type of the pageblock that holds a page.
    pub fn restore_pageblock(&mut self, pfn: Pfn, migratetype: MigrateType) {
        if let Some(frame) = self.mem.frame(pfn) {
            self.mem.set_pageblock(frame, migratetype);
        }
    }

    /// Sets the limits of a per-CPU set.
    ///
    /// # Errors
    /// [`RestoreError::Inconsistent`] for a CPU that is not there.
    pub fn restore_pcp(
        &mut self,
        zone: ZoneId,
        cpu: CpuId,
        high: u32,
        batch: u32,
        threshold: u8,
    ) -> Result<(), RestoreError> {
        let pcp = self.known_pcp(zone, cpu)?;
        (pcp.high, pcp.batch, pcp.stat_threshold) = (high, batch, threshold);
        Ok(())
    }

    /// Sets a CPU's delta of a zone counter.
    ///
    /// # Errors
    /// [`RestoreError::Inconsistent`] for a CPU that is not there.
    pub fn restore_delta(&mut self, zone: ZoneId, cpu: CpuId, item: ZoneItem, delta: i16) -> Result<(), RestoreError> {
        self.known_pcp(zone, cpu)?.vm_stat_diff[item as usize] = delta;
        Ok(())
    }

    fn known_pcp(&mut self, zone: ZoneId, cpu: CpuId) -> Result<&mut PerCpuPages, RestoreError> {
        if zone.index() >= self.zones.len() || cpu.index() >= self.cpus.len() {
            return Err(RestoreError::Inconsistent { what: "a per-CPU set names a zone or CPU that is not there" });
        }
        Ok(self.lock(zone, cpu).pcp)
    }

    /// Sets a zone counter; the machine-wide one moves along.
    pub fn restore_zone_stat(&mut self, zone: ZoneId, item: ZoneItem, value: i64) {
        let stat = &mut self.zones[zone.index()].vm_stat[item as usize];
        self.global.vm_zone_stat[item as usize] += value - *stat;
        *stat = value;
    }

    /// Sets a zone's NUMA counters.
    pub fn restore_numa_stat(&mut self, zone: ZoneId, values: [u64; NR_NUMA_ITEMS]) {
        let stat = &mut self.zones[zone.index()].numa_stat;
        for (item, value) in values.into_iter().enumerate() {
            self.global.vm_numa_stat[item] =
                self.global.vm_numa_stat[item].wrapping_add(value).wrapping_sub(stat[item]);
            stat[item] = value;
        }
    }

    /// Marks a block as in use by someone unknown, as one block.
    ///
    /// # Errors
    /// [`RestoreError`] if the block cannot be there.
    pub fn restore_block_in_use(&mut self, zone: ZoneId, pfn: Pfn, order: Order) -> Result<(), RestoreError> {
        let frame = self.unlisted(zone, pfn, order)?;
        let meta = Meta::new(PageState::Allocated, order.get(), MigrateType::Unmovable);
        self.mem.set_meta(frame, order.get(), meta.with(Meta::UNKNOWN));
        Ok(())
    }

    /// Computes what follows from the zones' sizes, marks and reserves: per-CPU limits, thresholds of counters, drift
    /// marks, and the reserve of the whole machine.
    pub fn restore_limits(&mut self) {
        self.tuning().setup_per_cpu_pageset();
        let cpus = self.cpus.len();
        refresh_zone_stat_thresholds(&mut self.zones, &mut self.pcp, cpus, cpus);
        self.totalreserve_pages = calculate_totalreserve_pages(&self.zones, &mut self.nodes);
    }

    /// Marks every page of the zones that is neither reserved nor listed as in use by someone unknown. Call it once,
    /// after the lists are restored.
    pub fn restore_pages_in_use(&mut self) {
        let ranges: Vec<(Frame, Frame, ZoneId)> = self.mem.zone_ranges().collect();
        for (first, last, _) in ranges {
            let mut frame = first;
            while frame <= last {
                let (head, meta) = self.mem.block_of(frame);
                if meta.state() != PageState::None {
                    frame = head.add(1 << meta.order());
                    continue;
                }
                if !self.mem.is_reserved(self.mem.pfn(frame)) {
                    let meta = Meta::new(PageState::Allocated, 0, MigrateType::Unmovable);
                    self.mem.set_meta(frame, 0, meta.with(Meta::UNKNOWN));
                }
                frame = frame.add(1);
            }
        }
    }

    /// Marks pages in use as movable, being on an LRU list (`lru`) or under a driver's control (`__PageMovable`).
    pub fn restore_movable(&mut self, start: Pfn, end: Pfn, lru: bool) {
        let mark = if lru { Marks::LRU } else { Marks::MOVABLE };
        for pfn in start.0..end.0 {
            if let Some(frame) = self.mem.frame(Pfn(pfn)) {
                self.mem.set_marks(frame, self.mem.marks(frame).with(mark));
                let meta = self.mem.meta(frame, 0);
                self.mem.set_meta(frame, 0, meta.with(Meta::MARKED));
            }
        }
    }
}

impl<S: Sink> Machine<S> {
    /// Looks again at which zones have pages, once boot has given them all.
    pub(crate) fn update_policy_zones(&mut self) {
        self.policy_zones = policy_zones(&self.nodes, &self.zones);
    }
}

/// Highest zone below Movable that has pages, and the nodes with memory below Movable.
fn policy_zones(nodes: &[Node], zones: &[Zone]) -> PolicyZones {
    let below_movable = |zone: &&Zone| zone.id.zone_type() != ZoneType::Movable;
    let policy_zone = zones
        .iter()
        .filter(below_movable)
        .filter(|z| z.is_managed())
        .map(|z| z.id.zone_type())
        .max()
        .unwrap_or(ZoneType::Dma);
    let normal_memory = nodes
        .iter()
        .filter(|node| {
            zones[node.id.index() * MAX_NR_ZONES..][..MAX_NR_ZONES]
                .iter()
                .filter(below_movable)
                .any(|z| z.is_populated())
        })
        .map(|node| node.id)
        .collect();
    PolicyZones { policy_zone, normal_memory }
}

fn check_parts(parts: &MachineParts) -> Result<(), RestoreError> {
    let wrong = |what| Err(RestoreError::Inconsistent { what });
    if parts.nodes.is_empty() || parts.cpus.is_empty() {
        return wrong("a machine needs a node and a CPU");
    }
    if parts.zones.len() != parts.nodes.len() * MAX_NR_ZONES {
        return wrong("there must be four zones for each node");
    }
    let node_exists = |node: NodeId| node.index() < parts.nodes.len();
    if !parts.cpus.iter().all(|cpu| node_exists(cpu.node)) {
        return wrong("a CPU names a node that is not there");
    }
    let refs = parts.nodes.iter().flat_map(|node| node.fallback.refs.iter().chain(&node.nofallback.refs));
    if !refs.map(|zref| zref.node).all(node_exists) {
        return wrong("a zonelist names a node that is not there");
    }
    if parts.nodes.iter().any(|node| node.distance.len() != parts.nodes.len()) {
        return wrong("a node's distances must cover every node");
    }
    let ordered = parts.zone_ranges.windows(2).all(|pair| pair[0].1 <= pair[1].0);
    let sane = parts.zone_ranges.iter().all(|r| r.0 < r.1 && r.1 <= Pfn::LIMIT && r.2.index() < parts.zones.len());
    if !ordered || !sane {
        return wrong("memory ranges must be ascending, disjoint and inside existing zones");
    }
    if section_count(&parts.zone_ranges) > MAX_SECTIONS {
        return wrong("more memory than the model can index (16 TiB)");
    }
    Ok(())
}

/// Sections that hold memory, the first one included whether it does or not.
fn section_count(ranges: &[(Pfn, Pfn, ZoneId)]) -> u64 {
    let mut next = 1;
    let mut count = 1;
    for &(start, end, _) in ranges {
        let last = end.0.div_ceil(PAGES_PER_SECTION);
        count += last.saturating_sub(next.max(start.0 >> PFN_SECTION_SHIFT));
        next = next.max(last);
    }
    count
}

/// Sections that 32-bit frames can name.
const MAX_SECTIONS: u64 = 1 << (32 - PFN_SECTION_SHIFT);
