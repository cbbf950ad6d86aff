//! What an administrator does: sysctls, the pool of huge pages, CMA.

use super::observer::Observer;
use crate::compare::error::CompareError;
use crate::compare::trace::LoadEvent;
use crate::recording::StateFile;
use buddyscope_mm::Machine;
use buddyscope_mm::config::Sysctl;
use buddyscope_mm::pfn::{CpuId, MigrateType, PAGEBLOCK_NR_PAGES, Pfn};
use buddyscope_mm::task::Task;

/// The administrator's task.
pub(super) struct Admin {
    task: Task,
}

impl Admin {
    pub(super) fn new(machine: &mut Machine<Observer>, start: &StateFile) -> Admin {
        if let Some((base, pages)) = cma_area(start) {
            machine.add_cma_area(base, pages);
        }
        Admin { task: Task::new(CpuId(0)) }
    }

    /// Writes a file of /proc/sys/vm.
    pub(super) fn sysctl(
        &mut self,
        machine: &mut Machine<Observer>,
        name: &str,
        value: &str,
    ) -> Result<(), CompareError> {
        let wrong = |error: String| CompareError::NotModeled(format!("sysctl {name}: {error}"));
        match name {
            // The model never refuses a mapping for lack of memory.
            "overcommit_memory" => {}
            "compact_memory" => machine.compact_memory(&mut self.task),
            "nr_hugepages" => {
                let count = value.parse().map_err(|_| wrong(format!("`{value}` is not a number")))?;
                machine.set_nr_hugepages(&mut self.task, count);
            }
            name => {
                let change = Sysctl::parse(name, value).map_err(|error| wrong(error.to_string()))?;
                machine.write_sysctl(change).map_err(|error| wrong(error.to_string()))?;
            }
        }
        Ok(())
    }

    /// Notes a value down.
    pub(super) fn note(&self, machine: &mut Machine<Observer>, name: &str) -> Result<(), CompareError> {
        if name != "nr_hugepages" {
            return Err(CompareError::NotModeled(format!("the value of sysctl {name}")));
        }
        let value = machine.nr_hugepages().to_string();
        machine.sink_mut().note_value(value);
        Ok(())
    }

    /// Takes a range of the CMA area and keeps it.
    pub(super) fn cma(&mut self, machine: &mut Machine<Observer>, pages: u64) -> Result<(), CompareError> {
        if machine.cma_areas().is_empty() {
            return Err(CompareError::NotModeled("the machine has no CMA area".to_owned()));
        }
        let taken = machine.cma_alloc(&mut self.task, pages, 0);
        machine.sink_mut().note(LoadEvent::CmaAlloc { pages, pfn: taken.unwrap_or_default() });
        Ok(())
    }
}

/// First page and pages of the area that the CMA pageblocks of a machine are.
fn cma_area(start: &StateFile) -> Option<(Pfn, u64)> {
    let runs = start.zones.iter().flat_map(|zone| zone.pageblocks.iter());
    let (first, _, blocks) = runs.into_iter().find(|run| run.1 == Some(MigrateType::Cma))?;
    Some((first, blocks * PAGEBLOCK_NR_PAGES))
}
