//! A task of a scenario: it does one action after another.

use super::access::{Access, Accesses};
use super::build::World;
use super::burst::Bursts;
use super::pacer::Pacer;
use super::slab::SlabGrowth;
use crate::scenario::{Action, Advice, FileAction, MapAction, TaskSpec, TouchAction};
use crate::sentence::{Args, Sentence};
use buddyscope_mm::compact::CmaAlloc;
use buddyscope_mm::config::Sysctl;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::CpuId;
use buddyscope_mm::rng::Rng;
use buddyscope_mm::task::Task;
use buddyscope_mm::task::mm::{VmFlags, VmaId};
use buddyscope_mm::task::process::Pid;
use buddyscope_mm::user::{Fork, MapSpec};
use buddyscope_mm::wait::{Step, Wait};
use buddyscope_mm::{Machine, MemcgId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a task tells whoever runs the scenario.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// It came to a mark.
    Mark(String),
    /// It did something that could not be done, and went on.
    Failed(Sentence),
}

/// A list of actions and how far it has come.
#[derive(Clone, Debug)]
struct Place {
    actions: Arc<[Action]>,
    at: usize,
    /// Times it is still to be gone through after this one.
    again: u64,
}

/// What a task is at.
#[derive(Clone, Debug)]
enum Doing {
    /// Nothing: the next action is due.
    Next,
    Accesses(Box<Accesses>),
    Bursts(Box<Bursts>),
    Slab(Box<SlabGrowth>),
    Fork(Box<Fork>, String, Arc<[Action]>),
    /// Taking so many pages from a contiguous area.
    Cma(Box<CmaAlloc>, u64),
}

/// A task that runs.
#[derive(Clone, Debug)]
pub struct UserTask {
    name: String,
    pub(super) task: Task,
    pub(super) pid: Pid,
    world: Arc<World>,
    places: Vec<Place>,
    doing: Doing,
    maps: BTreeMap<String, (VmaId, u64)>,
    rng: Rng,
    /// Pages touched in a jiffy by an action without a rate.
    unpaced: u64,
    /// Children that are to run from now on.
    pub(super) children: Vec<UserTask>,
    /// What happened since somebody asked.
    pub(super) news: Vec<News>,
}

/// Whether the next action can begin at once.
enum Flow {
    On,
    Wait(Wait),
    End,
}

impl UserTask {
    /// A task that has not begun, as a new process.
    pub(super) fn new<S: Sink>(
        machine: &mut Machine<S>,
        spec: &TaskSpec,
        task: Task,
        world: &Arc<World>,
        rng: Rng,
        unpaced: u64,
    ) -> UserTask {
        let mut task = task;
        let memcg = spec.cgroup.as_ref().and_then(|name| world.cgroups.get(name)).copied();
        let process = buddyscope_mm::user::ProcessSpec {
            comm: spec.name.clone(),
            oom_score_adj: spec.oom_score_adj,
            memcg: memcg.unwrap_or(MemcgId::ROOT),
            ..Default::default()
        };
        let pid = machine.start_process(process, &mut task);
        machine.set_thp_disabled(pid, !spec.thp);
        let places = vec![Place { actions: spec.actions.clone().into(), at: 0, again: 0 }];
        UserTask {
            name: spec.name.clone(),
            task,
            pid,
            world: world.clone(),
            places,
            doing: Doing::Next,
            maps: BTreeMap::new(),
            rng,
            unpaced,
            children: Vec::new(),
            news: Vec::new(),
        }
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The CPU it runs on.
    #[must_use]
    pub fn cpu(&self) -> CpuId {
        self.task.cpu
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> Pid {
        self.pid
    }

    pub(super) fn resume<S: Sink>(&mut self, machine: &mut Machine<S>) -> Step<()> {
        machine.update_task(&mut self.task);
        loop {
            // Whoever takes a range sees by itself that it is killed, and gives the range back.
            if machine.is_killed(&self.task) && !matches!(self.doing, Doing::Cma(..)) {
                return self.end(machine);
            }
            match self.go_on(machine) {
                Flow::On => {}
                Flow::Wait(wait) => return Step::Wait(wait),
                Flow::End => return self.end(machine),
            }
        }
    }

    fn end<S: Sink>(&mut self, machine: &mut Machine<S>) -> Step<()> {
        if let Doing::Bursts(bursts) = core::mem::replace(&mut self.doing, Doing::Next) {
            bursts.end(machine, &self.task);
        }
        machine.exit_process(self.task.cpu, self.pid);
        Step::Done(())
    }

    /// Goes on with what it is at.
    fn go_on<S: Sink>(&mut self, machine: &mut Machine<S>) -> Flow {
        let step = match &mut self.doing {
            Doing::Next => return self.next(machine),
            Doing::Accesses(accesses) => accesses.resume(machine, &mut self.task, &mut self.rng),
            Doing::Bursts(bursts) => bursts.resume(machine, &mut self.task),
            Doing::Slab(growth) => growth.resume(machine, &mut self.task),
            Doing::Fork(fork, name, actions) => {
                let step = fork.resume(machine, &mut self.task);
                let (name, actions) = (name.clone(), actions.clone());
                match step {
                    Step::Wait(wait) => Step::Wait(wait),
                    Step::Done(child) => {
                        self.born(machine, child, name, actions);
                        Step::Done(())
                    }
                }
            }
            Doing::Cma(run, pages) => {
                let pages = *pages;
                match run.resume(machine, &mut self.task) {
                    Step::Wait(wait) => Step::Wait(wait),
                    Step::Done(taken) => {
                        self.tell(super::admin::cma(machine, pages, taken));
                        Step::Done(())
                    }
                }
            }
        };
        match step {
            Step::Wait(wait) => Flow::Wait(wait),
            Step::Done(()) => {
                self.doing = Doing::Next;
                Flow::On
            }
        }
    }

    fn born<S: Sink>(&mut self, machine: &mut Machine<S>, child: Option<Pid>, name: String, actions: Arc<[Action]>) {
        let Some(pid) = child else {
            let args = Args::new().with("task", name);
            self.news.push(News::Failed(Sentence::new("news.fork", args)));
            return;
        };
        if let Some(process) = machine.process_mut(pid) {
            process.comm.clone_from(&name);
        }
        let mut task = self.task.fork();
        task.pid = pid;
        self.children.push(UserTask {
            name,
            task,
            pid,
            world: self.world.clone(),
            places: vec![Place { actions, at: 0, again: 0 }],
            doing: Doing::Next,
            maps: self.maps.clone(),
            rng: Rng::new(self.rng.next_u64()),
            unpaced: self.unpaced,
            children: Vec::new(),
            news: Vec::new(),
        });
    }

    /// Begins the next action.
    fn next<S: Sink>(&mut self, machine: &mut Machine<S>) -> Flow {
        let Some(place) = self.places.last_mut() else { return Flow::End };
        let Some(action) = place.actions.get(place.at).cloned() else {
            if place.again == 0 {
                self.places.pop();
            } else {
                place.again -= 1;
                place.at = 0;
                // A list of nothing that takes time must not keep others waiting for ever.
                return Flow::Wait(Wait::Yield);
            }
            return Flow::On;
        };
        place.at += 1;
        self.begin(machine, action)
    }

    fn begin<S: Sink>(&mut self, machine: &mut Machine<S>, action: Action) -> Flow {
        let now = machine.jiffies();
        match action {
            Action::Map(map) => self.map(machine, &map),
            Action::Touch(touch) => self.touch(&touch, now),
            Action::Read(file) => self.file(&file, false, machine),
            Action::Write(file) => self.file(&file, true, machine),
            Action::Alloc(alloc) => self.doing = Doing::Bursts(Box::new(Bursts::new(alloc, now))),
            Action::Slab { cache, objects, rate } => {
                if let Some(&(id, per_page)) = self.world.shrinkers.get(&cache) {
                    let pace = crate::scenario::Pace { rate, passes: 1, time: None };
                    let pacer = Pacer::new(pace, now, self.unpaced);
                    self.doing = Doing::Slab(Box::new(SlabGrowth::new(id, per_page, objects, pacer)));
                }
            }
            Action::Advise { mapping, advice } => self.advise(machine, &mapping, advice),
            Action::DontNeed { mapping, skip, pages } => {
                if let Some(&(vma, size)) = self.maps.get(&mapping) {
                    let pages = pages.unwrap_or(size);
                    machine.madvise_dontneed(self.task.cpu, self.pid, vma, skip, pages);
                }
            }
            Action::Pin { mapping, pages } => {
                if let Some(&(vma, _)) = self.maps.get(&mapping) {
                    machine.pin(self.task.cpu, self.pid, vma, pages as usize);
                }
            }
            Action::Truncate { file, pages } => {
                if let Some(&file) = self.world.files.get(&file) {
                    machine.truncate(self.task.cpu, file, u32::try_from(pages).unwrap_or(u32::MAX));
                }
            }
            Action::Fork { name, actions } => {
                self.doing = Doing::Fork(Box::new(Fork::new(self.pid)), name, actions.into());
            }
            Action::Sleep(jiffies) => return Flow::Wait(Wait::Sleep(u32::try_from(jiffies).unwrap_or(u32::MAX))),
            Action::Sysctl { name, value } => self.sysctl(machine, &name, &value),
            Action::Thp(thp) => machine.set_thp(thp.over(machine.thp())),
            Action::CompactMemory => machine.compact_memory(&mut self.task),
            Action::Hugepages(count) => {
                let filled = super::admin::hugepages(machine, &mut self.task, count);
                self.tell(filled);
            }
            Action::DropCaches(what) => machine.drop_caches(&self.task, what),
            Action::Cma { pages } => self.doing = Doing::Cma(Box::new(CmaAlloc::new(pages, 0)), pages),
            Action::Mark(name) => self.news.push(News::Mark(name)),
            Action::Repeat { times, actions } => {
                self.places.push(Place { actions: actions.into(), at: 0, again: times.saturating_sub(1) });
            }
            Action::Exit => return Flow::End,
        }
        Flow::On
    }

    fn tell(&mut self, result: Result<(), Sentence>) {
        if let Err(what) = result {
            self.news.push(News::Failed(what));
        }
    }

    fn map<S: Sink>(&mut self, machine: &mut Machine<S>, map: &MapAction) {
        let mut flags = VmFlags::WRITE;
        flags.set(VmFlags::EXEC, map.exec);
        flags.set(VmFlags::SHARED, map.shared && map.file.is_some());
        flags.set(VmFlags::HUGEPAGE, map.huge == Some(true));
        flags.set(VmFlags::NOHUGEPAGE, map.huge == Some(false));
        if map.exec {
            flags -= VmFlags::WRITE;
        }
        let file = map.file.as_ref().and_then(|name| self.world.files.get(name)).map(|&file| (file, 0));
        let spec = MapSpec { pages: map.pages, file, flags, policy: None };
        if let Some(vma) = machine.mmap(self.pid, spec) {
            self.maps.insert(map.name.clone(), (vma, map.pages));
        } else {
            let args = Args::new().with("name", map.name.as_str());
            self.news.push(News::Failed(Sentence::new("news.map", args)));
        }
    }

    fn touch(&mut self, touch: &TouchAction, now: u64) {
        let Some(&(vma, pages)) = self.maps.get(&touch.mapping) else { return };
        let access = Access::Mapping { pid: self.pid, vma, write: touch.write };
        let pacer = Pacer::new(touch.pace, now, self.unpaced);
        self.doing = Doing::Accesses(Box::new(Accesses::new(access, touch.pattern, 0, pages, pacer)));
    }

    fn file<S: Sink>(&mut self, action: &FileAction, write: bool, machine: &Machine<S>) {
        let Some(&file) = self.world.files.get(&action.file) else { return };
        let size = machine.file(file).map_or(0, |file| u64::from(file.pages()));
        let pages = action.pages.unwrap_or(u64::MAX).min(size.saturating_sub(action.skip));
        if pages == 0 {
            return;
        }
        let access = if write { Access::Write(file) } else { Access::Read(file) };
        let pacer = Pacer::new(action.pace, machine.jiffies(), self.unpaced);
        self.doing = Doing::Accesses(Box::new(Accesses::new(access, action.pattern, action.skip, pages, pacer)));
    }

    fn advise<S: Sink>(&mut self, machine: &mut Machine<S>, mapping: &str, advice: Advice) {
        let Some(&(vma, _)) = self.maps.get(mapping) else { return };
        let (cpu, pid) = (self.task.cpu, self.pid);
        match advice {
            Advice::Unmap => {
                machine.munmap(cpu, pid, vma);
                self.maps.remove(mapping);
            }
            Advice::Mlock => machine.mlock(cpu, pid, vma),
            Advice::Munlock => machine.munlock(cpu, pid, vma),
            Advice::LazyFree => machine.madvise_free(cpu, pid, vma),
            Advice::Cold => machine.madvise_cold(&self.task, vma),
            Advice::PageOut => {
                machine.madvise_pageout(&self.task, vma);
            }
        }
    }

    fn sysctl<S: Sink>(&mut self, machine: &mut Machine<S>, name: &str, value: &str) {
        let written = Sysctl::parse(name, value).and_then(|change| machine.write_sysctl(change));
        self.tell(written.map_err(|error| {
            Sentence::new("news.sysctl", Args::new().with("name", name).with("why", error.to_string()))
        }));
    }
}
