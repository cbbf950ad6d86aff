//! Random processes: they map, touch, read, write, fork and exit, alone or in groups with limits, while the kernel's
//! daemons get memory back.

mod cameras;

use buddyscope_mm::audit::Held;
use buddyscope_mm::config::{MachineConfig, Sysctl, Thp, ThpDefrag, ThpSettings};
use buddyscope_mm::daemon::Daemon;
use buddyscope_mm::event::NullSink;
use buddyscope_mm::io::{DeviceId, DeviceSpec, FileSpec, Flusher, Storage};
use buddyscope_mm::oom::OomReaper;
use buddyscope_mm::pfn::{CpuId, NodeId};
use buddyscope_mm::reclaim::MemcgLimit;
use buddyscope_mm::rng::Rng;
use buddyscope_mm::sched::Program;
use buddyscope_mm::task::Task;
use buddyscope_mm::task::mm::{FileId, VmFlags, VmaId};
use buddyscope_mm::task::process::Pid;
use buddyscope_mm::user::{FaultOutcome, Fork, MapSpec, PageFault, ProcessSpec, ReadPage, WritePage};
use buddyscope_mm::vmstat::ZoneItem;
use buddyscope_mm::wait::Step;
use buddyscope_mm::{Machine, MemcgId};
use cameras::Cameras;

struct Actor {
    task: Task,
    pid: Pid,
    vmas: Vec<(VmaId, u64)>,
}

/// A machine and everybody who lives on it.
pub(crate) struct World {
    pub(crate) machine: Machine<NullSink>,
    pub(crate) rng: Rng,
    actors: Vec<Actor>,
    files: Vec<FileId>,
    groups: Vec<MemcgId>,
    flushers: Vec<Flusher>,
    daemons: Vec<Daemon>,
    reaper: OomReaper,
    cameras: Cameras,
    pub(crate) cpus: u64,
}

impl World {
    /// A machine with random swap, disks and files, and nobody on it yet.
    pub(crate) fn new(config: &MachineConfig, mut rng: Rng) -> World {
        let mut machine = Machine::boot(config, NullSink).expect("a random machine that boots");
        machine.register_huge_page_shrinkers();
        let enabled = [Thp::Always, Thp::Always, Thp::Madvise, Thp::Never][rng.below(4) as usize];
        let defrag = [ThpDefrag::Always, ThpDefrag::Defer, ThpDefrag::Madvise][rng.below(3) as usize];
        machine.set_thp(ThpSettings { enabled, defrag, zero_page: rng.below(2) == 0 });
        let rates = [None, Some(500), Some(25_000)];
        let mut device = |rng: &mut Rng| {
            let congests = rng.below(4) == 0;
            machine.add_device(DeviceSpec { pages_per_second: rates[rng.below(3) as usize], congests })
        };
        let (disk, swap) = (device(&mut rng), device(&mut rng));
        for priority in 0..rng.below(3) as i16 {
            machine.swapon(500 + rng.below(5000) as u32, swap, priority / 2);
        }
        let mut files = Vec::new();
        for n in 0..6 {
            let storage = if n % 3 == 2 { Storage::Shmem } else { Storage::Disk(disk) };
            let read_ahead = [0, 8, 32][rng.below(3) as usize];
            files.push(machine.add_file(FileSpec { pages: 3000, storage, read_ahead }));
        }
        let mut groups = vec![MemcgId::ROOT];
        groups.push(machine.create_memcg(MemcgId::ROOT, "/a").expect("a group"));
        groups.push(machine.create_memcg(groups[1], "/a/b").expect("a group"));
        let flushers = vec![Flusher::new(disk, CpuId(0)), Flusher::new(DeviceId(0), CpuId(0))];
        let cpus = machine.cpus().len() as u64;
        let reaper = OomReaper::new(CpuId(0));
        let daemons = Daemon::all(&machine);
        let cameras = Cameras::new(cpus);
        World { machine, rng, actors: Vec::new(), files, groups, flushers, daemons, reaper, cameras, cpus }
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.rng.below(bound)
    }

    /// Somebody does something.
    pub(crate) fn step(&mut self) {
        let n = self.below(1000);
        if self.actors.is_empty() || n < 8 {
            return self.start();
        }
        match n {
            8..20 => self.map(),
            20..600 => self.touch(),
            600..700 => self.read(),
            700..780 => self.write(),
            780..790 => self.fork(),
            790..800 => self.exit(),
            800..815 => self.advise(),
            815..820 => self.unmap(),
            820..823 => {
                let (file, pages) = (self.file(), self.below(3000) as u32);
                self.machine.truncate(CpuId(0), file, pages);
            }
            823..900 => {
                for flusher in &mut self.flushers {
                    let _ = flusher.resume(&mut self.machine);
                }
            }
            900..910 => {
                let _ = self.reaper.resume(&mut self.machine);
            }
            910..915 => self.machine.drain_all_pages(),
            915..935 => {
                let at = self.below(self.daemons.len() as u64) as usize;
                let _ = self.daemons[at].resume(&mut self.machine);
            }
            935..940 => self.cameras.step(&mut self.machine, &mut self.rng),
            940..945 => self.limit(),
            945..950 => self.administer(),
            _ => {
                let later = self.machine.jiffies() + self.rng.below(20);
                self.machine.run_io_until(later);
            }
        }
        self.bury();
    }

    /// A group may have more or less from now on.
    fn limit(&mut self) {
        let at = self.below(self.groups.len() as u64 - 1) as usize + 1;
        let pages = [50, 500, 2000, 1 << 20][self.rng.below(4) as usize];
        let limit = match self.below(6) {
            0 => MemcgLimit::Min(pages / 10),
            1 => MemcgLimit::Low(pages / 4),
            2 => MemcgLimit::High(pages),
            3 => MemcgLimit::SwapHigh(pages),
            4 => MemcgLimit::SwapMax(pages / 2),
            _ => MemcgLimit::Max(pages),
        };
        let mut task = Task::new(CpuId(0));
        self.machine.set_memcg_limit(&mut task, self.groups[at], limit).expect("the group is there");
    }

    /// What an administrator does.
    fn administer(&mut self) {
        let mut task = Task::new(CpuId(0));
        let node = NodeId(self.below(self.machine.nodes().len() as u64) as u8);
        match self.below(3) {
            0 => self.machine.drop_caches(&task, 1 + self.rng.below(3) as u8),
            1 if self.machine.memory_nodes().contains(node) => {
                self.machine.compact_node(&mut task, node);
            }
            _ => {
                let swappiness = [0, 60, 100, 200][self.rng.below(4) as usize];
                let change = Sysctl::parse("swappiness", &swappiness.to_string()).expect("a number");
                self.machine.write_sysctl(change).expect("a value in range");
            }
        }
    }

    /// Those who were killed end.
    fn bury(&mut self) {
        let machine = &mut self.machine;
        self.actors.retain(|actor| {
            let dead = machine.process(actor.pid).is_none_or(|process| process.is_killed());
            if dead {
                machine.exit_process(actor.task.cpu, actor.pid);
            }
            !dead
        });
    }

    fn start(&mut self) {
        let mut task = Task::new(CpuId(self.below(self.cpus) as u16));
        let memcg = self.groups[self.rng.below(self.groups.len() as u64) as usize];
        let oom_score_adj = [0, 0, 500, -500][self.rng.below(4) as usize];
        let spec = ProcessSpec { comm: "random".into(), oom_score_adj, memcg, ..ProcessSpec::default() };
        let pid = self.machine.start_process(spec, &mut task);
        self.actors.push(Actor { task, pid, vmas: Vec::new() });
    }

    fn pick(&mut self) -> usize {
        self.rng.below(self.actors.len() as u64) as usize
    }

    fn file(&mut self) -> FileId {
        self.files[self.rng.below(self.files.len() as u64) as usize]
    }

    fn map(&mut self) {
        let at = self.pick();
        let pages = 1 + self.below(4000);
        let shapes = [VmFlags::empty(), VmFlags::SHARED, VmFlags::EXEC, VmFlags::SEQ_READ];
        let mut flags = VmFlags::WRITE | shapes[self.rng.below(4) as usize];
        let file = (self.below(2) == 0).then(|| (self.file(), self.rng.below(200) as u32));
        if file.is_none() {
            flags -= VmFlags::SHARED;
        }
        let spec = MapSpec { pages, file, flags, policy: None };
        if let Some(vma) = self.machine.mmap(self.actors[at].pid, spec) {
            self.actors[at].vmas.push((vma, pages));
        }
    }

    /// Touches some pages in a row; every wait lets a device get on.
    fn touch(&mut self) {
        let at = self.pick();
        let Some(&(vma, pages)) = self.actors[at].vmas.last() else { return };
        let (first, write) = (self.rng.below(pages), self.rng.below(3) > 0);
        for page in first..pages.min(first + 40) {
            let actor = &mut self.actors[at];
            if self.machine.access(actor.pid, vma, page, write) {
                continue;
            }
            let mut fault = PageFault::new(actor.pid, vma, page, write);
            let outcome = finish(&mut self.machine, actor.pid, |machine| fault.resume(machine, &mut actor.task));
            if matches!(outcome, Some(FaultOutcome::Killed | FaultOutcome::BusError)) {
                break;
            }
        }
    }

    fn read(&mut self) {
        let (at, file, page) = (self.pick(), self.file(), self.rng.below(3000) as u32);
        for page in page..page + 20 {
            let mut read = ReadPage::new(file, page);
            let task = &mut self.actors[at].task;
            finish(&mut self.machine, task.pid, |machine| read.resume(machine, task));
        }
    }

    fn write(&mut self) {
        let (at, file, page) = (self.pick(), self.file(), self.rng.below(3000) as u32);
        for page in page..page + 20 {
            let mut write = WritePage::new(file, page);
            let task = &mut self.actors[at].task;
            finish(&mut self.machine, task.pid, |machine| write.resume(machine, task));
        }
    }

    fn fork(&mut self) {
        let at = self.pick();
        let actor = &mut self.actors[at];
        let mut fork = Fork::new(actor.pid);
        let child = finish(&mut self.machine, actor.pid, |machine| fork.resume(machine, &mut actor.task)).flatten();
        if let Some(pid) = child {
            let task = Task { pid, ..actor.task.fork() };
            let vmas = actor.vmas.clone();
            self.actors.push(Actor { task, pid, vmas });
        }
    }

    fn exit(&mut self) {
        let at = self.pick();
        let actor = self.actors.swap_remove(at);
        self.machine.exit_process(actor.task.cpu, actor.pid);
    }

    fn unmap(&mut self) {
        let at = self.pick();
        let actor = &mut self.actors[at];
        if let Some((vma, _)) = actor.vmas.pop() {
            self.machine.munmap(actor.task.cpu, actor.pid, vma);
        }
    }

    fn advise(&mut self) {
        let at = self.pick();
        let what = self.below(10);
        let (first, count) = (self.below(4000), self.below(2000));
        let actor = &self.actors[at];
        let (cpu, pid) = (actor.task.cpu, actor.pid);
        let Some(&(vma, _)) = actor.vmas.last() else { return };
        match what {
            0 => self.machine.mlock(cpu, pid, vma),
            1 => self.machine.munlock(cpu, pid, vma),
            2 => self.machine.madvise_free(cpu, pid, vma),
            3 => self.machine.madvise_cold(&actor.task, vma),
            7 => self.machine.madvise_huge(pid, vma, first % 4 > 0),
            8 | 9 => self.machine.madvise_dontneed(cpu, pid, vma, first, count),
            4 => {
                self.machine.madvise_pageout(&actor.task, vma);
            }
            5 => {
                self.machine.pin(cpu, pid, vma, 10);
            }
            _ => {
                self.machine.unpin(cpu, pid, 1000);
            }
        }
    }

    /// Everybody ends, every file goes, every device and batch gets done.
    pub(crate) fn end(&mut self) {
        for actor in core::mem::take(&mut self.actors) {
            self.machine.exit_process(actor.task.cpu, actor.pid);
        }
        self.cameras.end(&mut self.machine);
        while !self.held().is_empty() {
            for daemon in &mut self.daemons {
                let _ = daemon.resume(&mut self.machine);
            }
        }
        // Last, for what the daemons did may have begun more of it.
        while let Some(due) = self.machine.next_io() {
            self.machine.run_io_until(due);
        }
        for file in self.files.clone() {
            self.machine.unlink(CpuId(0), file);
        }
        self.machine.lru_add_drain_all();
        // The huge page of zeros goes as slab objects do.
        self.machine.drop_caches(&Task::new(CpuId(0)), 2);
        self.machine.drain_all_pages();
    }

    /// Free pages, those on CPUs' lists included.
    pub(crate) fn free_pages(&self) -> i64 {
        let zones = self.machine.zones();
        let on_cpus = |zone| (0..self.cpus as u16).map(|cpu| self.machine.pcp(zone, CpuId(cpu)).count).sum::<u32>();
        let free = |item| zones.iter().map(|zone| self.machine.zone_page_state_snapshot(zone, item)).sum::<i64>();
        free(ZoneItem::FreePages) + zones.iter().map(|zone| i64::from(on_cpus(zone.id))).sum::<i64>()
    }

    /// What paused work has in its hands.
    fn held(&self) -> Held {
        let mut held = Held::default();
        self.daemons.iter().for_each(|daemon| daemon.note_held(&mut held));
        self.cameras.note_held(&mut held);
        held
    }

    pub(crate) fn audit(&self, seed: u64, operation: u64) {
        if let Err(violation) = self.machine.audit_with(&self.held()) {
            panic!("seed {seed}, operation {operation}: {violation}");
        }
    }
}

/// Goes on until the work is done; while it waits, devices do. If that takes too long, as when a victim has yet to end, the
/// process itself is killed.
fn finish<T>(
    machine: &mut Machine<NullSink>,
    pid: Pid,
    mut resume: impl FnMut(&mut Machine<NullSink>) -> Step<T>,
) -> Option<T> {
    for turn in 0..5000 {
        if let Step::Done(done) = resume(machine) {
            return Some(done);
        }
        if turn == 300 {
            machine.send_sigkill(pid);
        }
        if let Some(due) = machine.next_io() {
            machine.run_io_until(due);
        }
    }
    None
}
