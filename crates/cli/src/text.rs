//! Texts that people give to the commands.

use anyhow::{Context, anyhow, bail};
use buddyscope_scenario::recording::read_file;
use std::io::Read;
use std::path::Path;

/// Most bytes that are read of standard input.
const MAX_BYTES: u64 = 256 << 20;

/// A text: a file, plain, .gz or .xz, or standard input for `-`. What is no UTF-8 in it is replaced.
pub(crate) fn read(file: &Path) -> anyhow::Result<String> {
    let bytes =
        if file.to_str() == Some("-") { standard_input() } else { read_file(file).map_err(|error| anyhow!(error)) };
    Ok(String::from_utf8_lossy(&bytes.with_context(|| file.display().to_string())?).into_owned())
}

fn standard_input() -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::stdin().take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        bail!("larger than {} MiB", MAX_BYTES >> 20);
    }
    Ok(bytes)
}
