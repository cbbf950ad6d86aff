//! Pages of a file that are no longer part of it (mm/truncate.c).

use crate::event::Sink;
use crate::io::cache::Slot;
use crate::io::swap::SwapSlot;
use crate::machine::Machine;
use crate::page::life::LifeFlags;
use crate::pfn::{CpuId, Frame};
use crate::rmap::rss_kind;
use crate::task::mm::FileId;
use crate::task::page_table::Pte;

/// Pages that are dropped together (`PAGEVEC_SIZE`).
const BATCH: usize = 15;

impl<S: Sink> Machine<S> {
    /// Cuts a file: everything from page `pages` on is dropped, mapped or not (`truncate_pagecache`).
    pub fn truncate(&mut self, cpu: CpuId, id: FileId, pages: u32) {
        let Some(file) = self.user.file_mut(id) else { return };
        file.pages = file.pages.min(pages);
        self.drop_cache_from(cpu, id, pages);
    }

    /// Removes a file; who still maps it finds nothing there any more.
    pub fn unlink(&mut self, cpu: CpuId, id: FileId) {
        self.truncate(cpu, id, 0);
    }

    /// Drops what the cache has from a page on (`truncate_inode_pages_range`, `shmem_undo_range`).
    fn drop_cache_from(&mut self, cpu: CpuId, id: FileId, start: u32) {
        let Some(mapping) = self.user.file(id).map(|file| file.mapping) else { return };
        let mut at = start;
        loop {
            let Some(found) = self.user.mappings.get(mapping) else { return };
            let batch: Vec<(u32, Slot)> = found.cache.from(at).take(BATCH).collect();
            let Some(&(last, _)) = batch.last() else { return };
            let mut pages = Vec::new();
            for (index, slot) in batch {
                match slot {
                    Slot::Page(frame) => {
                        self.truncate_page(cpu, frame);
                        pages.push(frame);
                    }
                    Slot::Shadow(_) => self.forget_shadow(mapping, index),
                    Slot::Swap(slot) => {
                        self.forget_shadow(mapping, index);
                        self.free_swap_and_cache(cpu, SwapSlot(slot));
                    }
                    Slot::Empty => {}
                }
            }
            self.put_held(cpu, &pages);
            let Some(next) = last.checked_add(1) else { return };
            at = next;
        }
    }

    /// A page leaves its file (`truncate_cleanup_page`, `delete_from_page_cache_batch`).
    fn truncate_page(&mut self, cpu: CpuId, frame: Frame) {
        self.hold(frame);
        self.unmap_file_page(cpu, frame);
        self.cancel_dirty_page(cpu, frame);
        self.mem.life_mut(frame).flags -= LifeFlags::PRIVATE;
        self.delete_from_page_cache(cpu, frame, Slot::Empty);
    }

    /// Takes a page of a file out of all page tables, locked or not (`unmap_mapping_pages`).
    pub(crate) fn unmap_file_page(&mut self, cpu: CpuId, frame: Frame) {
        let mut n = 0;
        while self.mem.life(frame).mapcount > 0 {
            let Ok(found) = self.nth_place(frame, n) else { break };
            n += 1;
            let Some((place, _)) = found else { continue };
            self.add_rss(place.mm, rss_kind(self.mem.life(frame)), -1);
            self.set_pte(place, Pte::NONE);
            self.page_remove_rmap(cpu, frame);
        }
    }

    /// Drops the clean pages of a file that nobody maps, as `drop_caches` does; the others are put where reclaim finds
    /// them first (`invalidate_mapping_pages`). Returns how many were dropped.
    pub(crate) fn invalidate_file(&mut self, cpu: CpuId, id: FileId) -> u64 {
        let Some(file) = self.user.file(id) else { return 0 };
        let mapping = file.mapping;
        if file.is_shmem() {
            return 0;
        }
        let (mut at, mut dropped) = (0, 0);
        loop {
            let Some(found) = self.user.mappings.get(mapping) else { return dropped };
            let batch: Vec<(u32, Slot)> = found.cache.from(at).take(BATCH).collect();
            let Some(&(last, _)) = batch.last() else { return dropped };
            let mut pages = Vec::new();
            for (_, slot) in batch {
                let Slot::Page(frame) = slot else { continue };
                let life = self.mem.life(frame);
                let busy = LifeFlags::DIRTY | LifeFlags::WRITEBACK | LifeFlags::LOCKED | LifeFlags::PINNED;
                if life.is_mapped() || life.flags.intersects(busy | LifeFlags::BATCHED | LifeFlags::ISOLATED) {
                    // What cannot be dropped now is to go soon; what is locked is not even looked at.
                    if !life.flags.contains(LifeFlags::LOCKED) {
                        self.deactivate_file_page(cpu, frame);
                    }
                    continue;
                }
                self.hold(frame);
                self.mem.life_mut(frame).flags -= LifeFlags::PRIVATE;
                self.delete_from_page_cache(cpu, frame, Slot::Empty);
                pages.push(frame);
            }
            dropped += pages.len() as u64;
            self.put_held(cpu, &pages);
            let Some(next) = last.checked_add(1) else { return dropped };
            at = next;
        }
    }

    /// Forgets what remained of an evicted page. The count of such nodes is left to the node of memory they began on.
    fn forget_shadow(&mut self, mapping: crate::page::life::MappingId, index: u32) {
        self.set_cache_slot(Frame(0), mapping, index, Slot::Empty);
    }
}
