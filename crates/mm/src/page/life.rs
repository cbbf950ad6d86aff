//! What `struct page` says about a page with a life: one that is mapped, cached, on an LRU list. The first page of a
//! compound page speaks for all of it.

use crate::pfn::{Frame, PAGEBLOCK_NR_PAGES};

bitflags::bitflags! {
    /// Flags of a page and of the mappings it is in. The lower ones have the numbers that recordings use.
    #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
    pub struct LifeFlags: u32 {
        /// Accessed since it was last looked at (`PG_referenced`).
        const REFERENCED = 1;
        /// Changed since it was read or written (`PG_dirty`).
        const DIRTY = 2;
        /// Was active, or came back soon after it was evicted (`PG_workingset`).
        const WORKINGSET = 8;
        /// Goes to swap if anywhere (`PG_swapbacked`). Anonymous without it: may be dropped (`MADV_FREE`).
        const SWAPBACKED = 16;
        /// The file system keeps data with it, such as buffer heads (`PG_private`).
        const PRIVATE = 32;
        /// To be reclaimed as soon as it is written (`PG_reclaim`, the same bit as `PG_readahead`).
        const RECLAIM = 64;
        /// Anonymous (`PAGE_MAPPING_ANON`).
        const ANON = 256;
        /// In the swap cache (`PG_swapcache`).
        const SWAPCACHE = 512;
        /// Mapped as program text (`VM_EXEC`).
        const EXEC = 1024;
        /// Mapped by a locked mapping (`VM_LOCKED`).
        const VM_LOCKED = 2048;
        /// Being written (`PG_writeback`).
        const WRITEBACK = 4096;
        /// Locked for I/O (`PG_locked`).
        const LOCKED = 8192;
        /// More references than mappings and cache explain.
        const PINNED = 16384;
        /// On an active list, or to be put on one (`PG_active`).
        const ACTIVE = 1 << 16;
        /// Cannot be evicted (`PG_unevictable`).
        const UNEVICTABLE = 1 << 17;
        /// Locked into memory (`PG_mlocked`).
        const MLOCKED = 1 << 18;
        /// On an LRU list (`PG_lru`).
        const LRU = 1 << 19;
        /// A transparent huge page (`PageTransHuge`).
        const HUGE = 1 << 20;
        /// In a batch on its way to a list, which refers to it (`struct pagevec`).
        const BATCHED = 1 << 21;
        /// Its buffers have all been written since it was changed, one by one, though it still counts as dirty
        /// (`buffer_check_dirty_writeback`).
        const CLEAN_BUFFERS = 1 << 22;
        /// Unmapped, and to be freed together with others, which refer to it (`struct mmu_gather`).
        const GATHERED = 1 << 23;
        /// Part of a huge page that small entries of page tables map (`PageTail`); the first page speaks for it.
        const TAIL = 1 << 24;
        /// A huge page of which parts are no longer mapped, on its way to be split (`page_deferred_list`).
        const SPLIT_QUEUED = 1 << 25;
        /// Off its list in the hands of compaction, which refers to it (`isolate_migratepages_block`).
        const ISOLATED = 1 << 26;
        /// In a batch for the second time at least.
        const BATCHED_TWICE = 1 << 27;
    }
}

/// The address space a page belongs to: a file's page cache or a family of anonymous mappings; 0 for none known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct MappingId(pub u32);

impl MappingId {
    /// A file of which nothing is known but that it has the page, as in a state that was recorded.
    pub const UNKNOWN: MappingId = MappingId(u32::MAX);
}

/// A memory cgroup by number; 0 is the root.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct MemcgId(pub u16);

impl MemcgId {
    /// The group of all memory.
    pub const ROOT: MemcgId = MemcgId(0);
}

/// The record. Links are neighbors on its LRU list; frame 0 is none. None straddles two cache lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(align(32))]
pub(crate) struct Life {
    /// Toward the tail.
    pub(crate) next: Frame,
    /// Toward the head.
    pub(crate) prev: Frame,
    pub(crate) flags: LifeFlags,
    pub(crate) mapping: MappingId,
    /// Page number within the mapping.
    pub(crate) index: u32,
    /// Entries of page tables that map it or any part of it (`total_mapcount`).
    pub(crate) mapcount: u32,
    /// Those of them in which it was accessed (`pte_young`).
    pub(crate) young: u16,
    pub(crate) memcg: MemcgId,
    /// The slot of swap it has while it is in the swap cache (`page_private`); 0 for none.
    pub(crate) private: u32,
}

const _: () = assert!(size_of::<Life>() == 32);

impl Life {
    /// A page without a life.
    pub(crate) const NONE: Life = Life {
        next: Frame(0),
        prev: Frame(0),
        flags: LifeFlags::empty(),
        mapping: MappingId(0),
        index: 0,
        mapcount: 0,
        young: 0,
        memcg: MemcgId(0),
        private: 0,
    };

    /// Whether any page table maps it (`page_mapped`).
    pub(crate) fn is_mapped(&self) -> bool {
        self.mapcount > 0
    }

    /// Whether it is reclaimed like a file page: also an anonymous one that may be dropped (`page_is_file_lru`).
    pub(crate) fn is_file_lru(&self) -> bool {
        !self.flags.contains(LifeFlags::SWAPBACKED)
    }

    /// Pages it stands for (`thp_nr_pages`).
    pub(crate) fn nr_pages(&self) -> u64 {
        if self.flags.contains(LifeFlags::HUGE) { PAGEBLOCK_NR_PAGES } else { 1 }
    }
}
