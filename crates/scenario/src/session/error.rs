//! What a person got wrong, by the field it is about.

use buddyscope_mm::PageError;
use buddyscope_mm::config::ConfigError;
use serde::Serialize;
use thiserror::Error;

/// An input that was refused. The session is as it was.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize)]
#[error("{field}: {message}")]
pub struct FieldError {
    /// The field, as a path into the form: `gfp`, `nodes[1].mib`, `distances[0][1]`.
    pub field: String,
    /// What is wrong with it and what would do.
    pub message: String,
}

impl FieldError {
    /// An error about one field.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> FieldError {
        FieldError { field: field.into(), message: message.into() }
    }

    /// A refused write to `/proc/sys/vm`.
    pub(super) fn of_sysctl(name: &str, error: &ConfigError) -> FieldError {
        FieldError::new(name, error.to_string())
    }

    /// A machine that cannot be, in the words of its form.
    pub(super) fn of_machine(error: &ConfigError) -> FieldError {
        let field = match error {
            ConfigError::OutOfRange { field, .. } if field.starts_with("cpus") => "nodes",
            ConfigError::OutOfRange { field, .. } if field.starts_with("vm.") => field,
            ConfigError::OutOfRange { .. } | ConfigError::Overlap { .. } => "nodes",
            ConfigError::BootParam { .. } | ConfigError::NoMemory => "cmdline",
            _ => "machine",
        };
        FieldError::new(field, error.to_string())
    }

    /// A page or block that cannot be freed.
    pub(super) fn of_page(error: PageError) -> FieldError {
        let field = match error {
            PageError::WrongOrder { .. } => "order",
            PageError::NoCpu { .. } => "cpu",
            _ => "pfn",
        };
        FieldError::new(field, error.to_string())
    }
}
