//! Kinds of texts.

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `/proc/buddyinfo`.
    BuddyInfo,
    /// `/proc/zoneinfo`.
    ZoneInfo,
    /// `/proc/pagetypeinfo`.
    PageTypeInfo,
    /// `/proc/vmstat`.
    VmStat,
    /// A node's `numastat`.
    NumaStat,
    /// `memory.stat` of a cgroup.
    CgroupStat,
    /// `/proc/meminfo`, or a node's.
    MemInfo,
    /// A node's `distance`.
    Distance,
    /// A set of CPUs or nodes.
    Ids,
    /// `numactl --hardware`.
    Hardware,
    /// Settings.
    Sysctl,
    /// `/proc/pressure/memory`.
    Pressure,
    /// `format` of a trace event.
    EventFormat,
    /// The kernel's log.
    Log,
    /// Trace events.
    Trace,
}

impl Kind {
    /// The kind of a file by its name, whatever its folder, with `.txt` or without; `None` if the name does not tell.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Kind> {
        let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let stem = name.strip_suffix(".txt").unwrap_or(name);
        // Names such as `min_free_kbytes_100.zoneinfo` say what was done before.
        Some(match stem.rsplit('.').next().unwrap_or_default() {
            "buddyinfo" => Kind::BuddyInfo,
            "zoneinfo" => Kind::ZoneInfo,
            "pagetypeinfo" => Kind::PageTypeInfo,
            "vmstat" => Kind::VmStat,
            "numastat" => Kind::NumaStat,
            "memcg_stat" => Kind::CgroupStat,
            "stat" if stem == "memory.stat" => Kind::CgroupStat,
            "meminfo" => Kind::MemInfo,
            "distance" => Kind::Distance,
            "cpulist" | "online" | "possible" | "has_cpu" | "has_memory" | "has_normal_memory" => Kind::Ids,
            "sysctl" => Kind::Sysctl,
            "memory" if path.contains("pressure") => Kind::Pressure,
            "format" => Kind::EventFormat,
            "dmesg" | "dmesg_end" | "kmsg" => Kind::Log,
            "ftrace" => Kind::Trace,
            _ => return None,
        })
    }
}
