//! An access that finds no page, or not a writable one (`handle_mm_fault`, mm/memory.c).

mod anon;
mod around;
mod file;
mod huge;
mod protect;
pub(crate) mod swap;

use super::back::Back;
use super::file_fill::FileFill;
use super::new_page::{NewPage, Use};
use crate::alloc::Fault;
use crate::event::Sink;
use crate::gfp::Gfp;
use crate::machine::Machine;
use crate::pfn::{Frame, Order, PAGE_SHIFT};
use crate::rmap::Place;
use crate::task::Task;
use crate::task::mm::{FileId, VmFlags, VmaId};
use crate::task::page_table::{Found, Level, Pte};
use crate::task::process::{Pid, Process};
use crate::vmstat::{VmEvent, ZoneItem};
use crate::wait::{Step, Wait};
use huge::{HugeFault, HugeWork};
use swap::SwapFill;

/// Flags of a request for a page table (`GFP_PGTABLE_USER`).
const GFP_PGTABLE_USER: Gfp = Gfp::GFP_KERNEL_ACCOUNT.union(Gfp::ZERO);

/// How a fault ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FaultOutcome {
    /// The page is mapped; no device was needed.
    Minor,
    /// The page is mapped after it was read.
    Major,
    /// There is no such page in the file (SIGBUS).
    BusError,
    /// The process has to end.
    Killed,
}

/// A fault that is being handled.
#[derive(Clone, Debug)]
pub struct PageFault {
    pid: Pid,
    vma: VmaId,
    /// Page of the mapping.
    offset: u64,
    write: bool,
    counted: bool,
    major: bool,
    /// A page for the mapping that is not in it yet.
    hand: Option<Frame>,
    huge: HugeFault,
    work: Option<Box<Work>>,
    back: Back<FaultOutcome>,
}

/// What the fault is at.
#[derive(Clone, Debug)]
enum Work {
    /// A page for the mapping.
    Page(NewPage),
    /// A page table.
    Table(Level, NewPage),
    /// Something for a huge page.
    Huge(HugeWork, NewPage),
    /// A page of the file.
    File(FileFill),
    /// A page from swap.
    Swap(SwapFill),
}

/// What a look at the page tables came to.
enum Next {
    Done(FaultOutcome),
    /// There is [`PageFault::work`] to do, if any, before the next look.
    Work,
}

/// Where the fault is, as it stands now.
struct Site {
    place: Place,
    /// First page of the mapping, and the page behind its last.
    start: u64,
    end: u64,
    flags: VmFlags,
    /// Whether it has a policy of its own.
    policy: bool,
    file: Option<FileId>,
    pgoff: u32,
    found: Found,
    pte: Pte,
}

impl Site {
    /// Where it is in the mapping, and under which policy of the mapping's own, for a request.
    fn fault<S: Sink>(&self, machine: &Machine<S>) -> Fault {
        let vma = machine.user.mms.get(self.place.mm).and_then(|mm| mm.vma(self.place.vma));
        Fault {
            policy: vma.and_then(|vma| vma.policy),
            start: self.start << PAGE_SHIFT,
            pgoff: u64::from(self.pgoff),
            address: self.place.page << PAGE_SHIFT,
            hugepage: false,
        }
    }

    /// Place in the file, or in the family of mappings that share anonymous pages (`linear_page_index`).
    fn index(&self) -> u32 {
        self.pgoff.wrapping_add((self.place.page - self.start) as u32)
    }
}

impl PageFault {
    /// A fault of a process at a page of one of its mappings.
    #[must_use]
    pub fn new(pid: Pid, vma: VmaId, offset: u64, write: bool) -> PageFault {
        let (huge, work, back) = (HugeFault::default(), None, Back::default());
        PageFault { pid, vma, offset, write, counted: false, major: false, hand: None, huge, work, back }
    }

    /// Goes on; done with how it ended.
    pub fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<FaultOutcome> {
        if let Some(step) = self.back.go_on(machine, task) {
            return step;
        }
        task.memcg.in_user_fault = true;
        let step = self.handle(machine, task);
        task.memcg.in_user_fault = false;
        self.back.after(step, machine, task)
    }

    /// Looks, works and looks again until nothing is left to do (`handle_mm_fault`).
    fn handle<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<FaultOutcome> {
        loop {
            if self.work.is_none() {
                match self.look(machine, task) {
                    Next::Done(outcome) => {
                        self.discard(machine, task);
                        return Step::Done(outcome);
                    }
                    Next::Work => {}
                }
            }
            if let Some(wait) = self.work(machine, task) {
                return Step::Wait(wait);
            }
        }
    }

    /// Gives back what was not needed.
    #[inline]
    fn discard<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task) {
        machine.discard(task, self.hand.take());
        if self.huge.is_at_hand() {
            self.huge.discard(machine, task);
        }
    }

    /// There is something to do before the page can be mapped.
    #[cold]
    fn begin(&mut self, work: Work) -> Next {
        self.work = Some(Box::new(work));
        Next::Work
    }

    /// Goes on with what it is at; says what it has to wait for.
    #[cold]
    #[inline(never)]
    fn work<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Option<Wait> {
        let mut work = self.work.take()?;
        let step = match &mut *work {
            Work::Page(page) | Work::Table(_, page) | Work::Huge(_, page) => page.resume(machine, task),
            Work::File(fill) => fill.resume(machine, task),
            Work::Swap(fill) => fill.resume(machine, task),
        };
        let frame = match step {
            Step::Wait(wait) => {
                if let Work::File(fill) = &*work {
                    self.major |= fill.major;
                }
                self.work = Some(work);
                return Some(wait);
            }
            Step::Done(frame) => frame,
        };
        if self.take(machine, task, &work, frame) {
            return None;
        }
        // Back in user mode the access faults again, after somebody was killed (`VM_FAULT_OOM`).
        machine.pagefault_out_of_memory(task);
        Some(Wait::Yield)
    }

    /// Takes what the work has brought; false if the fault fails for lack of memory.
    fn take<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task, work: &Work, frame: Option<Frame>) -> bool {
        match work {
            Work::Page(_) => {
                self.hand = frame;
                frame.is_some()
            }
            Work::Table(level, _) => self.add_table(machine, task, *level, frame),
            Work::Huge(what, page) => self.huge.take(machine, task, *what, frame, page.is_refused()),
            Work::File(fill) => {
                self.note_major(machine, fill.major);
                if let Some(frame) = frame {
                    self.map_file_page(machine, task, frame);
                }
                frame.is_some()
            }
            Work::Swap(fill) => {
                self.note_major(machine, fill.major);
                if let Some(frame) = frame {
                    self.map_swap_page(machine, task, frame);
                }
                // Without the slot the entry is another one by now.
                frame.is_some() || !machine.swap.is_readable(fill.slot)
            }
        }
    }

    fn note_major<S: Sink>(&mut self, machine: &mut Machine<S>, major: bool) {
        if major && !self.major {
            machine.global.events.add(VmEvent::PgMajFault, 1);
        }
        self.major |= major;
    }

    fn outcome(&self) -> FaultOutcome {
        if self.major { FaultOutcome::Major } else { FaultOutcome::Minor }
    }

    /// Where the fault is; `None` if there is nothing any more.
    fn site<S: Sink>(&self, machine: &Machine<S>) -> Option<Site> {
        self.site_of(machine, machine.user.processes.get(self.pid)?)
    }

    #[inline(always)]
    fn site_of<S: Sink>(&self, machine: &Machine<S>, process: &Process) -> Option<Site> {
        let mm = process.mm?;
        let space = machine.user.mms.get(mm)?;
        let vma = space.vma(self.vma).filter(|vma| self.offset < vma.pages)?;
        let page = vma.start + self.offset;
        let found = space.table.find(page);
        Some(Site {
            place: Place { mm, vma: self.vma, page },
            start: vma.start,
            end: vma.end(),
            flags: vma.flags,
            policy: vma.policy.is_some(),
            file: vma.file,
            pgoff: vma.pgoff,
            found,
            pte: found.pte(),
        })
    }

    /// Looks at the page tables anew and does what can be done at once (`__handle_mm_fault`, `handle_pte_fault`).
    #[inline(always)]
    fn look<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Next {
        let process = machine.user.processes.get(self.pid).filter(|process| !process.is_killed());
        let site = process.and_then(|process| self.site_of(machine, process));
        let Some(site) = site else { return Next::Done(FaultOutcome::Killed) };
        if machine.is_unstable(site.place.mm) {
            return Next::Done(FaultOutcome::Killed);
        }
        if !core::mem::replace(&mut self.counted, true) {
            machine.global.events.add(VmEvent::PgFault, 1);
        }
        let copies = site.file.is_some() && self.write && !site.flags.contains(VmFlags::SHARED);
        if copies && site.pte.is_none() {
            self.hand = self.page_for_copy(machine, task, &site, Gfp::GFP_HIGHUSER_MOVABLE);
            if self.hand.is_none() {
                return Next::Work;
            }
        }
        if let Some(next) = self.huge_pmd_fault(machine, task, &site) {
            return next;
        }
        if let Found::Missing(level) = site.found {
            return self.begin(Work::Table(level, NewPage::new(GFP_PGTABLE_USER, Use::Table)));
        }
        if site.pte.is_none() {
            return match site.file {
                None => self.do_anonymous_page(machine, task, &site),
                Some(file) => self.do_fault(machine, task, &site, file),
            };
        }
        if let Some(slot) = site.pte.slot() {
            return self.do_swap_page(machine, &site, slot);
        }
        if self.write && !site.pte.is_writable() {
            return self.do_wp_page(machine, task, &site);
        }
        let pte = site.pte.young();
        machine.set_pte(site.place, if self.write { pte.dirty() } else { pte });
        Next::Done(self.outcome())
    }

    /// A page for the mapping: the one at hand, or a new one if it can be had at once. As nobody else ran meanwhile, the
    /// site is then as it was. Otherwise there is work to do.
    #[inline(always)]
    fn new_page<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task, site: &Site, gfp: Gfp) -> Option<Frame> {
        if let Some(frame) = self.hand.take() {
            return Some(frame);
        }
        let order = Order::default();
        let begun = if site.policy || task.policy.is_some() {
            machine.alloc_vma_at_once(task, gfp, order, &site.fault(machine))
        } else {
            machine.alloc_at_once(task, gfp, order, machine.cpus[task.cpu.index()].node, None)
        };
        match NewPage::at_once(machine, task, begun, gfp, |machine| Use::Mapping(site.fault(machine))) {
            Ok(frame) => Some(frame),
            Err(page) => {
                self.begin(Work::Page(*page));
                None
            }
        }
    }

    /// The same for the copy of a page that others keep.
    #[inline(never)]
    fn page_for_copy<S: Sink>(
        &mut self,
        machine: &mut Machine<S>,
        task: &mut Task,
        site: &Site,
        gfp: Gfp,
    ) -> Option<Frame> {
        self.new_page(machine, task, site, gfp)
    }

    /// Makes a level of the page tables (`__pte_alloc`); false if there was no memory.
    fn add_table<S: Sink>(
        &mut self,
        machine: &mut Machine<S>,
        task: &Task,
        level: Level,
        frame: Option<Frame>,
    ) -> bool {
        let Some(frame) = frame else { return false };
        match self.site(machine) {
            Some(site) if machine.missing_table(&site.place) == Some(level) => {
                machine.add_table(task.cpu, &site.place, level, frame);
            }
            _ => machine.free_table(task.cpu, level, frame, false),
        }
        true
    }
}

impl<S: Sink> Machine<S> {
    /// The level of the page tables that is missing at a place.
    pub(crate) fn missing_table(&self, place: &Place) -> Option<Level> {
        self.user.mms.get(place.mm)?.table.missing(place.page, false)
    }

    /// Makes a level of the page tables.
    pub(crate) fn add_table(&mut self, cpu: crate::pfn::CpuId, place: &Place, level: Level, frame: Frame) {
        if level != Level::Upper {
            self.count_table(cpu, frame, 1);
        }
        if let Some(mm) = self.user.mms.get_mut(place.mm) {
            mm.table.add(place.page, level, frame);
        }
    }

    /// Counts a page of the page tables (`pgtable_pte_page_ctor`).
    pub(crate) fn count_table(&mut self, cpu: crate::pfn::CpuId, frame: Frame, pages: i64) {
        self.mod_zone_state(cpu, frame, ZoneItem::PageTable, pages);
    }

    /// Frees a page of the page tables; `counted` if it was in use.
    pub(crate) fn free_table(&mut self, cpu: crate::pfn::CpuId, level: Level, frame: Frame, counted: bool) {
        if counted && level != Level::Upper {
            self.count_table(cpu, frame, -1);
        }
        let (head, meta) = self.mem.block_of(frame);
        if let Some(zone) = self.mem.zone_of(head) {
            self.free_block(cpu, zone, head, meta);
        }
    }

    /// An access that needs no fault: the page is mapped and may be written if it is. Marks it as accessed; says whether
    /// that was so (what the processor does by itself).
    pub fn access(&mut self, pid: Pid, vma: VmaId, offset: u64, write: bool) -> bool {
        let mut offset = Some(offset);
        self.access_each(pid, vma, write, || offset.take()).is_none()
    }

    /// Accesses the pages that `next` names one after the other, as long as there are some and none of them needs a
    /// fault. Returns the one that does.
    pub fn access_each(
        &mut self,
        pid: Pid,
        vma: VmaId,
        write: bool,
        mut next: impl FnMut() -> Option<u64>,
    ) -> Option<u64> {
        let mm = self.user.processes.get(pid).and_then(|process| process.mm);
        let Some(space) = mm.and_then(|mm| self.user.mms.get_mut(mm)) else { return next() };
        let Some((start, pages)) = space.vma(vma).map(|vma| (vma.start, vma.pages)) else { return next() };
        loop {
            let offset = next()?;
            if offset >= pages || !space.table.access(start + offset, write) {
                return Some(offset);
            }
        }
    }
}
