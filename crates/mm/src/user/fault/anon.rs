//! Anonymous memory that was never touched (`do_anonymous_page`).

use super::{FaultOutcome, Next, PageFault, Site};
use crate::event::Sink;
use crate::gfp::Gfp;
use crate::io::UserSpace;
use crate::machine::Machine;
use crate::page::life::{LifeFlags, MappingId};
use crate::pfn::{CpuId, Frame};
use crate::rmap::Place;
use crate::task::Task;
use crate::task::mm::{RssKind, VmFlags};
use crate::task::page_table::Pte;
use crate::vmstat::{VmEvent, ZoneItem};

/// Where an anonymous page belongs.
#[derive(Clone, Copy, Default)]
pub(crate) struct AnonPlace {
    /// The family of mappings.
    pub(crate) family: MappingId,
    /// Place within it.
    pub(crate) index: u32,
    /// What may be done with the mapping.
    pub(crate) flags: VmFlags,
}

impl PageFault {
    /// Maps the page of zeros for a read, a new page for a write.
    #[inline(always)]
    pub(super) fn do_anonymous_page<S: Sink>(
        &mut self,
        machine: &mut Machine<S>,
        task: &mut Task,
        site: &Site,
    ) -> Next {
        if !self.write {
            machine.set_pte(site.place, Pte::zero());
            return Next::Done(FaultOutcome::Minor);
        }
        let gfp = Gfp::GFP_HIGHUSER_MOVABLE | Gfp::ZERO;
        let Some(frame) = self.new_page(machine, task, site, gfp) else { return Next::Work };
        machine.map_new_anon_page(task.cpu, site.place, frame, true);
        Next::Done(FaultOutcome::Minor)
    }
}

impl<S: Sink> Machine<S> {
    /// Maps a page that nobody else knows, counts it and puts it on its way to a list (`page_add_new_anon_rmap`,
    /// `lru_cache_add_inactive_or_unevictable`).
    pub(crate) fn map_new_anon_page(&mut self, cpu: CpuId, place: Place, frame: Frame, write: bool) {
        let AnonPlace { family, index, flags } = self.anon_vma_prepare(place);
        self.page_add_new_anon_rmap(cpu, frame, family, index);
        self.lru_cache_add_inactive_or_unevictable(cpu, frame, flags);
        let pte = Pte::page(frame);
        let pte = if write && flags.contains(VmFlags::WRITE) { pte.written() } else { pte };
        self.map_pte(place, pte, RssKind::Anon);
    }

    /// A new page of a mapping is on its way to a list; in a locked one it is locked.
    pub(super) fn lru_cache_add_inactive_or_unevictable(&mut self, cpu: CpuId, frame: Frame, flags: VmFlags) {
        if flags.contains(VmFlags::LOCKED) {
            let life = self.mem.life_mut(frame);
            life.flags |= LifeFlags::MLOCKED;
            let pages = life.nr_pages();
            self.mod_zone_state(cpu, frame, ZoneItem::Mlock, pages as i64);
            self.global.events.add(VmEvent::UnevictablePgsMlocked, pages);
        }
        self.lru_cache_add(cpu, frame);
    }

    /// The family of mappings that anonymous pages of a mapping belong to; it is made with the first page
    /// (`anon_vma_prepare`).
    #[inline]
    pub(crate) fn anon_vma_prepare(&mut self, place: Place) -> AnonPlace {
        let user: &mut UserSpace = &mut self.user;
        let UserSpace { mappings, mms, .. } = user;
        let Some(vma) = mms.get_mut(place.mm).and_then(|mm| mm.vma_mut(place.vma)) else {
            return AnonPlace::default();
        };
        if vma.anon == MappingId::default() {
            vma.anon = mappings.add_family((place.mm, place.vma));
        }
        AnonPlace { family: vma.anon, index: vma.index(place.page), flags: vma.flags }
    }
}
