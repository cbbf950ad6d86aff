//! Booting: from a description to a machine with all memory on its lists, in the kernel's order of steps.

use crate::buddy::BuddyOptions;
use crate::config::{ConfigError, MachineConfig, Sysctl, Thp, ThpSettings};
use crate::event::Sink;
use crate::machine::{Machine, PageError};
use crate::page::memmap::TOP_ORDER;
use crate::page::meta::{Meta, PageState};
use crate::pfn::{CpuId, MigrateType, Order, PAGEBLOCK_NR_PAGES, Pfn, ZoneId};
use crate::restore::MachineParts;
use crate::zone::boot::{BootWarning, layout};
use crate::zone::deferred::DeferredNode;
use crate::zone::tuning::Tuning;
use crate::zone::watermark::INITIAL_MIN_FREE_KBYTES;

/// A machine whose memory is on the free lists but whose marks, per-CPU sets and contiguous areas are not set up:
/// the moment after `memblock_free_all`. Page records can still be deferred.
#[derive(Clone)]
pub struct Booting<S> {
    machine: Machine<S>,
    cma: Vec<(Pfn, u64)>,
    thp: Thp,
    warnings: Vec<BootWarning>,
    /// Pages that become managed once the per-CPU sets have their size.
    freed_early: Vec<(ZoneId, u64)>,
}

impl<S: Sink> Machine<S> {
    /// Boots a machine.
    ///
    /// # Errors
    /// [`ConfigError`] if the description breaks a limit or leaves no usable memory.
    pub fn boot(config: &MachineConfig, sink: S) -> Result<Machine<S>, ConfigError> {
        Ok(Booting::memblock_free_all(config, sink)?.finish())
    }
}

impl<S: Sink> Booting<S> {
    /// Lays out the machine and gives its free memory to the buddy allocator (`memblock_free_all`).
    ///
    /// # Errors
    /// [`ConfigError`] if the description breaks a limit or leaves no usable memory.
    pub fn memblock_free_all(config: &MachineConfig, sink: S) -> Result<Booting<S>, ConfigError> {
        let mut layout = layout(config)?;
        // The estimates were for the zonelists; from here on managed counts what the buddy allocator was given.
        layout.zones.iter_mut().for_each(|zone| zone.managed_pages = 0);
        let parts = MachineParts {
            nodes: layout.nodes,
            zones: layout.zones,
            cpus: layout.cpus,
            zone_ranges: layout.zone_ranges,
            reserved: layout.reserved,
            online_nodes: layout.states.online,
            options: BuddyOptions {
                group_by_mobility_disabled: layout.page_group_by_mobility_disabled,
                guardpage_minorder: 0,
                watermark_boost_factor: u64::from(config.sysctls.watermark_boost_factor),
                numa_stat: config.sysctls.numa_stat,
            },
            sysctl: config.sysctls.clone(),
            min_free_kbytes: INITIAL_MIN_FREE_KBYTES,
            totalreserve_pages: 0,
            fault: None,
            seed: 0,
        };
        let mut machine =
            Machine::new(parts, sink).map_err(|error| ConfigError::Unbootable { reason: error.to_string() })?;
        machine.init_pageblocks();
        machine.free_memblock(&layout.free_ranges, &layout.first_deferred_pfn);
        Ok(Booting {
            machine,
            cma: layout.cma,
            thp: config.boot.thp,
            warnings: layout.warnings,
            freed_early: Vec::new(),
        })
    }

    /// The machine as it is at this moment.
    #[must_use]
    pub fn machine(&self) -> &Machine<S> {
        &self.machine
    }

    /// The same, to allocate during boot.
    pub fn machine_mut(&mut self) -> &mut Machine<S> {
        &mut self.machine
    }

    /// What the kernel would have complained about.
    #[must_use]
    pub fn warnings(&self) -> &[BootWarning] {
        &self.warnings
    }

    /// Counts pages that the kernel freed of its own after its per-CPU sets and before its other CPUs, such as its SMP
    /// alternatives (`adjust_managed_page_count`). The pages themselves stay reserved in the model.
    pub fn adjust_managed_page_count(&mut self, zone: ZoneId, pages: u64) {
        self.freed_early.push((zone, pages));
    }

    /// The rest of the boot: per-CPU sets, secondary CPUs, deferred records, contiguous areas, marks, khugepaged.
    #[must_use]
    pub fn finish(mut self) -> Machine<S> {
        let machine = &mut self.machine;
        machine.tuning().setup_per_cpu_pageset();
        for (zone, pages) in self.freed_early {
            if let Some(zone) = machine.zones.get_mut(zone.index()) {
                zone.managed_pages += pages;
            }
        }
        machine.tuning().bring_up_cpus();
        machine.page_alloc_init_late();
        for &(start, pages) in &self.cma {
            machine.activate_cma(start, pages);
            if crate::RECLAIMS {
                machine.add_cma_area(start, pages);
            }
        }
        let node = machine.cpus[0].node;
        machine.tuning().init_per_zone_wmark_min(node);
        if machine.tuning().start_khugepaged(self.thp, node) {
            machine.huge.settings = ThpSettings::at_boot(self.thp);
        }
        machine.update_policy_zones();
        self.machine
    }
}

impl<S: Sink> Machine<S> {
    /// What computes marks, reserves and per-CPU limits.
    pub(crate) fn tuning(&mut self) -> Tuning<'_> {
        Tuning {
            zones: &mut self.zones,
            nodes: &mut self.nodes,
            pcp: &mut self.pcp,
            nr_cpus: self.cpus.len(),
            sysctl: &mut self.sysctl,
            min_free_kbytes: &mut self.min_free_kbytes,
            totalreserve_pages: &mut self.totalreserve_pages,
        }
    }

    /// Who gets huge pages, and how hard faults try.
    #[must_use]
    pub fn thp(&self) -> ThpSettings {
        self.huge.settings
    }

    /// Writes the files of `/sys/kernel/mm/transparent_hugepage`. Whoever turns huge pages on starts khugepaged, which
    /// raises the marks (`start_stop_khugepaged`).
    pub fn set_thp(&mut self, settings: ThpSettings) {
        self.huge.settings = settings;
        if settings.enabled != Thp::Never {
            let node = self.cpus[0].node;
            self.tuning().set_recommended_min_free_kbytes(node);
        }
    }

    /// Writes a file of `/proc/sys/vm`.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] if the kernel would refuse the value; nothing has changed then.
    pub fn write_sysctl(&mut self, change: Sysctl) -> Result<(), ConfigError> {
        self.tuning().write(change)?;
        self.options.watermark_boost_factor = u64::from(self.sysctl.watermark_boost_factor);
        if change.name() == "numa_stat" {
            self.options.numa_stat = self.sysctl.numa_stat;
            if !self.sysctl.numa_stat {
                self.zero_numa_stat();
            }
        }
        Ok(())
    }

    /// Reading `vm.lowmem_reserve_ratio` computes the reserves again, with the sizes of that moment.
    pub fn read_lowmem_reserve_ratio(&mut self) -> [u32; 4] {
        self.tuning().setup_per_zone_lowmem_reserve();
        self.sysctl.lowmem_reserve_ratio
    }

    /// Forgets all NUMA counts (`zero_zones_numa_counters` and the like).
    fn zero_numa_stat(&mut self) {
        self.zones.iter_mut().for_each(|zone| zone.numa_stat = Default::default());
        self.pcp.iter_mut().for_each(|pcp| pcp.numa_stat_diff = Default::default());
        self.global.vm_numa_stat = Default::default();
    }

    /// Every pageblock whose first page exists begins movable (`memmap_init_zone`).
    pub fn init_pageblocks(&mut self) {
        let ranges: Vec<_> = self.mem.zone_ranges().collect();
        for (first, last, _) in ranges {
            let mut block = first.0.next_multiple_of(PAGEBLOCK_NR_PAGES as u32);
            while block <= last.0 {
                self.mem.set_pageblock(crate::pfn::Frame(block), MigrateType::Movable);
                match block.checked_add(PAGEBLOCK_NR_PAGES as u32) {
                    Some(next) => block = next,
                    None => break,
                }
            }
        }
    }

    /// Cuts free memory into the largest aligned blocks, ascending (`__free_memory_core`). What is deferred waits.
    fn free_memblock(&mut self, free_ranges: &[(Pfn, Pfn)], first_deferred: &[Option<Pfn>]) {
        for &(start, end) in free_ranges {
            let mut at = start;
            while at < end {
                let mut order = at.0.trailing_zeros().min(u32::from(TOP_ORDER)) as u8;
                while at.0 + (1 << order) > end.0 {
                    order -= 1;
                }
                self.free_at_boot(at, order, first_deferred);
                at.0 += 1 << order;
            }
        }
    }

    fn free_at_boot(&mut self, pfn: Pfn, order: u8, first_deferred: &[Option<Pfn>]) {
        let Some(zone) = self.mem.frame(pfn).and_then(|frame| self.mem.zone_of(frame)) else { return };
        let waits = first_deferred.get(zone.node().index()).copied().flatten().is_some_and(|first| pfn >= first);
        if !waits {
            return self.free_pages_core(CpuId(0), zone, pfn, order);
        }
        let range = (pfn, Pfn(pfn.0 + (1 << order)));
        match self.deferred.iter_mut().find(|node| node.zone == zone) {
            Some(node) => match node.ranges.back_mut() {
                Some(last) if last.1 == range.0 => last.1 = range.1,
                _ => node.ranges.push_back(range),
            },
            None => self.deferred.push(DeferredNode { zone, ranges: [range].into(), exhausted: false }),
        }
    }

    /// Gives a contiguous area to the buddy allocator, pageblock by pageblock (`cma_activate_area`).
    fn activate_cma(&mut self, start: Pfn, pages: u64) {
        self.mem.unreserve(start, Pfn(start.0 + pages));
        for pfn in (start.0..start.0 + pages).step_by(PAGEBLOCK_NR_PAGES as usize) {
            let Some(frame) = self.mem.frame(Pfn(pfn)) else { continue };
            if let Some(zone) = self.mem.zone_of(frame) {
                self.lock(zone, CpuId(0)).init_cma_pageblock(frame);
            }
        }
    }

    /// Frees reserved pages one by one, which makes them managed (`free_reserved_area`): what happens to the
    /// kernel's own boot code and data.
    ///
    /// # Errors
    /// [`PageError`] if a page is not reserved memory; none has been freed then.
    pub fn free_reserved_area(&mut self, start: Pfn, end: Pfn) -> Result<(), PageError> {
        for pfn in (start.0..end.0).map(Pfn) {
            let exists = self.mem.frame(pfn).is_some_and(|frame| self.mem.exists(frame));
            if !exists || !self.mem.is_reserved(pfn) {
                return Err(if exists {
                    PageError::AlreadyFree { pfn, state: "not reserved" }
                } else {
                    PageError::NoMemory { pfn }
                });
            }
        }
        self.mem.unreserve(start, end);
        for pfn in (start.0..end.0).map(Pfn) {
            let Some(frame) = self.mem.frame(pfn) else { continue };
            let index = self.mem.pageblock(frame);
            self.mem.set_meta(frame, 0, Meta::new(PageState::Allocated, 0, index));
            self.free_pages(CpuId(0), pfn, Order::default())?;
            if let Some(zone) = self.mem.zone_of(frame) {
                self.zones[zone.index()].managed_pages += 1;
            }
        }
        Ok(())
    }

    /// The value of `min_free_kbytes` in force, in KiB.
    #[must_use]
    pub fn min_free_kbytes(&self) -> u64 {
        self.min_free_kbytes
    }

    /// Pages that no request may count on (`totalreserve_pages`).
    #[must_use]
    pub fn totalreserve_pages(&self) -> u64 {
        self.totalreserve_pages
    }

    /// Values of `/proc/sys/vm` as last written.
    #[must_use]
    pub fn sysctls(&self) -> &crate::config::Sysctls {
        &self.sysctl
    }
}
