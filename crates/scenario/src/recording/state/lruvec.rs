//! LRU lists (`LRUVEC` and the `LL` lines that follow it).

use super::lists::read_list;
use crate::recording::cursor::{Cursor, Read};
use crate::recording::digest::read_row;
use buddyscope_mm::pfn::{NodeId, Pfn};

/// LRU lists of a node and group.
pub const LRU_LISTS: usize = 5;

/// What scanning the anonymous and the file lists has cost, and what came back since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LruvecCosts {
    /// `anon_cost`.
    pub anon_cost: u64,
    /// `file_cost`.
    pub file_cost: u64,
    /// `nonresident_age`.
    pub nonresident_age: u64,
    /// `refaults` of anonymous and of file pages.
    pub refaults: [u64; 2],
}

impl LruvecCosts {
    /// Reads ` anon_cost=` and what follows it.
    pub(in crate::recording) fn read(c: &mut Cursor<'_>) -> Read<LruvecCosts> {
        Ok(LruvecCosts {
            anon_cost: c.number(" anon_cost=")?,
            file_cost: c.number(" file_cost=")?,
            nonresident_age: c.number(" nonresident_age=")?,
            refaults: read_row(c, " refaults=")?,
        })
    }
}

/// `LRUVEC` and its lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LruvecState {
    /// The node.
    pub node: NodeId,
    /// The memory cgroup; `None` for the root.
    pub memcg: Option<u32>,
    /// Costs and refault marks.
    pub costs: LruvecCosts,
    /// Sizes of the lists by the group's counters, which lag: each CPU keeps up to 32 pages of a change to itself. Reclaim
    /// goes by exact sizes instead, which are those of the lists.
    pub sizes: [u64; LRU_LISTS],
    /// `vm.swappiness`, or the group's.
    pub swappiness: u32,
    /// `NR_SLAB_RECLAIMABLE_B` of the node, pages.
    pub slab_reclaimable: u64,
    /// `NR_SLAB_UNRECLAIMABLE_B` of the node, pages.
    pub slab_unreclaimable: u64,
    /// `NR_SHMEM` of the node.
    pub shmem: u64,
    /// `NR_FILE_MAPPED` of the node.
    pub mapped: u64,
    /// What only later recordings tell.
    pub workingset: Option<Workingset>,
    /// Inactive and active anonymous, inactive and active file, and unevictable pages, head first.
    pub lists: [Vec<LruPage>; LRU_LISTS],
}

/// The end of an `LRUVEC` line, by counters that lag as `sizes` do. Pairs are of anonymous and of file pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Workingset {
    /// `WORKINGSET_ACTIVATE_*`.
    pub activate: [u64; 2],
    /// `WORKINGSET_REFAULT_*`.
    pub refault: [u64; 2],
    /// `WORKINGSET_RESTORE_*`.
    pub restore: [u64; 2],
    /// `WORKINGSET_NODERECLAIM`.
    pub node_reclaim: u64,
    /// `lruvec->flags`; bit 0 for congested.
    pub flags: u32,
}

impl LruvecState {
    /// Reads an `LRUVEC` line.
    pub(super) fn read(c: &mut Cursor<'_>) -> Read<LruvecState> {
        Ok(LruvecState {
            node: c.node("LRUVEC nid=")?,
            costs: LruvecCosts::read(c)?,
            sizes: read_row(c, " sizes=")?,
            swappiness: c.number(" swappiness=")?,
            slab_reclaimable: c.number(" slab_reclaimable=")?,
            slab_unreclaimable: c.number(" slab_unreclaimable=")?,
            shmem: c.number(" shmem=")?,
            mapped: c.number(" mapped=")?,
            memcg: read_memcg(c)?,
            workingset: read_workingset(c)?,
            lists: Default::default(),
        })
    }
}

/// ` memcg=` and a number, if it is there.
fn read_memcg(c: &mut Cursor<'_>) -> Read<Option<u32>> {
    if c.eat(" memcg=") { c.fitting("memcg").map(Some) } else { Ok(None) }
}

fn read_workingset(c: &mut Cursor<'_>) -> Read<Option<Workingset>> {
    if !c.rest().starts_with(b" wsact=") {
        return Ok(None);
    }
    Ok(Some(Workingset {
        activate: read_row(c, " wsact=")?,
        refault: read_row(c, " refault=")?,
        restore: read_row(c, " wsrestore=")?,
        node_reclaim: c.number(" nodereclaim=")?,
        flags: c.hex32(" flags=")?,
    }))
}

/// A page on an LRU list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LruPage {
    /// The page.
    pub pfn: Pfn,
    /// What is known about it; bits are this type's constants.
    pub flags: u32,
    /// Page table entries that map it.
    pub mapcount: u32,
    /// Those of them that are young.
    pub young: u32,
}

impl LruPage {
    /// `PageReferenced`.
    pub const REFERENCED: u32 = 1;
    /// `PageDirty`.
    pub const DIRTY: u32 = 2;
    /// Some page table entry maps it.
    pub const MAPPED: u32 = 4;
    /// `PageWorkingset`.
    pub const WORKINGSET: u32 = 8;
    /// `PageSwapBacked`; an anonymous page without it is lazily freed.
    pub const SWAPBACKED: u32 = 16;
    /// `PagePrivate`: it has buffers.
    pub const PRIVATE: u32 = 32;
    /// `PageReclaim`.
    pub const RECLAIM: u32 = 64;
    /// Some page table entry that maps it is young.
    pub const YOUNG: u32 = 128;
    /// `PageAnon`.
    pub const ANON: u32 = 256;
    /// `PageSwapCache`.
    pub const SWAPCACHE: u32 = 512;
    /// An area with `VM_EXEC` maps it.
    pub const EXECUTABLE: u32 = 1024;
    /// An area with `VM_LOCKED` maps it.
    pub const MLOCKED: u32 = 2048;
    /// `PageWriteback`.
    pub const WRITEBACK: u32 = 4096;
    /// `PageLocked`.
    pub const LOCKED: u32 = 8192;
    /// It has more references than its mappings and caches explain.
    pub const PINNED: u32 = 16384;

    /// Whether it has all of these flags.
    #[must_use]
    pub fn has(&self, flags: u32) -> bool {
        self.flags & flags == flags
    }
}

/// An `LL` line: whose list it is, and its pages.
pub(super) struct ListLine {
    pub(super) node: NodeId,
    pub(super) list: usize,
    pub(super) memcg: Option<u32>,
    pub(super) pages: Vec<LruPage>,
}

impl ListLine {
    /// Reads a line up to its end.
    pub(super) fn read(c: &mut Cursor<'_>) -> Read<ListLine> {
        let node = c.node("LL nid=")?;
        c.expect(" lru=")?;
        let at = c.position();
        let list = match c.decimal("lru")? as usize {
            list if list < LRU_LISTS => list,
            _ => return Err(c.back_to(at, "lru", "a list, 0 to 4")),
        };
        Ok(ListLine { node, list, memcg: read_memcg(c)?, pages: read_list(c, read_page)? })
    }
}

/// `pfn`, `pfn/flags` or `pfn/flags*mapcount.young`.
fn read_page(c: &mut Cursor<'_>) -> Read<LruPage> {
    let pfn = c.pfn("pfn")?;
    let flags = if c.eat("/") { c.fitting("flags")? } else { 0 };
    let mut page = LruPage { pfn, flags, mapcount: 0, young: 0 };
    if c.eat("*") {
        page.mapcount = c.fitting("mapcount")?;
        c.expect(".")?;
        page.young = c.fitting("young")?;
    } else if page.has(LruPage::MAPPED) {
        (page.mapcount, page.young) = (1, u32::from(page.has(LruPage::YOUNG)));
    }
    Ok(page)
}
