//! Huge pages for anonymous memory (`create_huge_pmd`, `wp_huge_pmd`, mm/memory.c; `do_huge_pmd_anonymous_page`,
//! `do_huge_pmd_wp_page`, mm/huge_memory.c).

use super::anon::AnonPlace;
use super::{FaultOutcome, GFP_PGTABLE_USER, Next, PageFault, Site, Work};
use crate::alloc::Fault;
use crate::event::Sink;
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::page::huge::HPAGE_PMD_NR;
use crate::page::life::{Life, LifeFlags};
use crate::pfn::{CpuId, Frame, PAGE_SHIFT};
use crate::rmap::Place;
use crate::task::Task;
use crate::task::mm::{Mm, MmFlags, MmId, RssKind, VmFlags};
use crate::task::page_table::{Found, Level, Pte};
use crate::user::new_page::{NewPage, Use};
use crate::vmstat::VmEvent;

/// What a huge page needs.
#[derive(Clone, Copy, Debug)]
pub(super) enum HugeWork {
    /// The page.
    Page,
    /// The page of zeros.
    Zero,
    /// A table page to keep.
    Table,
}

/// How far a fault has come with a huge page.
#[derive(Clone, Debug, Default)]
pub(super) struct HugeFault {
    page: Option<Frame>,
    table: Option<Frame>,
    /// A small page has to do (`VM_FAULT_FALLBACK`).
    given_up: bool,
}

impl HugeFault {
    /// Whether there is something that may not be needed.
    pub(super) fn is_at_hand(&self) -> bool {
        self.page.is_some() || self.table.is_some()
    }

    /// Gives back what was not needed.
    pub(super) fn discard<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task) {
        if let Some(table) = self.table.take() {
            machine.free_table(task.cpu, Level::Lowest, table, true);
        }
        machine.discard(task, self.page.take());
    }

    /// Takes what was asked for; false if the fault fails for lack of memory.
    pub(super) fn take<S: Sink>(
        &mut self,
        machine: &mut Machine<S>,
        task: &Task,
        what: HugeWork,
        frame: Option<Frame>,
        refused: bool,
    ) -> bool {
        match (what, frame) {
            (HugeWork::Page, Some(frame)) => self.page = Some(frame),
            (HugeWork::Table, Some(frame)) => {
                machine.count_table(task.cpu, frame, 1);
                self.table = Some(frame);
            }
            (HugeWork::Zero, Some(frame)) => machine.add_huge_zero_page(task.cpu, frame),
            (HugeWork::Table, None) => {
                self.discard(machine, task);
                return false;
            }
            (HugeWork::Page | HugeWork::Zero, None) => {
                if let HugeWork::Zero = what {
                    machine.global.events.add(VmEvent::ThpZeroPageAllocFailed, 1);
                }
                self.discard(machine, task);
                self.given_up = true;
                machine.global.events.add(VmEvent::ThpFaultFallback, 1);
                machine.global.events.add(VmEvent::ThpFaultFallbackCharge, refused.into());
            }
        }
        true
    }
}

impl PageFault {
    /// What can be done with a huge page here; `None` if a small one has to do.
    #[inline]
    pub(super) fn huge_pmd_fault<S: Sink>(
        &mut self,
        machine: &mut Machine<S>,
        task: &Task,
        site: &Site,
    ) -> Option<Next> {
        match site.found {
            Found::Huge(pte) => self.mapped_huge_pmd(machine, task, site, pte),
            Found::Missing(Level::Lowest) if !self.huge.given_up && machine.gets_huge_page(site) => {
                Some(self.do_huge_pmd_anonymous_page(machine, task, site))
            }
            _ => None,
        }
    }

    /// A huge page is there: it may have to be written for the first time.
    #[inline(never)]
    fn mapped_huge_pmd<S: Sink>(
        &mut self,
        machine: &mut Machine<S>,
        task: &Task,
        site: &Site,
        pte: Pte,
    ) -> Option<Next> {
        if !self.write || pte.is_writable() {
            let pte = pte.young();
            machine.set_pte(site.place, if self.write { pte.dirty() } else { pte });
            return Some(Next::Done(self.outcome()));
        }
        if !site.flags.contains(VmFlags::WRITE) {
            return Some(Next::Done(FaultOutcome::BusError));
        }
        if pte.frame().is_some_and(|head| machine.page_trans_huge_mapcount(head) == 1) {
            machine.set_pte(site.place, pte.young().written());
            return Some(Next::Done(self.outcome()));
        }
        // Others have it too: a copy is made of the small page alone.
        machine.split_huge_pmd(task.cpu, site.place);
        Some(Next::Work)
    }

    fn do_huge_pmd_anonymous_page<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task, site: &Site) -> Next {
        let settings = machine.huge.settings;
        let zero = !self.write && settings.zero_page;
        if !zero && self.huge.page.is_none() {
            let gfp = settings.defrag.gfp(site.flags.contains(VmFlags::HUGEPAGE));
            let address = huge_start(site.place.page) << PAGE_SHIFT;
            let fault = Fault { address, hugepage: true, ..site.fault(machine) };
            let page = NewPage::huge(gfp, Use::Mapping(fault));
            return self.begin(Work::Huge(HugeWork::Page, page));
        }
        let Some(table) = self.huge.table else {
            let table = NewPage::new(GFP_PGTABLE_USER, Use::Table);
            return self.begin(Work::Huge(HugeWork::Table, table));
        };
        let place = Place { page: huge_start(site.place.page), ..site.place };
        if zero {
            if machine.take_huge_zero_page(place.mm).is_none() {
                let gfp = (Gfp::GFP_TRANSHUGE | Gfp::ZERO) - Gfp::MOVABLE;
                return self.begin(Work::Huge(HugeWork::Zero, NewPage::huge(gfp, Use::Table)));
            }
            self.huge.table = None;
            machine.map_huge_pte(place, Pte::zero(), table);
        } else if let Some(page) = self.huge.page.take() {
            self.huge.table = None;
            machine.map_new_huge_page(task.cpu, place, page, table);
        }
        Next::Done(self.outcome())
    }
}

/// First page of the two MiB that a page lies in.
fn huge_start(page: u64) -> u64 {
    page & !(u64::from(HPAGE_PMD_NR) - 1)
}

impl<S: Sink> Machine<S> {
    /// Whether a fault in a mapping gets a huge page: it is anonymous, wants one, and has room for it
    /// (`__transparent_hugepage_enabled`, `transhuge_vma_suitable`).
    fn gets_huge_page(&self, site: &Site) -> bool {
        let start = huge_start(site.place.page);
        let disabled = |mm: &Mm| mm.flags.contains(MmFlags::DISABLE_THP);
        if self.user.mms.get(site.place.mm).is_none_or(disabled) {
            return false;
        }
        let fits = start >= site.start && start + u64::from(HPAGE_PMD_NR) <= site.end;
        fits && site.file.is_none()
            && !site.flags.contains(VmFlags::NOHUGEPAGE)
            && self.huge.settings.wanted(site.flags.contains(VmFlags::HUGEPAGE))
    }

    /// Maps a huge page that nobody else knows and puts it on its list (`__do_huge_pmd_anonymous_page`).
    fn map_new_huge_page(&mut self, cpu: CpuId, place: Place, page: Frame, table: Frame) {
        let AnonPlace { family, index, flags } = self.anon_vma_prepare(place);
        self.page_add_new_anon_rmap(cpu, page, family, index);
        self.lru_cache_add_inactive_or_unevictable(cpu, page, flags);
        let pte = Pte::page(page);
        self.map_huge_pte(place, if flags.contains(VmFlags::WRITE) { pte.written() } else { pte.dirty() }, table);
        self.add_rss(place.mm, RssKind::Anon, HPAGE_PMD_NR.into());
        self.global.events.add(VmEvent::ThpFaultAlloc, 1);
    }

    /// Maps a huge page and keeps a table page for it.
    pub(crate) fn map_huge_pte(&mut self, place: Place, pte: Pte, table: Frame) {
        if let Some(mm) = self.user.mms.get_mut(place.mm) {
            mm.table.map_huge(place.page, pte, table);
        }
    }

    /// An address space has the huge page of zeros from now on, if there is one (`mm_get_huge_zero_page`).
    pub(crate) fn take_huge_zero_page(&mut self, mm: MmId) -> Option<Frame> {
        let page = self.huge.zero.page?;
        let space = self.user.mms.get_mut(mm)?;
        if !space.flags.contains(MmFlags::HUGE_ZERO_PAGE) {
            space.flags |= MmFlags::HUGE_ZERO_PAGE;
            self.huge.zero.references += 1;
        }
        Some(page)
    }

    /// A page becomes the huge page of zeros, unless there is one by now. It is never freed with its last mapping, only
    /// by its shrinker (`get_huge_zero_page`).
    fn add_huge_zero_page(&mut self, cpu: CpuId, page: Frame) {
        self.global.events.add(VmEvent::ThpZeroPageAlloc, 1);
        *self.mem.life_mut(page) = Life::NONE;
        if self.huge.zero.page.is_some() {
            return self.put_page(cpu, page);
        }
        self.mem.life_mut(page).flags |= LifeFlags::PINNED;
        self.huge.zero.page = Some(page);
        self.huge.zero.references = 1;
    }

    /// An address space that ends no longer has it (`mm_put_huge_zero_page`).
    pub(crate) fn put_huge_zero_page(&mut self, mm: MmId) {
        let has = self.user.mms.get(mm).is_some_and(|mm| mm.flags.contains(MmFlags::HUGE_ZERO_PAGE));
        self.huge.zero.references -= u32::from(has);
    }
}
