//! `buddyscope roundtrip FILE…`: whether a kernel's texts print as they were read.

use anyhow::Context;
use buddyscope_procfs::document::{Coverage, Document, Kind};
use buddyscope_scenario::recording::read_file;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Folders below a folder that are searched for texts.
const MAX_DEPTH: u32 = 8;

/// What to read.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Texts, plain, .gz or .xz; or folders, of which the files with names like those in /proc and /sys are read.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Tell of every text how much of it is understood, and which files are no texts of a kernel.
    #[arg(short, long)]
    verbose: bool,
}

/// What has been seen.
#[derive(Default)]
struct Total {
    texts: usize,
    identical: usize,
    skipped: usize,
    understood: usize,
    kept_lines: usize,
    kept_words: usize,
}

/// Reads and prints all texts; `false` if any differs or cannot be read.
pub(crate) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<bool> {
    let mut total = Total::default();
    for path in &args.files {
        let depth = MAX_DEPTH;
        visit(path, depth, args.verbose, &mut total, out).with_context(|| path.display().to_string())?;
    }
    let Total { texts, identical, skipped, understood, kept_lines, kept_words } = total;
    writeln!(out, "skipped: {skipped} files that are no texts of a kernel")?;
    writeln!(
        out,
        "understood: {understood} lines; kept as text: {kept_lines} lines, and {kept_words} words in others"
    )?;
    writeln!(out, "roundtrip: {identical}/{texts} texts identical")?;
    Ok(identical == texts)
}

/// A file, or the known files of a folder.
fn visit(path: &Path, depth: u32, verbose: bool, total: &mut Total, out: &mut impl Write) -> io::Result<()> {
    if !path.is_dir() {
        return text(path, depth == MAX_DEPTH, verbose, total, out);
    }
    let mut entries = fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    for entry in entries {
        if depth > 0 || !entry.is_dir() {
            visit(&entry, depth.saturating_sub(1), verbose, total, out)?;
        }
    }
    Ok(())
}

/// A file. One that is named on the command line may have any name; its content decides then.
fn text(path: &Path, is_named: bool, verbose: bool, total: &mut Total, out: &mut impl Write) -> io::Result<()> {
    let shown = path.display();
    let name = path.to_string_lossy();
    let kind = Kind::of_path(name.trim_end_matches(".gz").trim_end_matches(".xz"));
    let outcome = match kind {
        None if !is_named => Ok(None),
        kind => read_file(path).and_then(|bytes| roundtrip(kind, &bytes)),
    };
    match outcome {
        Ok(None) => {
            total.skipped += 1;
            if verbose {
                writeln!(out, "{shown}: no text of a kernel")?;
            }
            return Ok(());
        }
        Ok(Some((coverage, difference))) => {
            total.understood += coverage.understood;
            total.kept_lines += coverage.kept_lines;
            total.kept_words += coverage.kept_words;
            total.identical += usize::from(difference.is_none());
            if let Some((line, column)) = difference {
                writeln!(out, "{shown}: differs from line {line}, column {column} on")?;
            } else if verbose {
                let Coverage { understood, kept_lines, kept_words, .. } = coverage;
                writeln!(
                    out,
                    "{shown}: {understood} lines understood, {kept_lines} lines and {kept_words} words kept"
                )?;
            }
        }
        Err(error) => writeln!(out, "{shown}: cannot be read: {error}")?,
    }
    total.texts += 1;
    Ok(())
}

/// What was understood of a text, and where it prints otherwise; `None` if nothing is known in it.
type Roundtrip = Option<(Coverage, Option<(usize, usize)>)>;

fn roundtrip(kind: Option<Kind>, bytes: &[u8]) -> Result<Roundtrip, String> {
    let document = Document::read_bytes(kind, bytes).map_err(|error| error.to_string())?;
    let coverage = document.coverage();
    if kind.is_none() && coverage.understood == 0 {
        return Ok(None);
    }
    Ok(Some((coverage, difference(bytes, document.to_string().as_bytes()))))
}

/// Line and column, in bytes, where two texts begin to differ.
fn difference(read: &[u8], printed: &[u8]) -> Option<(usize, usize)> {
    let at = read.iter().zip(printed).position(|(read, printed)| read != printed);
    let at = at.or((read.len() != printed.len()).then_some(read.len().min(printed.len())))?;
    let before = read.get(..at)?;
    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|&&byte| byte != b'\n').count() + 1;
    Some((line, column))
}
