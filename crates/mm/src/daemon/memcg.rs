//! The worker that does what memory cgroups leave for later: bringing groups below `memory.high` after an interrupt charged
//! them, and telling of pressure (`high_work_func`, `vmpressure_work_fn`).

use crate::event::Sink;
use crate::machine::Machine;
use crate::pfn::CpuId;
use crate::reclaim::memcg::HighWork;
use crate::task::{Task, TaskFlags};
use crate::wait::{Step, Wait};

/// The worker of all groups.
#[derive(Clone, Debug)]
pub struct MemcgWorker {
    task: Task,
    work: Option<HighWork>,
}

impl MemcgWorker {
    /// A worker on a CPU.
    #[must_use]
    pub fn new(cpu: CpuId) -> MemcgWorker {
        let mut task = Task::new(cpu);
        task.flags = TaskFlags::KTHREAD;
        MemcgWorker { task, work: None }
    }

    /// Does what there is to do. It is never done.
    pub fn resume<S: Sink>(&mut self, machine: &mut Machine<S>) -> Step<()> {
        loop {
            if let Some(work) = &mut self.work {
                match work.resume(machine, &mut self.task) {
                    Step::Wait(wait) => return Step::Wait(wait),
                    Step::Done(()) => self.work = None,
                }
            }
            machine.do_vmpressure_work();
            self.work = machine.next_high_work();
            if self.work.is_none() {
                return Step::Wait(Wait::MemcgWork);
            }
        }
    }
}
