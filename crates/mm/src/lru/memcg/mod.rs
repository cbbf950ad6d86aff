//! Memory cgroups: the tree of groups, what each holds and what it may hold (mm/memcontrol.c).

mod ask;
mod counter;
mod events;
mod pressure;
mod protection;
mod restore;
mod soft;
mod stock;
mod swap;
mod walk;

pub use counter::{Counted, NO_LIMIT, PageCounter};
pub use events::MemoryEvent;
pub(crate) use pressure::{PRESSURE_WINDOW, Scanned};
pub use pressure::{PressureListener, PressureMode};
pub(crate) use protection::MemcgVerdict;
pub(crate) use stock::CHARGE_BATCH;

use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::MemcgId;
use crate::part::Part;
use crate::pfn::Frame;
use counter::NR_COUNTERS;
use events::EventCounts;
use pressure::Pressure;
use soft::SoftLimits;
use std::collections::BTreeMap;
use stock::Stock;
use thiserror::Error;

/// Why something cannot be done with a memory cgroup. Nothing has changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum MemcgError {
    /// There is no such group, or it is removed already.
    #[error("no memory cgroup {}", .0.0)]
    NoGroup(MemcgId),
    /// It is the root, or above other groups.
    #[error("memory cgroup {} is the root or above others", .0.0)]
    InUse(MemcgId),
    /// Every number is taken.
    #[error("65535 memory cgroups are all there can be")]
    TooMany,
}

/// Which version of cgroups rules memory. The machine has one of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CgroupVersion {
    /// Version 2, always hierarchical.
    #[default]
    V2,
    /// Version 1.
    V1 {
        /// Groups made from now on count for their parents too (`memory.use_hierarchy` of the root).
        use_hierarchy: bool,
    },
}

/// A memory cgroup (`struct mem_cgroup`).
#[derive(Clone, Debug)]
pub struct Memcg {
    /// The group above; `None` for the root.
    pub parent: Option<MemcgId>,
    /// The groups right below, in the order they were made.
    pub children: Vec<MemcgId>,
    /// Its path, as messages print it.
    pub name: String,
    /// Not yet removed; a removed group stays for as long as pages are charged to it.
    pub online: bool,
    /// Its counters by [`Counted`].
    pub(super) counters: [PageCounter; NR_COUNTERS],
    /// What happened to it and those below it.
    pub(super) events: EventCounts,
    /// What happened to it alone.
    pub(super) local_events: EventCounts,
    /// `memory.swappiness` (v1 alone).
    pub swappiness: u8,
    /// What it should not hold while the machine is short of memory, in pages (v1 alone).
    pub soft_limit: u64,
    pressure: Pressure,
    /// Whether nobody is killed when it has too little memory: its tasks wait (`memory.oom_control` of v1).
    pub oom_kill_disable: bool,
    /// Whether it counts for the group above and is walked with those below (`use_hierarchy`).
    pub use_hierarchy: bool,
}

impl Memcg {
    /// Whether it is a root that nobody was charged to, limited or placed below.
    fn is_blank(&self) -> bool {
        let limited = self.soft_limit != NO_LIMIT || self.oom_kill_disable;
        let blank = PageCounter::default().words();
        let counted =
            self.counters.iter().any(|counter| counter.words() != blank) || self.events.iter().any(|&n| n != 0);
        self.parent.is_none() && self.children.is_empty() && !limited && !counted
    }
}

/// All groups of a machine, by number. The root is number 0.
#[derive(Clone, Debug)]
pub(crate) struct Memcgs {
    groups: Vec<Option<Memcg>>,
    /// What CPUs keep ahead of need; those that never did have no entry.
    stocks: Part<Vec<Stock>>,
    /// Blocks that the kernel itself holds, and whom they are charged to.
    pub(crate) kernel_pages: Part<BTreeMap<Frame, MemcgId>>,
    /// Groups that a worker is to bring below `memory.high`.
    high_work: Vec<MemcgId>,
    /// Groups whose listeners a worker is to tell of pressure.
    pressure_work: Vec<MemcgId>,
    pub(crate) soft: SoftLimits,
    pub(crate) version: CgroupVersion,
    /// Protection that a group leaves unclaimed goes to those below by usage (mount option `memory_recursiveprot`).
    pub(crate) recursive_protection: bool,
    /// Memory of the kernel is charged to groups (`memcg_kmem_enabled`).
    pub(crate) kmem_accounting: bool,
}

impl Default for Memcgs {
    fn default() -> Memcgs {
        Memcgs::new(CgroupVersion::V2)
    }
}

impl Memcgs {
    /// The root alone.
    pub(crate) fn new(version: CgroupVersion) -> Memcgs {
        let use_hierarchy = version != CgroupVersion::V1 { use_hierarchy: false };
        let root = Memcg {
            parent: None,
            children: Vec::new(),
            name: "/".to_owned(),
            online: true,
            counters: Default::default(),
            events: Default::default(),
            local_events: Default::default(),
            swappiness: 60,
            soft_limit: NO_LIMIT,
            pressure: Pressure::default(),
            oom_kill_disable: false,
            use_hierarchy,
        };
        Memcgs {
            groups: vec![Some(root)],
            stocks: Part::default(),
            kernel_pages: Part::default(),
            high_work: Vec::new(),
            pressure_work: Vec::new(),
            soft: SoftLimits::default(),
            version,
            recursive_protection: false,
            kmem_accounting: true,
        }
    }

    pub(crate) fn get(&self, memcg: MemcgId) -> Option<&Memcg> {
        self.groups.get(usize::from(memcg.0))?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, memcg: MemcgId) -> Option<&mut Memcg> {
        self.groups.get_mut(usize::from(memcg.0))?.as_mut()
    }

    /// A counter; an empty one if there is no such group.
    pub(crate) fn counter(&self, kind: Counted, memcg: MemcgId) -> PageCounter {
        self.get(memcg).map(|group| group.counters[kind as usize]).unwrap_or_default()
    }

    /// Pages that a group and those below it hold (`mem_cgroup_size`).
    pub(crate) fn usage(&self, memcg: MemcgId) -> u64 {
        self.counter(Counted::Memory, memcg).usage
    }

    /// The group whose counter its own adds to: the root's for every group that is not hierarchical.
    fn counter_parent(&self, memcg: MemcgId) -> Option<MemcgId> {
        let group = self.get(memcg)?;
        if group.use_hierarchy { group.parent } else { group.parent.map(|_| MemcgId::ROOT) }
    }

    /// The group above, if the two are hierarchical (`parent_mem_cgroup`).
    pub(crate) fn parent(&self, memcg: MemcgId) -> Option<MemcgId> {
        self.counter_parent(memcg)
    }

    /// Adds a group below another under the lowest free number (`mem_cgroup_css_alloc`).
    pub(crate) fn create(&mut self, parent: MemcgId, name: &str) -> Option<MemcgId> {
        let free = self.groups.iter().position(Option::is_none).unwrap_or(self.groups.len());
        let id = MemcgId(u16::try_from(free).ok()?);
        self.insert(id, parent, name).then_some(id)
    }

    /// Adds a group under a number of its own.
    pub(crate) fn insert(&mut self, id: MemcgId, parent: MemcgId, name: &str) -> bool {
        if self.get(id).is_some() {
            return false;
        }
        let Some(above) = self.get_mut(parent) else { return false };
        above.children.push(id);
        let group = Memcg {
            parent: Some(parent),
            children: Vec::new(),
            name: name.to_owned(),
            online: true,
            counters: Default::default(),
            events: Default::default(),
            local_events: Default::default(),
            swappiness: above.swappiness,
            soft_limit: NO_LIMIT,
            pressure: Pressure::default(),
            oom_kill_disable: above.oom_kill_disable,
            use_hierarchy: above.use_hierarchy,
        };
        let at = usize::from(id.0);
        if self.groups.len() <= at {
            self.groups.resize(at + 1, None);
        }
        self.groups[at] = Some(group);
        true
    }

    /// Notes that a worker is to bring a group below `memory.high`; once, however often it is noted.
    pub(crate) fn schedule_high_work(&mut self, memcg: MemcgId) {
        if !self.high_work.contains(&memcg) {
            self.high_work.push(memcg);
        }
    }

    pub(crate) fn next_high_work(&mut self) -> Option<MemcgId> {
        (!self.high_work.is_empty()).then(|| self.high_work.remove(0))
    }

    /// Whether there is work for a worker.
    pub(crate) fn has_work(&self) -> bool {
        !self.high_work.is_empty() || !self.pressure_work.is_empty()
    }

    pub(crate) fn take_pressure_work(&mut self) -> Vec<MemcgId> {
        core::mem::take(&mut self.pressure_work)
    }

    /// Everything that later charges and reclaim depend on, for hashing.
    pub(crate) fn words(&self) -> impl Iterator<Item = u64> + '_ {
        let groups = self.groups.iter().enumerate().filter_map(|(id, group)| Some((id as u64, group.as_ref()?)));
        let groups = groups.filter(|(_, group)| !group.is_blank());
        let groups = groups.flat_map(|(id, group)| {
            let flags = u64::from(group.online) | u64::from(group.oom_kill_disable) << 1;
            let own = [id, group.parent.map_or(u64::MAX, |parent| parent.0.into()), flags, group.soft_limit];
            own.into_iter().chain(group.counters.iter().flat_map(PageCounter::words)).chain(group.events)
        });
        groups.chain(self.stocks.iter().flat_map(Stock::words))
    }

    /// A removed group to which nothing is charged any more.
    pub(crate) fn releasable(&self) -> Option<MemcgId> {
        let empty = |group: &Memcg| group.counters.iter().all(|counter| counter.usage == 0);
        let gone = |group: &&Option<Memcg>| {
            group.as_ref().is_some_and(|group| !group.online && group.children.is_empty() && empty(group))
        };
        self.groups.iter().position(|group| gone(&group)).map(|id| MemcgId(id as u16))
    }

    /// Forgets a group.
    pub(crate) fn release(&mut self, memcg: MemcgId) {
        let parent = self.groups.get_mut(usize::from(memcg.0)).and_then(Option::take).and_then(|group| group.parent);
        if let Some(above) = parent.and_then(|parent| self.get_mut(parent)) {
            above.children.retain(|&child| child != memcg);
        }
        self.high_work.retain(|&id| id != memcg);
        self.pressure_work.retain(|&id| id != memcg);
        self.soft.forget(memcg);
    }
}

impl<S: Sink> Machine<S> {
    /// Makes a memory cgroup.
    ///
    /// # Errors
    /// [`MemcgError::NoGroup`] if there is no such parent, [`MemcgError::TooMany`] at 65535 groups.
    pub fn create_memcg(&mut self, parent: MemcgId, name: &str) -> Result<MemcgId, MemcgError> {
        self.release_memcgs();
        self.memcgs.get(parent).filter(|group| group.online).ok_or(MemcgError::NoGroup(parent))?;
        let memcg = self.memcgs.create(parent, name).ok_or(MemcgError::TooMany)?;
        self.lru.add_memcg(memcg);
        Ok(memcg)
    }

    /// A memory cgroup.
    #[must_use]
    pub fn memcg(&self, memcg: MemcgId) -> Option<&Memcg> {
        self.memcgs.get(memcg)
    }

    /// Every memory cgroup, parents first, siblings in the order they were made.
    pub fn memcg_ids(&self) -> impl Iterator<Item = MemcgId> + '_ {
        core::iter::successors(Some(MemcgId::ROOT), |&prev| self.memcgs.iter(MemcgId::ROOT, Some(prev)))
    }
}

impl Memcg {
    /// One of its counters.
    #[must_use]
    pub fn counter(&self, kind: Counted) -> &PageCounter {
        &self.counters[kind as usize]
    }

    /// Those who are told of pressure in it.
    #[must_use]
    pub fn pressure_listeners(&self) -> &[PressureListener] {
        &self.pressure.listeners
    }

    /// Until which jiffy its sockets take less memory.
    #[must_use]
    pub fn socket_pressure_until(&self) -> u64 {
        self.pressure.socket_until
    }

    pub(crate) fn add_listener(&mut self, listener: PressureListener) {
        self.pressure.listeners.push(listener);
    }

    /// How often something happened to it or a group below it.
    #[must_use]
    pub fn events(&self, event: MemoryEvent) -> u64 {
        self.events[event as usize]
    }
}
