//! Why a contiguous area had no range to give.

use super::{Diagnosis, Subject};
use crate::sentence::{Args, Sentence};
use buddyscope_procfs::report::{CmaArea, CmaFailure};

/// `-ENOMEM`: no range of the area was free.
const NO_RANGE: i32 = -12;
/// `-EBUSY`: pages of free ranges could not be moved away.
const BUSY: i32 = -16;

/// Explains a failure of `cma_alloc`. What it says of pages is of the area's own map, which knows nothing of those that
/// were lent to movable requests.
pub(super) fn of_area(line: usize, failure: &CmaFailure) -> Diagnosis {
    let pages = failure.request.pages;
    let args = Args::new().with("pages", pages);
    let mut diagnosis = Diagnosis::new(line, Subject::Failure, Sentence::new("area.title", args));
    diagnosis.verdict = verdict(failure);
    if let Some(CmaArea { free, total, .. }) = &failure.area {
        let longest = failure.area.as_ref().map_or(0, CmaArea::longest);
        let args = Args::new().with("free", *free).with("total", *total).with("longest", longest);
        diagnosis.notes.push(Sentence::new("area.map", args));
    }
    diagnosis
}

fn verdict(failure: &CmaFailure) -> Option<Sentence> {
    let longest = failure.area.as_ref().map(CmaArea::longest);
    let pages = failure.request.pages;
    let key = match failure.request.error {
        BUSY => "verdict.areaBusy",
        NO_RANGE if longest.is_some_and(|longest| longest >= pages) => "verdict.areaAlignment",
        NO_RANGE => "verdict.areaFull",
        _ => return None,
    };
    Some(Sentence::new(key, Args::new().with("pages", pages)))
}
