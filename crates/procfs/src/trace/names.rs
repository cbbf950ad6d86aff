//! Values that trace events show by name (`EM` tables, include/trace/events/mmflags.h).

use crate::line::named;

named! {
    /// An LRU list (`enum lru_list`).
    pub enum Lru {
        /// Anonymous and shared memory, inactive.
        InactiveAnon = "inactive_anon",
        /// Anonymous and shared memory, active.
        ActiveAnon = "active_anon",
        /// File pages, inactive.
        InactiveFile = "inactive_file",
        /// File pages, active.
        ActiveFile = "active_file",
        /// Pages that reclaim leaves alone.
        Unevictable = "unevictable",
    }
}

named! {
    /// Whether compaction waits (`COMPACTION_STATUS`).
    pub enum CompactMode {
        /// It waits.
        Sync = "sync",
        /// It gives up where it would wait.
        Async = "async",
    }
}

named! {
    /// How compaction ended, or may begin (`enum compact_result`).
    pub enum CompactResult {
        /// The zone is not suitable, as far as traces go.
        NotSuitableZone = "not_suitable_zone",
        /// It did not run.
        Skipped = "skipped",
        /// It is put off after failures.
        Deferred = "deferred",
        /// No suitable page was found.
        NoSuitablePage = "no_suitable_page",
        /// It should go on.
        Continue = "continue",
        /// The scanners have met.
        Complete = "complete",
        /// The scanners have met without covering the whole zone.
        PartialSkipped = "partial_skipped",
        /// It stopped for contention.
        Contended = "contended",
        /// A block should be free.
        Success = "success",
    }
}

named! {
    /// What a result means for another try (`compact_result_to_feedback`).
    pub enum CompactFeedback {
        /// Nothing more to be had.
        Failed = "failed",
        /// It was held back.
        Withdrawn = "withdrawn",
        /// It may go on.
        Progress = "progress",
    }
}

named! {
    /// How hard compaction tries (`enum compact_priority`).
    pub enum CompactPriority {
        /// Waits, and ignores hints of pageblocks to skip.
        SyncFull = "COMPACT_PRIO_SYNC_FULL",
        /// Waits for all but writeback.
        SyncLight = "COMPACT_PRIO_SYNC_LIGHT",
        /// Does not wait.
        Async = "COMPACT_PRIO_ASYNC",
    }
}

named! {
    /// Whether migration waits (`enum migrate_mode`).
    pub enum MigrateMode {
        /// It does not.
        Async = "MIGRATE_ASYNC",
        /// For all but writeback.
        SyncLight = "MIGRATE_SYNC_LIGHT",
        /// It does.
        Sync = "MIGRATE_SYNC",
    }
}

named! {
    /// What pages are migrated for (`enum migrate_reason`).
    pub enum MigrateReason {
        /// Compaction.
        Compaction = "compaction",
        /// A memory error.
        MemoryFailure = "memory_failure",
        /// Memory that goes offline.
        MemoryHotplug = "memory_hotplug",
        /// A system call or a changed cpuset.
        SyscallOrCpuset = "syscall_or_cpuset",
        /// A memory policy.
        MempolicyMbind = "mempolicy_mbind",
        /// NUMA balancing.
        NumaMisplaced = "numa_misplaced",
        /// A contiguous range.
        ContigRange = "contig_range",
    }
}

named! {
    /// Whether a range is isolated.
    pub enum Isolated {
        /// All of it.
        Success = "success",
        /// Not all of it.
        Fail = "fail",
    }
}
