//! Where a session's machine comes from: enough to make it again.

use super::error::FieldError;
use super::machine_form::MachineForm;
use super::presets;
use super::state::State;
#[cfg(feature = "reader")]
use crate::rebuild::{Rebuilt, Told};
use buddyscope_engine::Trace;
use buddyscope_mm::Machine;
use buddyscope_mm::config::MachineConfig;

pub(super) enum Origin {
    /// It was booted.
    Booted {
        /// As it was asked for.
        form: MachineForm,
        /// As it was booted.
        config: Box<MachineConfig>,
    },
    /// Texts tell of it.
    #[cfg(feature = "reader")]
    Rebuilt(Box<Told>),
}

impl Origin {
    /// The machine before any command. Nobody lives on it, so there is nobody whose pages could go.
    pub(super) fn start(&self) -> Result<State, FieldError> {
        let mut machine = match self {
            Origin::Booted { config, .. } => {
                Machine::boot(config, Trace::default()).map_err(|error| FieldError::of_machine(&error))?
            }
            #[cfg(feature = "reader")]
            Origin::Rebuilt(told) => {
                let rebuilt = Rebuilt::new(Told::clone(told), Trace::default());
                rebuilt.map_err(|error| FieldError::new("text", error.to_string()))?.machine
            }
        };
        machine.set_reclaims(false);
        Ok(State::new(machine))
    }

    pub(super) fn form(&self) -> Option<&MachineForm> {
        match self {
            Origin::Booted { form, .. } => Some(form),
            #[cfg(feature = "reader")]
            Origin::Rebuilt(_) => None,
        }
    }

    pub(super) fn title(&self) -> &'static str {
        self.form().and_then(|form| form.preset.as_deref()).and_then(presets::title).unwrap_or("")
    }

    pub(super) fn has_cma(&self) -> bool {
        match self {
            Origin::Booted { config, .. } => config.boot.cma.is_some(),
            #[cfg(feature = "reader")]
            Origin::Rebuilt(told) => told.has_cma(),
        }
    }
}
