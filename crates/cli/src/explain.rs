//! `buddyscope explain`: what a kernel's log says about memory.

use anyhow::{Context, bail};
use buddyscope_scenario::diagnose::diagnose;
use std::io::{Read, Write};
use std::path::PathBuf;

/// Most bytes that are read of a text.
const MAX_BYTES: u64 = 256 << 20;

/// Arguments of `buddyscope explain`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Logs with failure or OOM reports; `-` for standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Explains each file. True if all could be read and had something to explain.
pub(crate) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<bool> {
    let mut all = true;
    for file in &args.files {
        let text = read(file).with_context(|| file.display().to_string())?;
        let text = String::from_utf8_lossy(&text);
        let found = diagnose(&text).with_context(|| file.display().to_string())?;
        if args.files.len() > 1 {
            writeln!(out, "== {}", file.display())?;
        }
        if found.is_empty() {
            writeln!(out, "no report of a failed request or an OOM kill, no trace of page allocation")?;
            all = false;
        }
        for diagnosis in found {
            if args.json {
                writeln!(out, "{}", serde_json::to_string(&diagnosis)?)?;
            } else {
                writeln!(out, "{diagnosis}")?;
            }
        }
    }
    Ok(all)
}

pub(crate) fn read(file: &PathBuf) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let source: Box<dyn Read> = match file.to_str() {
        Some("-") => Box::new(std::io::stdin()),
        _ => Box::new(std::fs::File::open(file)?),
    };
    source.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        bail!("larger than {} MiB", MAX_BYTES >> 20);
    }
    Ok(bytes)
}
