//! The shell that does the steps of a load one after the other.

use super::admin::Admin;
use super::job::Job;
use super::observer::Observer;
use super::setting::Setting;
use crate::compare::error::CompareError;
use crate::compare::shell::{Command, Step as LoadStep};
use crate::compare::trace::LoadEvent;
use buddyscope_mm::Machine;
use buddyscope_mm::pfn::CpuId;
use buddyscope_mm::wait::{Step, Wait};
use std::cell::RefCell;
use std::rc::Rc;

/// Microseconds of a jiffy.
const JIFFY: u64 = 4000;
/// Priority of the first swap area (`swapon` without one).
const SWAP_PRIORITY: i16 = -2;

pub(super) struct Shell {
    steps: Vec<LoadStep>,
    setting: Rc<RefCell<Setting>>,
    /// The command in the foreground.
    job: Option<Job>,
    admin: Admin,
}

impl Shell {
    pub(super) fn new(steps: Vec<LoadStep>, setting: Rc<RefCell<Setting>>, admin: Admin) -> Shell {
        Shell { steps, setting, job: None, admin }
    }

    /// The command in the foreground.
    pub(super) fn job(&mut self) -> Option<&mut Job> {
        self.job.as_mut()
    }

    /// The CPU and process id under which things happen now.
    pub(super) fn identity(&self) -> (CpuId, u32) {
        self.job.as_ref().map_or((CpuId(0), 1), Job::identity)
    }

    /// Microseconds that its command has worked since it was last asked.
    pub(super) fn take_time(&mut self) -> u64 {
        self.job.as_mut().map_or(0, Job::take_time)
    }

    pub(super) fn resume(&mut self, machine: &mut Machine<Observer>) -> Step<()> {
        loop {
            if let Some(job) = &mut self.job {
                match job.resume(machine) {
                    Step::Wait(wait) => return Step::Wait(wait),
                    Step::Done(()) => self.job = None,
                }
            }
            let at = self.setting.borrow().at;
            let Some(step) = self.steps.get(at).cloned() else { return Step::Done(()) };
            if step.command == Command::Wait && self.setting.borrow().running > 0 {
                return Step::Wait(Wait::Sleep(1));
            }
            self.setting.borrow_mut().at += 1;
            if step.background {
                self.setting.borrow_mut().running += 1;
                continue;
            }
            match self.step(machine, &step.command) {
                Ok(None) => {}
                Ok(Some(wait)) => return Step::Wait(wait),
                Err(problem) => {
                    self.setting.borrow_mut().problem = Some(problem);
                    return Step::Done(());
                }
            }
        }
    }

    fn step(&mut self, machine: &mut Machine<Observer>, command: &Command) -> Result<Option<Wait>, CompareError> {
        let mut setting = self.setting.borrow_mut();
        match command {
            Command::Swapon => {
                let (pages, device) = setting.swap;
                machine.swapon(pages, device, SWAP_PRIORITY);
            }
            Command::Mark(name) => {
                machine.sink_mut().note(LoadEvent::Mark(name.clone()));
                // The sample that belongs to it is taken at the end of this turn.
                return Ok(Some(Wait::Yield));
            }
            Command::Sleep(micros) => return Ok(Some(Wait::Sleep((micros / JIFFY).max(1) as u32))),
            Command::Wait | Command::Snapshot(_) => {}
            Command::Tmpfs { path, .. } => setting.mount(path),
            Command::Group { path, controller } => setting.make_group(machine, path, *controller)?,
            Command::GroupFile { path, file, value } => setting.write_group(machine, path, file, value)?,
            Command::Sysctl { name, value } => self.admin.sysctl(machine, name, value)?,
            Command::Note { name } => self.admin.note(machine, name)?,
            Command::Cma { pages } => self.admin.cma(machine, *pages)?,
            command => self.job = Some(Job::new(machine, command, &mut setting)?),
        }
        Ok(None)
    }
}
