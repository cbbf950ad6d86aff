//! Boots the machine of a topology recording and compares what the real kernel came up with.
//!
//! A folder tells the memory map, the CPUs, the distances and the command line. The model boots from these, and every
//! value that the kernel printed about its zones is compared: free lists right after boot memory was handed over, then
//! spans, zonelists, marks, reserves and per-CPU limits after boot, then the same after each written sysctl.

mod bootlog;
mod init;
mod kswapd;
mod late;
mod machine;
mod memblock;
mod start;
mod tally;
mod variants;
mod zoneinfo;

pub use tally::{Difference, Tally};

use crate::recording::{Recording, RecordingError, StateFile};
use bootlog::BootLog;
use buddyscope_mm::{Booting, Machine};

use buddyscope_mm::event::NullSink;
use buddyscope_mm::zone::boot::layout;
use std::path::{Path, PathBuf};

/// The file that makes a folder a topology recording.
pub const MARKER: &str = "init/memblock.txt";

/// A topology recording on disk, with the files every check needs.
struct Topology {
    recording: Recording,
    path: PathBuf,
    init: StateFile,
    start: StateFile,
    log: BootLog,
}

impl Topology {
    fn open(path: &Path) -> Result<Topology, RecordingError> {
        let recording = Recording::in_folder(path);
        let init = recording.required("init/state.txt")?;
        Ok(Topology {
            init: StateFile::read(&init, "init/state.txt")?,
            start: recording.start()?,
            log: BootLog::read(&text(&recording, "dmesg.txt")?),
            path: path.to_owned(),
            recording,
        })
    }

    fn text(&self, file: &str) -> Result<String, RecordingError> {
        text(&self.recording, file)
    }
}

fn text(recording: &Recording, file: &str) -> Result<String, RecordingError> {
    let bytes = recording.required(file)?;
    // The kernel's log can hold bytes of any kind.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Boots the machine of a folder and compares every value.
///
/// # Errors
///
/// [`RecordingError`] if a file is missing or is not as it should be. Differences are no error.
pub fn check_boot(path: &Path) -> Result<Tally, RecordingError> {
    let topology = Topology::open(path)?;
    let mut tally = Tally::new(topology.recording.name());
    let config = machine::describe(&topology)?;
    let refused = |error: buddyscope_mm::config::ConfigError| RecordingError::in_file("meta.json", error.to_string());

    let plan = layout(&config).map_err(refused)?;
    init::check_plan(&topology, &plan, &mut tally);
    machine::check_firmware_map(&topology, &config, &plan, &mut tally);
    let mut booting = Booting::memblock_free_all(&config, NullSink).map_err(refused)?;
    init::check(&topology.init, booting.machine(), &mut tally);

    let late = late::freed_ranges(&topology, &plan.cma);
    late::count_alternatives(&topology, &late, &mut booting);
    let mut machine: Machine<NullSink> = booting.finish();
    late::free(&topology, &late, &mut machine)?;
    zoneinfo::check(&topology, "proc/zoneinfo.txt", &machine, &mut tally)?;
    machine.read_lowmem_reserve_ratio();
    start::check(&topology.start, &machine, &mut tally);
    variants::check(&topology, &mut machine, &mut tally)?;
    Ok(tally)
}
