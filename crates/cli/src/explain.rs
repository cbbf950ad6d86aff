//! `buddyscope explain`: what a kernel's log says about memory.

use crate::text::read;
use anyhow::Context;
use buddyscope_scenario::diagnose::diagnose;
use std::io::Write;
use std::path::PathBuf;

/// Arguments of `buddyscope explain`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Logs with failure or OOM reports, traces, or files of /proc; plain, .gz or .xz; `-` for standard input.
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
        let text = read(file)?;
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
