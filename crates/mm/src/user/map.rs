//! Mappings come and go (`mmap`, `munmap`).

use crate::event::Sink;
use crate::machine::Machine;
use crate::page::life::MappingId;
use crate::pfn::CpuId;
use crate::rmap::Place;
use crate::task::gather::Gather;
use crate::task::mempolicy::Mempolicy;
use crate::task::mm::{FileId, MmId, VmFlags, Vma, VmaId};
use crate::task::page_table::{Level, PTRS_PER_PTE, Pte};
use crate::task::process::Pid;
use crate::vmstat::ZoneItem;

/// A mapping that is to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MapSpec {
    /// Pages.
    pub pages: u64,
    /// The file and the page of it that the mapping begins with; `None` for anonymous memory.
    pub file: Option<(FileId, u32)>,
    /// What may be done with it.
    pub flags: VmFlags,
    /// Its own memory policy; `None` for the task's.
    pub policy: Option<Mempolicy>,
}

impl<S: Sink> Machine<S> {
    /// Adds a mapping to the address space of a process. `None` if it has none, or too many
    /// mappings.
    pub fn mmap(&mut self, pid: Pid, spec: MapSpec) -> Option<VmaId> {
        let mm = self.user.processes.get(pid)?.mm?;
        let (file, pgoff) = spec.file.unzip();
        let vma = Vma {
            start: 0,
            pages: spec.pages.max(1),
            flags: spec.flags,
            file,
            pgoff: pgoff.unwrap_or(0),
            policy: spec.policy,
            anon: MappingId::default(),
        };
        let id = self.user.mms.get_mut(mm)?.add_vma(vma)?;
        self.link_file(mm, id, file);
        Some(id)
    }

    /// The file knows who maps it (`vma_link_file`).
    pub(crate) fn link_file(&mut self, mm: MmId, vma: VmaId, file: Option<FileId>) {
        let mapping = file.and_then(|file| self.user.file(file)).map(|file| file.mapping);
        if let Some(found) = mapping.and_then(|mapping| self.user.mappings.get_mut(mapping)) {
            found.vmas.push((mm, vma));
        }
    }

    /// Removes a mapping and gives back what only it holds (`munmap`).
    pub fn munmap(&mut self, cpu: CpuId, pid: Pid, vma: VmaId) {
        let Some(mm) = self.user.processes.get(pid).and_then(|process| process.mm) else { return };
        self.munlock_vma(cpu, mm, vma);
        self.lru_add_drain(cpu);
        self.free_together(cpu, |machine, gather| {
            machine.zap_vma(cpu, mm, vma, gather);
            machine.remove_vma(cpu, mm, vma, gather);
        });
    }

    /// Forgets a mapping whose pages are unmapped; its page tables go, too (`free_pgtables`, `remove_vma`).
    pub(crate) fn remove_vma(&mut self, cpu: CpuId, mm: MmId, id: VmaId, gather: &mut Gather) {
        let Some(space) = self.user.mms.get_mut(mm) else { return };
        let Some(vma) = space.vmas.get_mut(id.0 as usize).and_then(Option::take) else { return };
        let end = vma.end().next_multiple_of(PTRS_PER_PTE as u64);
        let freed = space.table.free_range(vma.start, end);
        self.user.mappings.remove_vma(vma.anon, mm, id);
        if let Some(mapping) = vma.file.and_then(|file| self.user.file(file)).map(|file| file.mapping) {
            self.user.mappings.remove_vma(mapping, mm, id);
        }
        for (level, frame) in freed {
            if level != Level::Upper {
                self.mod_zone_state(cpu, frame, ZoneItem::PageTable, -1);
            }
            self.gather(cpu, frame, gather);
        }
    }

    /// The first place of a mapping, from some page on, that has a page or a slot.
    pub(crate) fn next_place(&self, mm: MmId, vma: VmaId, from: u64) -> Option<(Place, Pte)> {
        let space = self.user.mms.get(mm)?;
        let range = space.vma(vma)?;
        let (page, pte) = space.table.next_used(from.max(range.start), range.end())?;
        Some((Place { mm, vma, page }, pte))
    }

    /// The page of an address space behind an entry: behind a huge page, or the next one.
    pub(crate) fn behind(&self, place: Place) -> u64 {
        self.user.mms.get(place.mm).map_or(place.page + 1, |mm| mm.table.behind(place.page))
    }
}
