//! Telling the lines apart.

use super::notice::{KillReason, OomNotice, PanicReason};
use crate::line::{Codec, FieldError, Line, Named};
use std::fmt::{Display, Formatter, Result as FmtResult};

const NO_KILLABLE: &str = "Out of memory and no killable processes...";

/// Which notice a line is.
#[derive(Clone, Copy)]
enum Kind {
    Killed,
    Reaped,
    UnableToReap,
    AlreadyExiting,
    MmPinned,
    GroupKill,
    NoKillableProcesses,
    Panic(PanicReason),
    Suppressed,
}

fn kind(line: &str) -> Option<Kind> {
    let reports = ["warn_alloc: ", "oom_kill_process: "];
    // Other programs kill processes, too, and say so in the log.
    let has_reason =
        |after| line.split_once(after).is_some_and(|(before, _)| <Named as Codec<KillReason>>::read(before).is_some());
    // Before 5.0 the line before it has the reason.
    if has_reason(": Killed process ") || line.starts_with("Killed process ") && line.contains(" total-vm:") {
        Some(Kind::Killed)
    } else if line.starts_with("oom_reaper: reaped process ") {
        Some(Kind::Reaped)
    } else if line.starts_with("oom_reaper: unable to reap ") {
        Some(Kind::UnableToReap)
    } else if has_reason(": OOM victim ") {
        Some(Kind::AlreadyExiting)
    } else if line.starts_with("oom killer ") && line.contains(" has mm pinned by ") {
        Some(Kind::MmPinned)
    } else if line.starts_with("Tasks in ") && line.contains(" memory.oom.group ") {
        Some(Kind::GroupKill)
    } else if line == NO_KILLABLE {
        Some(Kind::NoKillableProcesses)
    } else if line.ends_with(" callbacks suppressed") && reports.iter().any(|name| line.starts_with(name)) {
        Some(Kind::Suppressed)
    } else {
        Named::read(line).map(Kind::Panic)
    }
}

impl OomNotice {
    pub(in crate::report) fn starts(line: &str) -> bool {
        kind(line).is_some()
    }
}

impl Line for OomNotice {
    fn read_line(text: &str) -> Result<Self, FieldError> {
        Ok(match kind(text) {
            Some(Kind::Killed) => OomNotice::Killed(Line::read_line(text)?),
            Some(Kind::Reaped) => OomNotice::Reaped(Line::read_line(text)?),
            Some(Kind::UnableToReap) => OomNotice::UnableToReap(Line::read_line(text)?),
            Some(Kind::AlreadyExiting) => OomNotice::AlreadyExiting(Line::read_line(text)?),
            Some(Kind::MmPinned) => OomNotice::MmPinned(Line::read_line(text)?),
            Some(Kind::GroupKill) => OomNotice::GroupKill(Line::read_line(text)?),
            Some(Kind::NoKillableProcesses) => OomNotice::NoKillableProcesses,
            Some(Kind::Panic(reason)) => OomNotice::Panic(reason),
            Some(Kind::Suppressed) => OomNotice::Suppressed(Line::read_line(text)?),
            None => return Err(FieldError::new(text, text, "notice", "a line of the OOM killer")),
        })
    }
}

impl Display for OomNotice {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        match self {
            OomNotice::Killed(killed) => killed.fmt(f),
            OomNotice::Reaped(reaped) => reaped.fmt(f),
            OomNotice::UnableToReap(victim) => victim.fmt(f),
            OomNotice::AlreadyExiting(victim) => victim.fmt(f),
            OomNotice::MmPinned(pinned) => pinned.fmt(f),
            OomNotice::GroupKill(group) => group.fmt(f),
            OomNotice::NoKillableProcesses => f.write_str(NO_KILLABLE),
            OomNotice::Panic(reason) => reason.fmt(f),
            OomNotice::Suppressed(reports) => reports.fmt(f),
        }
    }
}
