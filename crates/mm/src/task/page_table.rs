//! Page tables: sparse, so that they cost what is mapped, as the real ones do. A table page maps 512 pages.

mod huge;

use crate::pfn::Frame;
use crate::sparse::{Dense, Few};
use std::collections::VecDeque;

/// Entries of a table page (`PTRS_PER_PTE`).
pub(crate) const PTRS_PER_PTE: usize = 512;
/// log2 of the pages that one entry of the level above maps (`PMD_SHIFT - PAGE_SHIFT`).
pub(crate) const PMD_PAGES_SHIFT: u32 = 9;
const PUD_PAGES_SHIFT: u32 = 18;
const PGD_PAGES_SHIFT: u32 = 27;

/// One entry: nothing, a page in memory, or a slot of swap.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Pte(u64);

const PRESENT: u64 = 1;
const YOUNG: u64 = 2;
const DIRTY: u64 = 4;
const WRITE: u64 = 8;
/// The page of zeros that all processes read (`is_zero_pfn`).
const ZERO: u64 = 16;
const SWAP: u64 = 32;
const SHIFT: u32 = 32;

impl Pte {
    pub(crate) const NONE: Pte = Pte(0);

    /// A page that was just accessed (`mk_pte`; x86 protections contain `_PAGE_ACCESSED`).
    pub(crate) const fn page(frame: Frame) -> Pte {
        Pte((frame.0 as u64) << SHIFT | PRESENT | YOUNG)
    }

    /// The page of zeros, read only.
    pub(crate) const fn zero() -> Pte {
        Pte(PRESENT | YOUNG | ZERO)
    }

    /// A slot of swap (`swp_entry_to_pte`).
    pub(crate) const fn swap(slot: u32) -> Pte {
        Pte((slot as u64) << SHIFT | SWAP)
    }

    pub(crate) const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Whether an access finds memory here.
    pub(crate) const fn is_present(self) -> bool {
        self.0 & PRESENT != 0
    }

    pub(crate) const fn is_zero(self) -> bool {
        self.0 & ZERO != 0
    }

    /// The page, unless it is the page of zeros (`vm_normal_page`).
    pub(crate) fn frame(self) -> Option<Frame> {
        (self.0 & (PRESENT | ZERO) == PRESENT).then_some(Frame((self.0 >> SHIFT) as u32))
    }

    /// The slot of swap.
    pub(crate) fn slot(self) -> Option<u32> {
        (self.0 & SWAP != 0).then_some((self.0 >> SHIFT) as u32)
    }

    pub(crate) const fn is_young(self) -> bool {
        self.0 & YOUNG != 0
    }

    pub(crate) const fn is_dirty(self) -> bool {
        self.0 & DIRTY != 0
    }

    pub(crate) const fn is_writable(self) -> bool {
        self.0 & WRITE != 0
    }

    pub(crate) const fn young(self) -> Pte {
        Pte(self.0 | YOUNG)
    }

    pub(crate) const fn old(self) -> Pte {
        Pte(self.0 & !YOUNG)
    }

    pub(crate) const fn clean(self) -> Pte {
        Pte(self.0 & !DIRTY)
    }

    pub(crate) const fn dirty(self) -> Pte {
        Pte(self.0 | DIRTY)
    }

    /// Writable and changed (`pte_mkwrite(pte_mkdirty)`).
    pub(crate) const fn written(self) -> Pte {
        Pte(self.0 | WRITE | DIRTY)
    }

    pub(crate) const fn write_protected(self) -> Pte {
        Pte(self.0 & !WRITE)
    }

    /// The same flags for another page, as when a page moves.
    pub(crate) fn moved(self, frame: Frame) -> Pte {
        Pte(self.0 & ((1 << SHIFT) - 1) | u64::from(frame.0) << SHIFT)
    }
}

/// A page of the lowest level.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// The page it lies in.
    pub(crate) page: Frame,
    ptes: Box<[Pte; PTRS_PER_PTE]>,
}

/// An entry of the middle level: two MiB.
#[derive(Clone, Debug)]
pub(crate) enum Pmd {
    /// A table.
    Table(Table),
    /// One huge page.
    Huge(Pte),
}

/// A page of the middle level: one GiB.
#[derive(Clone, Debug)]
struct Directory {
    page: Frame,
    entries: Dense<Pmd>,
    /// Table pages kept for the huge pages to be split into, the next first (`pmd_huge_pte`).
    deposited: VecDeque<Frame>,
}

impl Directory {
    fn new(page: Frame) -> Directory {
        Directory { page, entries: Dense::default(), deposited: VecDeque::new() }
    }
}

/// The page tables of an address space. Pages are counted from address 0 on.
#[derive(Clone, Debug, Default)]
pub(crate) struct PageTable {
    /// Pages of the level above, 512 GiB each.
    uppers: Few<Frame>,
    directories: Few<Directory>,
}

/// Which level of the tables lacks a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Level {
    /// 512 GiB (`pud`).
    Upper,
    /// One GiB (`pmd`).
    Middle,
    /// Two MiB (`pte`).
    Lowest,
}

/// What is where a page would be mapped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Found {
    /// A table with an entry of its own.
    Small(Pte),
    /// The entry of a huge page.
    Huge(Pte),
    /// No table: this level has to be made next.
    Missing(Level),
}

impl Found {
    /// The entry; an empty one where no table is.
    pub(crate) fn pte(self) -> Pte {
        match self {
            Found::Small(pte) | Found::Huge(pte) => pte,
            Found::Missing(_) => Pte::NONE,
        }
    }
}

fn upper(page: u64) -> u32 {
    (page >> PGD_PAGES_SHIFT) as u32
}

fn directory(page: u64) -> u32 {
    (page >> PUD_PAGES_SHIFT) as u32
}

fn entry(page: u64) -> u16 {
    (page >> PMD_PAGES_SHIFT) as u16 & 511
}

impl PageTable {
    /// The level that has to be made next before `page` can be mapped; with `huge` down to the middle one only.
    pub(crate) fn missing(&self, page: u64, huge: bool) -> Option<Level> {
        match self.find(page) {
            Found::Missing(level) if !huge || level != Level::Lowest => Some(level),
            _ => None,
        }
    }

    /// Goes down the levels as far as there are tables.
    #[inline(always)]
    pub(crate) fn find(&self, page: u64) -> Found {
        let Some(directory) = self.directories.get(&directory(page)) else {
            let upper = self.uppers.contains_key(&upper(page));
            return Found::Missing(if upper { Level::Middle } else { Level::Upper });
        };
        match directory.entries.get(&entry(page)) {
            Some(Pmd::Table(table)) => Found::Small(table.ptes[page as usize & (PTRS_PER_PTE - 1)]),
            Some(&Pmd::Huge(pte)) => Found::Huge(pte),
            None => Found::Missing(Level::Lowest),
        }
    }

    /// Makes a level's page.
    pub(crate) fn add(&mut self, page: u64, level: Level, frame: Frame) {
        match level {
            Level::Upper => {
                self.uppers.insert(upper(page), frame);
            }
            Level::Middle => {
                self.directories.insert(directory(page), Directory::new(frame));
            }
            Level::Lowest => {
                if let Some(directory) = self.directories.get_mut(&directory(page)) {
                    let table = Table { page: frame, ptes: Box::new([Pte::NONE; PTRS_PER_PTE]) };
                    directory.entries.insert(entry(page), Pmd::Table(table));
                }
            }
        }
    }

    /// The entry of the middle level.
    #[inline]
    pub(crate) fn pmd(&self, page: u64) -> Option<&Pmd> {
        self.directories.get(&directory(page))?.entries.get(&entry(page))
    }

    /// The entry of a page; a huge page's for each page in it.
    #[inline(never)]
    pub(crate) fn get(&self, page: u64) -> Pte {
        self.find(page).pte()
    }

    /// Writes the entry of a page; a huge page's as a whole. Nothing happens where no table is.
    #[inline]
    pub(crate) fn set(&mut self, page: u64, pte: Pte) {
        if let Some(entry) = self.pte_mut(page) {
            *entry = pte;
        }
    }

    #[inline]
    fn pte_mut(&mut self, page: u64) -> Option<&mut Pte> {
        match self.directories.get_mut(&directory(page))?.entries.get_mut(&entry(page))? {
            Pmd::Table(table) => Some(&mut table.ptes[page as usize & (PTRS_PER_PTE - 1)]),
            Pmd::Huge(huge) => Some(huge),
        }
    }

    /// The entries of a page and of those behind it in its table; `None` where no table is.
    #[inline]
    pub(crate) fn entries(&self, page: u64) -> Option<&[Pte]> {
        match self.pmd(page)? {
            Pmd::Table(table) => Some(&table.ptes[page as usize & (PTRS_PER_PTE - 1)..]),
            Pmd::Huge(_) => None,
        }
    }

    /// The same, to be written; none where no table is.
    #[inline]
    pub(crate) fn entries_mut(&mut self, page: u64) -> &mut [Pte] {
        let directory = self.directories.get_mut(&directory(page));
        match directory.and_then(|directory| directory.entries.get_mut(&entry(page))) {
            Some(Pmd::Table(table)) => &mut table.ptes[page as usize & (PTRS_PER_PTE - 1)..],
            _ => &mut [],
        }
    }

    /// Marks a page as accessed if it is mapped, and may be written if it is. Says whether that was so.
    #[inline]
    pub(crate) fn access(&mut self, page: u64, write: bool) -> bool {
        match self.pte_mut(page) {
            Some(pte) if pte.is_present() && (!write || pte.is_writable()) => {
                *pte = if write { pte.young().dirty() } else { pte.young() };
                true
            }
            _ => false,
        }
    }

    /// The first page at or after `from` and before `end` whose entry is not empty, and that entry.
    pub(crate) fn next_used(&self, from: u64, end: u64) -> Option<(u64, Pte)> {
        self.next_found(from, end).map(|(page, found)| (page, found.pte()))
    }

    /// Empties the first table with entries in use in a range; they are added to `taken`. Returns the first such page
    /// and its entry, which stays if it is that of a huge page.
    pub(crate) fn take_table(&mut self, from: u64, end: u64, taken: &mut Vec<(u64, Pte)>) -> Option<(u64, Found)> {
        let (page, found) = self.next_found(from, end)?;
        let entries = self.directories.get_mut(&directory(page)).and_then(|found| found.entries.get_mut(&entry(page)));
        if let Some(Pmd::Table(table)) = entries {
            let low = page as usize & (PTRS_PER_PTE - 1);
            let pages = (end - page).min((PTRS_PER_PTE - low) as u64);
            let used = (page..).zip(&mut table.ptes[low..low + pages as usize]).filter(|(_, pte)| !pte.is_none());
            taken.extend(used.map(|(page, pte)| (page, core::mem::take(pte))));
        }
        Some((page, found))
    }

    #[inline]
    fn next_found(&self, from: u64, end: u64) -> Option<(u64, Found)> {
        let mut at = from;
        while at < end {
            let Some(pmd) = self.pmd(at) else {
                at = self.next_table(at)?;
                continue;
            };
            let stop = ((at | (PTRS_PER_PTE as u64 - 1)) + 1).min(end);
            match pmd {
                Pmd::Huge(pte) => return Some((at, Found::Huge(*pte))),
                Pmd::Table(table) => {
                    let low = at as usize & (PTRS_PER_PTE - 1);
                    let ptes = &table.ptes[low..low + (stop - at) as usize];
                    if let Some(n) = ptes.iter().position(|pte| !pte.is_none()) {
                        return Some((at + n as u64, Found::Small(ptes[n])));
                    }
                }
            }
            at = stop;
        }
        None
    }

    /// Every entry in use: its page, and the entry as a number.
    #[cfg(feature = "reclaim")]
    pub(crate) fn words(&self) -> impl Iterator<Item = [u64; 2]> + '_ {
        let mut at = 0;
        core::iter::from_fn(move || {
            let (page, pte) = self.next_used(at, u64::MAX)?;
            let huge = matches!(self.pmd(page), Some(Pmd::Huge(_)));
            at = page + if huge { PTRS_PER_PTE as u64 } else { 1 };
            Some([page, pte.0])
        })
    }

    /// First page of the next table after the two MiB that `page` lies in.
    fn next_table(&self, page: u64) -> Option<u64> {
        let here = self.directories.get(&directory(page));
        let next = here
            .and_then(|found| found.entries.from(entry(page)).next())
            .map(|(entry, _)| u64::from(directory(page)) << PUD_PAGES_SHIFT | u64::from(entry) << PMD_PAGES_SHIFT);
        next.or_else(|| {
            let mut later = self.directories.from(directory(page) + 1);
            later.find_map(|(number, found)| {
                let (entry, _) = found.entries.from(0).next()?;
                Some(u64::from(number) << PUD_PAGES_SHIFT | u64::from(entry) << PMD_PAGES_SHIFT)
            })
        })
    }

    /// Takes out the tables of a range whose pages are unmapped, and the levels above that nothing else needs
    /// (`free_pgtables`). Returns the pages they lay in by level.
    pub(crate) fn free_range(&mut self, start: u64, end: u64) -> Vec<(Level, Frame)> {
        let mut freed = Vec::new();
        let aligned = start & !(PTRS_PER_PTE as u64 - 1);
        for number in directory(start)..=directory(end - 1) {
            let Some(found) = self.directories.get_mut(&number) else { continue };
            let base = u64::from(number) << PUD_PAGES_SHIFT;
            found.entries.retain(|entry, pmd| {
                let first = base | u64::from(entry) << PMD_PAGES_SHIFT;
                let inside = (aligned..end).contains(&first);
                if let (true, Pmd::Table(table)) = (inside, pmd) {
                    freed.push((Level::Lowest, table.page));
                }
                !inside
            });
            if found.entries.is_empty() {
                freed.push((Level::Middle, found.page));
                self.directories.remove(&number);
            }
        }
        let directories = &self.directories;
        let per_upper = PGD_PAGES_SHIFT - PUD_PAGES_SHIFT;
        self.uppers.retain(|number, page| {
            let next = directories.from(number << per_upper).next();
            let used = next.is_some_and(|(directory, _)| directory < (number + 1) << per_upper);
            if !used {
                freed.push((Level::Upper, *page));
            }
            used
        });
        freed
    }

    /// Pages of all levels that are counted in `mm_pgtables_bytes`.
    pub(crate) fn pages(&self) -> u64 {
        // One table page for each entry: that of a huge page is deposited.
        let tables = |found: &Directory| found.entries.len();
        let lower: usize = self.directories.values().map(|found| 1 + tables(found)).sum();
        (lower + self.uppers.len()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table_with(pages: &[u64]) -> PageTable {
        let mut table = PageTable::default();
        for &page in pages {
            while let Some(level) = table.missing(page, false) {
                table.add(page, level, Frame(1));
            }
            table.set(page, Pte::page(Frame(page as u32)));
        }
        table
    }

    #[test]
    fn a_page_far_off_costs_three_table_pages() {
        assert_eq!(table_with(&[0]).pages(), 3);
        assert_eq!(table_with(&[0, 511]).pages(), 3);
        assert_eq!(table_with(&[0, 512]).pages(), 4);
        assert_eq!(table_with(&[0, 1 << 18]).pages(), 5);
        assert_eq!(table_with(&[0, 1 << 27]).pages(), 6);
    }

    #[test]
    fn used_entries_are_found_across_holes() {
        let table = table_with(&[3, 700, 1 << 20]);
        let mut found = Vec::new();
        let mut at = 0;
        while let Some((page, _)) = table.next_used(at, 1 << 21) {
            found.push(page);
            at = page + 1;
        }
        assert_eq!(found, [3, 700, 1 << 20]);
        assert_eq!(table.next_used(4, 700), None);
    }

    #[test]
    fn freeing_a_range_gives_back_every_level_nothing_else_needs() {
        let mut table = table_with(&[0, 600]);
        assert_eq!(table.free_range(0, 512).len(), 1);
        assert_eq!(table.free_range(512, 1024).len(), 3);
        assert_eq!(table.pages(), 0);
    }

    #[test]
    fn an_entry_is_a_page_a_slot_or_nothing() {
        let page = Pte::page(Frame(7)).written();
        assert_eq!((page.frame(), page.slot()), (Some(Frame(7)), None));
        assert!(page.is_young() && page.is_dirty() && page.is_writable());
        let old = page.old().clean().write_protected();
        assert!(!old.is_young() && !old.is_dirty() && !old.is_writable() && old.is_present());
        assert_eq!(Pte::swap(9).slot(), Some(9));
        assert!(!Pte::swap(9).is_present());
        assert!(Pte::zero().is_present() && Pte::zero().frame().is_none());
    }
}
