//! Pages of files in memory (mm/filemap.c).

use super::cache::{Slot, node_of};
use super::file::{File, FileSpec, Storage};
use super::mapping::MappingKind;
use super::read_ahead::ReadAhead;
use crate::event::Sink;
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::page::life::{LifeFlags, MappingId};
use crate::pfn::{CpuId, Frame, NodeId, Pfn};
use crate::restore::RestoreError;
use crate::task::mm::FileId;
use crate::vmstat::NodeItem;

impl<S: Sink> Machine<S> {
    /// Makes a file. None of it is in memory.
    pub fn add_file(&mut self, spec: FileSpec) -> FileId {
        let id = FileId(self.user.files.len() as u32);
        let mapping = self.user.mappings.add(MappingKind::File(id));
        self.user.files.push(File {
            mapping,
            pages: spec.pages,
            storage: spec.storage,
            gfp: Gfp::GFP_HIGHUSER_MOVABLE,
            read_ahead: ReadAhead::new(spec.read_ahead),
            dirtied_when: 0,
            writeback_index: 0,
        });
        id
    }

    /// Sets the flags of requests for a file's pages (`mapping_set_gfp_mask`). Those of a block device itself, not of a
    /// file on it, cannot be moved: `GFP_USER`.
    pub fn mapping_set_gfp_mask(&mut self, id: FileId, gfp: Gfp) {
        if let Some(file) = self.user.file_mut(id) {
            file.gfp = gfp;
        }
    }

    /// A file.
    #[must_use]
    pub fn file(&self, id: FileId) -> Option<&File> {
        self.user.file(id)
    }

    /// Pages of a file that are in memory (`nrpages`).
    #[must_use]
    pub fn cached_pages(&self, id: FileId) -> u64 {
        let mapping = self.user.file(id).and_then(|file| self.user.mappings.get(file.mapping));
        mapping.map_or(0, |mapping| mapping.cache.pages())
    }

    /// What a file has at a place.
    pub(crate) fn cache_slot(&self, mapping: MappingId, index: u32) -> Slot {
        self.user.mappings.get(mapping).map_or(Slot::Empty, |mapping| mapping.cache.get(index))
    }

    /// The file a page belongs to, if it is a file's.
    pub(crate) fn file_of(&self, frame: Frame) -> Option<FileId> {
        let life = self.mem.life(frame);
        if life.flags.contains(LifeFlags::ANON) {
            return None;
        }
        match self.user.mappings.get(life.mapping)?.kind {
            MappingKind::File(file) => Some(file),
            MappingKind::Anon => None,
        }
    }

    /// Says of a page on a list of which only the flags are known where it belongs: into a file's cache.
    ///
    /// # Errors
    /// [`RestoreError`] if the page is on no list, belongs somewhere already, or the file has a page there.
    pub fn restore_cached_page(&mut self, cpu: CpuId, pfn: Pfn, file: FileId, index: u32) -> Result<(), RestoreError> {
        let wrong = RestoreError::Inconsistent { what: "a file's page is on no LRU list, or belongs elsewhere" };
        let frame = self.mem.frame(pfn).filter(|&frame| self.mem.exists(frame)).ok_or(wrong)?;
        let life = self.mem.life(frame);
        let mapping = self.user.file(file).map(|file| file.mapping);
        let free = mapping.is_some_and(|mapping| self.cache_slot(mapping, index) == Slot::Empty);
        if !free || !life.flags.contains(LifeFlags::LRU) || life.mapping != MappingId::UNKNOWN {
            return Err(wrong);
        }
        self.add_to_page_cache(cpu, frame, file, index);
        Ok(())
    }

    /// Puts a new page into a file's cache; returns what was there (`__add_to_page_cache_locked`,
    /// `shmem_add_to_page_cache`).
    pub(crate) fn add_to_page_cache(&mut self, cpu: CpuId, frame: Frame, file: FileId, index: u32) -> Slot {
        let Some(&File { mapping, storage, .. }) = self.user.file(file) else { return Slot::Empty };
        let life = self.mem.life_mut(frame);
        (life.mapping, life.index) = (mapping, index);
        let shmem = storage == Storage::Shmem;
        life.flags.set(LifeFlags::SWAPBACKED, shmem);
        let old = self.set_cache_slot(frame, mapping, index, Slot::Page(frame));
        self.mod_page_state(cpu, frame, NodeItem::FilePages, 1);
        if shmem {
            self.mod_page_state(cpu, frame, NodeItem::Shmem, 1);
        }
        old
    }

    /// Takes a page out of its file's cache and leaves something in its place (`__delete_from_page_cache`,
    /// `shmem_delete_from_page_cache`).
    pub(crate) fn delete_from_page_cache(&mut self, cpu: CpuId, frame: Frame, left: Slot) {
        let life = *self.mem.life(frame);
        self.set_cache_slot(frame, life.mapping, life.index, left);
        self.mod_page_state(cpu, frame, NodeItem::FilePages, -1);
        if life.flags.contains(LifeFlags::SWAPBACKED) {
            self.mod_page_state(cpu, frame, NodeItem::Shmem, -1);
        }
        self.mem.life_mut(frame).mapping = MappingId::default();
    }

    /// Writes a place, and counts nodes in which only remains of pages are left (`workingset_update_node`).
    pub(crate) fn set_cache_slot(&mut self, frame: Frame, mapping: MappingId, index: u32, new: Slot) -> Slot {
        let Some(found) = self.user.mappings.get_mut(mapping) else { return Slot::Empty };
        let (old, change) = found.cache.set(index, new);
        // A node that holds remains only counts on the node of memory of the page that left it last.
        let on = self.mem.zone_of(frame).map_or(NodeId(0), |zone| zone.node());
        if let Some((node, delta)) = self.shadow_nodes.change((mapping, node_of(index)), on, change) {
            self.nodes[node.index()].stat.add(NodeItem::WorkingsetNodes, delta);
        }
        old
    }
}
