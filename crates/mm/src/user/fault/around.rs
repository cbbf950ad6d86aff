//! Mapping what the cache has near a page that is read (`do_fault_around`, `filemap_map_pages`).

use super::Site;
use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::LifeFlags;
use crate::pfn::CpuId;
use crate::rmap::{Place, rss_kind};
use crate::task::mm::FileId;
use crate::task::page_table::{PTRS_PER_PTE, Pte};

/// Pages that are looked at together (`fault_around_bytes`, 64 KiB).
const FAULT_AROUND_PAGES: u64 = 16;

impl<S: Sink> Machine<S> {
    /// Maps pages of the file that are in memory and near; says whether the wanted one was among them.
    pub(super) fn do_fault_around(&mut self, cpu: CpuId, site: &Site, file: FileId) -> bool {
        let place = site.place;
        let Some(file) = self.user.file(file) else { return false };
        let (mapping, file_pages) = (file.mapping, u64::from(file.pages));
        let first = (place.page & !(FAULT_AROUND_PAGES - 1)).max(site.start);
        let table_end = (place.page | (PTRS_PER_PTE as u64 - 1)) + 1;
        let end = table_end.min(site.end).min(first + FAULT_AROUND_PAGES);
        for page in first..end {
            let index = site.pgoff.wrapping_add((page - site.start) as u32);
            if u64::from(index) >= file_pages {
                break;
            }
            let Some(frame) = self.user.mappings.get(mapping).and_then(|mapping| mapping.cache.page(index)) else {
                continue;
            };
            let empty = self.user.mms.get(place.mm).is_some_and(|mm| mm.table.get(page).is_none());
            if !empty || self.mem.life(frame).flags.contains(LifeFlags::LOCKED) {
                continue;
            }
            self.add_rss(place.mm, rss_kind(self.mem.life(frame)), 1);
            self.page_add_file_rmap(cpu, frame);
            self.set_pte(Place { page, ..place }, Pte::page(frame));
        }
        self.user.mms.get(place.mm).is_some_and(|mm| !mm.table.get(place.page).is_none())
    }
}
