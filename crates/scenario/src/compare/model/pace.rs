//! Commands that pace themselves. Of a load of two side by side, one of which rests now and then, each is as fast as it
//! was recorded: how far one is when the other begins or ends decides how much there is to reclaim, and in an emulator
//! that hardly depends on reclaim.

use crate::compare::run::Run;
use crate::compare::shell::{Command, Memhog};
use crate::compare::trace::{LoadEvent, Trace, What, Why};
use buddyscope_mm::sched::HZ;

/// Nanoseconds of a second and of a microsecond.
const SECOND: u64 = 1_000_000_000;
const MICROSECOND: u64 = 1000;
/// The part of its time in which a command of two works; the rest it waits.
const WORKS: u64 = 3;

/// How far a command was when: pages, and nanoseconds since it began, both rising.
pub(super) type Progress = Vec<(u64, u64)>;

/// How far both were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Paces {
    /// In anonymous memory, at the end of each pass over it.
    pub(super) anon: Progress,
    /// In a file, at the same times and at its end.
    pub(super) file: Progress,
}

impl Paces {
    pub(super) fn of(run: &Run) -> Option<Paces> {
        let hog = run.steps.iter().find_map(|step| match &step.command {
            Command::Memhog(hog) if step.background && hog.sleep_us > 0 => Some(*hog),
            _ => None,
        })?;
        let dd = run.steps.iter().find_map(|step| match &step.command {
            Command::Dd(dd) => Some(dd.clone()),
            _ => None,
        })?;
        let (anon, file) = progress(&run.trace, &hog, dd.count? * dd.block / 4096);
        (!anon.is_empty() && !file.is_empty()).then_some(Paces { anon, file })
    }
}

/// Progress of both. Pages of the file that were read are those on lists and those that were reclaimed.
fn progress(trace: &Trace, hog: &Memhog, pages: u64) -> (Progress, Progress) {
    let (mut anon, mut file) = (Progress::new(), Progress::new());
    let (mut begin, mut label, mut touched, mut pass, mut reclaimed) = (None, None, 0, 0, 0);
    for entry in &trace.entries {
        match &entry.what {
            What::Event { event: LoadEvent::ShrinkInactive { reclaimed: n, file: true, .. }, .. } => reclaimed += n,
            What::Event { event: LoadEvent::Mark(name), .. } => label = Some(name.as_str()),
            What::Moment(moment) if moment.why == Why::Mark => {
                let Some(name) = label.take() else { continue };
                if name == "begin" {
                    begin = Some(entry.micros);
                }
                let Some(begin) = begin else { continue };
                let time = (entry.micros - begin) * MICROSECOND;
                if name == format!("pass{pass}-done") {
                    touched += hog.pages_of_pass(pass);
                    pass += 1;
                    note(&mut anon, touched, time);
                    let listed: u64 = moment.nodes.iter().map(|node| node.lists[2] + node.lists[3]).sum();
                    note(&mut file, (listed + reclaimed).min(pages), time);
                }
                if name == "ddend" {
                    file.retain(|step| step.0 < pages);
                    note(&mut file, pages, time);
                    break;
                }
            }
            _ => {}
        }
    }
    (anon, file)
}

/// Adds a step, unless there was no progress.
fn note(progress: &mut Progress, pages: u64, time: u64) {
    let (before, then) = progress.last().copied().unwrap_or_default();
    if pages > before && time > then {
        progress.push((pages, time));
    }
}

/// When the next page of a command that paces itself is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pacer {
    progress: Progress,
    /// The jiffy in which it began.
    began: Option<u64>,
}

impl Pacer {
    pub(super) fn new(progress: Progress) -> Pacer {
        Pacer { progress, began: None }
    }

    /// The steps before and after so many pages; the last ones go on.
    fn around(&self, pages: u64) -> [(u64, u64); 2] {
        let next = self.progress.partition_point(|step| step.0 <= pages).min(self.progress.len().saturating_sub(1));
        let at = |n: usize| self.progress.get(n).copied().unwrap_or_default();
        [next.checked_sub(1).map_or((0, 0), at), at(next)]
    }

    /// Nanoseconds that it works for a page after so many.
    pub(super) fn page_time(&self, pages: u64) -> u64 {
        let [from, to] = self.around(pages);
        (to.1 - from.1).checked_div(to.0 - from.0).unwrap_or(0) / WORKS
    }

    /// Jiffies to wait now, after so many pages.
    pub(super) fn rest(&mut self, now: u64, pages: u64) -> u64 {
        let began = *self.began.get_or_insert(now);
        let [from, to] = self.around(pages);
        let part = (to.1 - from.1) as u128 * u128::from(pages - from.0);
        let due = from.1 + part.checked_div(u128::from(to.0 - from.0)).unwrap_or(0) as u64;
        (began + due / (SECOND / HZ)).saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_as_far_as_it_was() {
        let jiffy = SECOND / HZ;
        let mut pacer = Pacer::new(vec![(10, 10 * jiffy), (20, 40 * jiffy)]);
        assert_eq!((pacer.rest(100, 0), pacer.page_time(0)), (0, jiffy / 3));
        assert_eq!((pacer.rest(100, 10), pacer.page_time(10)), (10, jiffy));
        assert_eq!((pacer.rest(110, 12), pacer.rest(150, 12)), (6, 0));
        assert_eq!(pacer.rest(100, 22), 46, "no end was recorded");
    }
}
