//! A process makes a copy of itself: pages are shared until one of the two writes (`dup_mmap`, `copy_page_range`).

use super::new_page::{NewPage, Use};
use crate::event::Sink;
use crate::gfp::Gfp;
use crate::io::swap::SwapSlot;
use crate::machine::Machine;
use crate::page::life::{LifeFlags, MappingId};
use crate::pfn::Frame;
use crate::rmap::{Place, rss_kind};
use crate::task::Task;
use crate::task::mm::{Mm, MmFlags, MmId, RssKind, VmFlags, Vma, VmaId};
use crate::task::page_table::{Level, PTRS_PER_PTE, Pte};
use crate::task::process::{Pid, Process, ProcessFlags};
use crate::wait::Step;

/// A fork that is being made.
#[derive(Clone, Debug)]
pub struct Fork {
    parent: Pid,
    child: Option<(Pid, MmId)>,
    /// Mappings that are still to be copied, the next last.
    left: Vec<VmaId>,
    /// Where in the next one.
    at: u64,
    /// The page that is being asked for.
    request: Option<(Need, NewPage)>,
    /// A table page to be kept with the next huge page.
    deposited: Option<Frame>,
}

/// What a page is missing for, so that the copying of entries stops.
#[derive(Clone, Copy, Debug)]
enum Need {
    /// A level of the page tables.
    Table(Level),
    /// A table page to be kept with a huge page.
    Deposit,
    /// The copy of a page that a device writes to, which cannot wait for the first write.
    Copy,
}

impl Need {
    fn request(self) -> NewPage {
        match self {
            Need::Table(_) | Need::Deposit => NewPage::new(Gfp::GFP_KERNEL_ACCOUNT | Gfp::ZERO, Use::Table),
            Need::Copy => {
                let fault = crate::alloc::Fault { policy: None, start: 0, pgoff: 0, address: 0, hugepage: false };
                NewPage::new(Gfp::GFP_HIGHUSER_MOVABLE, Use::Mapping(fault))
            }
        }
    }
}

impl Fork {
    /// A fork of a process.
    #[must_use]
    pub fn new(parent: Pid) -> Fork {
        Fork { parent, child: None, left: Vec::new(), at: 0, request: None, deposited: None }
    }

    /// Goes on; done with the child, or without if there was no memory, or no process more can be. The child's task is
    /// a [`Task::fork`] of the parent's with this `pid`.
    pub fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<Option<Pid>> {
        if self.child.is_none() && !self.begin(machine) {
            return Step::Done(None);
        }
        loop {
            let Some((child, mm)) = self.child else { return Step::Done(None) };
            let mut copy = None;
            if let Some((need, request)) = &mut self.request {
                let need = *need;
                let frame = match request.resume(machine, task) {
                    Step::Wait(wait) => return Step::Wait(wait),
                    Step::Done(None) => {
                        // The half-made child is taken down again.
                        machine.exit_process(task.cpu, child);
                        return Step::Done(None);
                    }
                    Step::Done(Some(frame)) => frame,
                };
                self.request = None;
                match need {
                    Need::Table(level) => {
                        let vma = self.left.last().copied().unwrap_or_default();
                        machine.add_table(task.cpu, &Place { mm, vma, page: self.at }, level, frame);
                    }
                    Need::Deposit => {
                        machine.count_table(task.cpu, frame, 1);
                        self.deposited = Some(frame);
                    }
                    Need::Copy => copy = Some(frame),
                }
            }
            match self.copy_entries(machine, task, mm, copy) {
                Some(need) => self.request = Some((need, need.request())),
                None => return Step::Done(Some(child)),
            }
        }
    }

    /// Makes the child with the same mappings, all empty.
    fn begin<S: Sink>(&mut self, machine: &mut Machine<S>) -> bool {
        if machine.user.processes.is_full() {
            return false;
        }
        let Some(parent) = machine.user.processes.get(self.parent).cloned() else { return false };
        let Some(old) = parent.mm.and_then(|mm| machine.user.mms.get(mm)) else { return false };
        let vmas: Vec<Option<Vma>> = old
            .vmas
            .iter()
            .cloned()
            .map(|vma| vma.map(|vma| Vma { flags: vma.flags - VmFlags::LOCKED, ..vma }))
            .collect();
        let fresh = old.fork(vmas.clone());
        let mm = machine.user.mms.add(fresh);
        for (n, vma) in vmas.iter().enumerate() {
            let Some(vma) = vma else { continue };
            let id = VmaId(n as u32);
            machine.link_file(mm, id, vma.file);
            if let Some(family) = machine.user.mappings.get_mut(vma.anon).filter(|_| vma.anon != MappingId::default()) {
                family.vmas.push((mm, id));
            }
            if vma.anon != MappingId::default() {
                self.left.push(id);
            }
        }
        self.left.reverse();
        let flags = parent.flags & (ProcessFlags::OOM_ORIGIN);
        let child = machine.user.processes.add(Process { mm: Some(mm), oom_mm: None, flags, ..parent });
        self.child = Some((child, mm));
        true
    }

    /// Copies entries until a page is missing, or all are copied. Mappings of files without copies of their own are left to faults.
    fn copy_entries<S: Sink>(
        &mut self,
        machine: &mut Machine<S>,
        task: &Task,
        mm: MmId,
        mut hand: Option<Frame>,
    ) -> Option<Need> {
        let Some(old) = machine.user.processes.get(self.parent).and_then(|process| process.mm) else {
            self.give_back_deposit(machine, task);
            return None;
        };
        while let Some(&vma) = self.left.last() {
            let Some((place, pte)) = machine.next_place(old, vma, self.at) else {
                self.left.pop();
                self.at = 0;
                continue;
            };
            self.at = place.page;
            let copy = Place { mm, ..place };
            let huge = machine.huge_pte(place).is_some();
            if let Some(level) = machine.user.mms.get(mm).and_then(|mm| mm.table.missing(place.page, huge)) {
                return Some(Need::Table(level));
            }
            let pinned = pte.frame().is_some_and(|frame| {
                let head = machine.compound_head(frame);
                machine.mem.life(head).flags.contains(LifeFlags::PINNED)
            });
            let cow = machine.user.mms.get(old).and_then(|mm| mm.vma(vma)).is_some_and(Vma::is_cow);
            if huge {
                let Some(table) = self.deposited.take() else { return Some(Need::Deposit) };
                if pinned && cow {
                    // Small pages are copied instead.
                    machine.free_table(task.cpu, Level::Lowest, table, true);
                    machine.split_huge_pmd(task.cpu, place);
                    continue;
                }
                machine.copy_huge_pmd(place, copy, pte, table);
                self.at = machine.behind(place);
                continue;
            }
            self.give_back_deposit(machine, task);
            match hand.take() {
                Some(frame) => {
                    machine.map_new_anon_page(task.cpu, copy, frame, true);
                }
                None if pinned && cow => return Some(Need::Copy),
                None => machine.copy_entry(place, copy, pte, cow),
            }
            self.at += 1;
        }
        self.give_back_deposit(machine, task);
        None
    }

    /// The huge page that a table page was meant for has gone meanwhile.
    fn give_back_deposit<S: Sink>(&mut self, machine: &mut Machine<S>, task: &Task) {
        if let Some(table) = self.deposited.take() {
            machine.free_table(task.cpu, Level::Lowest, table, true);
        }
    }
}

impl<S: Sink> Machine<S> {
    /// Copies the entry of a huge page; neither may write any more (`copy_huge_pmd`).
    fn copy_huge_pmd(&mut self, from: Place, to: Place, pte: Pte, table: Frame) {
        let Some(head) = pte.frame() else {
            self.take_huge_zero_page(to.mm);
            return self.map_huge_pte(to, Pte::zero(), table);
        };
        self.page_dup_rmap(head, true);
        self.add_rss(to.mm, RssKind::Anon, PTRS_PER_PTE as i64);
        let pte = pte.write_protected();
        self.set_pte(from, pte);
        self.map_huge_pte(to, pte.old(), table);
    }

    /// Copies an entry (`copy_present_pte`, `copy_nonpresent_pte`).
    fn copy_entry(&mut self, from: Place, to: Place, pte: Pte, cow: bool) {
        if let Some(slot) = pte.slot() {
            self.swap.duplicate(SwapSlot(slot));
            self.add_swapents(to.mm, 1);
            return self.set_pte(to, pte);
        }
        let mut copy = pte;
        if let Some(frame) = pte.frame() {
            self.page_dup_rmap(frame, false);
            self.add_rss(to.mm, rss_kind(self.mem.life(self.compound_head(frame))), 1);
        }
        if cow && pte.is_writable() {
            self.set_pte(from, pte.write_protected());
            copy = copy.write_protected();
        }
        if !cow {
            copy = copy.clean();
        }
        self.set_pte(to, copy.old());
    }
}

impl Mm {
    /// An address space with the same mappings at the same places and nothing in them.
    fn fork(&self, vmas: Vec<Option<Vma>>) -> Mm {
        let flags = self.flags & MmFlags::DISABLE_THP;
        Mm { vmas, next: self.next, users: 1, memcg: self.memcg, flags, ..Mm::default() }
    }
}
