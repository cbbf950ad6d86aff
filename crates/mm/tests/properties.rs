//! Random operations on random machines, on which random processes live: whatever is asked, the invariants hold and bad
//! requests change nothing. And when all processes have ended everything is free again.
//!
//! `BUDDYSCOPE_OPERATIONS` sets how many operations to run (default one million, a tenth where nothing but processes is),
//! `BUDDYSCOPE_SEED` the first seed. A failure names seed and operation, which repeat it exactly.

mod lives;

use buddyscope_mm::PageError;
use buddyscope_mm::config::{BootParams, Distances, MachineConfig, PcNode, PcSpec, Sysctl};
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::{CpuId, MigrateType, NodeId, NodeMask, Order, Pfn, ZoneId};
use buddyscope_mm::rng::Rng;
use buddyscope_mm::task::mempolicy::{Mempolicy, PolicyFlags, PolicyMode};
use buddyscope_mm::task::{Context, Task, TaskFlags};

/// Operations on one machine before the next is drawn.
const OPERATIONS_PER_MACHINE: u64 = 50_000;
/// Operations between two audits.
const AUDIT_EVERY: u64 = 2_000;
/// The same where nothing but processes is.
const LIVES_PER_MACHINE: u64 = 20_000;
const LIVES_BETWEEN_AUDITS: u64 = 500;
const MIB: u64 = 1 << 20;

#[test]
fn invariants_hold_under_random_operations() {
    let total = number("BUDDYSCOPE_OPERATIONS", 1_000_000);
    let first = number("BUDDYSCOPE_SEED", 1);
    (first..first + total.div_ceil(OPERATIONS_PER_MACHINE)).for_each(hold);
}

#[test]
fn seeds_that_found_a_defect_find_none_now() {
    // A page of shared memory in the swap cache was counted as such again when it moved to another node.
    hold(59);
}

/// A machine of its own for a seed lives, and its invariants hold all along.
fn hold(seed: u64) {
    let mut world = World::new(seed);
    for operation in 0..OPERATIONS_PER_MACHINE {
        world.step();
        if operation % AUDIT_EVERY == 0 {
            world.life.audit(seed, operation);
        }
    }
    world.life.end();
    world.free_everything();
    world.life.audit(seed, OPERATIONS_PER_MACHINE);
}

#[test]
fn when_all_processes_have_ended_everything_is_free_again() {
    let total = number("BUDDYSCOPE_OPERATIONS", 600_000) / 10;
    let first = number("BUDDYSCOPE_SEED", 1);
    for seed in first..first + total.div_ceil(LIVES_PER_MACHINE) {
        let mut world = small_world(seed);
        let free = world.free_pages();
        for operation in 0..LIVES_PER_MACHINE {
            world.step();
            if operation % LIVES_BETWEEN_AUDITS == 0 {
                world.audit(seed, operation);
            }
        }
        world.end();
        world.audit(seed, LIVES_PER_MACHINE);
        // A page whose last entry was dropped while it was being written stays in the swap cache until it is reclaimed.
        let left_in_cache = world.machine.swap_cache_pages() as i64;
        assert_eq!(world.free_pages() + left_in_cache, free, "seed {seed}");
        let (total, left) = world.machine.swap_pages();
        assert!(
            left as u64 + 64 * 2 * world.cpus + left_in_cache as u64 >= total,
            "seed {seed}: {left} of {total} slots are free"
        );
    }
}

#[test]
fn the_same_operations_give_the_same_machine() {
    let run = || {
        let mut world = small_world(7);
        (0..3000).for_each(|_| world.step());
        world.machine.state_hash()
    };
    assert_eq!(run(), run());
}

/// Processes on one or two small nodes, which they fill.
fn small_world(seed: u64) -> lives::World {
    let mut rng = Rng::new(seed);
    let count = 1 + rng.below(2) as usize;
    let nodes =
        (0..count).map(|_| PcNode { bytes: (20 + rng.below(60)) * MIB, cpus: 1, hotpluggable: false }).collect();
    let distances = Distances::uniform(count, 20).expect("distances");
    let mut config = MachineConfig::pc(&PcSpec { nodes, distances, max_ram_below_4g: 3 << 30 }).expect("a machine");
    config.boot = BootParams::parse(["", "cma=8M"][rng.below(2) as usize]).expect("boot parameters");
    lives::World::new(&config, rng)
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.replace('_', "").parse().ok()).unwrap_or(default)
}

struct Live {
    pfn: Pfn,
    order: Order,
    references: u32,
}

struct World {
    life: lives::World,
    /// How many of a thousand operations are those of processes.
    lively: u64,
    tasks: Vec<Task>,
    live: Vec<Live>,
    isolated: Vec<Pfn>,
    /// How full the machine is kept, in percent; changes now and then.
    fullness: u64,
    total_pages: u64,
    used_pages: u64,
    spoils_pages: bool,
}

impl World {
    fn new(seed: u64) -> World {
        let mut rng = Rng::new(seed);
        let config = random_machine(&mut rng);
        let mut life = lives::World::new(&config, Rng::new(rng.next_u64()));
        let machine = &mut life.machine;
        let memory = machine.memory_nodes();
        let cpus = machine.cpus().len() as u64;
        let tasks = (0..6).map(|_| random_task(&mut rng, cpus, memory)).collect();
        let total_pages = machine.zones().iter().map(|zone| zone.managed_pages).sum();
        let spoils_pages = rng.below(8) == 0;
        let lively = [0, 100, 500][rng.below(3) as usize];
        life.rng = rng;
        World {
            life,
            lively,
            tasks,
            live: Vec::new(),
            isolated: Vec::new(),
            fullness: 50,
            total_pages,
            used_pages: 0,
            spoils_pages,
        }
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.life.below(bound)
    }

    fn cpu(&mut self) -> CpuId {
        let cpus = self.life.machine.cpus().len() as u64;
        CpuId(self.below(cpus) as u16)
    }

    fn step(&mut self) {
        if self.below(1000) < self.lively {
            return self.life.step();
        }
        match self.below(1000) {
            0..960 => self.allocate_or_free(),
            960..970 => self.split_or_mark(),
            970..976 => {
                let cpu = self.cpu();
                self.life.machine.drain_local_pages(cpu);
            }
            976..980 => self.drain_zone(),
            980..986 => {
                let cpu = self.cpu();
                self.life.machine.vmstat_update(cpu);
            }
            986..990 => self.isolate_or_give_back(),
            990..992 => self.write_sysctl(),
            992..994 => self.free_wrongly(),
            994..996 => self.share(),
            996..998 => self.sleep_daemons(),
            998 => self.spoil_or_report(),
            _ => self.fullness = [5, 30, 60, 95, 120][self.life.rng.below(5) as usize],
        }
    }

    fn allocate_or_free(&mut self) {
        let grows = self.used_pages * 100 < self.total_pages * self.fullness;
        if self.below(10) < if grows { 7 } else { 3 } { self.allocate() } else { self.free() }
    }

    fn allocate(&mut self) {
        let gfp = random_gfp(&mut self.life.rng);
        let order = random_order(&mut self.life.rng);
        let which = self.below(self.tasks.len() as u64) as usize;
        self.tasks[which].cpu = self.cpu();
        let by_policy = self.below(2) == 0;
        let nodes = self.life.machine.nodes().len() as u64;
        let node = NodeId(self.below(nodes) as u8);
        let mask = (self.below(8) == 0).then(|| NodeMask(self.life.rng.next_u64()));
        let online = self.life.machine.online_nodes().contains(node);
        let task = &mut self.tasks[which];
        let answer = if by_policy || !online {
            self.life.machine.alloc_pages_current(task, gfp, order)
        } else {
            self.life.machine.alloc_pages_nodemask(task, gfp, order, node, mask)
        };
        if let Some(pfn) = answer.pfn {
            self.used_pages += order.pages();
            self.live.push(Live { pfn, order, references: 1 });
        }
    }

    fn pick(&mut self) -> Option<usize> {
        (!self.live.is_empty()).then(|| self.life.rng.below(self.live.len() as u64) as usize)
    }

    fn free(&mut self) {
        let Some(at) = self.pick() else { return };
        self.drop_reference(at);
    }

    fn drop_reference(&mut self, at: usize) {
        let cpu = self.cpu();
        let Live { pfn, order, .. } = self.live[at];
        self.life.machine.free_pages(cpu, pfn, order).expect("a block in use");
        self.live[at].references -= 1;
        if self.live[at].references == 0 {
            self.live.swap_remove(at);
            self.used_pages -= order.pages();
        }
    }

    fn split_or_mark(&mut self) {
        let Some(at) = self.pick() else { return };
        let Live { pfn, order, references } = self.live[at];
        if self.below(3) > 0 {
            return self.life.machine.mark_lru(pfn, order).expect("a block in use");
        }
        if references == 1 {
            self.life.machine.split_page(pfn, order).expect("a block in use");
            self.live.swap_remove(at);
            let page = Order::default();
            self.live.extend((0..order.pages()).map(|n| Live { pfn: Pfn(pfn.0 + n), order: page, references: 1 }));
        }
    }

    /// A compound page or single page with two users.
    fn share(&mut self) {
        let Some(at) = self.pick() else { return };
        if self.live[at].order == Order::default() {
            self.life.machine.get_page(self.live[at].pfn, self.live[at].order).expect("a page in use");
            self.live[at].references += 1;
        }
    }

    fn drain_zone(&mut self) {
        let cpu = self.cpu();
        let zones = self.life.machine.zones();
        let zone: ZoneId = zones[self.life.rng.below(zones.len() as u64) as usize].id;
        self.life.machine.drain_zone_pages(cpu, zone);
    }

    fn isolate_or_give_back(&mut self) {
        if !self.isolated.is_empty() && self.below(2) == 0 {
            let at = self.below(self.isolated.len() as u64) as usize;
            let pfn = self.isolated.swap_remove(at);
            return self.life.machine.unisolate_pageblock(pfn, MigrateType::Movable).expect("an isolated block");
        }
        let blocks: Vec<(Pfn, Pfn)> = self.life.machine.memory_ranges().map(|r| (r.0, r.1)).collect();
        let (start, end) = blocks[self.below(blocks.len() as u64) as usize];
        let block = Pfn((start.0 + self.below(end.0 - start.0)) & !511);
        let whole =
            self.life.machine.page_zone(block).is_some_and(|zone| zone.spans(block) && zone.spans(Pfn(block.0 + 511)));
        if whole && self.life.machine.isolate_pageblock(block, MigrateType::Movable).expect("existing memory") {
            self.isolated.push(block);
        }
    }

    fn write_sysctl(&mut self) {
        let (name, text) = match self.below(5) {
            0 => ("watermark_scale_factor", format!("{}", 1 + self.below(1000))),
            1 => ("lowmem_reserve_ratio", format!("256 64 {} 0", 1 + self.below(64))),
            2 => ("watermark_boost_factor", format!("{}", [0, 15_000][self.life.rng.below(2) as usize])),
            3 => ("percpu_pagelist_fraction", format!("{}", [0, 8, 100][self.life.rng.below(3) as usize])),
            _ => ("min_free_kbytes", format!("{}", 128 + self.below(8192))),
        };
        let change = Sysctl::parse(name, &text).expect("a number");
        self.life.machine.write_sysctl(change).expect("a value in range");
    }

    /// Every way to free what one does not have is an error, and the machine stays as it was.
    fn free_wrongly(&mut self) {
        let before = self.life.machine.state_hash();
        let page = Order::default();
        let end = self.life.machine.memory_ranges().map(|range| range.1.0).max().unwrap_or(0);
        let beyond = Pfn(end + self.below(1 << 20));
        let outside = self.life.machine.free_pages(CpuId(0), beyond, page);
        assert!(matches!(outside, Err(PageError::NoMemory { .. })), "{outside:?}");
        if let Some(at) = self.pick() {
            let Live { pfn, order, .. } = self.live[at];
            let other = Order::new((u32::from(order.get()) + 1 + self.below(9) as u32) % 11).expect("an order");
            if other != order {
                assert!(self.life.machine.free_pages(CpuId(0), pfn, other).is_err());
            }
            if order.get() > 0 {
                assert!(self.life.machine.free_pages(CpuId(0), Pfn(pfn.0 + 1), page).is_err());
            }
            assert!(self.life.machine.free_pages(CpuId(9999), pfn, order).is_err());
        }
        assert_eq!(self.life.machine.state_hash(), before);
    }

    fn sleep_daemons(&mut self) {
        for node in 0..self.life.machine.nodes().len() as u8 {
            self.life.machine.settle_node(NodeId(node));
        }
    }

    fn spoil_or_report(&mut self) {
        if !self.spoils_pages {
            self.life.machine.report_free_pages();
            return;
        }
        if self.below(8) == 0 {
            let (start, end, _) = self.life.machine.memory_ranges().last().expect("memory");
            let broken = Pfn(start.0 + self.below(end.0 - start.0));
            self.life.machine.take_page_off_buddy(broken).expect("existing memory");
        }
        if let Some(at) = self.pick().filter(|_| self.life.rng.below(4) == 0) {
            let hwpoison = self.below(2) == 0;
            self.life.machine.mark_bad(self.live[at].pfn, hwpoison).expect("a page in use");
        }
    }

    fn free_everything(&mut self) {
        while let Some(at) = self.live.len().checked_sub(1) {
            self.drop_reference(at);
        }
        for pfn in core::mem::take(&mut self.isolated) {
            self.life.machine.unisolate_pageblock(pfn, MigrateType::Movable).expect("an isolated block");
        }
        self.life.machine.drain_all_pages();
    }
}

fn random_machine(rng: &mut Rng) -> MachineConfig {
    let count = 1 + rng.below(6) as usize;
    let mut nodes: Vec<PcNode> = (0..count)
        .map(|_| PcNode {
            bytes: if rng.below(6) == 0 { 0 } else { (8 + rng.below(200)) * MIB + rng.below(256) * 4096 },
            cpus: rng.below(3) as u32,
            hotpluggable: rng.below(4) == 0,
        })
        .collect();
    nodes[0].bytes = nodes[0].bytes.max(24 * MIB);
    nodes[0].cpus = nodes[0].cpus.max(1);
    let mut distances = Distances::uniform(count, 20).expect("distances");
    for (from, to) in (0..count).flat_map(|from| (0..count).map(move |to| (from, to))).filter(|(from, to)| from != to) {
        distances.set(from, to, 11 + rng.below(30) as u32).expect("a distance");
    }
    let spec = PcSpec { nodes, distances, max_ram_below_4g: (16 + rng.below(500)) * MIB };
    let mut config = MachineConfig::pc(&spec).expect("a machine");
    let lines =
        ["", "movablecore=20%", "kernelcore=40M", "cma=16M", "cma=8M movablecore=30%", "movable_node", "numa=off"];
    config.boot = BootParams::parse(lines[rng.below(lines.len() as u64) as usize]).expect("boot parameters");
    config.boot.deferred_struct_pages = rng.below(4) == 0;
    config
}

fn random_task(rng: &mut Rng, cpus: u64, memory: NodeMask) -> Task {
    let mut task = Task::new(CpuId(rng.below(cpus) as u16));
    let flags = [TaskFlags::empty(), TaskFlags::MEMALLOC_NOCMA, TaskFlags::MEMALLOC, TaskFlags::MEMALLOC_NOIO];
    task.flags = flags[rng.below(4) as usize];
    task.realtime = rng.below(4) == 0;
    task.oom_victim = rng.below(8) == 0;
    if rng.below(4) == 0 {
        task.context = Context::Softirq;
    }
    let modes = [PolicyMode::Default, PolicyMode::Preferred, PolicyMode::Bind, PolicyMode::Interleave];
    let nodes = NodeMask(rng.next_u64());
    let policy = Mempolicy::new(modes[rng.below(4) as usize], PolicyFlags::empty(), nodes, memory, memory);
    task.set_policy(policy.unwrap_or(None));
    task
}

fn random_order(rng: &mut Rng) -> Order {
    let order = match rng.below(10) {
        0..5 => 0,
        5..8 => rng.below(4),
        _ => rng.below(11),
    };
    Order::new(order as u32).expect("an order")
}

/// Any flags that a caller may combine.
fn random_gfp(rng: &mut Rng) -> Gfp {
    let base = [Gfp::GFP_KERNEL, Gfp::GFP_ATOMIC, Gfp::GFP_NOWAIT, Gfp::GFP_USER, Gfp::GFP_HIGHUSER_MOVABLE];
    let mut gfp = base[rng.below(5) as usize];
    let more = [Gfp::MOVABLE, Gfp::RECLAIMABLE, Gfp::DMA, Gfp::DMA32, Gfp::COMP, Gfp::HIGH, Gfp::MEMALLOC];
    let rare = [Gfp::NOMEMALLOC, Gfp::THISNODE, Gfp::ATOMIC, Gfp::WRITE, Gfp::HARDWALL, Gfp::NOFAIL, Gfp::ZERO];
    for flag in more.into_iter().chain(rare) {
        if rng.below(7) == 0 && (gfp | flag).check().is_ok() {
            gfp |= flag;
        }
    }
    gfp
}
