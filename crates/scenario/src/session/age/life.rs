//! The mix: who asks for what, and who gives it back.

use super::held::Held;
use crate::session::state::State;
use buddyscope_engine as engine;
use buddyscope_mm::Machine;
use buddyscope_mm::event::Outcome;
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::{CpuId, NodeId, Order};
use buddyscope_mm::rng::Rng;
use buddyscope_mm::task::Task;
use buddyscope_mm::vmstat::ZoneItem;

/// Order of a transparent huge page.
const HUGE: u32 = 9;
/// While there is room, one in so many programs that grow takes a huge page.
const HUGE_SHARE: u64 = 4;
/// Pages a reader reads ahead.
const READAHEAD: u32 = 32;
/// Most operations between two rounds of the vmstat workers.
const FOLD_EVERY: u64 = 16_384;
/// Part of the free memory, in percent, that is in use once the machine is full.
const USED_PERCENT: i64 = 78;

/// A running mix.
pub(super) struct Life<'s> {
    pub(super) state: &'s mut State,
    pub(super) rng: Rng,
    tasks: Vec<Task>,
    /// Anonymous memory, program by program; the last one is the youngest.
    programs: Vec<Vec<Held>>,
    /// Pages a program has at most.
    program_pages: usize,
    /// Page cache by node.
    pub(super) files: Vec<Vec<Held>>,
    /// Kernel memory, and what an earlier life left.
    kernel: Vec<Held>,
    left: u64,
    folded_at: u64,
    fold_every: u64,
    /// Pages in use more than at the beginning.
    used: i64,
    /// At how many of them the machine is full.
    full_at: i64,
    /// Operations to be spent once it is.
    churn: u64,
}

impl<'s> Life<'s> {
    pub(super) fn new(state: &'s mut State, seed: u64, operations: u64) -> Life<'s> {
        let machine = &state.machine;
        let task = |cpu: usize| Task { mems_allowed: machine.memory_nodes(), ..Task::new(CpuId(cpu as u16)) };
        let free = free_pages(machine);
        Life {
            rng: Rng::new(seed),
            tasks: (0..machine.cpus().len()).map(task).collect(),
            programs: vec![Vec::new()],
            program_pages: (free as usize / 64).clamp(64, 8192),
            files: vec![Vec::new(); machine.nodes().len()],
            kernel: core::mem::take(&mut state.background),
            left: operations,
            folded_at: operations,
            fold_every: (free as u64 / 16).clamp(256, FOLD_EVERY),
            used: 0,
            full_at: free * USED_PERCENT / 100,
            churn: (free as u64 / 16).clamp(1024, 65_536),
            state,
        }
    }

    /// Whether there is time left, and something left to happen.
    pub(super) fn goes_on(&self) -> bool {
        self.left > 0 && self.churn > 0
    }

    /// One thing that happens.
    pub(super) fn step(&mut self) {
        if self.folded_at - self.left >= self.fold_every {
            self.folded_at = self.left;
            (0..self.tasks.len() as u16).for_each(|cpu| self.state.machine.vmstat_update(CpuId(cpu)));
        }
        let before = self.left;
        let full = self.used >= self.full_at;
        if full {
            self.give_back();
        }
        let cpu = self.busy_cpu();
        match self.rng.below(100) {
            0..44 => self.program_grows(cpu, full),
            44..78 => self.file_is_read(cpu),
            78..90 => self.kernel_asks(cpu, Gfp::GFP_KERNEL, 3),
            90..95 => self.kernel_asks(cpu, Gfp::GFP_KERNEL | Gfp::RECLAIMABLE, 1),
            95..97 => self.packets_arrive(cpu),
            _ => self.kernel_gives_back(cpu),
        }
        // Nothing to do is also something that takes time.
        self.left = self.left.min(before.saturating_sub(1));
        if full {
            self.churn = self.churn.saturating_sub(before - self.left);
        }
    }

    /// CPUs with low numbers are busier, so that the first node fills first.
    fn busy_cpu(&mut self) -> usize {
        let cpus = self.tasks.len() as u64;
        self.rng.below(cpus).min(self.rng.below(cpus)) as usize
    }

    /// Asks for a block on that CPU; makes room on its node when that was not easy.
    pub(super) fn ask(&mut self, cpu: usize, gfp: Gfp, order: u32) -> Option<Held> {
        let order = Order::new(order)?;
        self.left = self.left.saturating_sub(1);
        let answer = engine::alloc_pages_current(&mut self.state.machine, &mut self.tasks[cpu], gfp, order);
        if answer.outcome != Outcome::Fast {
            self.make_room(cpu);
        }
        let held = answer.pfn.map(|pfn| Held::new(pfn, order))?;
        self.used += order.pages() as i64;
        Some(held)
    }

    /// Drops file pages of the CPU's node, or of any node if it has none.
    fn make_room(&mut self, cpu: usize) {
        let local = self.state.machine.cpus()[cpu].node.index();
        let node =
            if self.files[local].is_empty() { self.files.iter().position(|f| !f.is_empty()) } else { Some(local) };
        match node {
            Some(node) => self.drop_files(node, 4 * READAHEAD),
            None => self.give_back(),
        }
    }

    /// Drops file pages in no order, as an approximate LRU does, which leaves holes of single pages.
    pub(super) fn drop_files(&mut self, node: usize, pages: u32) {
        let cpu = self.cpu_of(NodeId(node as u8));
        for _ in 0..pages {
            let at = self.rng.below(self.files[node].len() as u64) as usize;
            if at >= self.files[node].len() {
                return;
            }
            let held = self.files[node].swap_remove(at);
            self.free(held, cpu);
        }
    }

    /// Some CPU of the node, the first of all if it has none.
    fn cpu_of(&self, node: NodeId) -> usize {
        self.state.machine.cpus().iter().position(|cpu| cpu.node == node).unwrap_or(0)
    }

    pub(super) fn free(&mut self, held: Held, cpu: usize) {
        self.left = self.left.saturating_sub(1);
        // A person may have freed the block, and got the page for something else.
        if self.state.allocations.at(held.pfn()).is_none() {
            let freed = engine::free_pages(&mut self.state.machine, CpuId(cpu as u16), held.pfn(), held.order());
            self.used -= if freed.is_ok() { held.order().pages() as i64 } else { 0 };
        }
    }

    fn on_lru(&mut self, held: Held) -> Held {
        // The block was allocated a moment ago, so it is there.
        let marked = engine::mark_lru(&mut self.state.machine, held.pfn(), held.order());
        debug_assert!(marked.is_ok(), "{marked:?}");
        held
    }

    /// The youngest program takes memory; when it has enough, the next one starts.
    fn program_grows(&mut self, cpu: usize, full: bool) {
        let huge = !full && self.full_at > 32_768 && self.rng.below(HUGE_SHARE) == 0;
        let (gfp, order, count) = match huge {
            true => (Gfp::GFP_TRANSHUGE_LIGHT, HUGE, 1),
            false => (Gfp::GFP_HIGHUSER_MOVABLE | Gfp::ZERO, 0, 1 + self.rng.below(31)),
        };
        for _ in 0..count {
            let Some(held) = self.ask(cpu, gfp, order) else { return };
            let held = self.on_lru(held);
            if let Some(program) = self.programs.last_mut() {
                program.push(held);
            }
        }
        if self.programs.last().is_none_or(|program| program.len() >= self.program_pages) {
            self.programs.push(Vec::new());
        }
    }

    pub(super) fn file_is_read(&mut self, cpu: usize) {
        for _ in 0..READAHEAD {
            let Some(held) = self.ask(cpu, Gfp::GFP_HIGHUSER_MOVABLE, 0) else { return };
            let held = self.on_lru(held);
            let node = self.state.machine.page_zone(held.pfn()).map_or(0, |zone| zone.id.node().index());
            self.files[node].push(held);
        }
    }

    fn kernel_asks(&mut self, cpu: usize, gfp: Gfp, max_order: u32) {
        // Most slabs are single pages; each order is half as likely as the one below.
        let order = self.rng.next_u32().trailing_zeros().min(max_order);
        let comp = if order > 0 { Gfp::COMP } else { Gfp::empty() };
        let held = self.ask(cpu, gfp | comp, order);
        self.kernel.extend(held);
    }

    /// Packets are received on one CPU and freed on another.
    fn packets_arrive(&mut self, cpu: usize) {
        let order = self.rng.below(2) as u32;
        let packets: Vec<Held> = (0..8).map_while(|_| self.ask(cpu, Gfp::GFP_ATOMIC, order)).collect();
        let reader = self.busy_cpu();
        packets.into_iter().for_each(|held| self.free(held, reader));
    }

    /// A program ends, files are dropped, or the kernel gives something back.
    fn give_back(&mut self) {
        let cpu = self.busy_cpu();
        match self.rng.below(512) {
            0 if self.programs.len() > 1 => {
                let program = self.rng.below(self.programs.len() as u64 - 1) as usize;
                let ended = self.programs.swap_remove(program);
                ended.into_iter().for_each(|held| self.free(held, cpu));
            }
            0..320 => {
                let node = self.state.machine.cpus()[cpu].node.index();
                self.drop_files(node, READAHEAD);
            }
            _ => self.kernel_gives_back(cpu),
        }
    }

    fn kernel_gives_back(&mut self, cpu: usize) {
        for _ in 0..self.rng.below(8) {
            if self.kernel.is_empty() {
                return;
            }
            let at = self.rng.below(self.kernel.len() as u64) as usize;
            let held = self.kernel.swap_remove(at);
            self.free(held, cpu);
        }
    }

    /// Leaves what is in use to the session.
    pub(super) fn leave(self) {
        let background = &mut self.state.background;
        *background = self.kernel;
        background.extend(self.programs.into_iter().flatten());
        background.extend(self.files.into_iter().flatten());
    }
}

/// Free pages of the machine with every CPU's deltas.
fn free_pages(machine: &Machine<crate::session::Trace>) -> i64 {
    machine.zones().iter().map(|zone| machine.zone_page_state_snapshot(zone, ZoneItem::FreePages)).sum()
}
