//! The model under a recorded load, in virtual time, observed as the kernel was.

mod admin;
mod cfs;
mod first_run;
mod job;
mod observer;
mod pace;
mod root_files;
mod setting;
mod shell;
mod speed;
mod swap_out;
mod work;
mod world;

use super::error::CompareError;
use super::run::Run;
use super::trace::Trace;
use crate::replay::restore_machine;
use buddyscope_mm::Machine;
use observer::Observer;
use world::World;

/// What the model did.
pub(super) struct Outcome {
    /// Its trace, as the recorder would have written it.
    pub(super) trace: Trace,
    /// The machine after the load.
    pub(super) machine: Machine<Observer>,
}

/// Repeats a run's load on its machine.
///
/// # Errors
/// [`CompareError::NotModeled`] for a step that the model has no counterpart for.
pub(super) fn run(run: &Run) -> Result<Outcome, CompareError> {
    let mut machine = restore_machine(&run.start, Observer::default())?;
    root_files::restore(&mut machine, &run.start)?;
    let mut world = World::new(run, machine)?;
    world.run()?;
    Ok(world.finish())
}
