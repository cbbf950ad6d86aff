//! A running machine and everything that was done to it.
//!
//! A [`Session`] is a machine, the list of what was asked of it and a log of commands. The log is the truth: booting
//! the same form and running the same commands ends in the same state, bit for bit, on every target. What needs the
//! past (explanations whose events are gone, the machine as it was before a request) runs the log again.

mod age;
mod alloc_form;
mod allocations;
mod command;
mod error;
mod machine_form;
mod origin;
mod past;
mod playback;
mod policy;
mod presets;
mod state;
mod value;

pub use alloc_form::{AllocForm, MAX_COUNT, Request};
pub use allocations::{Allocation, Allocations, EventSpan};
pub use buddyscope_engine::Trace;
pub use command::Command;
pub use error::FieldError;
pub use machine_form::{MachineForm, NodeForm};
pub use playback::{Playback, RecordingView};
pub use policy::Target;
pub use presets::{Preset, presets};
pub use state::State;
pub use value::Value;

use crate::pagemap::Classes;
#[cfg(feature = "reader")]
use crate::rebuild::Told;
use crate::view::Sight;
use buddyscope_mm::Machine;
use buddyscope_mm::pfn::{Order, Pfn};
use origin::Origin;

/// Most operations that `age` takes.
pub const MAX_AGE_OPERATIONS: u64 = 50_000_000;
/// Largest seed: what a JavaScript number holds exactly.
pub const MAX_SEED: u64 = (1 << 53) - 1;

/// A running machine with its log.
pub struct Session {
    origin: Origin,
    state: State,
    log: Vec<Command>,
    version: u64,
    classes: Classes,
    anchor: Option<past::Anchor>,
}

impl Session {
    /// Boots the machine that the form describes.
    ///
    /// # Errors
    /// [`FieldError`] naming the field of the form that is wrong.
    pub fn boot(form: &MachineForm) -> Result<Session, FieldError> {
        let form = form.resolve()?;
        let config = form.config()?;
        Session::start(Origin::Booted { form, config: Box::new(config) })
    }

    /// A session of a machine as texts tell of it.
    ///
    /// # Errors
    /// [`FieldError`] about `text` if no such machine can be.
    #[cfg(feature = "reader")]
    pub fn rebuilt(told: Told) -> Result<Session, FieldError> {
        Session::start(Origin::Rebuilt(Box::new(told)))
    }

    fn start(origin: Origin) -> Result<Session, FieldError> {
        let state = origin.start()?;
        Ok(Session { origin, state, log: Vec::new(), version: 0, classes: Classes::default(), anchor: None })
    }

    /// Boots the form and runs a log.
    ///
    /// # Errors
    /// [`FieldError`] if the form or some command is refused.
    pub fn restore(form: &MachineForm, log: Vec<Command>) -> Result<Session, FieldError> {
        let mut session = Session::boot(form)?;
        for command in log {
            session.run(command)?;
        }
        Ok(session)
    }

    /// Runs a command and notes it.
    ///
    /// # Errors
    /// [`FieldError`] if it cannot be done; the session is as it was then, to the last bit.
    pub fn run(&mut self, command: Command) -> Result<(), FieldError> {
        self.state.run(&command, self.log.len() as u32)?;
        self.log.push(command);
        self.version += 1;
        Ok(())
    }

    /// Lets the machine live for a while. Without a number of operations, as many as fill it.
    ///
    /// # Errors
    /// [`FieldError`] if a number is out of range.
    pub fn age(&mut self, seed: &Value, operations: &Value) -> Result<(), FieldError> {
        let seed = seed.or(0, "seed", 0..=MAX_SEED)?;
        let operations = operations.or(self.usual_age(), "operations", 0..=MAX_AGE_OPERATIONS)?;
        self.run(Command::Age { seed, operations })?;
        self.drop_anchor();
        Ok(())
    }

    fn usual_age(&self) -> u64 {
        let pages: u64 = self.machine().zones().iter().map(|zone| zone.managed_pages).sum();
        // A machine too large to be filled gets a taste of life.
        if pages > 1 << 24 { 200_000 } else { (pages * 2).min(1_500_000) }
    }

    /// Makes the requests of a form. Tells the ids of the first and the last.
    ///
    /// # Errors
    /// [`FieldError`] naming the field of the form that is wrong. A request that fails is no error.
    pub fn allocate(&mut self, form: AllocForm) -> Result<(u32, u32), FieldError> {
        let first = self.state.allocations.total() as u32 + 1;
        self.run(Command::Allocate { form })?;
        Ok((first, self.state.allocations.total() as u32))
    }

    /// Frees an allocation of the list.
    ///
    /// # Errors
    /// [`FieldError`] about `id`.
    pub fn free(&mut self, id: u32) -> Result<(), FieldError> {
        self.run(Command::Free { id })
    }

    /// Frees the newest allocation that is in use and tells its id.
    ///
    /// # Errors
    /// [`FieldError`] about `id` if none is.
    pub fn free_newest(&mut self) -> Result<u32, FieldError> {
        let newest = self.state.allocations.newest_live().map(|allocation| allocation.id);
        let id = newest.ok_or_else(|| FieldError::new("id", "no allocation is in use"))?;
        self.free(id).map(|()| id)
    }

    /// Frees any block in use, whoever allocated it, on the CPU that allocated it or else on the first.
    ///
    /// # Errors
    /// [`FieldError`] where the kernel would corrupt memory: a block that is free, another's inside, a wrong order.
    pub fn free_pfn(&mut self, pfn: &Value, order: &Value) -> Result<(), FieldError> {
        let pfn = pfn.get("pfn", 0..=Pfn::LIMIT.0 - 1)?;
        let order = order.or(0, "order", 0..=u64::from(Order::MAX.get()))? as u8;
        let owner = self.state.allocations.at(Pfn(pfn));
        let cpu = owner.map_or(0, |allocation| allocation.cpu.0);
        self.run(Command::FreePfn { pfn, order, cpu })
    }

    /// Gives per-CPU pages back, of one CPU or of all (`drain_local_pages`, `drain_all_pages`).
    ///
    /// # Errors
    /// [`FieldError`] about `cpu`.
    pub fn drain(&mut self, cpu: &Value) -> Result<(), FieldError> {
        let cpu = self.cpu(cpu)?;
        self.run(Command::Drain { cpu })
    }

    /// Folds per-CPU counter deltas, of one CPU or of all (`refresh_cpu_vm_stats`).
    ///
    /// # Errors
    /// [`FieldError`] about `cpu`.
    pub fn fold(&mut self, cpu: &Value) -> Result<(), FieldError> {
        let cpu = self.cpu(cpu)?;
        self.run(Command::Fold { cpu })
    }

    fn cpu(&self, cpu: &Value) -> Result<Option<u16>, FieldError> {
        let last = self.machine().cpus().len() as u64 - 1;
        if cpu.is_missing() { Ok(None) } else { cpu.get("cpu", 0..=last).map(|cpu| Some(cpu as u16)) }
    }

    /// Writes a file of `/proc/sys/vm`, named with or without `vm.`.
    ///
    /// # Errors
    /// [`FieldError`] about the file if it does not exist or refuses the text.
    pub fn set_sysctl(&mut self, name: &str, value: &str) -> Result<(), FieldError> {
        self.run(Command::Sysctl { name: name.to_owned(), value: value.to_owned() })
    }

    /// The id that a number means.
    ///
    /// # Errors
    /// [`FieldError`] about `id` if there is no allocation of that number.
    pub fn allocation_id(&self, id: &Value) -> Result<u32, FieldError> {
        match self.allocations().total() as u64 {
            0 => Err(FieldError::new("id", format!("there is no allocation {id}; there are none yet"))),
            total => id.get("id", 1..=total).map(|id| id as u32),
        }
    }

    /// The machine.
    #[must_use]
    pub fn machine(&self) -> &Machine<Trace> {
        &self.state.machine
    }

    /// The machine to look at, with its page classes brought up to date.
    pub fn sight(&mut self) -> Sight<'_> {
        self.classes.update(&self.state.machine, &self.state.allocations);
        Sight {
            machine: &self.state.machine,
            allocations: &self.state.allocations,
            classes: &self.classes,
            title: self.origin.title(),
            rebuilt: self.origin.form().is_none(),
            version: self.version,
        }
    }

    /// What was asked for.
    #[must_use]
    pub fn allocations(&self) -> &Allocations {
        &self.state.allocations
    }

    /// Everything that was done since booting.
    #[must_use]
    pub fn log(&self) -> &[Command] {
        &self.log
    }

    /// The form that was booted, with everything its preset says filled in.
    #[must_use]
    pub fn form(&self) -> Option<&MachineForm> {
        self.origin.form()
    }

    /// Whether the machine has contiguous areas.
    #[must_use]
    pub(crate) fn has_cma(&self) -> bool {
        self.origin.has_cma()
    }

    /// Rises with every command.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }
}
