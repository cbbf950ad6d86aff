//! Recordings in folders.

use super::error::RecordingError;
use super::source::{MAX_FILE_BYTES, Source};
use super::unpack::{gunzip, unxz};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Folders below a folder that are searched for recordings.
const MAX_DEPTH: u32 = 8;
/// How a file may be packed, in the order tried.
const SUFFIXES: [&str; 3] = ["", ".gz", ".xz"];

/// A folder on disk; files may be plain, `.gz` or `.xz`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderSource {
    path: PathBuf,
}

impl FolderSource {
    /// The files below `path`.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> FolderSource {
        FolderSource { path: path.into() }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Source for FolderSource {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, RecordingError> {
        for suffix in SUFFIXES {
            let name = format!("{path}{suffix}");
            let problem = |problem: String| RecordingError::in_file(&name, problem);
            match read_limited(&self.path.join(&name)) {
                Ok(bytes) => return unpack(bytes, suffix).map(Some).map_err(problem),
                Err(error) if is_absence(&error) => {}
                Err(error) => return Err(problem(error.to_string())),
            }
        }
        Ok(None)
    }
}

/// Whether the error means that there is no such file. A file where a folder should be counts too.
fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// A file's bytes, decompressed if its name ends with `.gz` or `.xz`.
///
/// # Errors
/// What is wrong with the file, in words.
pub fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let bytes = read_limited(path).map_err(|error| error.to_string())?;
    let suffix = SUFFIXES.into_iter().rev().find(|suffix| path.as_os_str().to_string_lossy().ends_with(suffix));
    unpack(bytes, suffix.unwrap_or_default())
}

fn read_limited(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unpack(bytes: Vec<u8>, suffix: &str) -> Result<Vec<u8>, String> {
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(format!("more than {} MiB", MAX_FILE_BYTES >> 20));
    }
    match suffix {
        ".gz" => gunzip(&bytes, MAX_FILE_BYTES),
        ".xz" => unxz(&bytes, MAX_FILE_BYTES),
        _ => Ok(bytes),
    }
}

/// The recordings at or below a folder, sorted by path: every folder with an `ops.txt`, packed or not.
///
/// # Errors
/// [`io::Error`] if a folder cannot be listed.
pub fn find_recordings(folder: &Path) -> io::Result<Vec<PathBuf>> {
    find_folders(folder, "ops.txt")
}

/// The folders at or below a folder that hold a file, packed or not, sorted by path.
///
/// # Errors
/// [`io::Error`] if a folder cannot be listed.
pub fn find_folders(folder: &Path, file: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    search(folder, file, MAX_DEPTH, &mut found)?;
    found.sort();
    Ok(found)
}

fn search(folder: &Path, file: &str, depth: u32, found: &mut Vec<PathBuf>) -> io::Result<()> {
    if SUFFIXES.iter().any(|suffix| folder.join(format!("{file}{suffix}")).is_file()) {
        found.push(folder.to_owned());
        return Ok(());
    }
    let entries = fs::read_dir(folder)?;
    for entry in entries {
        let path = entry?.path();
        if depth > 0 && path.is_dir() {
            search(&path, file, depth - 1, found)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_none_and_a_missing_folder_an_error() {
        let nowhere = std::env::temp_dir().join("buddyscope-no-such-folder");
        assert_eq!(FolderSource::new(&nowhere).read("ops.txt"), Ok(None));
        assert!(find_recordings(&nowhere).is_err());
    }
}
