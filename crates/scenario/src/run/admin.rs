//! What an administrator does.

use buddyscope_mm::Machine;
use buddyscope_mm::event::Sink;
use buddyscope_mm::task::Task;

/// `vm.nr_hugepages`: the pool gets so many pages, or as many as can be had.
pub(super) fn hugepages<S: Sink>(machine: &mut Machine<S>, task: &mut Task, count: u64) -> Result<(), String> {
    machine.set_nr_hugepages(task, count);
    let had = machine.nr_hugepages();
    if had < count { Err(format!("{count} huge pages: only {had} could be had")) } else { Ok(()) }
}

/// A driver takes pages in a row (`cma_alloc`) and keeps them.
pub(super) fn cma<S: Sink>(machine: &mut Machine<S>, task: &mut Task, pages: u64) -> Result<(), String> {
    if machine.cma_areas().is_empty() {
        return Err("the machine has no contiguous area (boot it with cma=)".to_owned());
    }
    let taken = machine.cma_alloc(task, pages, 0);
    taken.map(|_| ()).map_err(|error| format!("{pages} pages in a row: {error}"))
}
