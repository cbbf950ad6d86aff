//! Where pages belong: a file, or a family of anonymous mappings that share pages after a fork (`struct address_space`,
//! `struct anon_vma`).

use super::cache::PageCache;
use crate::page::life::MappingId;
use crate::part::Part;
use crate::task::mm::{FileId, MmId, VmaId};

/// What a mapping is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum MappingKind {
    /// Anonymous memory.
    Anon,
    /// A file.
    File(FileId),
}

/// Where pages belong.
#[derive(Clone, Debug)]
pub(crate) struct Mapping {
    pub(crate) kind: MappingKind,
    /// The mappings of address spaces in which its pages can be (`i_mmap`, `rb_root`), oldest first.
    pub(crate) vmas: Vec<(MmId, VmaId)>,
    /// The file's pages.
    pub(crate) cache: PageCache,
}

/// All of them. Number 0 is none; numbers of ended families are given out again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mappings {
    list: Part<Vec<Option<Mapping>>>,
    free: Vec<u32>,
}

impl Mappings {
    pub(crate) fn add(&mut self, kind: MappingKind) -> MappingId {
        let mapping = Some(Mapping { kind, vmas: Vec::new(), cache: PageCache::default() });
        if let Some(free) = self.free.pop() {
            self.list[free as usize] = mapping;
            return MappingId(free + 1);
        }
        self.list.push(mapping);
        MappingId(self.list.len() as u32)
    }

    /// A family of anonymous mappings that begins with one.
    #[cold]
    pub(crate) fn add_family(&mut self, first: (MmId, VmaId)) -> MappingId {
        let id = self.add(MappingKind::Anon);
        if let Some(family) = self.get_mut(id) {
            family.vmas.push(first);
        }
        id
    }

    pub(crate) fn get(&self, id: MappingId) -> Option<&Mapping> {
        self.list.get(id.0.checked_sub(1)? as usize)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, id: MappingId) -> Option<&mut Mapping> {
        self.list.get_mut(id.0.checked_sub(1)? as usize)?.as_mut()
    }

    /// Forgets one of the mappings in which the pages can be; a family without any ends.
    pub(crate) fn remove_vma(&mut self, id: MappingId, mm: MmId, vma: VmaId) {
        let Some(mapping) = self.get_mut(id) else { return };
        mapping.vmas.retain(|&known| known != (mm, vma));
        if mapping.kind == MappingKind::Anon && mapping.vmas.is_empty() {
            self.list[id.0 as usize - 1] = None;
            self.free.push(id.0 - 1);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (MappingId, &Mapping)> + '_ {
        self.list.iter().enumerate().filter_map(|(n, mapping)| Some((MappingId(n as u32 + 1), mapping.as_ref()?)))
    }
}
