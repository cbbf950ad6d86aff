//! Huge pages in page tables: one entry of the middle level, and a table page kept aside in case it has to be split
//! (`pgtable_trans_huge_deposit`, mm/pgtable-generic.c).

use super::{Directory, PTRS_PER_PTE, PageTable, Pmd, Pte, Table, directory, entry};
use crate::pfn::Frame;

impl Directory {
    /// Keeps a table page. The one that was next goes behind all others.
    fn deposit(&mut self, page: Frame) {
        let before = self.deposited.pop_front();
        self.deposited.extend(before);
        self.deposited.push_front(page);
    }

    /// Gives a table page back (`pgtable_trans_huge_withdraw`).
    fn withdraw(&mut self) -> Option<Frame> {
        self.deposited.pop_front()
    }

    fn huge_pages(&self) -> usize {
        self.entries.values().filter(|pmd| matches!(pmd, Pmd::Huge(_))).count()
    }
}

impl PageTable {
    /// The entry of the huge page that covers a page.
    pub(crate) fn huge(&self, page: u64) -> Option<Pte> {
        match self.pmd(page) {
            Some(&Pmd::Huge(pte)) => Some(pte),
            _ => None,
        }
    }

    /// The page behind an entry: behind a huge page, or the next one.
    pub(crate) fn behind(&self, page: u64) -> u64 {
        if self.huge(page).is_some() { (page | (PTRS_PER_PTE as u64 - 1)) + 1 } else { page + 1 }
    }

    /// Maps a huge page where nothing is mapped; the directory exists. The table page is kept.
    pub(crate) fn map_huge(&mut self, page: u64, pte: Pte, table: Frame) {
        if let Some(found) = self.directories.get_mut(&directory(page)) {
            found.deposit(table);
            found.entries.insert(entry(page), Pmd::Huge(pte));
        }
    }

    /// Unmaps a huge page; returns its entry and the table page that was kept.
    pub(crate) fn unmap_huge(&mut self, page: u64) -> Option<(Pte, Frame)> {
        let pte = self.huge(page)?;
        let found = self.directories.get_mut(&directory(page))?;
        found.entries.remove(&entry(page));
        Some((pte, found.withdraw()?))
    }

    /// Puts a table in the place of a huge page's entry; `part` tells the entry of each page by its number.
    pub(crate) fn split_huge(&mut self, page: u64, part: impl Fn(u32) -> Pte) {
        let Some((_, table)) = self.unmap_huge(page) else { return };
        let mut ptes = Box::new([Pte::NONE; PTRS_PER_PTE]);
        for (n, pte) in ptes.iter_mut().enumerate() {
            *pte = part(n as u32);
        }
        if let Some(found) = self.directories.get_mut(&directory(page)) {
            found.entries.insert(entry(page), Pmd::Table(Table { page: table, ptes }));
        }
    }

    /// Table pages that are kept, and huge pages that are mapped.
    pub(crate) fn deposits(&self) -> (usize, usize) {
        let kept = self.directories.values().map(|found| found.deposited.len()).sum();
        (kept, self.directories.values().map(Directory::huge_pages).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    fn table_with_huge(pages: &[u64]) -> PageTable {
        let mut table = PageTable::default();
        for (n, &page) in pages.iter().enumerate() {
            while let Some(level) = table.missing(page, true) {
                table.add(page, level, Frame(1));
            }
            table.map_huge(page, Pte::page(Frame(page as u32)), Frame(100 + n as u32));
        }
        table
    }

    #[test]
    fn a_huge_page_is_one_entry_and_costs_a_table_page() {
        let table = table_with_huge(&[512]);
        assert_eq!(table.pages(), 3);
        assert_eq!((table.huge(600), table.get(1023)), (Some(Pte::page(Frame(512))), Pte::page(Frame(512))));
        assert_eq!((table.huge(511), table.behind(511), table.behind(512)), (None, 512, 1024));
        assert_eq!(table.next_used(0, 2048), Some((512, Pte::page(Frame(512)))));
        assert_eq!(table.missing(600, false), None);
    }

    #[test]
    fn the_table_page_kept_last_is_given_back_first_then_the_oldest() {
        let mut table = table_with_huge(&[0, 512, 1024]);
        let given = [1024, 512, 0].map(|page| table.unmap_huge(page).map(|found| found.1));
        assert_eq!(given, [Some(Frame(102)), Some(Frame(100)), Some(Frame(101))]);
        assert_eq!(table.deposits(), (0, 0));
    }

    #[test]
    fn a_split_entry_becomes_a_table_in_the_page_that_was_kept() {
        let mut table = table_with_huge(&[512]);
        table.split_huge(700, |n| Pte::page(Frame(512 + n)));
        assert_eq!((table.huge(512), table.get(515)), (None, Pte::page(Frame(515))));
        assert_eq!((table.pages(), table.deposits()), (3, (0, 0)));
        assert_eq!(table.free_range(512, 1024).first(), Some(&(Level::Lowest, Frame(100))));
    }
}
