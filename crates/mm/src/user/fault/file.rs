//! Memory that a file is mapped to (`do_fault`).

use super::{FaultOutcome, FileFill, Next, PageFault, Site, Work};
use crate::event::Sink;
use crate::machine::Machine;
use crate::pfn::Frame;
use crate::rmap::rss_kind;
use crate::task::Task;
use crate::task::mm::{FileId, VmFlags};
use crate::task::page_table::Pte;

impl PageFault {
    /// Maps what the cache has around the page, or fetches the page.
    pub(super) fn do_fault<S: Sink>(
        &mut self,
        machine: &mut Machine<S>,
        task: &Task,
        site: &Site,
        file: FileId,
    ) -> Next {
        let index = site.index();
        if machine.user.file(file).is_none_or(|file| index >= file.pages) {
            return Next::Done(FaultOutcome::BusError);
        }
        if !self.write && machine.do_fault_around(task.cpu, site, file) {
            return Next::Done(self.outcome());
        }
        self.begin(Work::File(FileFill::new(file, index)))
    }

    /// Maps a page of the file, or the copy of it that was prepared (`finish_fault`, `alloc_set_pte`).
    pub(super) fn map_file_page<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task, frame: Frame) {
        let Some(site) = self.site(machine).filter(|site| site.pte.is_none()) else { return };
        if machine.missing_table(&site.place).is_some() {
            return;
        }
        let shared = site.flags.contains(VmFlags::SHARED);
        if self.write && !shared {
            let Some(copy) = self.hand.take() else { return };
            return machine.map_new_anon_page(task.cpu, site.place, copy, true);
        }
        let kind = rss_kind(machine.mem.life(frame));
        machine.page_add_file_rmap(task.cpu, frame);
        let pte = Pte::page(frame);
        machine.map_pte(site.place, if self.write { pte.written() } else { pte }, kind);
        if self.write {
            // `fault_dirty_shared_page`.
            machine.set_page_dirty(task.cpu, frame);
        }
    }
}
