//! Recordings named on the command line.

use anyhow::{Context, bail};
use buddyscope_scenario::recording::find_folders;
use std::path::PathBuf;

/// The folders at or below some that hold a file, packed or not. A place without any is an error that calls them `what`.
pub(crate) fn folders(dirs: &[PathBuf], file: &str, what: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for dir in dirs {
        let found = find_folders(dir, file).with_context(|| format!("{}", dir.display()))?;
        if found.is_empty() {
            bail!("{}: no {what} here (a folder with {file}, {file}.gz or {file}.xz)", dir.display());
        }
        all.extend(found);
    }
    Ok(all)
}
