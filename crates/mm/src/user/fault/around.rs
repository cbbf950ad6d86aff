//! Mapping what the cache has near a page that is read (`do_fault_around`, `filemap_map_pages`).

use super::Site;
use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::LifeFlags;
use crate::pfn::{CpuId, Frame};
use crate::rmap::rss_kind;
use crate::task::mm::{FileId, MmId};
use crate::task::page_table::{PTRS_PER_PTE, Pte};

/// Pages that are looked at together (`fault_around_bytes`, 64 KiB).
const FAULT_AROUND_PAGES: usize = 16;

/// Pages in a row of an address space, and what is or will be mapped there; frame 0 stands for none.
struct Around {
    first: u64,
    frames: [Frame; FAULT_AROUND_PAGES],
}

impl<S: Sink> Machine<S> {
    /// Maps pages of the file that are in memory and near; says whether the wanted one was among them.
    pub(super) fn do_fault_around(&mut self, cpu: CpuId, site: &Site, file: FileId) -> bool {
        let mut around = self.around(site, file);
        for frame in around.frames.iter_mut().filter(|frame| **frame != Frame(0)) {
            if self.mem.life(*frame).flags.contains(LifeFlags::LOCKED) {
                *frame = Frame(0);
            } else {
                self.page_add_file_rmap(cpu, *frame);
            }
        }
        self.map_around(site.place.mm, &around);
        let wanted = (site.place.page - around.first) as usize;
        around.frames.get(wanted).is_some_and(|&frame| frame != Frame(0))
    }

    /// Pages of the file that are in memory where nothing is mapped around a fault. All lie in one table.
    fn around(&self, site: &Site, file: FileId) -> Around {
        let page = site.place.page;
        let first = (page & !(FAULT_AROUND_PAGES as u64 - 1)).max(site.start);
        let table_end = (page | (PTRS_PER_PTE as u64 - 1)) + 1;
        let pages = (table_end.min(site.end) - first).min(FAULT_AROUND_PAGES as u64) as usize;
        let index = site.pgoff.wrapping_add((first - site.start) as u32);
        let mut frames = [Frame(0); FAULT_AROUND_PAGES];
        let found = self.user.file(file).and_then(|file| Some((file.pages, self.user.mappings.get(file.mapping)?)));
        let table = self.user.mms.get(site.place.mm).and_then(|mm| mm.table.entries(first));
        if let (Some((file_pages, mapping)), Some(entries)) = (found, table) {
            let pages = pages.min(file_pages.saturating_sub(index) as usize);
            mapping.cache.copy_pages(index, &mut frames[..pages]);
            let used = frames.iter_mut().zip(entries).filter(|(_, pte)| !pte.is_none());
            used.for_each(|(frame, _)| *frame = Frame(0));
        }
        Around { first, frames }
    }

    /// Writes the entries, and counts the pages, which are all of one kind.
    fn map_around(&mut self, mm: MmId, around: &Around) {
        let Around { first, frames } = around;
        let mapped = || frames.iter().filter(|frame| **frame != Frame(0));
        let (Some(frame), Some(space)) = (mapped().next(), self.user.mms.get_mut(mm)) else { return };
        space.add_rss(rss_kind(self.mem.life(*frame)), mapped().count() as i64);
        for (frame, pte) in frames.iter().zip(space.table.entries_mut(*first)) {
            if *frame != Frame(0) {
                *pte = Pte::page(*frame);
            }
        }
    }
}
