//! A command of the load as a process.

use super::observer::Observer;
use super::shell::Setting;
use super::work::{Access, AccessOutcome};
use crate::compare::error::CompareError;
use crate::compare::shell::{Command, Dd, Input, Memfrag, Memhog, Pattern};
use crate::compare::trace::LoadEvent;
use buddyscope_mm::Machine;
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::{CpuId, Order, Pfn};
use buddyscope_mm::task::Task;
use buddyscope_mm::task::mempolicy::{Mempolicy, PolicyFlags, PolicyMode};
use buddyscope_mm::task::mm::{FileId, VmFlags, VmaId};
use buddyscope_mm::task::process::Pid;
use buddyscope_mm::user::{MapSpec, ProcessSpec};
use buddyscope_mm::wait::{Step, Wait};

/// Pages touched between two looks at whether kswapd wants the CPU: about as long as it takes to reclaim a batch.
const PAGES_A_SLICE: u64 = 16;
/// Pages that `memhog` touches between two rests.
const PAGES_A_REST: u64 = 64;
/// Part of its memory that `memhog` uses in the passes after the first, as its working set.
const WORKING_SET: u64 = 4;
/// A multiplier that scatters the working set: a large prime.
const SCATTER: u64 = 1_000_003;
/// Microseconds of a jiffy.
const JIFFY: u64 = 4000;

/// A process that does one thing.
pub(super) struct Job {
    task: Task,
    pid: Option<Pid>,
    comm: &'static str,
    kind: Kind,
    policy: Option<(PolicyMode, buddyscope_mm::pfn::NodeMask)>,
    /// Operations of a jiffy.
    speed: u64,
    /// Operations done in the jiffy.
    done: (u64, u64),
    access: Option<Access>,
}

enum Kind {
    Hog { hog: Memhog, vma: Option<VmaId>, next: u64, pass: u32, written: bool, rested: u64 },
    Frag { frag: Memfrag, vma: Option<VmaId>, next: u64 },
    Read { file: FileId, next: u32, end: u32 },
    Alloc { gfp: Gfp, order: u8, count: u64, got: Vec<Pfn> },
}

/// What a job does next.
enum Next {
    Access(Access),
    Wait(Wait),
    /// Something was done that takes no time worth counting.
    Again,
    End,
}

impl Job {
    pub(super) fn new(command: &Command, setting: &Setting) -> Result<Job, CompareError> {
        let (comm, kind, cpu, policy) = match command {
            Command::Memhog(hog) => {
                let policy = hog.policy.map(|policy| (mode(policy.mode), policy.nodes));
                let kind = Kind::Hog { hog: *hog, vma: None, next: 0, pass: 0, written: false, rested: 0 };
                ("memhog", kind, hog.cpu, policy)
            }
            Command::Memfrag(frag) => ("memfrag", Kind::Frag { frag: *frag, vma: None, next: 0 }, None, None),
            Command::Dd(Dd { input: Input::Disk, output: None, block, count, skip, cpu }) => {
                let page = |blocks: u64| (blocks * block / 4096) as u32;
                let (next, end) = (page(*skip), page(skip + count.unwrap_or(0)));
                ("dd", Kind::Read { file: setting.disk, next, end }, *cpu, None)
            }
            Command::Alloc { gfp, order, count } => {
                ("init", Kind::Alloc { gfp: *gfp, order: *order, count: *count, got: Vec::new() }, Some(0), None)
            }
            command => return Err(CompareError::NotModeled(format!("{command:?}"))),
        };
        let cpu = cpu.map_or(setting.cpu, CpuId);
        let speed = setting.speed.per_jiffy();
        Ok(Job { task: Task::new(cpu), pid: None, comm, kind, policy, speed, done: (0, 0), access: None })
    }

    /// The CPU it runs on and its process id.
    pub(super) fn identity(&self) -> (CpuId, u32) {
        (self.task.cpu, self.pid.map_or(1, |pid| pid.0))
    }

    /// Goes on, for at most a jiffy.
    pub(super) fn resume(&mut self, machine: &mut Machine<Observer>) -> Step<()> {
        let pid = self.start(machine);
        loop {
            if let Some(wait) = self.pause(machine) {
                return Step::Wait(wait);
            }
            let mut access = match self.access.take() {
                Some(access) => access,
                None => match self.next(machine, pid) {
                    Next::Access(access) => access,
                    Next::Again => continue,
                    Next::Wait(wait) => return Step::Wait(wait),
                    Next::End => {
                        machine.exit_process(self.task.cpu, pid);
                        return Step::Done(());
                    }
                },
            };
            match access.resume(machine, &mut self.task) {
                AccessOutcome::Wait(wait) => {
                    self.access = Some(access);
                    return Step::Wait(wait);
                }
                AccessOutcome::Done => self.done.1 += 1,
                AccessOutcome::Killed => {
                    machine.exit_process(self.task.cpu, pid);
                    return Step::Done(());
                }
            }
        }
    }

    /// Begins its life.
    fn start(&mut self, machine: &mut Machine<Observer>) -> Pid {
        if let Some(pid) = self.pid {
            return pid;
        }
        self.task.mems_allowed = machine.memory_nodes();
        if let Some((mode, nodes)) = self.policy {
            let nodes =
                Mempolicy::new(mode, PolicyFlags::empty(), nodes, self.task.mems_allowed, machine.memory_nodes());
            self.task.policy = nodes.ok().flatten();
        }
        let spec = ProcessSpec { comm: self.comm.to_owned(), ..ProcessSpec::default() };
        let pid = machine.start_process(spec, &mut self.task);
        self.pid = Some(pid);
        pid
    }

    /// Whether others come first: its share of the jiffy is used up, or kswapd of its node wants the CPU.
    fn pause(&mut self, machine: &Machine<Observer>) -> Option<Wait> {
        let now = machine.jiffies();
        if self.done.0 != now {
            self.done = (now, 0);
            return None;
        }
        if self.done.1 >= self.speed {
            return Some(Wait::Sleep(1));
        }
        let awake = machine.nodes().iter().any(|node| node.present_pages > 0 && !node.kswapd_asleep);
        if awake && self.done.1 % PAGES_A_SLICE == PAGES_A_SLICE - 1 {
            self.done.1 += 1;
            return Some(Wait::Yield);
        }
        None
    }

    fn next(&mut self, machine: &mut Machine<Observer>, pid: Pid) -> Next {
        match &mut self.kind {
            Kind::Hog { hog, vma, next, pass, written, rested } => {
                let pages = hog.mib * 256;
                let vma = *vma.get_or_insert_with(|| map(machine, pid, pages));
                let of_pass = if *pass > 0 && hog.pattern == Pattern::WorkingSet { pages / WORKING_SET } else { pages };
                if *next >= of_pass {
                    machine.sink_mut().note(LoadEvent::Mark(format!("pass{pass}-done")));
                    (*next, *rested) = (0, 0);
                    *pass += 1;
                    // The sample that belongs to the label is taken at the end of this turn.
                    return if *pass >= hog.passes { Next::End } else { Next::Wait(Wait::Yield) };
                }
                if hog.sleep_us > 0 && *next >= *rested + PAGES_A_REST * JIFFY / hog.sleep_us {
                    *rested = *next;
                    return Next::Wait(Wait::Sleep(1));
                }
                let scattered = *pass > 0 && hog.pattern == Pattern::WorkingSet;
                let page = if scattered { *next * SCATTER % of_pass } else { *next };
                let write = core::mem::replace(written, !*written);
                *next += u64::from(write);
                // Half of a page's accesses each; what counts is the page.
                self.done.1 -= u64::from(write).min(self.done.1);
                Next::Access(Access::touch(pid, vma, page, write))
            }
            Kind::Frag { frag, vma, next } => {
                let pages = frag.mib * 256;
                let vma = *vma.get_or_insert_with(|| map(machine, pid, pages));
                if *next >= pages {
                    // It keeps everything until the load is over.
                    return Next::Wait(Wait::Sleep(1_000_000));
                }
                *next += 1;
                Next::Access(Access::touch(pid, vma, *next - 1, true))
            }
            Kind::Read { file, next, end } => {
                if *next >= *end {
                    return Next::End;
                }
                *next += 1;
                Next::Access(Access::read(*file, *next - 1))
            }
            Kind::Alloc { gfp, order, count, got } => {
                let (gfp, number) = (*gfp, *order);
                let order = Order::new(number.into()).unwrap_or_default();
                machine.sink_mut().failed = None;
                while (got.len() as u64) < *count {
                    match machine.alloc_pages_current(&mut self.task, gfp, order).pfn {
                        Some(pfn) => got.push(pfn),
                        None => {
                            let after = got.len() as u64;
                            machine.sink_mut().note(LoadEvent::AllocFail { gfp, order: number, after });
                            break;
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
