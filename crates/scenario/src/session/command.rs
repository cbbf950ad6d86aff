//! The things a person does, as data: the log of a session is a list of them.

use super::alloc_form::AllocForm;
use serde::{Deserialize, Serialize};

/// One thing done. Running the same commands on the same form ends in the same state, bit for bit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub enum Command {
    /// A life before: seeded allocations and frees, of which some stay.
    Age {
        /// What chance follows from.
        seed: u64,
        /// Allocations and frees at most.
        operations: u64,
    },
    /// One form's requests; the first failure ends them.
    Allocate {
        /// The form.
        form: AllocForm,
    },
    /// Frees an allocation of the list.
    Free {
        /// Its number.
        id: u32,
    },
    /// Frees any block in use.
    FreePfn {
        /// First page.
        pfn: u64,
        /// The order it was allocated with.
        order: u8,
        /// On which CPU.
        cpu: u16,
    },
    /// Gives per-CPU pages back.
    Drain {
        /// Of one CPU, or of all.
        cpu: Option<u16>,
    },
    /// Folds per-CPU counter deltas.
    Fold {
        /// Of one CPU, or of all.
        cpu: Option<u16>,
    },
    /// Writes a file of `/proc/sys/vm`.
    Sysctl {
        /// Its name.
        name: String,
        /// The text written.
        value: String,
    },
}

/// A command as it is written down: flat, so that reading it needs little code.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Wire {
    r#do: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operations: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    form: Option<AllocForm>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pfn: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

impl From<Command> for Wire {
    fn from(command: Command) -> Wire {
        let to = |name: &str| Wire { r#do: name.to_owned(), ..Wire::default() };
        match command {
            Command::Age { seed, operations } => Wire { seed: Some(seed), operations: Some(operations), ..to("age") },
            Command::Allocate { form } => Wire { form: Some(form), ..to("allocate") },
            Command::Free { id } => Wire { id: Some(id), ..to("free") },
            Command::FreePfn { pfn, order, cpu } => {
                Wire { pfn: Some(pfn), order: Some(order), cpu: Some(cpu), ..to("freePfn") }
            }
            Command::Drain { cpu } => Wire { cpu, ..to("drain") },
            Command::Fold { cpu } => Wire { cpu, ..to("fold") },
            Command::Sysctl { name, value } => Wire { name: Some(name), value: Some(value), ..to("sysctl") },
        }
    }
}

impl TryFrom<Wire> for Command {
    type Error = String;

    fn try_from(wire: Wire) -> Result<Command, String> {
        let missing = || format!("a field of the command `{}` is missing", wire.r#do);
        Ok(match wire.r#do.as_str() {
            "age" => {
                Command::Age { seed: wire.seed.ok_or_else(missing)?, operations: wire.operations.ok_or_else(missing)? }
            }
            "allocate" => Command::Allocate { form: wire.form.clone().ok_or_else(missing)? },
            "free" => Command::Free { id: wire.id.ok_or_else(missing)? },
            "freePfn" => Command::FreePfn {
                pfn: wire.pfn.ok_or_else(missing)?,
                order: wire.order.ok_or_else(missing)?,
                cpu: wire.cpu.ok_or_else(missing)?,
            },
            "drain" => Command::Drain { cpu: wire.cpu },
            "fold" => Command::Fold { cpu: wire.cpu },
            "sysctl" => Command::Sysctl {
                name: wire.name.clone().ok_or_else(missing)?,
                value: wire.value.clone().ok_or_else(missing)?,
            },
            other => return Err(format!("there is no command `{other}`")),
        })
    }
}
