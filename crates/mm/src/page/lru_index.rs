//! The LRU lists by name.

/// Number of lists (`NR_LRU_LISTS`).
pub const NR_LRU_LISTS: usize = 5;

/// Which list (`enum lru_list`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum LruIndex {
    /// Anonymous pages, candidates for reclaim.
    InactiveAnon = 0,
    /// Anonymous pages in use.
    ActiveAnon = 1,
    /// Page cache and droppable anonymous pages, candidates for reclaim.
    InactiveFile = 2,
    /// Page cache in use.
    ActiveFile = 3,
    /// Pages that must stay.
    Unevictable = 4,
}

impl LruIndex {
    /// Every list, in the kernel's order.
    pub const ALL: [LruIndex; NR_LRU_LISTS] = [
        LruIndex::InactiveAnon,
        LruIndex::ActiveAnon,
        LruIndex::InactiveFile,
        LruIndex::ActiveFile,
        LruIndex::Unevictable,
    ];

    /// The lists that reclaim looks at (`for_each_evictable_lru`).
    pub const EVICTABLE: [LruIndex; 4] =
        [LruIndex::InactiveAnon, LruIndex::ActiveAnon, LruIndex::InactiveFile, LruIndex::ActiveFile];

    /// Whether it holds file pages (`is_file_lru`).
    #[must_use]
    pub const fn is_file(self) -> bool {
        matches!(self, LruIndex::InactiveFile | LruIndex::ActiveFile)
    }

    /// Whether it holds pages in use (`is_active_lru`).
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, LruIndex::ActiveAnon | LruIndex::ActiveFile)
    }
}
