//! `buddyscope check-boot DIR…`.

use crate::folders::folders;
use buddyscope_scenario::check_boot::{MARKER, check_boot};
use std::io::Write;
use std::path::PathBuf;

/// What to boot.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Topology recordings, or folders of them.
    #[arg(required = true)]
    dirs: Vec<PathBuf>,
}

/// Boots all topologies; `false` if any value differs or a recording is broken.
pub(crate) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<bool> {
    let (mut values, mut matching, mut topologies, mut failed) = (0, 0, 0, 0);
    for path in folders(&args.dirs, MARKER, "topology recording")? {
        topologies += 1;
        match check_boot(&path) {
            Ok(tally) => {
                values += tally.values;
                matching += tally.matching();
                failed += usize::from(!tally.differences.is_empty());
                writeln!(out, "{tally}")?;
            }
            Err(error) => {
                failed += 1;
                writeln!(out, "{}: cannot be checked: {error}", path.display())?;
            }
        }
    }
    writeln!(out, "check-boot: {matching}/{values} values match in {topologies} topologies")?;
    Ok(failed == 0)
}
