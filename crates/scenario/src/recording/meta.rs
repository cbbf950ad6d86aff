//! What a recording was made of (`meta.json`).

use super::error::RecordingError;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A whole `meta.json`; keys that are not here are passed over.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Meta {
    /// The kernel's version.
    pub kernel: String,
    /// The machine it ran on.
    pub qemu: QemuMachine,
    /// The kernel's command line.
    pub cmdline: String,
    /// The steps of the recording.
    #[serde(default)]
    pub script: Vec<String>,
    /// The commands that made the load, where timing mattered.
    #[serde(default)]
    pub shell: Vec<String>,
    /// Name of the script.
    #[serde(default)]
    pub scenario: Option<String>,
    /// Name of the machine.
    #[serde(default)]
    pub topology: Option<String>,
    /// What was done before recording began.
    #[serde(default)]
    pub pre: Option<String>,
    /// Seed of the script.
    #[serde(default)]
    pub seed: Option<u64>,
}

/// The emulated machine.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct QemuMachine {
    /// Board and chipset.
    #[serde(default)]
    pub machine: String,
    /// Where memory is split between below and above 4 GiB, such as `128M`.
    #[serde(default)]
    pub max_ram_below_4g: Option<String>,
    /// By node: MiB of memory, and the CPUs.
    pub nodes_mb_cpus: Vec<(u64, Vec<u32>)>,
    /// Distances that were set, by `from->to`.
    #[serde(default)]
    pub dist: BTreeMap<String, u32>,
}

impl Meta {
    /// Reads a file; `file` is the name that errors give.
    ///
    /// # Errors
    /// [`RecordingError`] if it is not JSON or lacks a key.
    pub fn read(bytes: &[u8], file: &str) -> Result<Meta, RecordingError> {
        serde_json::from_slice(bytes).map_err(|error| RecordingError {
            file: file.to_owned(),
            line: u32::try_from(error.line()).ok().filter(|&line| line > 0),
            field: None,
            problem: error.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machine_and_command_line_are_read() {
        let text = r#"{"kernel": "Linux 5.10.35", "cmdline": "quiet", "other": [1],
            "qemu": {"max_ram_below_4g": null, "nodes_mb_cpus": [[256, [0, 1]], [0, []]], "dist": {"0->1": 20}}}"#;
        let Ok(meta) = Meta::read(text.as_bytes(), "meta.json") else { panic!("refused") };
        assert_eq!(meta.qemu.nodes_mb_cpus, [(256, vec![0, 1]), (0, vec![])]);
        assert_eq!(meta.qemu.dist.get("0->1"), Some(&20));
        assert_eq!((meta.script.len(), meta.seed), (0, None));
    }

    #[test]
    fn a_missing_key_is_an_error_with_its_name() {
        let Err(error) = Meta::read(b"{\"kernel\": \"x\"}", "meta.json") else { panic!("read") };
        assert!(error.to_string().contains("qemu"), "{error}");
        assert!(Meta::read(b"\xff\x00", "meta.json").is_err());
    }
}
