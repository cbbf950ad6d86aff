//! One page's state packed into 32 bits: what `struct page` says through flags, page_type, private and index.

use crate::pfn::MigrateType;

/// What a page is at present; meaningful on the first page of a block. Inner pages are [`PageState::None`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum PageState {
    /// Nothing by itself: a hole, a reserved page, or a page inside a block.
    None = 0,
    /// In use, with a reference on this page.
    Allocated = 1,
    /// First page of a free block (`PageBuddy`).
    Buddy = 2,
    /// On a per-CPU list.
    Pcp = 3,
    /// Kept unused beside an allocation (`PageGuard`).
    Guard = 4,
    /// Taken off the free lists for a while (`__isolate_free_page`).
    Isolated = 5,
    /// Found bad and never used again.
    Leaked = 6,
}

/// The packed word. Bits 0–3 order, 4–6 migrate type, 7–9 state, then flags.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[repr(transparent)]
pub(crate) struct Meta(pub(crate) u32);

const TYPE_SHIFT: u32 = 4;
const STATE_SHIFT: u32 = 7;
const IDENTITY: u32 = 0x38f;
const ORDER_AND_TYPE: u32 = 0x7f;

impl Meta {
    /// First page of a compound page (`PG_head`).
    pub(crate) const COMP: u32 = 1 << 10;
    /// Given out under `ALLOC_NO_WATERMARKS` (`page_is_pfmemalloc`).
    pub(crate) const PFMEMALLOC: u32 = 1 << 11;
    /// The host was told that the block is free (`PageReported`).
    pub(crate) const REPORTED: u32 = 1 << 12;
    /// More references than one; the count is kept aside.
    pub(crate) const EXTRA_REFS: u32 = 1 << 13;
    /// Some page of this block has [`Marks`].
    pub(crate) const MARKED: u32 = 1 << 14;
    /// In use since before the model began watching; how it was allocated is not known.
    pub(crate) const UNKNOWN: u32 = 1 << 15;
    /// Charged to a memory cgroup (`PageKmemcg`).
    pub(crate) const KMEMCG: u32 = 1 << 16;

    #[inline]
    pub(crate) const fn new(state: PageState, order: u8, migratetype: MigrateType) -> Meta {
        Meta(order as u32 | (migratetype as u32) << TYPE_SHIFT | (state as u32) << STATE_SHIFT)
    }

    #[inline]
    pub(crate) const fn order(self) -> u8 {
        (self.0 & 0xf) as u8
    }

    #[inline]
    pub(crate) const fn migratetype(self) -> MigrateType {
        MigrateType::from_bits(self.0 >> TYPE_SHIFT)
    }

    #[inline]
    pub(crate) const fn state(self) -> PageState {
        match self.0 >> STATE_SHIFT & 7 {
            1 => PageState::Allocated,
            2 => PageState::Buddy,
            3 => PageState::Pcp,
            4 => PageState::Guard,
            5 => PageState::Isolated,
            6 => PageState::Leaked,
            _ => PageState::None,
        }
    }

    /// Whether this is the first page of a block of exactly this state and order.
    #[inline]
    pub(crate) const fn is(self, state: PageState, order: u8) -> bool {
        self.0 & IDENTITY == order as u32 | (state as u32) << STATE_SHIFT
    }

    #[inline]
    pub(crate) const fn has(self, flags: u32) -> bool {
        self.0 & flags != 0
    }

    #[inline]
    pub(crate) const fn with(self, flags: u32) -> Meta {
        Meta(self.0 | flags)
    }

    #[inline]
    pub(crate) const fn without(self, flags: u32) -> Meta {
        Meta(self.0 & !flags)
    }

    /// The same block in another state: order and type stay, flags are forgotten.
    #[inline]
    pub(crate) const fn turned(self, state: PageState) -> Meta {
        Meta(self.0 & ORDER_AND_TYPE | (state as u32) << STATE_SHIFT)
    }

    #[inline]
    pub(crate) const fn with_type(self, migratetype: MigrateType) -> Meta {
        Meta(self.0 & !(7 << TYPE_SHIFT) | (migratetype as u32) << TYPE_SHIFT)
    }
}

/// What single pages of a block in use are, beside the block's state.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[repr(transparent)]
pub(crate) struct Marks(pub(crate) u8);

impl Marks {
    pub(crate) const NONE: Marks = Marks(0);
    /// On an LRU list (`PageLRU`). Not kept for a page with a life, whose flags say it.
    pub(crate) const LRU: Marks = Marks(1);
    /// `__PageMovable`: a driver can migrate it. Also set on the second page of an order-1 compound page, whose
    /// `compound_nr` of 2 overlays `mapping` and reads the same.
    pub(crate) const MOVABLE: Marks = Marks(2);
    /// Hardware reported the page broken (`PG_hwpoison`).
    pub(crate) const HWPOISON: Marks = Marks(4);
    /// A field holds what it must not; the next check reports it (`check_new_page`, `check_free_page`).
    pub(crate) const BAD: Marks = Marks(8);
    /// Either mark that lets a page count as movable.
    pub(crate) const MIGRATABLE: Marks = Marks(1 | 2);

    #[inline]
    pub(crate) const fn any(self, of: Marks) -> bool {
        self.0 & of.0 != 0
    }

    #[inline]
    pub(crate) const fn with(self, more: Marks) -> Marks {
        Marks(self.0 | more.0)
    }

    #[inline]
    pub(crate) const fn without(self, less: Marks) -> Marks {
        Marks(self.0 & !less.0)
    }
}
