//! What an administrator does: sysctls, the pool of huge pages, CMA.

use super::observer::Observer;
use crate::compare::error::CompareError;
use crate::compare::trace::LoadEvent;
use crate::recording::StateFile;
use buddyscope_mm::Machine;
use buddyscope_mm::compact::CmaArea;
use buddyscope_mm::config::Sysctl;
use buddyscope_mm::gfp::Gfp;
use buddyscope_mm::pfn::{CpuId, MigrateType, NodeId, Order, PAGEBLOCK_NR_PAGES, Pfn};
use buddyscope_mm::task::Task;

/// Order of a huge page (`HPAGE_PMD_ORDER`).
const HUGE_PAGE_ORDER: u32 = 9;

/// The administrator's task and what it holds.
pub(super) struct Admin {
    task: Task,
    /// Huge pages of the pool.
    pool: Vec<Pfn>,
    cma: Option<CmaArea>,
}

impl Admin {
    pub(super) fn new(start: &StateFile) -> Admin {
        Admin { task: Task::new(CpuId(0)), pool: Vec::new(), cma: cma_area(start) }
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
                self.set_pool(machine, count);
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
        let value = self.pool.len().to_string();
        machine.sink_mut().note_value(value);
        Ok(())
    }

    /// Huge pages from all nodes in turn until there are enough or one cannot be had; or gives some back
    /// (`set_max_huge_pages`).
    fn set_pool(&mut self, machine: &mut Machine<Observer>, count: usize) {
        let order = Order::new(HUGE_PAGE_ORDER).unwrap_or_default();
        let gfp = Gfp::GFP_HIGHUSER_MOVABLE | Gfp::COMP | Gfp::NOWARN | Gfp::RETRY_MAYFAIL | Gfp::THISNODE;
        let nodes: Vec<NodeId> = machine.memory_nodes().iter().collect();
        while self.pool.len() < count {
            let from = nodes.iter().cycle().skip(self.pool.len() % nodes.len().max(1)).take(nodes.len());
            let mut tries = from.map(|&node| machine.alloc_pages_node(&mut self.task, Some(node), gfp, order).pfn);
            let Some(page) = tries.find_map(|pfn| pfn) else { return };
            self.pool.push(page);
        }
        for pfn in self.pool.drain(count..) {
            // It was allocated with this order.
            _ = machine.free_pages(self.task.cpu, pfn, order);
        }
    }

    /// Takes a range of the CMA area and keeps it.
    pub(super) fn cma(&mut self, machine: &mut Machine<Observer>, pages: u64) -> Result<(), CompareError> {
        let Some(area) = &mut self.cma else {
            return Err(CompareError::NotModeled("the machine has no CMA area".to_owned()));
        };
        let taken = area.alloc(machine, &mut self.task, pages, 0);
        machine.sink_mut().note(LoadEvent::CmaAlloc { pages, pfn: taken.unwrap_or_default() });
        Ok(())
    }
}

/// The area that the CMA pageblocks of a machine are.
fn cma_area(start: &StateFile) -> Option<CmaArea> {
    let runs = start.zones.iter().flat_map(|zone| zone.pageblocks.iter());
    let (first, _, blocks) = runs.into_iter().find(|run| run.1 == Some(MigrateType::Cma))?;
    Some(CmaArea::new(first, blocks * PAGEBLOCK_NR_PAGES))
}
