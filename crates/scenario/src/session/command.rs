//! The things a person does, as data: the log of a session is a list of them.

use super::alloc_form::AllocForm;
use serde::{Deserialize, Serialize};

/// One thing done. Running the same commands on the same form ends in the same state, bit for bit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "camelCase")]
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
