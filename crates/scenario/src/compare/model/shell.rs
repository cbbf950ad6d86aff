//! The shell that does the steps of a load one after the other.

use super::job::Job;
use super::observer::Observer;
use super::speed::Speed;
use crate::compare::error::CompareError;
use crate::compare::shell::{Command, Step as LoadStep};
use crate::compare::trace::LoadEvent;
use buddyscope_mm::Machine;
use buddyscope_mm::config::Sysctl;
use buddyscope_mm::io::DeviceId;
use buddyscope_mm::pfn::CpuId;
use buddyscope_mm::task::mm::FileId;
use buddyscope_mm::wait::{Step, Wait};
use std::cell::RefCell;
use std::rc::Rc;

/// Microseconds of a jiffy.
const JIFFY: u64 = 4000;

/// What shell and commands share.
#[derive(Debug, Default)]
pub(super) struct Setting {
    pub(super) speed: Speed,
    /// Where a command runs that is bound to no CPU.
    pub(super) cpu: CpuId,
    /// The data disk.
    pub(super) disk: FileId,
    /// Pages and device of the swap disk.
    pub(super) swap: (u32, DeviceId),
    /// Steps begun.
    pub(super) at: usize,
    /// Commands running in the background.
    pub(super) running: u32,
    /// Why the load cannot go on.
    pub(super) problem: Option<CompareError>,
}

pub(super) struct Shell {
    steps: Vec<LoadStep>,
    setting: Rc<RefCell<Setting>>,
    /// The command in the foreground.
    job: Option<Job>,
}

impl Shell {
    pub(super) fn new(_: &mut Machine<Observer>, steps: Vec<LoadStep>, setting: Rc<RefCell<Setting>>) -> Shell {
        Shell { steps, setting, job: None }
    }

    /// The CPU and process id under which things happen now.
    pub(super) fn identity(&self) -> (CpuId, u32) {
        self.job.as_ref().map_or((CpuId(0), 1), Job::identity)
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
        match command {
            Command::Swapon => {
                let (pages, device) = self.setting.borrow().swap;
                machine.swapon(pages, device, -2);
            }
            Command::Mark(name) => {
                machine.sink_mut().note(LoadEvent::Mark(name.clone()));
                // The sample that belongs to it is taken at the end of this turn.
                return Ok(Some(Wait::Yield));
            }
            Command::Sleep(micros) => return Ok(Some(Wait::Sleep((micros / JIFFY).max(1) as u32))),
            Command::Wait | Command::Snapshot(_) => {}
            Command::Sysctl { name, value } if name == "overcommit_memory" => {
                // The model refuses no mapping.
                let _ = value;
            }
            Command::Sysctl { name, value } => {
                let wrong = |error: String| CompareError::NotModeled(format!("sysctl {name}: {error}"));
                let change = Sysctl::parse(name, value).map_err(|error| wrong(error.to_string()))?;
                machine.write_sysctl(change).map_err(|error| wrong(error.to_string()))?;
            }
            command => {
                let job = Job::new(command, &self.setting.borrow())?;
                self.job = Some(job);
            }
        }
        Ok(None)
    }
}

impl Default for Speed {
    fn default() -> Speed {
        Speed { pages_per_second: 1, swapped_per_second: 1 }
    }
}
