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
    table: Option<(Level, NewPage)>,
    /// A table page to be kept with a huge page, on its way or here.
    deposit: Option<NewPage>,
    deposited: Option<Frame>,
    copy: Option<NewPage>,
}

/// What stops the copying of entries.
enum Stop {
    /// A level of the page tables is missing.
    Table(Level),
    /// A table page for a huge page is missing.
    Deposit,
    /// A page that a device writes to has to be copied at once.
    Pinned,
    /// Everything is copied.
    End,
}

impl Fork {
    /// A fork of a process.
    #[must_use]
    pub fn new(parent: Pid) -> Fork {
        let (table, deposit, deposited, copy) = (None, None, None, None);
        Fork { parent, child: None, left: Vec::new(), at: 0, table, deposit, deposited, copy }
    }

    /// Goes on; done with the child, or without if there was no memory, or no
    /// process more can be. The child's task is a
    /// [`Task::fork`] of the parent's with this `pid`.
    pub fn resume<S: Sink>(&mut self, machine: &mut Machine<S>, task: &mut Task) -> Step<Option<Pid>> {
        if self.child.is_none() && !self.begin(machine) {
            return Step::Done(None);
        }
        loop {
            let Some((child, mm)) = self.child else { return Step::Done(None) };
            if let Some((level, request)) = &mut self.table {
                let level = *level;
                match request.resume(machine, task) {
                    Step::Wait(wait) => return Step::Wait(wait),
                    Step::Done(None) => {
                        // The half-made child is taken down again.
                        machine.exit_process(task.cpu, child);
                        return Step::Done(None);
                    }
                    Step::Done(Some(frame)) => {
                        let vma = self.left.last().copied().unwrap_or_default();
                        machine.add_table(task.cpu, &Place { mm, vma, page: self.at }, level, frame);
                        self.table = None;
                    }
                }
            }
            if let Some(request) = &mut self.deposit {
                match request.resume(machine, task) {
                    Step::Wait(wait) => return Step::Wait(wait),
                    Step::Done(None) => {
                        machine.exit_process(task.cpu, child);
                        return Step::Done(None);
                    }
                    Step::Done(Some(frame)) => {
                        machine.count_table(task.cpu, frame, 1);
                        self.deposited = Some(frame);
                        self.deposit = None;
                    }
                }
            }
            let mut hand = None;
            if let Some(request) = &mut self.copy {
                match request.resume(machine, task) {
                    Step::Wait(wait) => return Step::Wait(wait),
                    Step::Done(None) => {
                        machine.exit_process(task.cpu, child);
                        return Step::Done(None);
                    }
                    Step::Done(frame) => {
                        hand = frame;
                        self.copy = None;
                    }
                }
            }
            match self.copy_entries(machine, task, mm, hand) {
                Stop::End => return Step::Done(Some(child)),
                Stop::Table(level) => {
                    let gfp = Gfp::GFP_KERNEL_ACCOUNT | Gfp::ZERO;
                    self.table = Some((level, NewPage::new(gfp, Use::Table)));
                }
                Stop::Deposit => {
                    let gfp = Gfp::GFP_KERNEL_ACCOUNT | Gfp::ZERO;
                    self.deposit = Some(NewPage::new(gfp, Use::Table));
                }
                Stop::Pinned => {
                    let fault = crate::alloc::Fault { policy: None, start: 0, pgoff: 0, address: 0, hugepage: false };
                    self.copy = Some(NewPage::new(Gfp::GFP_HIGHUSER_MOVABLE, Use::Mapping(fault)));
                }
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

    /// Copies entries until something is missing. Mappings of files without copies of their own are left to faults.
    fn copy_entries<S: Sink>(
        &mut self,
        machine: &mut Machine<S>,
        task: &Task,
        mm: MmId,
        mut hand: Option<Frame>,
    ) -> Stop {
        let Some(old) = machine.user.processes.get(self.parent).and_then(|process| process.mm) else {
            self.give_back_deposit(machine, task);
            return Stop::End;
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
                return Stop::Table(level);
            }
            let pinned = pte.frame().is_some_and(|frame| {
                let head = machine.compound_head(frame);
                machine.mem.life(head).flags.contains(LifeFlags::PINNED)
            });
            let cow = machine.user.mms.get(old).and_then(|mm| mm.vma(vma)).is_some_and(Vma::is_cow);
            if huge {
                let Some(table) = self.deposited.take() else { return Stop::Deposit };
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
                    machine.add_rss(mm, RssKind::Anon, 1);
                    machine.map_new_anon_page(task.cpu, copy, frame, true);
                }
                None if pinned && cow => return Stop::Pinned,
                None => machine.copy_entry(place, copy, pte, cow),
            }
            self.at += 1;
        }
        self.give_back_deposit(machine, task);
        Stop::End
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
