//! When marks, reserves and per-CPU limits are computed: the steps of a boot, and writes to `/proc/sys/vm`.

use super::watermark::{
    bring_up_cpus, calculate_totalreserve_pages, hugepages_fit, init_min_free_kbytes, nr_free_buffer_pages,
    recommended_min_free_kbytes, refresh_zone_stat_thresholds, setup_pagesets, setup_per_zone_lowmem_reserve,
    setup_per_zone_wmarks,
};
use super::{Node, PerCpuPages, Zone};
use crate::config::{ConfigError, Sysctl, Sysctls, Thp};
use crate::pfn::NodeId;

/// The part of a machine that these computations read and write.
#[derive(Debug)]
pub struct Tuning<'a> {
    /// Zones by id.
    pub zones: &'a mut [Zone],
    /// Nodes by id.
    pub nodes: &'a mut [Node],
    /// Per-CPU sets, zone by zone.
    pub pcp: &'a mut [PerCpuPages],
    /// CPUs of the machine.
    pub nr_cpus: usize,
    /// Values of `/proc/sys/vm`.
    pub sysctl: &'a mut Sysctls,
    /// The `min_free_kbytes` in force.
    pub min_free_kbytes: &'a mut u64,
    /// Reserve of the whole machine (`totalreserve_pages`).
    pub totalreserve_pages: &'a mut u64,
}

impl Tuning<'_> {
    /// Gives every populated zone its per-CPU sets; only boot pagesets exist before (`setup_per_cpu_pageset`, and
    /// `zone_pcp_update` after deferred page records).
    pub fn setup_per_cpu_pageset(&mut self) {
        setup_pagesets(self.zones, self.pcp, self.nr_cpus, self.sysctl.percpu_pagelist_fraction);
    }

    /// Brings the secondary CPUs up, which sets thresholds and drift marks while all marks are 0.
    pub fn bring_up_cpus(&mut self) {
        bring_up_cpus(self.zones, self.pcp, self.nr_cpus);
    }

    /// The first computation of marks and reserves, on a CPU of `node` (`init_per_zone_wmark_min`).
    pub fn init_per_zone_wmark_min(&mut self, node: NodeId) {
        let free = nr_free_buffer_pages(self.zones, self.nodes, node);
        *self.min_free_kbytes = init_min_free_kbytes(free, *self.min_free_kbytes, self.sysctl.min_free_kbytes);
        self.setup_per_zone_wmarks();
        refresh_zone_stat_thresholds(self.zones, self.pcp, self.nr_cpus, self.nr_cpus);
        self.setup_per_zone_lowmem_reserve();
    }

    /// Starts khugepaged, which raises the marks, if huge pages are on and the machine is not too small for them
    /// (`hugepage_init`). Says whether the machine is not.
    pub fn start_khugepaged(&mut self, thp: Thp, node: NodeId) -> bool {
        let total_pages = self.zones.iter().map(|zone| zone.managed_pages).sum();
        let fit = hugepages_fit(total_pages);
        if thp != Thp::Never && fit {
            self.set_recommended_min_free_kbytes(node);
        }
        fit
    }

    /// Raises the marks as khugepaged wants them (`set_recommended_min_free_kbytes`).
    pub fn set_recommended_min_free_kbytes(&mut self, node: NodeId) {
        let free = nr_free_buffer_pages(self.zones, self.nodes, node);
        *self.min_free_kbytes = recommended_min_free_kbytes(self.zones, free, *self.min_free_kbytes);
        self.setup_per_zone_wmarks();
    }

    /// Computes the marks of all zones again from the values in force (`setup_per_zone_wmarks`).
    pub fn setup_per_zone_wmarks(&mut self) {
        setup_per_zone_wmarks(self.zones, *self.min_free_kbytes, self.sysctl.watermark_scale_factor);
        *self.totalreserve_pages = calculate_totalreserve_pages(self.zones, self.nodes);
    }

    /// Computes the reserves of lower zones again. Reading or writing `lowmem_reserve_ratio` does this
    /// (`setup_per_zone_lowmem_reserve`).
    pub fn setup_per_zone_lowmem_reserve(&mut self) {
        setup_per_zone_lowmem_reserve(self.zones, &self.sysctl.lowmem_reserve_ratio);
        *self.totalreserve_pages = calculate_totalreserve_pages(self.zones, self.nodes);
    }

    /// Writes a file of `/proc/sys/vm` and recomputes what its handler recomputes, and nothing else.
    ///
    /// # Errors
    ///
    /// [`ConfigError::OutOfRange`] if the kernel would refuse the value; nothing has changed then.
    pub fn write(&mut self, change: Sysctl) -> Result<(), ConfigError> {
        let old_fraction = self.sysctl.percpu_pagelist_fraction;
        self.sysctl.apply(change)?;
        match change.name() {
            "min_free_kbytes" => {
                *self.min_free_kbytes = self.sysctl.min_free_kbytes.map_or(*self.min_free_kbytes, u64::from);
                self.setup_per_zone_wmarks();
            }
            "watermark_scale_factor" => self.setup_per_zone_wmarks(),
            "lowmem_reserve_ratio" => self.setup_per_zone_lowmem_reserve(),
            "percpu_pagelist_fraction" if self.sysctl.percpu_pagelist_fraction != old_fraction => {
                self.setup_per_cpu_pageset();
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{MachineConfig, PcSpec};
    use crate::zone::boot::{Layout, layout};

    struct Parts {
        layout: Layout,
        pcp: Vec<PerCpuPages>,
        sysctl: Sysctls,
        min_free_kbytes: u64,
        totalreserve_pages: u64,
    }

    impl Parts {
        fn new(bytes: u64, cpus: u32) -> Parts {
            let spec = PcSpec::uniform(1, bytes, cpus, 20).expect("spec");
            let layout = layout(&MachineConfig::pc(&spec).expect("config")).expect("layout");
            let pcp = vec![PerCpuPages::default(); layout.zones.len() * layout.cpus.len()];
            Parts { layout, pcp, sysctl: Sysctls::default(), min_free_kbytes: 1024, totalreserve_pages: 0 }
        }

        fn tuning(&mut self) -> Tuning<'_> {
            Tuning {
                nr_cpus: self.layout.cpus.len(),
                zones: &mut self.layout.zones,
                nodes: &mut self.layout.nodes,
                pcp: &mut self.pcp,
                sysctl: &mut self.sysctl,
                min_free_kbytes: &mut self.min_free_kbytes,
                totalreserve_pages: &mut self.totalreserve_pages,
            }
        }
    }

    fn sysctl(name: &str, text: &str) -> Sysctl {
        Sysctl::parse(name, text).expect("a number")
    }

    #[test]
    fn marks_follow_a_write_but_reserves_do_not() {
        let mut parts = Parts::new(2 << 30, 2);
        parts.tuning().init_per_zone_wmark_min(NodeId(0));
        let reserve = parts.layout.zones[0].lowmem_reserve;
        parts.layout.zones[1].managed_pages += 1 << 16;
        parts.tuning().write(sysctl("min_free_kbytes", "4000")).expect("valid");
        let sum: u64 = parts.layout.zones.iter().map(|zone| zone.watermark[0]).sum();
        assert!((999..=1000).contains(&sum), "{sum}");
        assert_eq!(parts.layout.zones[0].lowmem_reserve, reserve);
        parts.tuning().setup_per_zone_lowmem_reserve();
        assert_eq!(parts.layout.zones[0].lowmem_reserve[1], reserve[1] + 256);
    }

    #[test]
    fn huge_pages_need_512_mib() {
        for (bytes, raised) in [(2 << 30, true), (512 << 20, false)] {
            let mut parts = Parts::new(bytes, 1);
            parts.tuning().init_per_zone_wmark_min(NodeId(0));
            let before = parts.min_free_kbytes;
            parts.tuning().start_khugepaged(Thp::Never, NodeId(0));
            assert_eq!(parts.min_free_kbytes, before);
            parts.tuning().start_khugepaged(Thp::Madvise, NodeId(0));
            assert_eq!(parts.min_free_kbytes > before, raised);
        }
    }

    #[test]
    fn a_refused_write_changes_nothing() {
        let mut parts = Parts::new(1 << 30, 1);
        parts.tuning().setup_per_cpu_pageset();
        let before: Vec<u32> = parts.pcp.iter().map(|set| set.high).collect();
        assert!(parts.tuning().write(sysctl("percpu_pagelist_fraction", "5")).is_err());
        assert!(before.iter().eq(parts.pcp.iter().map(|set| &set.high)));
        parts.tuning().write(sysctl("percpu_pagelist_fraction", "8")).expect("valid");
        assert!(before.iter().ne(parts.pcp.iter().map(|set| &set.high)));
    }
}
