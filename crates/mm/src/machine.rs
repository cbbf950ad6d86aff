//! The machine: all state in one place.

mod drain;
mod pages;

pub use pages::PageError;

use crate::alloc::fault::FaultInjection;
use crate::buddy::{BuddyOptions, GlobalStat, LockedZone};
use crate::compact::Cma;
use crate::config::Sysctls;
use crate::console::Console;
use crate::event::{NullSink, Sink};
use crate::gfp::Gfp;
use crate::io::UserSpace;
use crate::io::swap::Swap;
use crate::lru::Lru;
use crate::lru::memcg::Memcgs;
use crate::oom::Oom;
use crate::page::huge::HugePages;
use crate::page::memmap::MemMap;
use crate::part::{Lives, Part};
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
    /// Blocks with more than one reference, by frame, and how many they have beyond the first.
    pub(crate) extra_refs: Vec<(Frame, u32)>,
    pub(crate) deferred: Vec<DeferredNode>,
    pub(crate) rng: Rng,
    /// Whether somebody is in the OOM killer (`oom_lock`).
    pub(crate) oom_lock: bool,
    pub(crate) oom_killer_disabled: bool,
    /// Whether requests may get memory back.
    pub(crate) reclaims: bool,
    /// What the OOM killer remembers.
    pub(crate) oom: Lives<Oom>,
    pub(crate) pressure: Pressure,
    /// The LRU lists.
    pub(crate) lru: Lives<Lru>,
    /// The memory cgroups.
    pub(crate) memcgs: Lives<Memcgs>,
    /// The slab shrinkers.
    pub(crate) shrinkers: Lives<Shrinkers>,
    /// What a recording knows of steps to come.
    pub(crate) reclaim_script: Lives<ReclaimScript>,
    /// Nodes of page caches that hold remains only.
    pub(crate) shadow_nodes: Lives<ShadowNodes>,
    /// Areas for pages in a row.
    pub(crate) cma: Part<Cma>,
    /// Huge pages.
    pub(crate) huge: HugePages,
    /// Swap space.
    pub(crate) swap: Lives<Swap>,
    /// Processes and what they use.
    pub(crate) user: Lives<UserSpace>,
    /// What the kernel logs.
    pub(crate) console: Part<Console<S>>,
    /// Virtual time in ticks of 4 ms since boot.
    pub(crate) jiffies: u64,
    /// Whether somebody else wants the CPU, so that whoever runs lets go of it at the next opportunity
    /// (`TIF_NEED_RESCHED`).
    pub(crate) need_resched: bool,
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
