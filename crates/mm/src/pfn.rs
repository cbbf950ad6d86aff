//! Page frame numbers and the small index types everything else is keyed by.
//!
//! Two coordinates name a page. A [`Pfn`] is the kernel's own page frame number and appears in every public
//! signature. A [`Frame`] is the model's dense index over the memory sections that exist, so that a machine with
//! holes of terabytes costs nothing for them, and a list link fits 32 bits.

use core::fmt;

/// log2 of the page size: 4096-byte pages (`PAGE_SHIFT`, arch/x86, v5.10).
pub const PAGE_SHIFT: u32 = 12;
/// Orders 0..=10 exist (`MAX_ORDER`, include/linux/mmzone.h, v5.10).
pub const MAX_ORDER: usize = 11;
/// Pages of the largest block (`MAX_ORDER_NR_PAGES`).
pub const MAX_ORDER_NR_PAGES: u64 = 1 << (MAX_ORDER - 1);
/// Order of a pageblock (`pageblock_order`, include/linux/pageblock-flags.h, with huge pages).
pub const PAGEBLOCK_ORDER: u8 = 9;
/// Pages of a pageblock (`pageblock_nr_pages`).
pub const PAGEBLOCK_NR_PAGES: u64 = 1 << PAGEBLOCK_ORDER;
/// log2 of the pages of a memory section (`PFN_SECTION_SHIFT`, arch/x86/include/asm/sparsemem.h).
pub const PFN_SECTION_SHIFT: u32 = 15;
/// Pages of a memory section (`PAGES_PER_SECTION`): 128 MiB.
pub const PAGES_PER_SECTION: u64 = 1 << PFN_SECTION_SHIFT;
/// Orders above this one are costly (`PAGE_ALLOC_COSTLY_ORDER`, include/linux/mmzone.h).
pub const PAGE_ALLOC_COSTLY_ORDER: u8 = 3;
/// Most nodes a machine can have (`MAX_NUMNODES` with `NODES_SHIFT` 6).
pub const MAX_NUMNODES: usize = 64;
/// Zones a node can have without `ZONE_DEVICE` (`MAX_NR_ZONES`).
pub const MAX_NR_ZONES: usize = 4;
/// Most CPUs the model accepts; a bound of the model, not of the kernel.
pub const MAX_CPUS: usize = 1024;

/// A page frame number: physical address divided by 4096.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct Pfn(pub u64);

impl Pfn {
    /// Largest PFN the model accepts: 46 bits of physical address (`MAX_PHYSMEM_BITS` with 4-level paging).
    pub const LIMIT: Pfn = Pfn(1 << (46 - PAGE_SHIFT));

    /// The page frame that holds the byte at `address`.
    #[must_use]
    pub const fn of_address(address: u64) -> Self {
        Pfn(address >> PAGE_SHIFT)
    }
}

impl fmt::Debug for Pfn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pfn {}", self.0)
    }
}

impl fmt::Display for Pfn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Dense index of a page among the sections that exist.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
#[repr(transparent)]
pub struct Frame(pub(crate) u32);

impl Frame {
    /// The page `n` frames further on in the same section.
    #[inline]
    pub(crate) const fn add(self, n: u32) -> Frame {
        Frame(self.0 + n)
    }

    /// First page of the buddy of the block of `order` that starts here (`__find_buddy_pfn`).
    #[inline]
    pub(crate) const fn buddy(self, order: u8) -> Frame {
        Frame(self.0 ^ (1 << order))
    }

    /// First page of the pageblock this page lies in.
    #[inline]
    pub(crate) const fn pageblock_start(self) -> Frame {
        Frame(self.0 & !(PAGEBLOCK_NR_PAGES as u32 - 1))
    }
}

/// A block order: the block has `1 << order` pages.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
#[repr(transparent)]
pub struct Order(u8);

impl Order {
    /// The largest order, 10.
    pub const MAX: Order = Order(MAX_ORDER as u8 - 1);

    /// An order in 0..=10; `None` above, where the kernel fails the request at once.
    #[must_use]
    pub const fn new(order: u32) -> Option<Order> {
        if order < MAX_ORDER as u32 { Some(Order(order as u8)) } else { None }
    }

    /// The order as a number.
    #[inline]
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Pages of a block of this order.
    #[inline]
    #[must_use]
    pub const fn pages(self) -> u64 {
        1 << self.0
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A NUMA node id, 0..64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
#[repr(transparent)]
pub struct NodeId(pub u8);

impl NodeId {
    /// The node as an index.
    #[inline]
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A CPU id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
#[repr(transparent)]
pub struct CpuId(pub u16);

impl CpuId {
    /// The CPU as an index.
    #[inline]
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for CpuId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A zone's kind within its node (`enum zone_type`, include/linux/mmzone.h).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum ZoneType {
    /// Below 16 MiB.
    Dma = 0,
    /// Below 4 GiB.
    Dma32 = 1,
    /// Everything above.
    Normal = 2,
    /// Only for pages that can be migrated.
    Movable = 3,
}

impl ZoneType {
    /// All zone types, lowest first.
    pub const ALL: [ZoneType; MAX_NR_ZONES] = [ZoneType::Dma, ZoneType::Dma32, ZoneType::Normal, ZoneType::Movable];

    /// The zone's index within its node.
    #[inline]
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The zone type with this index.
    #[must_use]
    pub fn from_index(index: usize) -> Option<ZoneType> {
        Self::ALL.get(index).copied()
    }

    /// The name that /proc prints (`zone_names`, mm/page_alloc.c).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            ZoneType::Dma => "DMA",
            ZoneType::Dma32 => "DMA32",
            ZoneType::Normal => "Normal",
            ZoneType::Movable => "Movable",
        }
    }
}

/// A zone of the machine: node × [`MAX_NR_ZONES`] + zone type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
#[repr(transparent)]
pub struct ZoneId(pub(crate) u16);

impl ZoneId {
    /// The zone of that kind on that node.
    #[inline]
    #[must_use]
    pub const fn new(node: NodeId, zone: ZoneType) -> ZoneId {
        ZoneId(node.0 as u16 * MAX_NR_ZONES as u16 + zone as u16)
    }

    /// The zone's node.
    #[inline]
    #[must_use]
    pub const fn node(self) -> NodeId {
        NodeId((self.0 / MAX_NR_ZONES as u16) as u8)
    }

    /// The zone's kind.
    #[inline]
    #[must_use]
    pub const fn zone_type(self) -> ZoneType {
        match self.0 as usize % MAX_NR_ZONES {
            0 => ZoneType::Dma,
            1 => ZoneType::Dma32,
            2 => ZoneType::Normal,
            _ => ZoneType::Movable,
        }
    }

    /// Position in the machine's table of zones.
    #[inline]
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for ZoneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {} {}", self.node(), self.zone_type().name())
    }
}

/// Mobility of a free list or pageblock (`enum migratetype`, include/linux/mmzone.h, with CMA and isolation).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum MigrateType {
    /// Kernel data that stays where it is.
    Unmovable = 0,
    /// User and page-cache pages that can be migrated.
    Movable = 1,
    /// Kernel caches that can be dropped.
    Reclaimable = 2,
    /// Reserved for high-order atomic requests.
    HighAtomic = 3,
    /// Contiguous memory areas, lent to movable pages.
    Cma = 4,
    /// Taken out of use.
    Isolate = 5,
}

/// Number of migrate types (`MIGRATE_TYPES`).
pub const MIGRATE_TYPES: usize = 6;
/// Types with a per-CPU list (`MIGRATE_PCPTYPES`).
pub const MIGRATE_PCPTYPES: usize = 3;

impl MigrateType {
    /// All types in list order.
    pub const ALL: [MigrateType; MIGRATE_TYPES] = [
        MigrateType::Unmovable,
        MigrateType::Movable,
        MigrateType::Reclaimable,
        MigrateType::HighAtomic,
        MigrateType::Cma,
        MigrateType::Isolate,
    ];

    /// The type with this number in its low three bits; numbers above 5 read as isolated.
    #[inline]
    #[must_use]
    pub const fn from_bits(bits: u32) -> MigrateType {
        match bits & 7 {
            0 => MigrateType::Unmovable,
            1 => MigrateType::Movable,
            2 => MigrateType::Reclaimable,
            3 => MigrateType::HighAtomic,
            4 => MigrateType::Cma,
            _ => MigrateType::Isolate,
        }
    }

    /// The type as an index.
    #[inline]
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The name that /proc/pagetypeinfo prints (`migratetype_names`, mm/page_alloc.c).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            MigrateType::Unmovable => "Unmovable",
            MigrateType::Movable => "Movable",
            MigrateType::Reclaimable => "Reclaimable",
            MigrateType::HighAtomic => "HighAtomic",
            MigrateType::Cma => "CMA",
            MigrateType::Isolate => "Isolate",
        }
    }
}

/// A set of NUMA nodes (`nodemask_t`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
#[repr(transparent)]
pub struct NodeMask(pub u64);

impl NodeMask {
    /// Every possible node.
    pub const ALL: NodeMask = NodeMask(u64::MAX);
    /// No node.
    pub const EMPTY: NodeMask = NodeMask(0);

    /// The set of one node.
    #[inline]
    #[must_use]
    pub const fn of(node: NodeId) -> NodeMask {
        NodeMask(1 << node.0)
    }

    /// Whether the node is in the set.
    #[inline]
    #[must_use]
    pub const fn contains(self, node: NodeId) -> bool {
        self.0 >> node.0 & 1 != 0
    }

    /// Whether the sets share a node.
    #[inline]
    #[must_use]
    pub const fn intersects(self, other: NodeMask) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether there is no node.
    #[inline]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Number of nodes (`nodes_weight`).
    #[inline]
    #[must_use]
    pub const fn weight(self) -> u32 {
        self.0.count_ones()
    }

    /// Lowest node (`first_node`).
    #[inline]
    #[must_use]
    pub const fn first(self) -> Option<NodeId> {
        if self.0 == 0 { None } else { Some(NodeId(self.0.trailing_zeros() as u8)) }
    }

    /// The nodes, ascending.
    pub fn iter(self) -> impl Iterator<Item = NodeId> {
        (0..MAX_NUMNODES as u8).map(NodeId).filter(move |&n| self.contains(n))
    }
}

impl core::ops::BitAnd for NodeMask {
    type Output = NodeMask;
    fn bitand(self, other: NodeMask) -> NodeMask {
        NodeMask(self.0 & other.0)
    }
}

impl core::ops::BitOr for NodeMask {
    type Output = NodeMask;
    fn bitor(self, other: NodeMask) -> NodeMask {
        NodeMask(self.0 | other.0)
    }
}

impl FromIterator<NodeId> for NodeMask {
    fn from_iter<I: IntoIterator<Item = NodeId>>(nodes: I) -> Self {
        nodes.into_iter().fold(NodeMask::EMPTY, |mask, n| mask | NodeMask::of(n))
    }
}
