//! The `/proc/sys/vm` files that the allocator reads.

use super::ConfigError;
use crate::pfn::MAX_NR_ZONES;

const INT_MAX: u64 = i32::MAX as u64;

/// Values of `/proc/sys/vm` files. The default is the kernel's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sysctls {
    /// `min_free_kbytes` if a user has written it; otherwise the kernel computes it. KiB, 0..=2^31-1.
    pub min_free_kbytes: Option<u32>,
    /// `watermark_scale_factor`: distance between marks in 1/10000 of a zone, 1..=1000.
    pub watermark_scale_factor: u32,
    /// `watermark_boost_factor`: largest boost in 1/10000 of the high mark, 0 (no boost)..=2^31-1.
    pub watermark_boost_factor: u32,
    /// `lowmem_reserve_ratio` by zone index; 0 means no reserve.
    pub lowmem_reserve_ratio: [u32; MAX_NR_ZONES],
    /// `percpu_pagelist_fraction`: high of each per-CPU set is managed / fraction; 0 (automatic) or at least 8.
    pub percpu_pagelist_fraction: u32,
    /// `zone_reclaim_mode`: bit 0 turns node reclaim on, bit 1 allows writing, bit 2 unmapping.
    pub zone_reclaim_mode: u32,
    /// `min_unmapped_ratio`: percent of a node that node reclaim leaves in the page cache, 0..=100.
    pub min_unmapped_ratio: u32,
    /// `min_slab_ratio`: percent of a node that node reclaim leaves in slabs, 0..=100.
    pub min_slab_ratio: u32,
    /// `dirty_ratio`: percent of available memory that may be dirty, 0..=100; 0 while `dirty_bytes` is set.
    pub dirty_ratio: u32,
    /// `dirty_bytes`: bytes that may be dirty, at least 8192; 0 while `dirty_ratio` is set.
    pub dirty_bytes: u64,
    /// `numa_stat`: whether NUMA counters are kept.
    pub numa_stat: bool,
    /// `stat_interval`: seconds between foldings of per-CPU counters, 0..=2^31-1.
    pub stat_interval: u32,
    /// `swappiness`: how willing reclaim is to swap rather than drop page cache, 0..=200.
    pub swappiness: u32,
    /// `vfs_cache_pressure`: how readily dentries and inodes are reclaimed, in percent, 0..=2^31-1.
    pub vfs_cache_pressure: u32,
    /// `laptop_mode`: seconds for which a running disk writes on, 0..=2^31-1; unless 0, reclaim begins without writing.
    pub laptop_mode: u32,
    /// `dirty_background_ratio`: percent of available memory at which flushers begin, 0..=100; 0 while
    /// `dirty_background_bytes` is set.
    pub dirty_background_ratio: u32,
    /// `dirty_background_bytes`: bytes at which flushers begin, at least 1; 0 while `dirty_background_ratio` is set.
    pub dirty_background_bytes: u64,
    /// `dirty_expire_centisecs`: age at which flushers write a dirty page, in 10 ms, 0..=2^31-1.
    pub dirty_expire_centisecs: u32,
    /// `dirty_writeback_centisecs`: time between runs of a flusher, in 10 ms, 0 (none)..=2^31-1.
    pub dirty_writeback_centisecs: u32,
    /// `panic_on_oom`: whether running out of memory stops the machine: 0 never, 1 unless a cpuset, policy or group is
    /// the reason, 2 always.
    pub panic_on_oom: u32,
    /// `oom_kill_allocating_task`: kill whoever asked for memory rather than search.
    pub oom_kill_allocating_task: bool,
    /// `oom_dump_tasks`: list all tasks before a kill.
    pub oom_dump_tasks: bool,
    /// `extfrag_threshold`: fragmentation index up to which a lack of memory is to blame, 0..=1000.
    pub extfrag_threshold: u32,
    /// `compaction_proactiveness`: how eagerly kcompactd works ahead, 0 (not at all)..=100.
    pub compaction_proactiveness: u32,
    /// `compact_unevictable_allowed`: whether compaction moves locked pages.
    pub compact_unevictable_allowed: bool,
    /// `page-cluster`: pages read together from swap, as a power of two, 0..=2^31-1.
    pub page_cluster: u32,
}

impl Default for Sysctls {
    fn default() -> Self {
        Sysctls {
            min_free_kbytes: None,
            watermark_scale_factor: 10,
            watermark_boost_factor: 15000,
            lowmem_reserve_ratio: [256, 256, 32, 0],
            percpu_pagelist_fraction: 0,
            zone_reclaim_mode: 0,
            min_unmapped_ratio: 1,
            min_slab_ratio: 5,
            dirty_ratio: 20,
            dirty_bytes: 0,
            numa_stat: true,
            stat_interval: 1,
            swappiness: 60,
            vfs_cache_pressure: 100,
            laptop_mode: 0,
            dirty_background_ratio: 10,
            dirty_background_bytes: 0,
            dirty_expire_centisecs: 3000,
            dirty_writeback_centisecs: 500,
            panic_on_oom: 0,
            oom_kill_allocating_task: false,
            oom_dump_tasks: true,
            extfrag_threshold: 500,
            compaction_proactiveness: 20,
            compact_unevictable_allowed: true,
            page_cluster: 3,
        }
    }
}

/// A write to one of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sysctl {
    /// `vm.min_free_kbytes`.
    MinFreeKbytes(u32),
    /// `vm.watermark_scale_factor`.
    WatermarkScaleFactor(u32),
    /// `vm.watermark_boost_factor`.
    WatermarkBoostFactor(u32),
    /// `vm.lowmem_reserve_ratio`, by zone index.
    LowmemReserveRatio([u32; MAX_NR_ZONES]),
    /// `vm.percpu_pagelist_fraction`.
    PercpuPagelistFraction(u32),
    /// `vm.zone_reclaim_mode`.
    ZoneReclaimMode(u32),
    /// `vm.min_unmapped_ratio`.
    MinUnmappedRatio(u32),
    /// `vm.min_slab_ratio`.
    MinSlabRatio(u32),
    /// `vm.dirty_ratio`.
    DirtyRatio(u32),
    /// `vm.dirty_bytes`.
    DirtyBytes(u64),
    /// `vm.numa_stat`.
    NumaStat(bool),
    /// `vm.stat_interval`.
    StatInterval(u32),
    /// `vm.swappiness`.
    Swappiness(u32),
    /// `vm.vfs_cache_pressure`.
    VfsCachePressure(u32),
    /// `vm.laptop_mode`.
    LaptopMode(u32),
    /// `vm.dirty_background_ratio`.
    DirtyBackgroundRatio(u32),
    /// `vm.dirty_background_bytes`.
    DirtyBackgroundBytes(u64),
    /// `vm.dirty_expire_centisecs`.
    DirtyExpireCentisecs(u32),
    /// `vm.dirty_writeback_centisecs`.
    DirtyWritebackCentisecs(u32),
    /// `vm.panic_on_oom`.
    PanicOnOom(u32),
    /// `vm.oom_kill_allocating_task`.
    OomKillAllocatingTask(bool),
    /// `vm.oom_dump_tasks`.
    OomDumpTasks(bool),
    /// `vm.extfrag_threshold`.
    ExtfragThreshold(u32),
    /// `vm.compaction_proactiveness`.
    CompactionProactiveness(u32),
    /// `vm.compact_unevictable_allowed`.
    CompactUnevictableAllowed(bool),
    /// `vm.page-cluster`.
    PageCluster(u32),
}

impl Sysctl {
    /// Reads a name, with or without `vm.`, and the text written to it. Where several numbers are expected they are
    /// separated by blanks or commas.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if the model has no such file, or the text is no number in its range.
    pub fn parse(name: &str, text: &str) -> Result<Sysctl, ConfigError> {
        let short = name.strip_prefix("vm.").unwrap_or(name);
        let number = |max| parse_number(short, text, max);
        let int = || number(INT_MAX).map(|value| value as u32);
        Ok(match short {
            "min_free_kbytes" => Sysctl::MinFreeKbytes(int()?),
            "watermark_scale_factor" => Sysctl::WatermarkScaleFactor(int()?),
            "watermark_boost_factor" => Sysctl::WatermarkBoostFactor(int()?),
            "lowmem_reserve_ratio" => Sysctl::LowmemReserveRatio(parse_ratios(text)?),
            "percpu_pagelist_fraction" => Sysctl::PercpuPagelistFraction(int()?),
            "zone_reclaim_mode" => Sysctl::ZoneReclaimMode(int()?),
            "min_unmapped_ratio" => Sysctl::MinUnmappedRatio(int()?),
            "min_slab_ratio" => Sysctl::MinSlabRatio(int()?),
            "dirty_ratio" => Sysctl::DirtyRatio(int()?),
            "dirty_bytes" => Sysctl::DirtyBytes(number(u64::MAX)?),
            "numa_stat" => Sysctl::NumaStat(number(1)? == 1),
            "stat_interval" => Sysctl::StatInterval(int()?),
            "swappiness" => Sysctl::Swappiness(int()?),
            "vfs_cache_pressure" => Sysctl::VfsCachePressure(int()?),
            "laptop_mode" => Sysctl::LaptopMode(int()?),
            "dirty_background_ratio" => Sysctl::DirtyBackgroundRatio(int()?),
            "dirty_background_bytes" => Sysctl::DirtyBackgroundBytes(number(u64::MAX)?),
            "dirty_expire_centisecs" => Sysctl::DirtyExpireCentisecs(int()?),
            "dirty_writeback_centisecs" => Sysctl::DirtyWritebackCentisecs(int()?),
            "panic_on_oom" => Sysctl::PanicOnOom(int()?),
            "oom_kill_allocating_task" => Sysctl::OomKillAllocatingTask(int()? != 0),
            "oom_dump_tasks" => Sysctl::OomDumpTasks(int()? != 0),
            "extfrag_threshold" => Sysctl::ExtfragThreshold(int()?),
            "compaction_proactiveness" => Sysctl::CompactionProactiveness(int()?),
            "compact_unevictable_allowed" => Sysctl::CompactUnevictableAllowed(number(1)? == 1),
            "page-cluster" => Sysctl::PageCluster(int()?),
            _ => return Err(ConfigError::UnknownSysctl { name: name.to_owned() }),
        })
    }
}

impl Sysctls {
    /// Stores a write. Nothing changes on an error.
    ///
    /// # Errors
    ///
    /// [`ConfigError::OutOfRange`] if the kernel would refuse the value.
    pub fn apply(&mut self, change: Sysctl) -> Result<(), ConfigError> {
        let mut next = self.clone();
        match change {
            Sysctl::MinFreeKbytes(value) => next.min_free_kbytes = Some(value),
            Sysctl::WatermarkScaleFactor(value) => next.watermark_scale_factor = value,
            Sysctl::WatermarkBoostFactor(value) => next.watermark_boost_factor = value,
            Sysctl::LowmemReserveRatio(value) => next.lowmem_reserve_ratio = value,
            Sysctl::PercpuPagelistFraction(value) => next.percpu_pagelist_fraction = value,
            Sysctl::ZoneReclaimMode(value) => next.zone_reclaim_mode = value,
            Sysctl::MinUnmappedRatio(value) => next.min_unmapped_ratio = value,
            Sysctl::MinSlabRatio(value) => next.min_slab_ratio = value,
            // Each of the two switches the other off (`dirty_ratio_handler`, `dirty_bytes_handler`).
            Sysctl::DirtyRatio(value) => (next.dirty_ratio, next.dirty_bytes) = (value, 0),
            Sysctl::DirtyBytes(value) => {
                at_least("dirty_bytes", value, DIRTY_BYTES_MIN)?;
                (next.dirty_ratio, next.dirty_bytes) = (0, value);
            }
            Sysctl::NumaStat(value) => next.numa_stat = value,
            Sysctl::StatInterval(value) => next.stat_interval = value,
            Sysctl::Swappiness(value) => next.swappiness = value,
            Sysctl::VfsCachePressure(value) => next.vfs_cache_pressure = value,
            Sysctl::LaptopMode(value) => next.laptop_mode = value,
            Sysctl::DirtyBackgroundRatio(value) => {
                (next.dirty_background_ratio, next.dirty_background_bytes) = (value, 0);
            }
            Sysctl::DirtyBackgroundBytes(value) => {
                at_least("dirty_background_bytes", value, 1)?;
                (next.dirty_background_ratio, next.dirty_background_bytes) = (0, value);
            }
            Sysctl::DirtyExpireCentisecs(value) => next.dirty_expire_centisecs = value,
            Sysctl::DirtyWritebackCentisecs(value) => next.dirty_writeback_centisecs = value,
            Sysctl::PanicOnOom(value) => next.panic_on_oom = value,
            Sysctl::OomKillAllocatingTask(value) => next.oom_kill_allocating_task = value,
            Sysctl::OomDumpTasks(value) => next.oom_dump_tasks = value,
            Sysctl::ExtfragThreshold(value) => next.extfrag_threshold = value,
            Sysctl::CompactionProactiveness(value) => next.compaction_proactiveness = value,
            Sysctl::CompactUnevictableAllowed(value) => next.compact_unevictable_allowed = value,
            Sysctl::PageCluster(value) => next.page_cluster = value,
        }
        next.validate()?;
        *self = next;
        Ok(())
    }

    /// Checks every value against the kernel's range.
    ///
    /// # Errors
    ///
    /// [`ConfigError::OutOfRange`] for the first value outside.
    pub fn validate(&self) -> Result<(), ConfigError> {
        in_range("min_free_kbytes", self.min_free_kbytes.unwrap_or(0), 0, INT_MAX)?;
        in_range("watermark_scale_factor", self.watermark_scale_factor, 1, 1000)?;
        in_range("watermark_boost_factor", self.watermark_boost_factor, 0, INT_MAX)?;
        for ratio in self.lowmem_reserve_ratio {
            in_range("lowmem_reserve_ratio", ratio, 0, INT_MAX)?;
        }
        in_range("percpu_pagelist_fraction", self.percpu_pagelist_fraction, 0, INT_MAX)?;
        if (1..MIN_PERCPU_PAGELIST_FRACTION).contains(&self.percpu_pagelist_fraction) {
            return Err(bad("percpu_pagelist_fraction", self.percpu_pagelist_fraction, "0 or at least 8"));
        }
        in_range("zone_reclaim_mode", self.zone_reclaim_mode, 0, INT_MAX)?;
        in_range("min_unmapped_ratio", self.min_unmapped_ratio, 0, 100)?;
        in_range("min_slab_ratio", self.min_slab_ratio, 0, 100)?;
        in_range("dirty_ratio", self.dirty_ratio, 0, 100)?;
        if self.dirty_bytes != 0 {
            at_least("dirty_bytes", self.dirty_bytes, DIRTY_BYTES_MIN)?;
        }
        self.validate_reclaim()
    }

    /// Checks what reclaim, writeback, compaction and the OOM killer read.
    fn validate_reclaim(&self) -> Result<(), ConfigError> {
        let limits = [
            ("stat_interval", self.stat_interval, INT_MAX),
            ("swappiness", self.swappiness, 200),
            ("vfs_cache_pressure", self.vfs_cache_pressure, INT_MAX),
            ("laptop_mode", self.laptop_mode, INT_MAX),
            ("dirty_background_ratio", self.dirty_background_ratio, 100),
            ("dirty_expire_centisecs", self.dirty_expire_centisecs, INT_MAX),
            ("dirty_writeback_centisecs", self.dirty_writeback_centisecs, INT_MAX),
            ("panic_on_oom", self.panic_on_oom, 2),
            ("extfrag_threshold", self.extfrag_threshold, 1000),
            ("compaction_proactiveness", self.compaction_proactiveness, 100),
            ("page-cluster", self.page_cluster, INT_MAX),
        ];
        limits.into_iter().try_for_each(|(field, value, max)| in_range(field, value, 0, max))
    }
}

/// `MIN_PERCPU_PAGELIST_FRACTION`, mm/page_alloc.c, v5.10.
const MIN_PERCPU_PAGELIST_FRACTION: u32 = 8;
/// Two pages (`dirty_bytes_min`, kernel/sysctl.c, v5.10).
const DIRTY_BYTES_MIN: u64 = 2 << crate::pfn::PAGE_SHIFT;

fn bad(field: &str, value: impl ToString, allowed: &str) -> ConfigError {
    ConfigError::out_of_range(format!("vm.{field}"), value, allowed)
}

fn in_range(field: &str, value: u32, min: u64, max: u64) -> Result<(), ConfigError> {
    if (min..=max).contains(&u64::from(value)) { Ok(()) } else { Err(bad(field, value, &format!("{min}..={max}"))) }
}

fn at_least(field: &str, value: u64, min: u64) -> Result<(), ConfigError> {
    if value >= min { Ok(()) } else { Err(bad(field, value, &format!("at least {min}"))) }
}

fn parse_number(field: &str, text: &str, max: u64) -> Result<u64, ConfigError> {
    let value = text.trim().parse::<u64>().ok().filter(|&value| value <= max);
    value.ok_or_else(|| bad(field, text, &format!("a number in 0..={max}")))
}

/// Ratios below 1 count as 0 (`lowmem_reserve_ratio_sysctl_handler`).
fn parse_ratios(text: &str) -> Result<[u32; MAX_NR_ZONES], ConfigError> {
    let fields = text.split(|c: char| c.is_whitespace() || c == ',').filter(|field| !field.is_empty());
    let values: Option<Vec<u32>> = fields.map(|field| Some(field.parse::<i32>().ok()?.max(0) as u32)).collect();
    let values: Option<[u32; MAX_NR_ZONES]> = values.and_then(|values| values.try_into().ok());
    values.ok_or_else(|| bad("lowmem_reserve_ratio", text, "four numbers"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_valid() {
        assert_eq!(Sysctls::default().validate(), Ok(()));
    }

    #[test]
    fn writes_are_parsed_and_stored() {
        let mut sysctls = Sysctls::default();
        for (name, text) in [("vm.min_free_kbytes", "4000"), ("lowmem_reserve_ratio", "1000\t-3\t2\t0")] {
            sysctls.apply(Sysctl::parse(name, text).expect(name)).expect(name);
        }
        assert_eq!(sysctls.min_free_kbytes, Some(4000));
        assert_eq!(sysctls.lowmem_reserve_ratio, [1000, 0, 2, 0]);
    }

    #[test]
    fn dirty_bytes_and_ratio_exclude_each_other() {
        let mut sysctls = Sysctls::default();
        sysctls.apply(Sysctl::DirtyBytes(1 << 20)).expect("valid");
        assert_eq!((sysctls.dirty_ratio, sysctls.dirty_bytes), (0, 1 << 20));
        sysctls.apply(Sysctl::DirtyRatio(30)).expect("valid");
        assert_eq!((sysctls.dirty_ratio, sysctls.dirty_bytes), (30, 0));
    }

    #[test]
    fn background_bytes_and_ratio_exclude_each_other() {
        let mut sysctls = Sysctls::default();
        sysctls.apply(Sysctl::DirtyBackgroundBytes(1)).expect("valid");
        assert_eq!((sysctls.dirty_background_ratio, sysctls.dirty_background_bytes), (0, 1));
        sysctls.apply(Sysctl::DirtyBackgroundRatio(5)).expect("valid");
        assert_eq!((sysctls.dirty_background_ratio, sysctls.dirty_background_bytes), (5, 0));
    }

    #[test]
    fn switches_take_any_number_but_for_the_one_that_the_kernel_checks() {
        let parsed = |name, text| Sysctl::parse(name, text);
        assert_eq!(parsed("vm.oom_dump_tasks", "7"), Ok(Sysctl::OomDumpTasks(true)));
        assert_eq!(parsed("oom_kill_allocating_task", "0"), Ok(Sysctl::OomKillAllocatingTask(false)));
        assert_eq!(parsed("vm.page-cluster", "0"), Ok(Sysctl::PageCluster(0)));
        assert!(parsed("compact_unevictable_allowed", "2").is_err());
    }

    #[test]
    fn refused_values_change_nothing() {
        let mut sysctls = Sysctls::default();
        for change in [
            Sysctl::WatermarkScaleFactor(0),
            Sysctl::WatermarkScaleFactor(1001),
            Sysctl::PercpuPagelistFraction(7),
            Sysctl::DirtyBytes(8191),
            Sysctl::MinSlabRatio(101),
            Sysctl::Swappiness(201),
            Sysctl::PanicOnOom(3),
            Sysctl::DirtyBackgroundBytes(0),
            Sysctl::DirtyBackgroundRatio(101),
            Sysctl::ExtfragThreshold(1001),
            Sysctl::CompactionProactiveness(101),
            Sysctl::VfsCachePressure(1 << 31),
        ] {
            let error = sysctls.apply(change).expect_err("out of range").to_string();
            assert!(error.starts_with("vm.") && error.contains("allowed"), "{error}");
        }
        assert_eq!(sysctls, Sysctls::default());
        for (name, text) in
            [("min_free_kbytes", "-1"), ("numa_stat", "2"), ("lowmem_reserve_ratio", "1 2 3"), ("x", "1")]
        {
            assert!(Sysctl::parse(name, text).is_err(), "{name} {text}");
        }
    }
}
