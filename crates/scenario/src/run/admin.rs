//! What an administrator does.

use crate::sentence::{Args, Sentence};
use buddyscope_mm::Machine;
use buddyscope_mm::compact::ContigError;
use buddyscope_mm::event::Sink;
use buddyscope_mm::pfn::Pfn;
use buddyscope_mm::task::Task;

/// `vm.nr_hugepages`: the pool gets so many pages, or as many as can be had.
pub(super) fn hugepages<S: Sink>(machine: &mut Machine<S>, task: &mut Task, count: u64) -> Result<(), Sentence> {
    machine.set_nr_hugepages(task, count);
    let had = machine.nr_hugepages();
    if had < count {
        return Err(Sentence::new("news.hugepages", Args::new().with("wanted", count).with("got", had)));
    }
    Ok(())
}

/// What came of taking pages in a row (`cma_alloc`), which a driver keeps.
pub(super) fn cma<S: Sink>(machine: &Machine<S>, pages: u64, taken: Result<Pfn, ContigError>) -> Result<(), Sentence> {
    let Err(error) = taken else { return Ok(()) };
    if machine.cma_areas().is_empty() {
        return Err(Sentence::new("news.noCma", Args::new()));
    }
    Err(Sentence::new("news.cma", Args::new().with("pages", pages).with("why", error.to_string())))
}
