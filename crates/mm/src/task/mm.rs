//! Address spaces (`struct mm_struct`, `struct vm_area_struct`).

use crate::page::life::{MappingId, MemcgId};
use crate::part::Part;
use crate::pfn::{Frame, PAGE_SHIFT};
use crate::task::mempolicy::Mempolicy;
use crate::task::page_table::{PTRS_PER_PTE, PageTable};

/// An address space by number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct MmId(pub u32);

/// A mapping of an address space by number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct VmaId(pub u32);

/// A file by number, in the order of creation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct FileId(pub u32);

bitflags::bitflags! {
    /// What may be done with a mapping (`VM_*`, include/linux/mm.h, v5.10). Every mapping can be read.
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct VmFlags: u32 {
        /// Pages can be changed (`VM_WRITE`).
        const WRITE = 0x2;
        /// Program text (`VM_EXEC`).
        const EXEC = 0x4;
        /// Changes reach the file (`VM_SHARED`).
        const SHARED = 0x8;
        /// Kept in memory (`VM_LOCKED`).
        const LOCKED = 0x2000;
        /// Read from front to back: accesses do not count (`VM_SEQ_READ`).
        const SEQ_READ = 0x8000;
        /// Huge pages are wanted (`VM_HUGEPAGE`).
        const HUGEPAGE = 0x2000_0000;
        /// Huge pages are not wanted (`VM_NOHUGEPAGE`).
        const NOHUGEPAGE = 0x4000_0000;
    }

    /// What became of an address space (`MMF_*`, include/linux/sched/coredump.h, v5.10).
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
    pub struct MmFlags: u32 {
        /// The OOM reaper took pages: faults fail (`MMF_UNSTABLE`).
        const UNSTABLE = 1 << 22;
        /// The OOM killer leaves it aside (`MMF_OOM_SKIP`).
        const OOM_SKIP = 1 << 21;
        /// It has the huge page of zeros (`MMF_HUGE_ZERO_PAGE`).
        const HUGE_ZERO_PAGE = 1 << 23;
        /// It gets no huge pages (`MMF_DISABLE_THP`).
        const DISABLE_THP = 1 << 24;
        /// A victim of the OOM killer has it (`MMF_OOM_VICTIM`).
        const OOM_VICTIM = 1 << 25;
        /// It waits for the OOM reaper (`MMF_OOM_REAP_QUEUED`).
        const OOM_REAP_QUEUED = 1 << 26;
    }
}

/// Kinds of resident pages (`MM_FILEPAGES`, `MM_ANONPAGES`, `MM_SHMEMPAGES`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum RssKind {
    /// Pages of files.
    File = 0,
    /// Anonymous pages.
    Anon = 1,
    /// Pages of tmpfs and shared memory.
    Shmem = 2,
}

impl RssKind {
    /// Every kind, in the kernel's order.
    pub(crate) const ALL: [RssKind; 3] = [RssKind::File, RssKind::Anon, RssKind::Shmem];
}

/// A mapping.
#[derive(Clone, Debug)]
pub struct Vma {
    /// First page of the address space.
    pub start: u64,
    /// Pages.
    pub pages: u64,
    /// What may be done with it.
    pub flags: VmFlags,
    /// The file; `None` for anonymous memory.
    pub file: Option<FileId>,
    /// Page of the file it begins with (`vm_pgoff`).
    pub pgoff: u32,
    /// Its own memory policy; `None` for the task's.
    pub policy: Option<Mempolicy>,
    /// Where its anonymous pages say they belong (`anon_vma`); 0 before there are any.
    pub(crate) anon: MappingId,
}

impl Vma {
    /// Page after the last.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.start + self.pages
    }

    /// Place of a page in the file, or in the family of mappings that share anonymous pages (`linear_page_index`).
    #[must_use]
    pub(crate) fn index(&self, page: u64) -> u32 {
        self.pgoff.wrapping_add((page - self.start) as u32)
    }

    /// The page of the address space at such a place, if the mapping covers it (`vma_address`).
    #[must_use]
    pub(crate) fn address(&self, index: u32) -> Option<u64> {
        let offset = index.checked_sub(self.pgoff).map(u64::from)?;
        (offset < self.pages).then_some(self.start + offset)
    }

    /// Whether writes go to copies of the file's pages (`is_cow_mapping`).
    pub(crate) fn is_cow(&self) -> bool {
        !self.flags.contains(VmFlags::SHARED) && self.flags.contains(VmFlags::WRITE)
    }
}

/// An address space.
#[derive(Clone, Debug, Default)]
pub struct Mm {
    pub(crate) vmas: Vec<Option<Vma>>,
    pub(crate) table: PageTable,
    /// Where the next mapping goes.
    pub(crate) next: u64,
    /// Resident pages by [`RssKind`].
    pub(crate) rss: [u64; 3],
    /// Entries that name a slot of swap (`MM_SWAPENTS`).
    pub(crate) swapents: u64,
    /// Processes that run in it (`mm_users`).
    pub(crate) users: u32,
    /// What became of it.
    pub(crate) flags: MmFlags,
    /// Whether somebody changes its mappings for long (`mmap_lock` held for writing).
    pub(crate) write_locked: bool,
    /// Whom its pages are charged to.
    pub(crate) memcg: MemcgId,
    /// Pages that its processes let devices write to.
    pub(crate) pins: Vec<Frame>,
}

/// Most mappings of an address space (`vm.max_map_count`, mm/mmap.c).
const MAX_MAP_COUNT: usize = 65_530;

/// Mappings begin this far apart, so that no two share a table page.
const GAP: u64 = PTRS_PER_PTE as u64;

impl Mm {
    /// Resident pages of a kind (`get_mm_counter`).
    #[must_use]
    pub fn rss(&self, kind: RssKind) -> u64 {
        self.rss[kind as usize]
    }

    /// Resident pages (`get_mm_rss`).
    #[must_use]
    pub fn total_rss(&self) -> u64 {
        self.rss.iter().sum()
    }

    /// Pages in swap.
    #[must_use]
    pub fn swapents(&self) -> u64 {
        self.swapents
    }

    /// Bytes of page tables (`mm_pgtables_bytes`).
    #[must_use]
    pub fn pgtables_bytes(&self) -> u64 {
        self.table.pages() << PAGE_SHIFT
    }

    /// Pages of all mappings (`total_vm`).
    #[must_use]
    pub fn total_vm(&self) -> u64 {
        self.vmas.iter().flatten().map(|vma| vma.pages).sum()
    }

    /// A mapping.
    #[must_use]
    pub fn vma(&self, id: VmaId) -> Option<&Vma> {
        self.vmas.get(id.0 as usize)?.as_ref()
    }

    pub(crate) fn vma_mut(&mut self, id: VmaId) -> Option<&mut Vma> {
        self.vmas.get_mut(id.0 as usize)?.as_mut()
    }

    /// The mappings, in the order of their addresses.
    pub fn vmas(&self) -> impl Iterator<Item = (VmaId, &Vma)> + '_ {
        self.vmas.iter().enumerate().filter_map(|(n, vma)| Some((VmaId(n as u32), vma.as_ref()?)))
    }

    /// Adds a mapping behind all others; its `start` is set. `None` if there are too many.
    pub(crate) fn add_vma(&mut self, mut vma: Vma) -> Option<VmaId> {
        while self.vmas.last().is_some_and(Option::is_none) {
            self.vmas.pop();
        }
        if self.vmas.len() >= MAX_MAP_COUNT {
            return None;
        }
        vma.start = self.next.max(GAP);
        self.next = (vma.end() + 1).next_multiple_of(GAP) + GAP;
        self.vmas.push(Some(vma));
        Some(VmaId(self.vmas.len() as u32 - 1))
    }

    /// Counts resident pages (`add_mm_counter`).
    pub(crate) fn add_rss(&mut self, kind: RssKind, delta: i64) {
        let count = &mut self.rss[kind as usize];
        *count = count.saturating_add_signed(delta);
    }
}

/// All address spaces. Numbers of ended ones are given out again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mms(Part<Vec<Option<Mm>>>);

impl Mms {
    pub(crate) fn add(&mut self, mm: Mm) -> MmId {
        match self.0.iter().position(Option::is_none) {
            Some(free) => {
                self.0[free] = Some(mm);
                MmId(free as u32)
            }
            None => {
                self.0.push(Some(mm));
                MmId(self.0.len() as u32 - 1)
            }
        }
    }

    pub(crate) fn get(&self, id: MmId) -> Option<&Mm> {
        self.0.get(id.0 as usize)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, id: MmId) -> Option<&mut Mm> {
        self.0.get_mut(id.0 as usize)?.as_mut()
    }

    pub(crate) fn remove(&mut self, id: MmId) {
        if let Some(slot) = self.0.get_mut(id.0 as usize) {
            *slot = None;
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (MmId, &Mm)> + '_ {
        self.0.iter().enumerate().filter_map(|(n, mm)| Some((MmId(n as u32), mm.as_ref()?)))
    }
}
