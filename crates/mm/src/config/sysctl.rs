//! The `/proc/sys/vm` files that the allocator reads.

use super::ConfigError;
use crate::pfn::{MAX_NR_ZONES, PAGE_SHIFT};

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

/// Where the value of a file is stored.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// A number of 31 bits.
    Int(fn(&mut Sysctls) -> &mut u32),
    /// A number of 64 bits.
    Long(fn(&mut Sysctls) -> &mut u64),
    /// On unless 0.
    Switch(fn(&mut Sysctls) -> &mut bool),
    /// A number of 31 bits that the kernel chooses until somebody writes it.
    Choice(fn(&mut Sysctls) -> &mut Option<u32>),
    /// Numbers of 31 bits by zone index.
    Ratios(fn(&mut Sysctls) -> &mut [u32; MAX_NR_ZONES]),
}

/// Which values the kernel takes.
#[derive(Clone, Copy, Debug)]
enum Range {
    /// Both bounds included.
    Within(u64, u64),
    /// 0, or a number from this one on.
    ZeroOrFrom(u64),
    /// From this number on; 0 says that the file which this one excludes is in force.
    From(u64),
}

/// A file of `/proc/sys/vm`.
#[derive(Debug)]
struct File {
    name: &'static str,
    place: Place,
    range: Range,
    /// What becomes 0 when the file is written.
    excludes: Option<Place>,
}

use Place::{Choice, Int, Long, Ratios, Switch};
use Range::{From, Within, ZeroOrFrom};

const ANY: Range = Within(0, INT_MAX);

/// The files, in the order in which [`Sysctls::validate`] looks at them.
static FILES: [File; 26] = [
    file("min_free_kbytes", Choice(|s| &mut s.min_free_kbytes), ANY),
    file("watermark_scale_factor", Int(|s| &mut s.watermark_scale_factor), Within(1, 1000)),
    file("watermark_boost_factor", Int(|s| &mut s.watermark_boost_factor), ANY),
    file("lowmem_reserve_ratio", Ratios(|s| &mut s.lowmem_reserve_ratio), ANY),
    // `MIN_PERCPU_PAGELIST_FRACTION`, mm/page_alloc.c, v5.10.
    file("percpu_pagelist_fraction", Int(|s| &mut s.percpu_pagelist_fraction), ZeroOrFrom(8)),
    file("zone_reclaim_mode", Int(|s| &mut s.zone_reclaim_mode), ANY),
    file("min_unmapped_ratio", Int(|s| &mut s.min_unmapped_ratio), Within(0, 100)),
    file("min_slab_ratio", Int(|s| &mut s.min_slab_ratio), Within(0, 100)),
    // Of ratio and bytes each switches the other off (`dirty_ratio_handler`, `dirty_bytes_handler`).
    file("dirty_ratio", Int(|s| &mut s.dirty_ratio), Within(0, 100)).excluding(Long(|s| &mut s.dirty_bytes)),
    // Two pages (`dirty_bytes_min`, kernel/sysctl.c, v5.10).
    file("dirty_bytes", Long(|s| &mut s.dirty_bytes), From(2 << PAGE_SHIFT)).excluding(Int(|s| &mut s.dirty_ratio)),
    file("numa_stat", Switch(|s| &mut s.numa_stat), Within(0, 1)),
    file("stat_interval", Int(|s| &mut s.stat_interval), ANY),
    file("swappiness", Int(|s| &mut s.swappiness), Within(0, 200)),
    file("vfs_cache_pressure", Int(|s| &mut s.vfs_cache_pressure), ANY),
    file("laptop_mode", Int(|s| &mut s.laptop_mode), ANY),
    file("dirty_background_ratio", Int(|s| &mut s.dirty_background_ratio), Within(0, 100))
        .excluding(Long(|s| &mut s.dirty_background_bytes)),
    file("dirty_background_bytes", Long(|s| &mut s.dirty_background_bytes), From(1))
        .excluding(Int(|s| &mut s.dirty_background_ratio)),
    file("dirty_expire_centisecs", Int(|s| &mut s.dirty_expire_centisecs), ANY),
    file("dirty_writeback_centisecs", Int(|s| &mut s.dirty_writeback_centisecs), ANY),
    file("panic_on_oom", Int(|s| &mut s.panic_on_oom), Within(0, 2)),
    file("oom_kill_allocating_task", Switch(|s| &mut s.oom_kill_allocating_task), ANY),
    file("oom_dump_tasks", Switch(|s| &mut s.oom_dump_tasks), ANY),
    file("extfrag_threshold", Int(|s| &mut s.extfrag_threshold), Within(0, 1000)),
    file("compaction_proactiveness", Int(|s| &mut s.compaction_proactiveness), Within(0, 100)),
    file("compact_unevictable_allowed", Switch(|s| &mut s.compact_unevictable_allowed), Within(0, 1)),
    file("page-cluster", Int(|s| &mut s.page_cluster), ANY),
];

const fn file(name: &'static str, place: Place, range: Range) -> File {
    File { name, place, range, excludes: None }
}

/// What is written to a file.
#[derive(Clone, Copy, Debug)]
enum Written {
    Number(u64),
    Ratios([u32; MAX_NR_ZONES]),
}

/// A write to one of the files.
#[derive(Clone, Copy, Debug)]
pub struct Sysctl {
    file: &'static File,
    written: Written,
}

impl Sysctl {
    /// Reads a name, with or without `vm.`, and the text written to it. Where several numbers are expected they are
    /// separated by blanks or commas.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if the model has no such file, or the text is no number of its kind.
    pub fn parse(name: &str, text: &str) -> Result<Sysctl, ConfigError> {
        let short = name.strip_prefix("vm.").unwrap_or(name);
        let file = FILES.iter().find(|file| file.name == short);
        let file = file.ok_or_else(|| ConfigError::UnknownSysctl { name: name.to_owned() })?;
        Ok(Sysctl { file, written: file.parse(text)? })
    }

    /// The file's name, without `vm.`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.file.name
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
        change.file.place.store(&mut next, change.written);
        if let Some(other) = change.file.excludes {
            other.store(&mut next, Written::Number(0));
        }
        change.file.check(&mut next, true)?;
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
        let mut values = self.clone();
        FILES.iter().try_for_each(|file| file.check(&mut values, false))
    }
}

impl Place {
    fn store(self, values: &mut Sysctls, written: Written) {
        match (self, written) {
            (Int(place), Written::Number(number)) => *place(values) = number as u32,
            (Long(place), Written::Number(number)) => *place(values) = number,
            (Switch(place), Written::Number(number)) => *place(values) = number != 0,
            (Choice(place), Written::Number(number)) => *place(values) = Some(number as u32),
            (Ratios(place), Written::Ratios(ratios)) => *place(values) = ratios,
            (Ratios(_), _) | (_, Written::Ratios(_)) => {}
        }
    }
}

impl File {
    const fn excluding(mut self, other: Place) -> File {
        self.excludes = Some(other);
        self
    }

    fn parse(&self, text: &str) -> Result<Written, ConfigError> {
        let max = match (self.place, self.range) {
            (Ratios(_), _) => return self.parse_ratios(text),
            (Long(_), _) => u64::MAX,
            (Switch(_), Within(_, max)) => max,
            _ => INT_MAX,
        };
        let number = text.trim().parse::<u64>().ok().filter(|&number| number <= max);
        number.map(Written::Number).ok_or_else(|| self.bad(text, &format!("a number in 0..={max}")))
    }

    /// Ratios below 1 count as 0 (`lowmem_reserve_ratio_sysctl_handler`).
    fn parse_ratios(&self, text: &str) -> Result<Written, ConfigError> {
        let mut fields = text.split(|c: char| c.is_whitespace() || c == ',').filter(|field| !field.is_empty());
        let mut ratios = [0; MAX_NR_ZONES];
        let read = ratios.iter_mut().try_for_each(|ratio| {
            *ratio = fields.next()?.parse::<i32>().ok()?.max(0) as u32;
            Some(())
        });
        match (read, fields.next()) {
            (Some(()), None) => Ok(Written::Ratios(ratios)),
            _ => Err(self.bad(text, "four numbers")),
        }
    }

    /// Whether the value stored is in the file's range.
    fn check(&self, values: &mut Sysctls, written: bool) -> Result<(), ConfigError> {
        match self.place {
            Int(place) => self.check_number(u64::from(*place(values)), written),
            Long(place) => self.check_number(*place(values), written),
            Choice(place) => self.check_number(place(values).unwrap_or(0).into(), written),
            Ratios(place) => place(values).iter().try_for_each(|&ratio| self.check_number(ratio.into(), written)),
            Switch(_) => Ok(()),
        }
    }

    fn check_number(&self, number: u64, written: bool) -> Result<(), ConfigError> {
        let (fits, allowed) = match self.range {
            Within(min, max) => ((min..=max).contains(&number), format!("{min}..={max}")),
            ZeroOrFrom(_) if number > INT_MAX => (false, format!("0..={INT_MAX}")),
            ZeroOrFrom(min) => (number == 0 || number >= min, format!("0 or at least {min}")),
            From(min) => (number >= min || number == 0 && !written, format!("at least {min}")),
        };
        if fits { Ok(()) } else { Err(self.bad(number, &allowed)) }
    }

    fn bad(&self, value: impl ToString, allowed: &str) -> ConfigError {
        ConfigError::out_of_range(format!("vm.{}", self.name), value, allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(sysctls: &mut Sysctls, name: &str, text: &str) -> Result<(), ConfigError> {
        sysctls.apply(Sysctl::parse(name, text)?)
    }

    #[test]
    fn defaults_are_valid() {
        assert_eq!(Sysctls::default().validate(), Ok(()));
    }

    #[test]
    fn writes_are_parsed_and_stored() {
        let mut sysctls = Sysctls::default();
        for (name, text) in [("vm.min_free_kbytes", "4000"), ("lowmem_reserve_ratio", "1000\t-3\t2\t0")] {
            write(&mut sysctls, name, text).expect(name);
        }
        assert_eq!(sysctls.min_free_kbytes, Some(4000));
        assert_eq!(sysctls.lowmem_reserve_ratio, [1000, 0, 2, 0]);
    }

    #[test]
    fn dirty_bytes_and_ratio_exclude_each_other() {
        let mut sysctls = Sysctls::default();
        write(&mut sysctls, "dirty_bytes", "1048576").expect("valid");
        assert_eq!((sysctls.dirty_ratio, sysctls.dirty_bytes), (0, 1 << 20));
        write(&mut sysctls, "dirty_ratio", "30").expect("valid");
        assert_eq!((sysctls.dirty_ratio, sysctls.dirty_bytes), (30, 0));
    }

    #[test]
    fn background_bytes_and_ratio_exclude_each_other() {
        let mut sysctls = Sysctls::default();
        write(&mut sysctls, "dirty_background_bytes", "1").expect("valid");
        assert_eq!((sysctls.dirty_background_ratio, sysctls.dirty_background_bytes), (0, 1));
        write(&mut sysctls, "dirty_background_ratio", "5").expect("valid");
        assert_eq!((sysctls.dirty_background_ratio, sysctls.dirty_background_bytes), (5, 0));
    }

    #[test]
    fn switches_take_any_number_but_for_the_one_that_the_kernel_checks() {
        let mut sysctls = Sysctls { oom_dump_tasks: false, oom_kill_allocating_task: true, ..Sysctls::default() };
        write(&mut sysctls, "vm.oom_dump_tasks", "7").expect("on");
        write(&mut sysctls, "oom_kill_allocating_task", "0").expect("off");
        assert_eq!((sysctls.oom_dump_tasks, sysctls.oom_kill_allocating_task), (true, false));
        assert!(Sysctl::parse("compact_unevictable_allowed", "2").is_err());
    }

    #[test]
    fn every_file_takes_what_it_holds_by_default() {
        for file in &FILES {
            let mut values = Sysctls::default();
            let text = match file.place {
                Int(place) => place(&mut values).to_string(),
                Long(place) => place(&mut values).to_string(),
                Switch(place) => u8::from(*place(&mut values)).to_string(),
                Choice(_) => "1024".to_owned(),
                Ratios(place) => place(&mut values).map(|ratio| ratio.to_string()).join(" "),
            };
            let off = matches!(file.range, From(_)) && text == "0";
            assert_eq!(write(&mut values, file.name, &text).is_err(), off, "{}", file.name);
            let expected = if file.name == "min_free_kbytes" { Some(1024) } else { None };
            assert_eq!(values, Sysctls { min_free_kbytes: expected, ..Sysctls::default() }, "{}", file.name);
        }
    }

    #[test]
    fn refused_values_change_nothing() {
        let mut sysctls = Sysctls::default();
        for (name, text, allowed) in [
            ("watermark_scale_factor", "0", "1..=1000"),
            ("watermark_scale_factor", "1001", "1..=1000"),
            ("percpu_pagelist_fraction", "7", "0 or at least 8"),
            ("dirty_bytes", "8191", "at least 8192"),
            ("dirty_bytes", "0", "at least 8192"),
            ("min_slab_ratio", "101", "0..=100"),
            ("swappiness", "201", "0..=200"),
            ("panic_on_oom", "3", "0..=2"),
            ("dirty_background_bytes", "0", "at least 1"),
            ("dirty_background_ratio", "101", "0..=100"),
            ("extfrag_threshold", "1001", "0..=1000"),
            ("compaction_proactiveness", "101", "0..=100"),
            ("vfs_cache_pressure", "2147483648", "a number in 0..=2147483647"),
            ("numa_stat", "2", "a number in 0..=1"),
            ("min_free_kbytes", "-1", "a number in 0..=2147483647"),
            ("lowmem_reserve_ratio", "1 2 3", "four numbers"),
            ("lowmem_reserve_ratio", "1 2 3 4 5", "four numbers"),
        ] {
            let error = write(&mut sysctls, name, text).expect_err("out of range").to_string();
            assert_eq!(error, format!("vm.{name} is {text}; allowed: {allowed}"));
        }
        assert!(matches!(Sysctl::parse("x", "1"), Err(ConfigError::UnknownSysctl { .. })));
        assert_eq!(sysctls, Sysctls::default());
    }
}
