//! Why a machine description is refused.

use super::ranges::ByteRange;

/// A machine description, boot parameter or sysctl value that the model does not accept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A field has a value outside its range.
    #[error("{field} is {value}; allowed: {allowed}")]
    OutOfRange {
        /// The field, as a path into the description.
        field: String,
        /// Its value.
        value: String,
        /// What is allowed.
        allowed: String,
    },
    /// A boot parameter does not have the form the kernel expects.
    #[error("boot parameter {name}={value}: expected {expected}")]
    BootParam {
        /// Name of the parameter.
        name: String,
        /// What follows its `=`.
        value: String,
        /// The form it should have.
        expected: &'static str,
    },
    /// There is no sysctl of this name, or the model does not have it.
    #[error("unknown sysctl {name}")]
    UnknownSysctl {
        /// The name as given.
        name: String,
    },
    /// Two memory ranges share addresses.
    #[error("memory {first} overlaps {second}")]
    Overlap {
        /// The range that starts first.
        first: ByteRange,
        /// The range that starts inside it.
        second: ByteRange,
    },
    /// No node has the 4 MiB that the kernel asks of a node, after boot parameters took what they took.
    #[error("no node has 4 MiB of memory after the boot parameters")]
    NoMemory,
    /// The machine is laid out, but the model cannot hold it.
    #[error("the model cannot boot this machine: {reason}")]
    Unbootable {
        /// Why not.
        reason: String,
    },
}

impl ConfigError {
    pub(crate) fn out_of_range(field: impl ToString, value: impl ToString, allowed: impl ToString) -> ConfigError {
        ConfigError::OutOfRange { field: field.to_string(), value: value.to_string(), allowed: allowed.to_string() }
    }
}
