//! A command of the load as a process.

use super::observer::Observer;
use super::pace::Pacer;
use super::setting::Setting;
use super::work::{Access, AccessOutcome};
use super::world::in_writeback;
use crate::compare::error::CompareError;
use crate::compare::shell::{Command, Dd, Input, Memfrag, Memhog, Pattern};
use crate::compare::trace::LoadEvent;
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::{CpuId, NodeMask, Order};
use buddyscope_mm::task::Task;
use buddyscope_mm::task::mempolicy::{Mempolicy, PolicyFlags, PolicyMode};
use buddyscope_mm::task::mm::{FileId, VmFlags, VmaId};
use buddyscope_mm::task::process::Pid;
use buddyscope_mm::user::{MapSpec, ProcessSpec};
use buddyscope_mm::wait::{Step, Wait};
use buddyscope_mm::{Alloc, Machine, MemcgId};

/// A multiplier that scatters the working set: a large prime.
const SCATTER: u64 = 1_000_003;
/// Nanoseconds of a second.
const SECOND: u64 = 1_000_000_000;
/// Jiffies that `memfrag` sleeps once it has its memory: for good.
const FOR_GOOD: u32 = 100_000_000;

/// A process that does one thing.
pub(super) struct Job {
    task: Task,
    /// Whether it may run on one CPU only.
    bound: bool,
    pid: Option<Pid>,
    comm: &'static str,
    kind: Kind,
    policy: Option<(PolicyMode, NodeMask)>,
    memcg: MemcgId,
    /// Nanoseconds that a page takes.
    page_time: u64,
    /// If it paces itself, how.
    pacer: Option<Pacer>,
    /// Pages being written beyond which it has to wait when it reclaims.
    swap_queue: u64,
    /// Pages done.
    done: u64,
    /// Nanoseconds that it has worked and not told yet.
    worked: u64,
    access: Option<Access>,
}

enum Kind {
    Hog { hog: Memhog, vma: Option<VmaId>, next: u64, pass: u32, write: bool },
    Frag { frag: Memfrag, vma: Option<VmaId>, next: u64 },
    Read { file: FileId, next: u32, end: u32, call: u32, of_disk: bool },
    Write { file: FileId, next: u32, end: u32 },
    Alloc { gfp: Gfp, order: u8, count: u64, got: Vec<buddyscope_mm::pfn::Pfn>, under_way: Option<Alloc> },
}

/// What a job does next.
enum Next {
    Access(Access),
    Wait(Wait),
    End,
}

impl Job {
    pub(super) fn new(
        machine: &mut Machine<Observer>,
        command: &Command,
        setting: &mut Setting,
    ) -> Result<Job, CompareError> {
        let mut policy = None;
        let page = |blocks: u64, block: u64| (blocks * block / 4096) as u32;
        let (comm, kind, cpu, speed) = match command {
            Command::Within { groups, command } => {
                let mut job = Job::new(machine, command, setting)?;
                job.bound |= setting.enter(machine, groups, &mut job.task, &mut job.memcg)?;
                return Ok(job);
            }
            Command::Memhog(hog) => {
                policy = hog.policy.map(|policy| (mode(policy.mode), policy.nodes));
                (
                    "memhog",
                    Kind::Hog { hog: *hog, vma: None, next: 0, pass: 0, write: false },
                    hog.cpu,
                    setting.speed.anon,
                )
            }
            Command::Memfrag(frag) => {
                ("memfrag", Kind::Frag { frag: *frag, vma: None, next: 0 }, None, setting.speed.anon)
            }
            Command::Dd(Dd { input: Input::Disk, output: None, block, count, skip, cpu }) => {
                let (next, end) = (page(*skip, *block), page(skip + count.unwrap_or(0), *block));
                let (file, call) = (setting.open_disk(machine, end), page(1, *block));
                ("dd", Kind::Read { file, next, end, call, of_disk: true }, *cpu, setting.speed.file)
            }
            Command::Dd(Dd { input: Input::File(path), output: None, block, cpu, .. }) => {
                let (file, end) = setting.find_file(path)?;
                let kind = Kind::Read { file, next: 0, end, call: page(1, *block), of_disk: false };
                ("dd", kind, *cpu, setting.speed.anon)
            }
            Command::Dd(Dd { input: Input::Zero, output: Some(path), block, count, cpu, .. }) => {
                let end = page(count.unwrap_or(0), *block);
                let file = setting.make_file(machine, path, end)?;
                ("dd", Kind::Write { file, next: 0, end }, *cpu, setting.speed.anon)
            }
            Command::Alloc { gfp, order, count } => {
                let kind = Kind::Alloc { gfp: *gfp, order: *order, count: *count, got: Vec::new(), under_way: None };
                ("init", kind, Some(0), u64::MAX)
            }
            command => return Err(CompareError::NotModeled(format!("{command:?}"))),
        };
        let mut task = Task::new(cpu.map_or(setting.cpu, CpuId));
        task.mems_allowed = machine.memory_nodes();
        let pacer = setting.paces.clone().and_then(|paces| match kind {
            Kind::Alloc { .. } => None,
            Kind::Read { .. } => Some(Pacer::new(paces.file)),
            _ => Some(Pacer::new(paces.anon)),
        });
        Ok(Job {
            task,
            bound: cpu.is_some(),
            pid: None,
            comm,
            kind,
            policy,
            memcg: MemcgId::ROOT,
            page_time: SECOND / speed.max(1),
            pacer,
            swap_queue: setting.speed.swap_queue,
            done: 0,
            worked: 0,
            access: None,
        })
    }

    /// The CPU that it has to run on, if it is bound to one.
    pub(super) fn bound_to(&self) -> Option<CpuId> {
        self.bound.then_some(self.task.cpu)
    }

    /// It goes on there.
    pub(super) fn run_on(&mut self, cpu: CpuId) {
        self.task.cpu = cpu;
    }

    /// The CPU it runs on and its process id.
    pub(super) fn identity(&self) -> (CpuId, u32) {
        (self.task.cpu, self.pid.map_or(1, |pid| pid.0))
    }

    /// Microseconds that it has worked since it was last asked.
    pub(super) fn take_time(&mut self) -> u64 {
        let micros = self.worked / 1000;
        self.worked %= 1000;
        micros
    }

    /// Goes on, until one access is done.
    pub(super) fn resume(&mut self, machine: &mut Machine<Observer>) -> Step<()> {
        let pid = self.start(machine);
        if let Some(wait) = self.pause(machine) {
            return Step::Wait(wait);
        }
        let mut access = match self.access.take() {
            Some(access) => access,
            None => match self.next(machine, pid) {
                Next::Access(access) => access,
                Next::Wait(wait) => return Step::Wait(wait),
                Next::End => return self.end(machine, pid),
            },
        };
        match access.resume(machine, &mut self.task) {
            AccessOutcome::Wait(wait) => {
                self.access = Some(access);
                Step::Wait(wait)
            }
            AccessOutcome::Done { work } => {
                if work || self.is_slowed() {
                    self.done += 1;
                    self.worked += self.pacer.as_ref().map_or(self.page_time, |pacer| pacer.page_time(self.done));
                }
                Step::Wait(Wait::Yield)
            }
            AccessOutcome::Killed => self.end(machine, pid),
        }
    }

    /// Whether it takes its time even where there is nothing to do.
    fn is_slowed(&self) -> bool {
        matches!(&self.kind, Kind::Hog { hog, write: false, .. } if hog.sleep_us > 0)
    }

    /// Begins its life.
    fn start(&mut self, machine: &mut Machine<Observer>) -> Pid {
        if let Some(pid) = self.pid {
            return pid;
        }
        if let Some((mode, nodes)) = self.policy {
            let allowed = self.task.mems_allowed;
            let policy = Mempolicy::new(mode, PolicyFlags::empty(), nodes, allowed, machine.memory_nodes());
            self.task.policy = policy.ok().flatten();
        }
        let spec = ProcessSpec { comm: self.comm.to_owned(), memcg: self.memcg, ..ProcessSpec::default() };
        let pid = machine.start_process(spec, &mut self.task);
        self.pid = Some(pid);
        pid
    }

    /// The end of its life. A disk that nobody has open any more drops its cache (`kill_bdev`).
    fn end(&mut self, machine: &mut Machine<Observer>, pid: Pid) -> Step<()> {
        if let Kind::Read { file, of_disk: true, .. } = self.kind {
            machine.truncate(self.task.cpu, file, 0);
        }
        machine.exit_process(self.task.cpu, pid);
        Step::Done(())
    }

    /// What it waits for before it goes on: a place in the swap disk's queue, or its own pace.
    fn pause(&mut self, machine: &Machine<Observer>) -> Option<Wait> {
        if self.access.is_some() {
            return (in_writeback(machine) >= self.swap_queue).then_some(Wait::Sleep(1));
        }
        let jiffies = self.pacer.as_mut()?.rest(machine.jiffies(), self.done);
        (jiffies > 0).then_some(Wait::Sleep(jiffies as u32))
    }

    fn next(&mut self, machine: &mut Machine<Observer>, pid: Pid) -> Next {
        match &mut self.kind {
            Kind::Hog { hog, vma, next, pass, write } => {
                let pages = hog.mib * 256;
                let vma = *vma.get_or_insert_with(|| map(machine, pid, pages));
                let scattered = *pass > 0 && hog.pattern == Pattern::WorkingSet;
                let of_pass = hog.pages_of_pass(*pass);
                if *next >= of_pass {
                    machine.sink_mut().note(LoadEvent::Mark(format!("pass{pass}-done")));
                    *next = 0;
                    *pass += 1;
                    // The sample that belongs to the label is taken at the end of this turn.
                    return if *pass >= hog.passes { Next::End } else { Next::Wait(Wait::Yield) };
                }
                let page = if scattered { *next * SCATTER % of_pass } else { *next };
                // Each page is read, then written.
                let writes = core::mem::replace(write, !*write);
                *next += u64::from(writes);
                Next::Access(Access::touch(pid, vma, page, writes))
            }
            Kind::Frag { frag, vma, next } => {
                let pages = frag.mib * 256;
                let vma = *vma.get_or_insert_with(|| map(machine, pid, pages));
                if *next >= pages {
                    return Next::Wait(Wait::Sleep(FOR_GOOD));
                }
                *next += 1;
                Next::Access(Access::touch(pid, vma, *next - 1, true))
            }
            Kind::Read { next, end, .. } | Kind::Write { next, end, .. } if *next >= *end => Next::End,
            Kind::Read { file, next, end, call, .. } => {
                let request = (*call - *next % *call).min(*end - *next);
                *next += 1;
                Next::Access(Access::read(*file, *next - 1, request))
            }
            Kind::Write { file, next, .. } => {
                *next += 1;
                Next::Access(Access::write(*file, *next - 1))
            }
            Kind::Alloc { .. } => self.alloc(machine),
        }
    }

    /// Takes blocks until one is refused or there are enough, and gives all back.
    fn alloc(&mut self, machine: &mut Machine<Observer>) -> Next {
        let Kind::Alloc { gfp, order, count, got, under_way } = &mut self.kind else { return Next::End };
        let (gfp, number) = (*gfp, *order);
        let order = Order::new(number.into()).unwrap_or_default();
        while (got.len() as u64) < *count {
            let request = under_way.get_or_insert_with(|| machine.begin_alloc_current(&mut self.task, gfp, order));
            match request.resume(machine, &mut self.task) {
                Step::Wait(wait) => return Next::Wait(wait),
                Step::Done(answer) => {
                    *under_way = None;
                    let Some(pfn) = answer.pfn else {
                        let after = got.len() as u64;
                        machine.sink_mut().note(LoadEvent::AllocFail { gfp, order: number, after });
                        break;
                    };
                    got.push(pfn);
                }
            }
        }
        machine.sink_mut().note(LoadEvent::AllocBatch { gfp, order: number, got: got.len() as u64 });
        for pfn in got.drain(..) {
            // Each was just allocated with this order.
            _ = machine.free_pages(self.task.cpu, pfn, order);
        }
        Next::End
    }
}

fn map(machine: &mut Machine<Observer>, pid: Pid, pages: u64) -> VmaId {
    let spec = MapSpec { pages, flags: VmFlags::WRITE, ..MapSpec::default() };
    machine.mmap(pid, spec).unwrap_or_default()
}

/// A mode by its number.
fn mode(number: u8) -> PolicyMode {
    match number {
        1 => PolicyMode::Preferred,
        2 => PolicyMode::Bind,
        3 => PolicyMode::Interleave,
        4 => PolicyMode::Local,
        _ => PolicyMode::Default,
    }
}
